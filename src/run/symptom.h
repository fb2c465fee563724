/* What programs print when they run out of memory. */
#pragma once
#include <stdbool.h>

/*
 * "out of GPU memory", "out of memory" or "out of shared memory (/dev/shm)", where the text (the end of a
 * stderr) says so; NULL where it does not. Some frameworks say the same of both memories: it is the GPU's for
 * an attempt on one.
 */
const char *symptom_find(const char *text, bool on_gpu);
/* Whether the text tells of a child process that got SIGKILL. */
bool symptom_is_killed_child(const char *text);
