/* The time that an attempt has left: of its time limit (meta.timeout); once it was told to end, of its grace
 * (meta.kill_grace); and once its program has ended by itself, of the moment for what that has left. */
#pragma once
#include <stdbool.h>

struct attempt;

/* Returns INFINITY where there is no limit. */
double deadline_seconds_left(const struct attempt *attempt);
/* Returns after how many seconds to look at the deadline again; INFINITY: never. A long limit is waited for
 * in steps: a step that took too long shows that this process stood still, and for how long. */
double deadline_next_step(const struct attempt *attempt);
/* Returns whether the program has ended, and the event loop has not yet told so: after this process stood
 * still the loop looks at its timers first. */
bool deadline_is_overtaken(const struct attempt *attempt);
/*
 * Forgives the attempt the time in which this process stood still: then all of the job was most likely
 * suspended, by a batch system, a freezer or the host of a virtual machine, and nobody can tell that for sure
 * afterwards. When in the last step that began is not known, so all of the step is forgiven.
 */
void deadline_forgive(struct attempt *attempt);
