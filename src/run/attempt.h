/*
 * One process launched for a run, from launch to the end of its whole tree.
 *
 *   RUNNING ──deadline, stop──▶ TERMINATING ──kill_grace, second stop──▶ KILLING
 *      └─────────────────────────────┴──────────────────────────────────────┘
 *                         the process ends ──▶ CLEARING ──nothing is left──▶ ENDED
 *
 * CLEARING is skipped when nothing is left. When a process that was told to end leaves others, these have the
 * rest of kill_grace: the attempt stays TERMINATING until then. When one that ended by itself leaves others,
 * these have a moment: the attempt stays RUNNING until then.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

#include "process/process.h"
#include "run/slot.h"
#include "store/store.h"

struct runner;

enum attempt_state { ATTEMPT_RUNNING, ATTEMPT_TERMINATING, ATTEMPT_KILLING, ATTEMPT_CLEARING, ATTEMPT_ENDED };

struct attempt {
    struct runner *runner;
    struct slot *slot;
    struct run *run; /* owned */
    enum attempt_state state;
    pid_t pid;
    int pidfd;
    struct birth *birth;             /* see launch.h; NULL once the process has ended, and for a fork */
    char *program;                   /* the path of what it executes */
    char **arguments, **environment; /* of the process, which may yet have to read them */
    uv_poll_t exit;
    uv_timer_t deadline; /* of the run (meta.timeout), then of its death (meta.kill_grace) */
    int open_handles;
    int64_t started;     /* clock_monotonic() */
    int64_t told_to_end; /* when it got SIGTERM */
    int64_t paused;      /* since when it is stopped; 0: it is not */
    int64_t ended;       /* when its program did; 0: it has not */
    int64_t looked_at;   /* when the deadline's timer was set */
    int64_t due;         /* when it is to run down */
    struct attempt_end end;
    char *error_tail;  /* the last lines of its stderr, once it has failed; NULL: not read */
    int not_executed;  /* the error number that kept it from executing the program; 0: it did */
    bool is_unstarted; /* there never was a process: the run's directory or arguments are at fault */
    struct oom_mark oom;
    bool killed_by_kernel; /* for want of memory; it or a process that it has started */
    double timed_out;      /* after so many seconds; 0: it did not */
    bool out_of_memory;
    bool cut_short; /* it was told to end */
    int64_t killed; /* when it, or what it has left, got SIGKILL; 0: it has not */
    bool told_of_foreign, told_of_lingering;
};

/*
 * Makes the run directory, launches the program and occupies the slot. Calls runner->attempt_ended() once it
 * has ended. Takes over `run` when it succeeds. On failure (err) nothing was started: ERROR_CONFIG, the
 * program cannot be executed; ERROR_SYSTEM, the machine refused (disk full, too many files, no process).
 * err->is_of_run: only this run meets it, and the attempt counts; else the run is as it was before. That the
 * program cannot be executed may also turn out later, by attempt->not_executed.
 */
bool attempt_start(struct runner *runner, struct slot *slot, struct run *run, struct error *err);
/* Its deadline: by meta.timeout, counted from its start, or by meta.kill_grace, counted from SIGTERM; called
 * again when the config was edited. */
void attempt_follow_deadline(struct attempt *attempt);
/* SIGTERM for its process group, and SIGKILL after meta.kill_grace. */
void attempt_terminate(struct attempt *attempt);
/* SIGKILL at once for its tree. */
void attempt_kill(struct attempt *attempt);
/* Its deadline waits while it is stopped. */
void attempt_pause(struct attempt *attempt);
void attempt_resume(struct attempt *attempt);
/* The log dir was made anew: makes the run directory anew as well, for what the program writes by its path.
 */
void attempt_remake_directory(struct attempt *attempt);
/* Calls `visit` for each attempt that executes. */
void attempt_each(const struct runner *runner, void (*visit)(struct attempt *attempt));
/* Takes back the start of an attempt that did not execute its program: its run is as it was before. The
 * caller owns it from then on. */
struct run *attempt_withdraw(struct attempt *attempt);
/* Takes the run from an attempt that did not execute its program by the run's own fault. The caller owns it
 * from then on. */
struct run *attempt_take_run(struct attempt *attempt);
/* Frees an attempt that has ended, its run too. */
void attempt_release(struct attempt *attempt);
