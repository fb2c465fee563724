/* Attempts that were killed and do not end: their processes belong to another user, or wait for a device. */
#pragma once
#include <stdbool.h>

struct attempt;

/* How often such an attempt is killed again and looked at. */
enum { LINGER_STEP_MS = 1000 };

/* Tells, once an attempt, of processes of it that furcate may not end, if there are any. */
void linger_tell_of_foreign(struct attempt *attempt);
/* Tells of what keeps a killed attempt from ending. Returns true when the runner is to stop without waiting
 * for it any longer: somebody has asked for that, by a second signal. */
bool linger_look(struct attempt *attempt);
