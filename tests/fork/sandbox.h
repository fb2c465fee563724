/* A folder with data and a run directory in it, in which a test carries out runs as child processes. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <furcate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"

struct sandbox {
    char folder[64]; /* holds data/, run/, config.json, and after a run: log and err */
    struct text log, errors;
    int status; /* of the last run; 1000 and the number of a signal that ended it */
};

static inline void sandbox_write(struct sandbox *sandbox, const char *name, const char *content)
{
    struct error err;
    CLEANUP(memory_free) char *path = file_join(sandbox->folder, name);
    assert_true(folder_write_path(path, content, strlen(content), &err));
}

/* The content of a file, "" when it is not there; free() it. */
static inline char *sandbox_read(const struct sandbox *sandbox, const char *name)
{
    struct error err;
    struct text content = {0};
    CLEANUP(memory_free) char *path = file_join(sandbox->folder, name);
    file_read(path, &content, &err);
    return content.data ? text_take(&content) : memory_copy_text("");
}

static inline bool sandbox_has(const struct sandbox *sandbox, const char *name)
{
    CLEANUP(memory_free) char *path = file_join(sandbox->folder, name);
    return access(path, F_OK) == 0;
}

static inline int sandbox_open(void **state)
{
    static const char *const folders[] = {"data", "run"};
    static const char *const files[] = {"data/example.train-2", "data/example.train-10", "data/example.valid",
                                        "data/example.test", "data/other.train"};
    struct sandbox *sandbox = memory_new(1, sizeof *sandbox);
    *state = sandbox;
    strcpy(sandbox->folder, "/tmp/furcate-fork-XXXXXX");
    assert_non_null(mkdtemp(sandbox->folder));
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        CLEANUP(memory_free) char *path = file_join(sandbox->folder, folders[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        sandbox_write(sandbox, files[i], "");
    return 0;
}

static inline int sandbox_unlink(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info, (void)type, (void)place;
    return remove(path);
}

static inline int sandbox_close(void **state)
{
    struct sandbox *sandbox = *state;
    nftw(sandbox->folder, sandbox_unlink, 16, FTW_DEPTH | FTW_PHYS);
    text_free(&sandbox->log);
    text_free(&sandbox->errors);
    free(sandbox);
    return 0;
}

/* The config.json of run 3, "example3", with `more` ("" or ", \"key\": value…") as further keys; free() it.
 */
static inline char *sandbox_config(const struct sandbox *sandbox, const char *more)
{
    return text_format(
        "{\"data_name\": \"example\", \"data_dir\": \"%s/data\", \"batch_size\": 32, \"epochs\": 3, "
        "\"train_prefix\": \"example.train\", \"valid_prefix\": \"example.valid\", "
        "\"test_prefix\": \"example.test\", \"learning_rate\": 0.001, \"verbose\": 2, \"seed\": 42%s, "
        "\"log_dir\": \"%s/run\", \"gpu_id\": -1, \"meta\": {\"allow_cpu\": true, "
        "\"objective\": {\"metric\": \"accuracy\", \"mode\": \"min\", \"of\": \"best\"}, \"run\": {\"id\": "
        "3, "
        "\"name\": \"example3\", \"label\": \"data_bs32\", \"attempt\": 2}}}\n",
        sandbox->folder, more, sandbox->folder);
}

static inline void sandbox_redirect(const struct sandbox *sandbox, const char *name, FILE *stream)
{
    CLEANUP(memory_free) char *path = file_join(sandbox->folder, name);
    if (!freopen(path, "w", stream))
        _exit(99);
}

/* Calls furcate_fork_main() in a child, with FURCATE_CONFIG when run_config is not NULL; sets status, log,
 * errors. */
static inline void sandbox_call(struct sandbox *sandbox, const struct furcate_ops *ops,
                                const char *run_config, const char *config, char **argv)
{
    int argc = 0, status;
    while (argv[argc])
        argc++;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        sandbox_redirect(sandbox, "log", stdout);
        sandbox_redirect(sandbox, "err", stderr);
        unsetenv("FURCATE_CONFIG");
        unsetenv("FURCATE_GPU");
        if (run_config)
            setenv("FURCATE_CONFIG", run_config, 1);
        exit(furcate_fork_main(ops, config, argc, argv));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    sandbox->status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    text_clear(&sandbox->log);
    text_clear(&sandbox->errors);
    CLEANUP(memory_free) char *log = sandbox_read(sandbox, "log");
    CLEANUP(memory_free) char *errors = sandbox_read(sandbox, "err");
    text_add(&sandbox->log, log);
    text_add(&sandbox->errors, errors);
}

/* A run of a config.json with this content. */
static inline void sandbox_run_text(struct sandbox *sandbox, const struct furcate_ops *ops,
                                    const char *config_json)
{
    char *argv[] = {"program", NULL};
    CLEANUP(memory_free) char *path = file_join(sandbox->folder, "run/config.json");
    sandbox_write(sandbox, "run/config.json", config_json);
    sandbox_call(sandbox, ops, path, NULL, argv);
}

static inline void sandbox_run(struct sandbox *sandbox, const struct furcate_ops *ops, const char *more)
{
    CLEANUP(memory_free) char *config_json = sandbox_config(sandbox, more);
    sandbox_run_text(sandbox, ops, config_json);
}

/* Changes a piece of text for another of the same length. */
static inline void replace(char *text, const char *old, const char *new)
{
    char *place = strstr(text, old);
    assert_non_null(place);
    assert_int_equal(strlen(old), strlen(new));
    memcpy(place, new, strlen(new));
}

static inline void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in:\n%s", part, text);
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_open, sandbox_close)
