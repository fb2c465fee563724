/* What a warm program must know of itself before it is forked. */
#pragma once
#include "process/process.h"

/* Of this process as it is now. Waits up to 0.1 s for threads that are still at work. */
struct server_note note_take(void);
