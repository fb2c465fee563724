/*
 * Faults in the calls that furcate makes. A shared page, which the test and both processes of furcate see,
 * says which call is faulty and counts the calls of each cause; crash.py writes it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* What can go wrong, as the number of a cause; each numbers the calls that it can hit by itself. */
enum fault_cause {
    CAUSE_KILL,      /* SIGKILL before or after a call that changes or makes something */
    CAUSE_TEAR,      /* SIGKILL when half of the bytes are written */
    CAUSE_DISK,      /* ENOSPC */
    CAUSE_READ_ONLY, /* EROFS */
    CAUSE_IO,        /* EIO, also of calls that only look */
    CAUSE_FILES,     /* EMFILE */
    CAUSE_PROCESSES, /* EAGAIN */
    CAUSE_MEMORY,    /* ENOMEM */
    CAUSE_SHORT,     /* half of the bytes are read or written, which is no error */
    CAUSE_HOLD,      /* the call waits until the test has changed something, and goes on */
    CAUSE_COUNT
};

enum fault_mode { MODE_ONCE, MODE_FROM_THEN_ON, MODE_BEFORE, MODE_AFTER };
enum fault_target { TARGET_CALLER, TARGET_OTHER, TARGET_BOTH }; /* who is killed */

/* As crash.py has it. */
struct fault_page {
    uint32_t cause, mode, target;
    uint32_t at;     /* the number of the call, from 1; 0: none */
    uint32_t lifted; /* not 0: the cause is over, or a call that waits may go on */

    uint32_t guardian, runner; /* pids */
    uint32_t met;              /* how many calls were faulty */
    uint32_t limited;          /* the process that has no more open files */
    uint32_t counts[CAUSE_COUNT];
    char call[32]; /* the first faulty one, and the file it was about */
    char subject[256];
};

/* What a call is about: a path, from an open folder on if there is one, an open file, or nothing. */
struct fault_subject {
    const char *path;
    int fd; /* -1: none */
};
#define ABOUT(path) ((struct fault_subject){path, -1})
#define ABOUT_FD(fd) ((struct fault_subject){NULL, fd})
#define ABOUT_NOTHING ((struct fault_subject){NULL, -1})

enum fault_verdict { FAULT_NONE, FAULT_FAIL, FAULT_HALVE };

/* Before a call. `causes`: a bit for each that it counts for. FAULT_FAIL: it is to return at once, errno is
 * set. */
enum fault_verdict fault_enter(unsigned causes, const char *call, struct fault_subject subject);
/* After it. */
void fault_leave(void);
/* After a fork, in both processes. */
void fault_forked(int result);
/* Lets furcate's own clone3, which does not go through libc, be counted too. */
void fault_watch_clone3(void);
