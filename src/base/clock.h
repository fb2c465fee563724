/* Time: points, spans, and how people read them. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Seconds since 1970 (CLOCK_REALTIME), to the microsecond; may jump. */
double clock_wall(void);
/* Nanoseconds since some fixed point (CLOCK_MONOTONIC); never jumps back. */
int64_t clock_monotonic(void);

/* The seconds since a clock_monotonic(), to the microsecond. Those in which the machine was suspended do not
 * count. */
double clock_seconds_since(int64_t start);
/* The milliseconds until a clock_monotonic(), rounded up, for poll(2); 0 when it is over. */
int clock_ms_until(int64_t deadline);
/*
 * When something ended just now, by the wall clock, that began at `start` and took `seconds`: start +
 * seconds, unless the clock was set or the machine suspended meanwhile; then what the clock says. Never
 * before its start.
 */
double clock_wall_end(double start, double seconds);

/* "2020-12-02 16:04:33" in local time; `out` holds 32 bytes. */
void clock_format(double wall, char out[32]);
/* "2020-12-02 16:04:33.000907" in local time; `out` holds 40 bytes. */
void clock_format_micros(double wall, char out[40]);

/* "2d 3h 4m 5s", from the largest unit that is not zero on, whole seconds; `out` holds 48 bytes. */
void duration_format(double seconds, char out[48]);
/*
 * Reads a duration such as "90", "45s", "2h30m" or "1d": units d, h, m, s, each at most once and in that
 * order; a bare number is seconds. Sets *seconds only on success; else ERROR_CONFIG with the remedy.
 */
bool duration_parse(const char *text, double *seconds, struct error *err);
