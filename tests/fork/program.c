/*
 * A Fork program for e2e/test_fork_server.py: each run does what the config's "act" says. It notes each start
 * as a fork server in $FURCATE_TEST/warmed, and what is in $FURCATE_TEST/warming decides how that goes.
 */
#include <fcntl.h>
#include <furcate.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int words;
static char **argument;

static FILE *open_in(const char *folder, const char *name, const char *mode)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return fopen(path, mode);
}

/* --- acts --- */

static void add_link(FILE *out, const char *name)
{
    char target[4096] = "";
    (void)!readlink(name, target, sizeof target - 1);
    fprintf(out, "%s %s\n", name, target);
}

static void tell(const char *directory)
{
    struct rlimit files;
    sigset_t blocked;
    FILE *out = open_in(directory, "told", "w");
    for (int i = 0; i < words; i++)
        fprintf(out, "argument %s\n", argument[i]);
    for (char **entry = environ; *entry; entry++)
        fprintf(out, "%s\n", *entry);
    add_link(out, "/proc/self/fd/0");
    add_link(out, "/proc/self/fd/1");
    add_link(out, "/proc/self/fd/2");
    add_link(out, "/proc/self/fd/3");
    add_link(out, "/proc/self/fd/4");
    add_link(out, "/proc/self/cwd");
    getrlimit(RLIMIT_NOFILE, &files);
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    fprintf(out, "files %llu %llu\n", (unsigned long long)files.rlim_cur, (unsigned long long)files.rlim_max);
    fprintf(out, "leads its session %d, its group %d\n", getsid(0) == getpid(), getpgrp() == getpid());
    for (int number = 1; number < 32; number++)
        fprintf(out, "signal %d blocked %d default %d\n", number, sigismember(&blocked, number),
                signal(number, SIG_DFL) == SIG_DFL || number == SIGKILL || number == SIGSTOP);
    fclose(out);
}

/* As conftest's GATED does. */
static void wait_at_gate(const char *directory)
{
    char byte;
    (void)!chdir(directory);
    unlink("gate");
    mkfifo("gate", 0600);
    FILE *out = fopen("pid.new", "w");
    fprintf(out, "%d\n", (int)getpid());
    fclose(out);
    rename("pid.new", "pid");
    FILE *open_gates = open_in(getenv("FURCATE_TEST"), "open", "r");
    int gate = open_gates ? -1 : open("gate", O_RDONLY);
    while (gate >= 0 && read(gate, &byte, 1) > 0)
        ;
}

/* Leaves a process in a session of its own, which nobody but the kernel's books ties to the run. */
static void leave_daemon(const char *directory)
{
    int ready[2];
    char byte;
    (void)!pipe(ready);
    if (fork() == 0) {
        setsid();
        if (fork() != 0)
            _exit(0);
        FILE *out = open_in(directory, "daemon", "w");
        fprintf(out, "%d\n", (int)getpid());
        fclose(out);
        (void)!write(ready[1], "", 1);
        for (;;)
            pause();
    }
    (void)!read(ready[0], &byte, 1);
}

static bool get_datasets(struct furcate_fork *fork, const struct furcate_filepaths *filepaths,
                         struct furcate_datasets *datasets)
{
    (void)fork, (void)filepaths;
    *datasets = (struct furcate_datasets){.train = &words};
    return true;
}

static void *get_model(struct furcate_fork *fork)
{
    (void)fork;
    return &words;
}

static void *model_fit(struct furcate_fork *fork, void *model, void *train, int64_t epochs, void *valid,
                       void *callbacks, int64_t verbose)
{
    const char *act = furcate_config_string(fork, "act"), *directory = furcate_log_dir(fork);
    struct furcate_metric loss = {"loss", 0.5 + (double)furcate_id(fork)};
    (void)model, (void)train, (void)epochs, (void)valid, (void)callbacks, (void)verbose;
    if (strcmp(act, "tell") == 0)
        tell(directory);
    if (strcmp(act, "wait") == 0)
        wait_at_gate(directory);
    if (strcmp(act, "daemon") == 0)
        leave_daemon(directory);
    if (strcmp(act, "fail") == 0)
        furcate_fail(fork, "there is no such layer");
    if (strcmp(act, "exit") == 0)
        exit(3);
    if (strcmp(act, "crash") == 0)
        raise(SIGKILL);
    if (strcmp(act, "fail once") == 0 && furcate_attempt(fork) == 1)
        exit(4);
    if (strcmp(act, "hang") == 0)
        for (;;)
            pause();
    furcate_report(fork, 1, &loss, 1);
    return NULL;
}

static bool model_save(struct furcate_fork *fork, void *model)
{
    (void)fork, (void)model;
    return true;
}

static bool plot_metric(struct furcate_fork *fork, void *history, const char *metric)
{
    (void)fork, (void)history, (void)metric;
    return true;
}

/* In place of the default, which needs a folder. */
static bool name_data_dir(struct furcate_fork *fork, struct furcate_filepaths *filepaths)
{
    static const char *path;
    path = furcate_config_string(fork, "data_dir");
    filepaths->train = (struct furcate_files){&path, 1};
    return true;
}

/* --- warming --- */

static void crash(void)
{
    raise(SIGKILL);
}

static void warm(void)
{
    char what[64] = "";
    const char *folder = getenv("FURCATE_TEST");
    FILE *warmed = open_in(folder, "warmed", "a");
    fprintf(warmed, "%d\n", (int)getpid());
    fclose(warmed);
    FILE *warming = open_in(folder, "warming", "r");
    if (warming && !fgets(what, sizeof what, warming))
        *what = '\0';
    if (strcmp(what, "fail") == 0)
        fprintf(stderr, "no framework\n");
    if (strcmp(what, "fail") == 0)
        exit(5);
    if (strcmp(what, "gpu") == 0)
        open("/dev/nvidia0", O_RDONLY);
    if (strcmp(what, "crash") == 0)
        pthread_atfork(crash, NULL, NULL);
    if (strcmp(what, "old") == 0) /* a note of another version */
        write(atoi(getenv("FURCATE_SERVER")), "old", 3);
    while (strcmp(what, "hang") == 0 || strcmp(what, "old") == 0)
        pause();
}

int main(int argc, char **argv)
{
    struct furcate_ops ops = {.get_datasets = get_datasets,
                              .get_model = get_model,
                              .model_fit = model_fit,
                              .model_save = model_save,
                              .plot_metric = plot_metric};
    words = argc;
    argument = argv;
    if (getenv("OWN_FILEPATHS"))
        ops.get_filepaths = name_data_dir;
    if (getenv("FURCATE_SERVER"))
        warm();
    return furcate_fork_main(&ops, "config.json", argc, argv);
}
