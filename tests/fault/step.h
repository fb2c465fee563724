/* What the runs of crash.py do, by the value that they get. */
#pragma once
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum step {
    STEP_PLAIN = 1,
    STEP_FAILS_ONCE = 2, /* and reports a metric that no other has, so that its column joins late */
    STEP_REPORTS = 3,
    STEP_COMES_LATE = 4, /* when there is a row already; leaves a process behind */
};

/* One line for each time that a run did its work to the end, where crash.py counts them. */
static inline void step_finish(int step)
{
    char line[64];
    int len = snprintf(line, sizeof line, "%d %s\n", step, getenv("FURCATE_ID"));
    int fd = open(getenv("FURCATE_STEPS"), O_WRONLY | O_APPEND | O_CREAT, 0666);
    (void)!write(fd, line, (size_t)len);
    close(fd);
}

static inline int step_fails(int step)
{
    return step == STEP_FAILS_ONCE && strcmp(getenv("FURCATE_ATTEMPT"), "1") == 0;
}

/* Not for ever: after some faults there comes none. */
static inline void step_await_row(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/../run_data.csv", getenv("FURCATE_RUN_DIR"));
    for (int tries = 0; tries < 150 && access(path, F_OK) < 0; tries++)
        usleep(2000);
}

static inline void step_leave_process(void)
{
    if (fork() > 0)
        return;
    setsid();
    for (int fd = 0; fd < 3; fd++)
        close(fd);
    sleep(600);
    _exit(0);
}
