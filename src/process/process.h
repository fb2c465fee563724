/* Processes and what holds them: starting a program, ending all that came of it, living and dying with it. */
#pragma once
#include "process/clone3.h"
#include "process/foreign.h"
#include "process/guard.h"
#include "process/ignored.h"
#include "process/launch.h"
#include "process/leftovers.h"
#include "process/limits.h"
#include "process/message.h"
#include "process/oom.h"
#include "process/server.h"
#include "process/serving.h"
#include "process/tree.h"
