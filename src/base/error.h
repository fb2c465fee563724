#pragma once
#include <stdbool.h>
#include <stddef.h>

/* What went wrong, in words for the person at the terminal. Lives on the caller's stack, owns nothing. */
struct error {
    enum error_kind {
        ERROR_NONE,
        ERROR_USAGE,  /* what was typed; exit status 2 */
        ERROR_CONFIG, /* the config, or what it names; exit status 2 */
        ERROR_DEVICE, /* no device to run on; exit status 3 */
        ERROR_LOCKED, /* another runner has the log dir; exit status as for ERROR_SYSTEM */
        ERROR_SYSTEM, /* the machine refused; exit status 2 before the first run, 1 after it */
    } kind;
    bool may_pass;  /* the same may succeed later: there is no room, memory, process or open file now */
    bool is_of_run; /* it concerns one run alone; others can be started */
    int number;     /* the errno behind it; 0: none */
    char text[2048];
};

/* Returns whether `number` is one of these. */
bool error_number_is_one_of(int number, const int *numbers, size_t count);

/* Fills err and returns false, so that a failing function can end with `return error_set(err, …)`. The text
 * of each %s is made visible (base/display.h). */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Does the same with a text of several lines. */
bool error_set_lines(struct error *err, enum error_kind kind, const char *lines);

/* Does the same for a failed system call: ERROR_SYSTEM, the text followed by ": " and what `number` (an
 * errno) means; may_pass by the errno. */
bool error_system(struct error *err, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
