/* The kernel's out-of-memory killer, as far as its counters tell. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum oom_verdict {
    OOM_NO,
    OOM_PERHAPS, /* it has ended a process of this machine meanwhile */
    OOM_YES,     /* it has ended one of the attempt */
};

/* A counter that all attempts share: of the control group that the runner is in, else of the machine. */
struct oom {
    int fd; /* a file with a line "oom_kill N"; -1: there is none */
    bool is_of_group;
    int64_t seen;    /* N when it was last read */
    int64_t seen_at; /* clock_monotonic() */
    int64_t told;    /* the last kill that an attempt was told to have ended by, counted as N is */
};

/* What the counters said when an attempt was started. */
struct oom_mark {
    int64_t slot;   /* of the control group that its slot has alone; -1: it has none, or none that counts */
    int64_t shared; /* only without the former */
};

/* Opens the counter of this process' group (memory.events, or version 1's memory.oom_control), else that of
 * the machine (/proc/vmstat). */
void oom_open(struct oom *oom);
/* The same for other files; for tests. */
void oom_open_files(struct oom *oom, const char *machine, const char *group);
void oom_close(struct oom *oom);

/* An attempt is started; `slot`: the folder of its slot's control group, NULL when it has none. */
void oom_note(struct oom *oom, const char *slot, struct oom_mark *mark);
/* Whether a process of that group was killed since; to be asked while the group is still there. */
bool oom_look_at_slot(const char *slot, const struct oom_mark *mark);
/*
 * An attempt has ended since one of its processes got SIGKILL from somebody: whether the shared counter has
 * risen since its start, beyond the kills that attempts were told of. A kill is told once.
 */
enum oom_verdict oom_look(struct oom *oom, const struct oom_mark *mark);
