/*
 * Regular expressions by PCRE2, which can be limited: one that backtracks without end takes a bounded time
 * and memory. Of several matches at one place the longest counts, as POSIX asks, not the first that PCRE2
 * finds.
 */
#pragma once
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct matcher;

enum match_result {
    MATCH_NONE,
    MATCH_FOUND,
    MATCH_COSTLY, /* it would take too long, or too much memory */
};

/* The effort spent on a line, which may be a second of this thread. Zeros before the first search. */
struct match_effort {
    int64_t began;  /* clock_monotonic() */
    int64_t cpu_at; /* what this thread had used 10 ms after that, nanoseconds; 0: they are not over */
};

/* Compiles a POSIX extended expression that regcomp(3) takes; matcher_destroy() it. NULL with err set
 * (ERROR_CONFIG) when PCRE2 does not take it. For one thread at a time. */
struct matcher *matcher_create(const char *expression, struct error *err);
void matcher_destroy(struct matcher *matcher);
/* Looks for it in a text, as regexec(3) does; for flags, REG_NOTBOL or 0. */
enum match_result matcher_find(struct matcher *matcher, const char *text, regmatch_t *parts, size_t count,
                               int flags, struct match_effort *effort);
/* Returns how many nanoseconds of this thread's time were spent, without the first 10 ms. */
int64_t match_effort_spent(const struct match_effort *effort);
