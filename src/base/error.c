#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err->kind = kind;
    err->may_pass = err->is_of_run = false;
    err->number = 0;
    number_vprint(err->text, sizeof err->text, format, args);
    va_end(args);
    return false;
}

/* What others take up and give back, and what a network or a disk gets over. */
static bool may_pass(int number)
{
    static const int passing[] = {EAGAIN,    ENOMEM,      EMFILE,       ENFILE,   ENOSPC, EDQUOT,
                                  EFBIG,     EIO,         EBUSY,        ENOLCK,   ESTALE, ETXTBSY,
                                  ETIMEDOUT, EHOSTDOWN,   EHOSTUNREACH, ENETDOWN, EINTR,  ENOBUFS,
                                  ENOTCONN,  ENETUNREACH, ECONNRESET,   EREMOTEIO};
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (passing[i] == number)
            return true;
    return false;
}

bool error_system(struct error *err, int number, const char *format, ...)
{
    char reason[128];
    va_list args;
    va_start(args, format);
    err->kind = ERROR_SYSTEM;
    err->may_pass = may_pass(number);
    err->is_of_run = false;
    err->number = number;
    number_vprint(err->text, sizeof err->text, format, args);
    va_end(args);
    size_t len = strlen(err->text);
    /* The GNU strerror_r: thread-safe, returns the text. */
    snprintf(err->text + len, sizeof err->text - len, ": %s", strerror_r(number, reason, sizeof reason));
    return false;
}
