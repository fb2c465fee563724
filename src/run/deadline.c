#include "run/deadline.h"

#include <math.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "run/attempt.h"
#include "run/failure.h"
#include "run/runner.h"

static const int64_t half_second_ns = 500000000;

static const struct config_meta *meta_of(const struct attempt *attempt)
{
    return config_meta(attempt->runner->config);
}

/* Returns how many seconds the processes that a program has left may go on before they are told of and
 * killed. They may just have been about to end, or to execute another program. And who ended the program by
 * SIGTERM may have told all of furcate to stop. */
static double time_for_rest(const struct attempt *attempt)
{
    return failure_is_stop(&attempt->end) ? 1 : 0.1;
}

double deadline_seconds_left(const struct attempt *attempt)
{
    if (attempt->state == ATTEMPT_TERMINATING)
        return meta_of(attempt)->kill_grace - clock_seconds_since(attempt->told_to_end);
    if (attempt->ended)
        return time_for_rest(attempt) - clock_seconds_since(attempt->ended);
    return meta_of(attempt)->timeout > 0 ? meta_of(attempt)->timeout - clock_seconds_since(attempt->started)
                                         : INFINITY;
}

double deadline_next_step(const struct attempt *attempt)
{
    static const double least = 1, most = 10;
    double left = deadline_seconds_left(attempt), step = left / 64;
    step = step < least ? least : step > most && !isinf(left) ? most : step;
    return left < 0 ? 0 : left < step ? left : step;
}

bool deadline_is_overtaken(const struct attempt *attempt)
{
    siginfo_t info = {0};
    return !attempt->ended &&
           waitid(P_PIDFD, (id_t)attempt->pidfd, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

void deadline_forgive(struct attempt *attempt)
{
    int64_t now = clock_monotonic();
    if (now - attempt->due < half_second_ns)
        return;
    attempt->started += now - attempt->looked_at;
    attempt->told_to_end += now - attempt->looked_at;
}
