/* Signals that nobody is to hear. */
#pragma once
#include <stdbool.h>

/* Returns whether this process ignores the signal, by its own choice or because it was started so, as nohup
 * does with SIGHUP. */
bool signal_is_ignored(int number);
