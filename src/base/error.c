#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/display.h"
#include "base/memory.h"
#include "base/utf8.h"

bool error_number_is_one_of(int number, const int *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (numbers[i] == number)
            return true;
    return false;
}

/* Returns whether the same call may succeed later: others give back what they have taken, and networks and
 * disks recover. */
static bool may_pass(int number)
{
    static const int passing[] = {EAGAIN,    ENOMEM,      EMFILE,       ENFILE,    ENOSPC, EDQUOT,
                                  EFBIG,     EIO,         EBUSY,        ENOLCK,    ESTALE, ETXTBSY,
                                  ETIMEDOUT, EHOSTDOWN,   EHOSTUNREACH, ENETDOWN,  EINTR,  ENOBUFS,
                                  ENOTCONN,  ENETUNREACH, ECONNRESET,   EREMOTEIO, ENXIO};
    return error_number_is_one_of(number, passing, sizeof passing / sizeof *passing);
}

/* Keeps as many whole characters of the text as there is room for. */
static void fill(struct error *err, enum error_kind kind, int number, const struct text *text)
{
    err->kind = kind;
    err->number = number;
    err->is_of_run = false;
    err->may_pass = number && may_pass(number);
    size_t len = text->len < sizeof err->text ? text->len : utf8_fit(text->data, sizeof err->text - 1);
    memcpy(err->text, text_get(text), len);
    err->text[len] = '\0';
}

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    CLEANUP(text_free) struct text text = {0};
    va_list args;
    va_start(args, format);
    display_addv(&text, format, args);
    va_end(args);
    fill(err, kind, 0, &text);
    return false;
}

bool error_set_lines(struct error *err, enum error_kind kind, const char *lines)
{
    CLEANUP(text_free) struct text text = {0};
    display_add_visible_lines(&text, lines);
    fill(err, kind, 0, &text);
    return false;
}

bool error_system(struct error *err, int number, const char *format, ...)
{
    char reason[128];
    CLEANUP(text_free) struct text text = {0};
    va_list args;
    va_start(args, format);
    display_addv(&text, format, args);
    va_end(args);
    /* The GNU strerror_r: thread-safe, returns the text. */
    display_addf(&text, ": %s", strerror_r(number, reason, sizeof reason));
    fill(err, ERROR_SYSTEM, number, &text);
    return false;
}
