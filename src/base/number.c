#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/c_locale.h"
#include "base/memory.h"

double number_read(const char *text, char **end)
{
    return strtod_l(text, end, c_locale());
}

int number_vprint(char *out, size_t size, const char *format, va_list args)
{
    CLEANUP(c_locale_leave) locale_t before = c_locale_enter();
    return vsnprintf(out, size, format, args);
}

int number_print(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = number_vprint(out, size, format, args);
    va_end(args);
    return len;
}
