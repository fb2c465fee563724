/* The kernel's out-of-memory killer, as far as its counters tell. */
#pragma once
#include <stdint.h>

enum oom_verdict {
    OOM_NO,
    OOM_PERHAPS, /* it has ended a process of this machine meanwhile */
    OOM_YES,     /* it has ended one of the control group that the runner is in */
};

struct oom {
    int machine, group; /* open files with a line "oom_kill N"; -1: there is none */
    int64_t machine_seen, group_seen;
};

/* Opens the counters of this process' group (memory.events, or version 1's memory.oom_control) and of the
 * machine
 * (/proc/vmstat), and notes what they say. */
void oom_open(struct oom *oom);
/* The same for other files; for tests. */
void oom_open_files(struct oom *oom, const char *machine, const char *group);
void oom_close(struct oom *oom);
/* A process has got SIGKILL from somebody: whether the counters have risen since the last look. */
enum oom_verdict oom_look(struct oom *oom);
