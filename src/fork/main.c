/* Where a program on furcate.h begins, as the runner or as one of its runs. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/tell.h"
#include "fork/fork.h"
#include "run/run.h"

enum { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2, STATUS_NO_DEVICE = 3 };

static int complain(const struct error *err, int status)
{
    tell_error("furcate", err);
    return status;
}

static int run_methods(const struct furcate_ops *ops, const char *config_path)
{
    struct error err = {0};
    struct furcate_fork *fork = fork_create(ops, config_path, &err);
    if (!fork)
        return complain(&err, STATUS_USAGE);
    /* A run that is killed leaves the lines it had written. */
    setvbuf(stdout, NULL, _IOLBF, 0);

    bool trained = fork_train(fork);
    if (!trained)
        fork_warn(fork, "%s failed: %s", fork->method, fork->failure.text);
    if (ops->release)
        ops->release(fork, &fork->objects);
    fork_destroy(fork);
    return trained ? STATUS_DONE : STATUS_FAILED;
}

/* The last `--config FILE` or `--config=FILE` before `--`; `config` when there is none. */
static const char *find_config(const char *config, char **argv, struct error *err)
{
    static const char option[] = "--config";
    const size_t len = sizeof option - 1;

    for (char **word = argv ? argv + 1 : NULL; word && *word && strcmp(*word, "--") != 0; word++) {
        if (strncmp(*word, option, len) != 0 || ((*word)[len] != '\0' && (*word)[len] != '='))
            continue;
        config = (*word)[len] == '=' ? *word + len + 1 : *++word;
        if (!config || !*config) {
            error_set(err, ERROR_USAGE, "--config needs the path of a config file behind it");
            return NULL;
        }
    }
    if (!config)
        error_set(err, ERROR_USAGE, "no config file: give one with --config FILE");
    return config;
}

/* This program with the arguments it got; free() it, and its first word. */
static char **same_program(int argc, char **argv, struct error *err)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    if (len < 0) {
        error_system(err, errno, "cannot find out which program this is (/proc/self/exe)");
        return NULL;
    }
    size_t count = argc > 1 ? (size_t)argc : 1;
    char **program = memory_new(count + 1, sizeof *program);
    program[0] = memory_copy_bytes(path, (size_t)len);
    for (size_t i = 1; i < count; i++)
        program[i] = argv[i];
    return program;
}

enum { GPU_MAX = 1024 };

/* Sets *count, to -1 when the runner is to look for GPUs itself. */
static bool find_gpus(const struct furcate_ops *ops, int indices[GPU_MAX], int *count, struct error *err)
{
    *count = ops->get_available_gpu_indices ? ops->get_available_gpu_indices(indices, GPU_MAX) : -1;
    if (ops->get_available_gpu_indices && (*count < 0 || *count > GPU_MAX))
        return error_set(err, ERROR_DEVICE,
                         "get_available_gpu_indices failed: it returned %d; 0 to %d is meant", *count,
                         GPU_MAX);
    return true;
}

static int run_plan(const struct furcate_ops *ops, const char *config, int argc, char **argv)
{
    struct error err = {0};
    int indices[GPU_MAX];
    struct runner_options options = {.use = CONFIG_FOR_FORK,
                                     .shows_gpu = ops->set_visible_gpus,
                                     .gpu_indices = indices,
                                     .lists_data_dir = !ops->get_filepaths};

    options.config_path = find_config(config, argv, &err);
    if (!options.config_path)
        return complain(&err, STATUS_USAGE);
    if (!find_gpus(ops, indices, &options.gpu_count, &err))
        return complain(&err, STATUS_NO_DEVICE);
    char **program = same_program(argc, argv, &err);
    if (!program)
        return complain(&err, STATUS_USAGE);
    options.program = program;
    int status = runner_main(&options);
    free(program[0]);
    free(program);
    return status;
}

int furcate_fork_main(const struct furcate_ops *ops, const char *config, int argc, char **argv)
{
    struct error err = {0};
    if (!fork_check_methods(ops, &err))
        return complain(&err, STATUS_USAGE);
    if (fork_is_server()) {
        char **same = NULL; /* the program has read its arguments */
        enum fork_served served = fork_serve(NULL, NULL, &same, &err);
        free(same);
        if (served != FORK_RUN)
            return served == FORK_ENDED ? STATUS_DONE : complain(&err, STATUS_USAGE);
    }
    const char *run_config = getenv("FURCATE_CONFIG");
    return run_config && *run_config ? run_methods(ops, run_config) : run_plan(ops, config, argc, argv);
}

const char *furcate_version(void)
{
    return FURCATE_VERSION;
}
