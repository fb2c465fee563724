#include "process/leftover.h"

#include <signal.h>
#include <string.h>

#include "base/display.h"
#include "base/memory.h"
#include "base/proc.h"
#include "base/utf8.h"

enum { most_named = 3, most_bytes = 80 };

/* Adds the words of a command line, each of which ends with a NUL. A program may write there what it likes.
 */
static void add_command(struct text *out, const struct text *command)
{
    size_t len = command->len;
    while (len > 0 && command->data[len - 1] == '\0')
        len--;
    size_t shown = len > most_bytes ? utf8_fit(command->data, most_bytes) : len;
    CLEANUP(memory_free) char *words = memory_copy_bytes(command->data, shown);
    for (size_t i = 0; i < shown; i++)
        words[i] = words[i] ? words[i] : ' ';
    display_add_visible(out, words);
    if (len > shown)
        text_add(out, "…");
}

bool leftover_add_command(struct text *out, pid_t pid)
{
    CLEANUP(text_free) struct text command = {0};
    bool is_known = proc_read_command(pid, &command) && command.len > 0;
    add_command(out, &command);
    return is_known;
}

/* A process without a command line is about to end; Python's resource tracker does when its program has. */
static bool ends_by_itself(const struct text *command)
{
    return command->len == 0 || memmem(command->data, command->len, "resource_tracker", 16);
}

struct leftover leftover_describe(const struct pids *pids)
{
    struct leftover leftover = {0};
    for (size_t i = 0; i < pids->count; i++) {
        CLEANUP(text_free) struct text command = {0};
        bool is_hidden = !proc_read_command(pids->items[i], &command) && kill(pids->items[i], 0) == 0;
        if (!is_hidden && ends_by_itself(&command))
            continue;
        if (leftover.count++ >= most_named)
            continue;
        text_add(&leftover.names, leftover.count > 1 ? ", " : "");
        text_add(&leftover.names, is_hidden ? "one that /proc does not show" : "");
        add_command(&leftover.names, &command);
    }
    if (leftover.count > most_named)
        text_addf(&leftover.names, " and %zu more", leftover.count - most_named);
    return leftover;
}

void leftover_free(struct leftover *leftover)
{
    text_free(&leftover->names);
}
