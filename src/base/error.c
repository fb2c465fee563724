#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err->kind = kind;
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return false;
}

bool error_system(struct error *err, int number, const char *format, ...)
{
    char reason[128];
    va_list args;
    va_start(args, format);
    err->kind = ERROR_SYSTEM;
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    size_t len = strlen(err->text);
    /* The GNU strerror_r: thread-safe, returns the text. */
    snprintf(err->text + len, sizeof err->text - len, ": %s", strerror_r(number, reason, sizeof reason));
    return false;
}
