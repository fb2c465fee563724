#include "store/holders.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"

static const char version[] = "furcate 2";

/* Such characters can be shown on a terminal, whoever wrote them. */
static bool is_plain(char c)
{
    return ascii_is_letter(c) || ascii_is_digit(c) || c == '.' || c == '_' || c == '-';
}

/* --- reading --- */

/* Reads "123 456" and nothing else. */
static bool parse_numbers(const char *text, uint64_t *const numbers[], size_t count)
{
    char *end;
    errno = 0;
    for (size_t i = 0; i < count; i++, text = end + 1) {
        if (!ascii_is_digit(*text))
            return false;
        *numbers[i] = strtoull(text, &end, 10);
        if (*end != (i + 1 < count ? ' ' : '\0'))
            return false;
    }
    return errno == 0;
}

static bool parse_holder(const char *text, struct holder *holder)
{
    uint64_t pid;
    if (!parse_numbers(text, (uint64_t *[]){&pid, &holder->start}, 2) || pid > INT_MAX)
        return false;
    holder->pid = (pid_t)pid;
    return true;
}

static bool parse_runner(const char *text, struct holders *holders)
{
    return parse_holder(text, &holders->runner) && holders->runner.pid > 0;
}

static bool parse_guardian(const char *text, struct holders *holders)
{
    return parse_holder(text, &holders->guardian);
}

static bool copy_word(const char *text, char *word, size_t size)
{
    for (const char *c = text; *c; c++)
        if (!is_plain(*c))
            return false;
    return snprintf(word, size, "%s", text) < (int)size;
}

static bool parse_host(const char *text, struct holders *holders)
{
    return copy_word(text, holders->machine.host, sizeof holders->machine.host);
}

static bool parse_boot(const char *text, struct holders *holders)
{
    return copy_word(text, holders->machine.boot, sizeof holders->machine.boot);
}

static bool parse_namespace(const char *text, struct holders *holders)
{
    return copy_word(text, holders->machine.pid_namespace, sizeof holders->machine.pid_namespace);
}

static bool parse_lock(const char *text, struct holders *holders)
{
    struct lock_identity *lock = &holders->lock;
    return parse_numbers(text, (uint64_t *[]){&lock->device, &lock->inode, &lock->born}, 3);
}

static bool parse_token(const char *text, struct holders *holders)
{
    return (!*text || token_is_well_formed(text)) &&
           snprintf(holders->token, sizeof holders->token, "%s", text) < (int)sizeof holders->token;
}

static bool parse_group(const char *text, struct holders *holders)
{
    return snprintf(holders->group, sizeof holders->group, "%s", text) < (int)sizeof holders->group;
}

static const struct {
    const char *name;
    bool (*parse)(const char *text, struct holders *holders);
} lines[] = {
    {"runner ", parse_runner},
    {"guardian ", parse_guardian},
    {"host ", parse_host},
    {"boot ", parse_boot},
    {"pid-namespace ", parse_namespace},
    {"lock ", parse_lock},
    {"token ", parse_token},
    {"group ", parse_group},
};
enum { LINES = sizeof lines / sizeof *lines };

static bool parse_lines(struct holders *holders, char *text)
{
    char *line = strsep(&text, "\n");
    if (strcmp(line, version) != 0)
        return false;
    for (size_t i = 0; i < LINES; i++) {
        size_t len = strlen(lines[i].name);
        line = strsep(&text, "\n");
        if (!line || strncmp(line, lines[i].name, len) != 0 || !lines[i].parse(line + len, holders))
            return false;
    }
    return text && !*text;
}

bool holders_parse(struct holders *holders, char *text, size_t len)
{
    *holders = (struct holders){0};
    if (strlen(text) == len && parse_lines(holders, text))
        return true;
    *holders = (struct holders){0};
    return false;
}

/* --- writing --- */

/* Adds the name with a '-' for what copy_word() would not take. */
static void add_host(const char *host, struct text *out)
{
    for (const char *c = host; *c; c++)
        text_add_char(out, is_plain(*c) ? *c : '-');
}

void holders_format(const struct holders *holders, struct text *out)
{
    bool has_group = !strchr(holders->group, '\n'); /* no cgroup has that; the folder above its mount may */
    text_addf(out, "%s\n", version);
    text_addf(out, "runner %ld %" PRIu64 "\n", (long)holders->runner.pid, holders->runner.start);
    text_addf(out, "guardian %ld %" PRIu64 "\n", (long)holders->guardian.pid, holders->guardian.start);
    text_add(out, "host ");
    add_host(holders->machine.host, out);
    text_addf(out, "\nboot %s\n", holders->machine.boot);
    text_addf(out, "pid-namespace %s\n", holders->machine.pid_namespace);
    text_addf(out, "lock %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", holders->lock.device, holders->lock.inode,
              holders->lock.born);
    text_addf(out, "token %s\n", holders->token);
    text_addf(out, "group %s\n", has_group ? holders->group : "");
}
