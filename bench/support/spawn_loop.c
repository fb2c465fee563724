/*
 * The yardstick of `bench/dispatch`: the barest loop that starts COUNT runs of PROGRAM over SLOTS slots and
 * leaves the files that furcate leaves: a directory a run with furcate.json, config.json, NAME.log, NAME.err
 * and run_data.json, and one CSV. It plans nothing, syncs nothing, resumes nothing, and watches nothing.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char json[] = "{\n  \"data_name\": \"bench\",\n  \"x\": %d,\n  \"log_dir\": \"logs\",\n"
                           "  \"learning_rate\": 0.001,\n  \"verbose\": 2,\n  \"gpu_id\": -1,\n"
                           "  \"meta\": {\"allow_cpu\": true, \"run\": {\"id\": %d}}\n}\n";

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void write_file(const char *folder, const char *name, int number)
{
    char path[4096], content[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int len = snprintf(content, sizeof content, json, number, number);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0 || write(fd, content, (size_t)len) != len)
        fail(path);
    close(fd);
}

static void start(const char *root, const char *program, int number)
{
    char folder[2048], log[4096], err[4096];
    snprintf(folder, sizeof folder, "%s/bench%d_x%d", root, number, number);
    if (mkdir(folder, 0777) < 0)
        fail(folder);
    write_file(folder, "furcate.json", number);
    write_file(folder, "config.json", number);
    snprintf(log, sizeof log, "%s/bench%d.log", folder, number);
    snprintf(err, sizeof err, "%s/bench%d.err", folder, number);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    posix_spawn_file_actions_addopen(&actions, 2, err, O_WRONLY | O_CREAT | O_APPEND, 0666);
    pid_t pid;
    if (posix_spawn(&pid, program, &actions, NULL, (char *[]){(char *)program, NULL}, environ) != 0)
        fail(program);
    posix_spawn_file_actions_destroy(&actions);
}

static void finish(const char *root, int csv, int number)
{
    char folder[2048], row[256];
    snprintf(folder, sizeof folder, "%s/bench%d_x%d", root, number, number);
    write_file(folder, "run_data.json", number);
    int len = snprintf(row, sizeof row, "bench,%d,logs,0.001,2,\"{}\",-1,0,0,0,%d,bench%d,1\n", number,
                       number, number);
    if (write(csv, row, (size_t)len) != len)
        fail("run_data.csv");
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: %s COUNT SLOTS FOLDER PROGRAM\n", argv[0]);
        return 2;
    }
    int count = atoi(argv[1]), slots = atoi(argv[2]), started = 0, ended = 0;
    char path[4096];
    snprintf(path, sizeof path, "%s/run_data.csv", argv[3]);
    int csv = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (csv < 0)
        fail(path);
    while (ended < count) {
        while (started < count && started - ended < slots)
            start(argv[3], argv[4], started++);
        if (wait(NULL) < 0)
            fail("wait");
        finish(argv[3], csv, ended++);
    }
    return 0;
}
