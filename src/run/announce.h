#pragma once
#include "run/runner.h"

/* Logs what is about to be done: the plan, what is finished already, the slots, and settings that have no
 * effect. */
void announce_start(struct runner *runner);
/* Warns of settings that have no effect in this version. */
void announce_no_effect(struct runner *runner);
/* Logs once what rows that match nothing in the plan differ in. */
void announce_other_rows(struct runner *runner);
/* Warns when the limit on open files suffices for fewer slots than were asked for. */
void announce_denied_slots(struct runner *runner);
/* Warns of axes that the program is not told of, though it is of others. */
void announce_unnamed_axes(struct runner *runner);
