#include "fork/fork.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/tell.h"
#include "config/config.h"

/* Members that the config of a run always has. */
static const struct member {
    const char *key;
    bool of_run; /* in meta.run, not at the top */
    enum value_kind kind;
} members[] = {
    {"log_dir", false, VALUE_STRING}, {"gpu_id", false, VALUE_INT}, {"id", true, VALUE_INT},
    {"name", true, VALUE_STRING},     {"attempt", true, VALUE_INT},
};

static bool check_members(const struct value *config, const char *path, struct error *err)
{
    const struct value *run = fork_run_identity(config);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const struct member *member = &members[i];
        const struct value *value = run ? value_get(member->of_run ? run : config, member->key) : NULL;
        if (!value || value_kind(value) != member->kind)
            return error_set(
                err, ERROR_CONFIG,
                "%s is not the config of a run (it has no %s%s that is %s); the runner sets FURCATE_CONFIG, "
                "unset it to start a runner",
                path, member->of_run ? "meta.run." : "", member->key, value_kind_name(member->kind));
    }
    return true;
}

static int64_t get_int(const struct value *object, const char *key)
{
    int64_t number = -1;
    value_int(value_get(object, key), &number);
    return number;
}

static bool read_identity(struct furcate_fork *fork, const char *path, struct error *err)
{
    if (!check_members(fork->config, path, err))
        return false;
    const struct value *run = fork_run_identity(fork->config);
    fork->id = get_int(run, "id");
    fork->attempt = (int)get_int(run, "attempt");
    fork->gpu_id = (int)get_int(fork->config, "gpu_id");
    fork->name = memory_copy_text(value_text(value_get(run, "name")));
    fork->log_dir = file_absolute(value_text(value_get(fork->config, "log_dir")));
    fork->metrics_path = file_join(fork->log_dir, "metrics.jsonl");
    return true;
}

struct furcate_fork *fork_create(const struct furcate_ops *ops, const char *config_path, struct error *err)
{
    struct furcate_fork *fork = memory_new(1, sizeof *fork);
    fork->ops = ops;
    fork->history = history_create();
    fork->results.fork = fork;
    fork->results.data = value_new_object();
    fork->config = fork_read_config(config_path, err);
    if (fork->config && read_identity(fork, config_path, err))
        return fork;
    fork_destroy(fork);
    return NULL;
}

static void free_paths(struct fork_paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->items[i]);
    vector_free(paths);
}

void fork_destroy(struct furcate_fork *fork)
{
    if (!fork)
        return;
    free_paths(&fork->train);
    free_paths(&fork->test);
    free_paths(&fork->valid);
    for (size_t i = 0; i < fork->texts.count; i++)
        free(fork->texts.items[i]);
    vector_free(&fork->texts);
    history_destroy(fork->history);
    value_cleanup(&fork->results.data);
    value_cleanup(&fork->faults);
    value_cleanup(&fork->added);
    value_cleanup(&fork->config);
    free(fork->metrics_path);
    free(fork->log_dir);
    free(fork->name);
    free(fork);
}

bool fork_failed(const struct furcate_fork *fork)
{
    return fork->failure.kind != ERROR_NONE;
}

void fork_warn(const struct furcate_fork *fork, const char *format, ...)
{
    CLEANUP(text_free) struct text line = {0};
    va_list args;
    va_start(args, format);
    text_addf(&line, "furcate: %s: ", fork->name);
    text_addv(&line, format, args);
    text_add_char(&line, '\n');
    va_end(args);
    tell_lines(text_get(&line));
}

static bool has_text(const struct value *array, const char *text)
{
    for (size_t i = 0; i < value_count(array); i++)
        if (strcmp(value_text(value_item(array, i)), text) == 0)
            return true;
    return false;
}

void fork_add_fault(struct furcate_fork *fork, const char *format, ...)
{
    CLEANUP(text_free) struct text line = {0};
    va_list args;
    va_start(args, format);
    text_addv(&line, format, args);
    va_end(args);
    if (!fork->faults)
        fork->faults = value_new_array();
    if (has_text(fork->faults, text_get(&line)))
        return;
    value_array_add(fork->faults, value_new_string(text_get(&line), line.len));
    fork_warn(fork, "%s", text_get(&line));
}

/* The first reason is the one that led to the others. */
bool furcate_fail(struct furcate_fork *fork, const char *format, ...)
{
    CLEANUP(text_free) struct text reason = {0};
    va_list args;
    va_start(args, format);
    text_addv(&reason, format, args);
    va_end(args);
    return fork_failed(fork) ? false : error_set_lines(&fork->failure, ERROR_SYSTEM, text_get(&reason));
}

int64_t furcate_id(const struct furcate_fork *fork)
{
    return fork->id;
}

const char *furcate_name(const struct furcate_fork *fork)
{
    return fork->name;
}

const char *furcate_log_dir(const struct furcate_fork *fork)
{
    return fork->log_dir;
}

int furcate_gpu_id(const struct furcate_fork *fork)
{
    return fork->gpu_id;
}

int furcate_attempt(const struct furcate_fork *fork)
{
    return fork->attempt;
}

void *furcate_context(const struct furcate_fork *fork)
{
    return fork->ops->context;
}
