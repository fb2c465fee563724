/* What a warm program must know of itself before it is forked. */
#pragma once
#include "process/process.h"

/* Of this process as it is now. Waits up to 0.5 s for threads that begin or are still at work. */
struct server_note note_take(void);
