#include "run/trouble.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"

static const int64_t minute_ns = INT64_C(60) * 1000 * 1000 * 1000;

bool trouble_note(struct trouble *trouble, const struct error *err)
{
    int64_t now = clock_monotonic();
    bool is_new = trouble->err.kind == ERROR_NONE;
    bool is_other = strcmp(trouble->err.text, err->text) != 0;
    bool says = is_new || now - trouble->said >= (is_other ? 1 : 10) * minute_ns;
    trouble->err = *err;
    if (is_new)
        trouble->since = now;
    if (says)
        trouble->said = now;
    return says;
}

bool trouble_over(struct trouble *trouble, char lasted[48])
{
    if (trouble->err.kind == ERROR_NONE)
        return false;
    duration_format(1e-9 * (double)(clock_monotonic() - trouble->since), lasted);
    *trouble = (struct trouble){0};
    return true;
}

const char *trouble_remedy(const struct error *err)
{
    static const struct remedy {
        int number;
        const char *text;
    } remedies[] = {
        {ENOSPC, " (make room there; df -h and df -i show what is full)"},
        {EDQUOT, " (make room: the quota there is used up)"},
        {EFBIG, " (raise the limit on file sizes, ulimit -f)"},
        {EAGAIN, " (too many processes: see ulimit -u, and pids.max of the control group)"},
        {ENOMEM, " (the memory is used up: free, or systemd-cgtop, shows by what)"},
        {EMFILE, " (raise the limit on open files, ulimit -n)"},
        {ENFILE, " (the machine has no open file left: raise fs.file-max)"},
        {EIO, " (look for disk errors with dmesg)"},
        {EROFS, " (mount it for writing again)"},
        {E2BIG,
         " (a value is too long for the command line, or all of them are: let the program read it from "
         "the run's config.json, whose path {config} and FURCATE_CONFIG name)"},
        {ENAMETOOLONG, " (the path is too long: give log_dir a shorter one)"},
        {EILSEQ, " (the file system takes no such name: put log_dir on another one)"},
    };
    const char *limit = err->number == ENOMEM ? memory_limit_remedy() : NULL;
    for (size_t i = 0; !limit && i < sizeof remedies / sizeof *remedies; i++)
        if (remedies[i].number == err->number)
            return remedies[i].text;
    return limit ? limit : "";
}

const char *trouble_reason(const struct trouble *trouble, char scratch[64])
{
    const struct error *err = &trouble->err;
    return err->number ? strerror_r(err->number, scratch, 64) : err->text;
}
