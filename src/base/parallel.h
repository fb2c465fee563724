/* Independent jobs that wait more than they compute, on several threads at once. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/*
 * Calls work(context, i) for each i below `count`, on at most `threads` threads, the caller's among them, and
 * returns when all calls have returned. After the first call that returns false no further one begins.
 * Returns true when every call returned true. Where no further thread can be made the caller does the rest.
 */
bool parallel_each(size_t count, size_t threads, bool (*work)(void *context, size_t i), void *context);
