#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/number.h"

double clock_wall(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    long micros = now.tv_nsec / 1000;
    return (double)now.tv_sec + (double)micros / 1e6;
}

int64_t clock_monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

double clock_seconds_since(int64_t start)
{
    return round(1e-3 * (double)(clock_monotonic() - start)) / 1e6;
}

int clock_ms_until(int64_t deadline)
{
    int64_t left = deadline - clock_monotonic();
    return left > 0 ? (int)((left + 999999) / 1000000) : 0;
}

double clock_wall_end(double start, double seconds)
{
    static const double noise = 1;
    double now = clock_wall(), end = round(1e6 * (start + seconds)) / 1e6;
    return now < start || fabs(now - end) < noise ? end : now;
}

void clock_format(double wall, char out[32])
{
    /* Many lines are of the same second. */
    static _Thread_local struct {
        time_t second;
        char text[32];
    } last;
    time_t second = (time_t)floor(wall);
    if (!last.text[0] || second != last.second) {
        struct tm local;
        localtime_r(&second, &local);
        strftime(last.text, sizeof last.text, "%Y-%m-%d %H:%M:%S", &local);
        last.second = second;
    }
    memcpy(out, last.text, sizeof last.text);
}

void clock_format_micros(double wall, char out[40])
{
    char seconds[32];
    clock_format(wall, seconds);
    snprintf(out, 40, "%s.%06d", seconds, (int)((wall - floor(wall)) * 1e6));
}

static const struct unit {
    char name;
    double seconds;
} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

enum { unit_count = sizeof units / sizeof *units };

void duration_format(double seconds, char out[48])
{
    double rest = isfinite(seconds) && seconds > 0 ? fmin(floor(seconds), 1e15) : 0;
    int len = 0;
    for (int i = 0; i < unit_count; i++) {
        double whole = floor(rest / units[i].seconds);
        rest -= whole * units[i].seconds;
        if (whole > 0 || len > 0 || i == unit_count - 1)
            len += snprintf(out + len, (size_t)(48 - len), "%s%lld%c", len ? " " : "", (long long)whole,
                            units[i].name);
    }
}

/* The index of a unit not above `from`, or unit_count. */
static int find_unit(char name, int from)
{
    int i = from;
    while (i < unit_count && units[i].name != name)
        i++;
    return i;
}

bool duration_parse(const char *text, double *seconds, struct error *err)
{
    static const double longest = 100 * 365.25 * 86400;
    double total = 0;
    const char *rest = text;

    for (int unit = 0; *rest; unit++) {
        char *end;
        double number = number_read(rest, &end);
        bool bare = rest == text && *end == '\0';

        unit = bare ? unit_count - 1 : find_unit(*end, unit);
        if (end == rest || unit == unit_count || !isfinite(number) || number < 0)
            return error_set(err, ERROR_CONFIG, "'%s' is no duration: write seconds, or units like 2h30m",
                             text);
        total += number * units[unit].seconds;
        rest = bare ? end : end + 1;
    }
    if (rest == text || total > longest)
        return error_set(err, ERROR_CONFIG, "'%s' is no duration: give between 0 and 100 years", text);
    *seconds = total;
    return true;
}
