#include "run/start.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/machine.h"
#include "base/memory.h"
#include "base/user.h"
#include "run/code.h"
#include "run/command.h"
#include "run/git.h"

static struct value *words_value(char *const *words)
{
    struct value *array = value_new_array();
    for (; words && *words; words++)
        value_array_add(array, value_new_string(*words, strlen(*words)));
    return array;
}

char *start_format_words(char *const *words)
{
    struct text json = {0};
    for (; *words; words++) {
        text_add(&json, json.len ? ", " : "[");
        text_add_json_string(&json, *words, strlen(*words));
    }
    text_add(&json, json.len ? "]" : "[]");
    return text_take(&json);
}

/* Makes an array of the command line of this process, as it was typed. */
static struct value *command_line(void)
{
    struct error ignored;
    CLEANUP(text_free) struct text words = {0};
    struct value *array = value_new_array();
    if (!file_read("/proc/self/cmdline", &words, &ignored))
        return array;
    for (const char *word = words.data; word && word < words.data + words.len; word += strlen(word) + 1)
        value_array_add(array, value_new_string(word, strlen(word)));
    return array;
}

static void set_user(struct value *start)
{
    CLEANUP(memory_free) char *name = user_name(geteuid());
    value_object_set_text(start, "user", name);
}

static void set_host(struct value *start)
{
    char host[MACHINE_HOST_SIZE];
    machine_name_host(host);
    value_object_set_text(start, "host", host);
}

static void set_config(struct value *start, const char *path)
{
    CLEANUP(memory_free)
    char *absolute = strcmp(path, "-") == 0 ? memory_copy_text(path) : file_absolute(path);
    value_object_set_text(start, "config", absolute);
}

/* Sets the commit of the repository that the script is in; else of the one that the working directory is in.
 */
static void set_commit(struct value *start, const struct code *code, const char *cwd)
{
    const char *script = code_script(code);
    CLEANUP(memory_free) char *commit = script ? git_find_commit(script) : NULL;
    CLEANUP(memory_free) char *of_cwd = commit || !cwd ? NULL : text_format("%s/", cwd);
    if (of_cwd)
        commit = git_find_commit(of_cwd);
    value_object_set_text(start, "commit", commit);
}

struct value *start_describe(const struct runner *runner)
{
    struct value *start = value_new_object();
    value_object_set(start, "time", value_new_float(clock_wall()));
    value_object_set(start, "command", command_line());
    value_object_set(start, "program", words_value(command_words(runner->command)));
    value_object_set_text(start, "interpreter", code_interpreter(&runner->code));
    value_object_set_text(start, "directory", runner->cwd);
    set_config(start, runner->options->config_path);
    set_host(start);
    set_user(start);
    set_commit(start, &runner->code, runner->cwd);
    value_object_set_text(start, "furcate", FURCATE_VERSION);
    return start;
}
