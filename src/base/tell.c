#include "base/tell.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/display.h"
#include "base/memory.h"

static void print(FILE *out, const struct text *text)
{
    fwrite(text_get(text), 1, text->len, out);
}

static void print_formatted(FILE *out, const char *format, va_list args)
{
    CLEANUP(text_free) struct text text = {0};
    display_addv(&text, format, args);
    print(out, &text);
}

static void print_lines(FILE *out, const char *lines)
{
    CLEANUP(text_free) struct text text = {0};
    display_add_visible_lines(&text, lines);
    print(out, &text);
}

void tell(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_formatted(stderr, format, args);
    va_end(args);
}

void tell_lines(const char *lines)
{
    print_lines(stderr, lines);
}

void tell_error(const char *who, const struct error *err)
{
    CLEANUP(text_free) struct text lines = {0};
    text_addf(&lines, "%s: %s\n", who, err->text);
    tell_lines(text_get(&lines));
}

void tell_result(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_formatted(stdout, format, args);
    va_end(args);
}

void tell_result_lines(const char *lines)
{
    print_lines(stdout, lines);
}

/* Leaves errno, which may tell why an earlier write failed. */
static bool is_on_terminal(void)
{
    int before = errno;
    bool is_terminal = isatty(STDOUT_FILENO);
    errno = before;
    return is_terminal;
}

void tell_data(const char *data)
{
    if (is_on_terminal())
        print_lines(stdout, data);
    else
        fputs(data, stdout);
}

void tell_json(const char *json)
{
    CLEANUP(text_free) struct text text = {0};
    display_add_json(&text, json, strlen(json));
    print(stdout, &text);
}
