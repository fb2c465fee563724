#include "run/linger.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "run/attempt.h"
#include "run/runner.h"

static const double patience_seconds = 10;

/* Says what the runner does while the processes go on: a sentence. free() it. */
static char *describe_wait(const struct attempt *attempt)
{
    if (attempt->runner->at_once)
        return text_format("Furcate stops without waiting for that");
    if (attempt->runner->stop_signal)
        return text_format("Furcate stops once that is gone, or by one more signal without");
    return text_format("%s gets no other run before that is gone", attempt->slot->name);
}

static void tell(struct attempt *attempt, const struct pids *foreign)
{
    CLEANUP(memory_free) char *owner = text_format(" of %s", attempt->run->name);
    CLEANUP(memory_free) char *which = foreign_describe(foreign, owner);
    CLEANUP(memory_free) char *wait = describe_wait(attempt);
    log_line(
        attempt->runner->log, LOG_WARNING,
        "Furcate may not end %s. %s. (With control groups, as under 'systemd-run --user --scope furcate run "
        "…', furcate ends such processes itself.)",
        which, wait);
    attempt->told_of_foreign = true;
}

/* Returns whether there are any. */
static bool look_for_foreign(struct attempt *attempt)
{
    struct pids foreign = tree_list_foreign(attempt->slot->tree);
    bool found = foreign.count > 0;
    if (found && !attempt->told_of_foreign)
        tell(attempt, &foreign);
    vector_free(&foreign);
    return found;
}

void linger_tell_of_foreign(struct attempt *attempt)
{
    look_for_foreign(attempt);
}

static void tell_of_lingering(struct attempt *attempt)
{
    CLEANUP(memory_free) char *wait = describe_wait(attempt);
    log_line(attempt->runner->log, LOG_WARNING,
             "Thread %lld %s (%s may wait for a device or a file server). %s", (long long)attempt->run->id,
             attempt->ended ? "has ended, but processes it has started do not, though they were killed"
                            : "was killed and does not end",
             attempt->ended ? "they" : "it", wait);
    attempt->told_of_lingering = true;
}

bool linger_look(struct attempt *attempt)
{
    bool is_foreign = look_for_foreign(attempt);
    bool lingers = clock_seconds_since(attempt->killed) >= patience_seconds;
    if (lingers && !is_foreign && !attempt->told_of_lingering)
        tell_of_lingering(attempt);
    return attempt->runner->at_once && (is_foreign || lingers);
}
