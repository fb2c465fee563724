#include "run/adopt.h"

#include "run/attempt.h"
#include "run/planning.h"
#include "run/retry.h"
#include "run/runner.h"

bool adopt_must_read_rows(const struct runner *runner, const struct planning *planning)
{
    const struct plan_change *change = planning->change;
    if (runner->finished > 0 && planning->has_other_keys)
        return true; /* which tells what became of them */
    bool joins = plan_change_joined(change) > 0 || !plan_change_is_exact(change);
    return !store_rows_are_unchanged(runner->store) || (joins && runner->others > 0);
}

static void forget(struct runner *runner, const struct run *run)
{
    if (run->rank != RUNNER_NO_RANK)
        taken_remove(&runner->taken, run->rank);
}

/* Leaves in `taken` what is finished. */
static void forget_under_way(struct runner *runner)
{
    for (size_t i = 0; i < runner->slots.all.count; i++)
        if (runner->slots.all.items[i]->attempt)
            forget(runner, runner->slots.all.items[i]->attempt->run);
    for (size_t i = 0; i < runner->unsettled.attempts.count; i++)
        forget(runner, runner->unsettled.attempts.items[i]->run);
    for (size_t i = 0; i < runner->failures.count; i++)
        forget(runner, runner->failures.items[i].run);
    retry_each(runner, forget);
}

/* Makes `taken` what has a row, as the thread has read it. */
static void take_rows(struct runner *runner, struct planning *planning)
{
    struct other_rows *others = &planning->others;
    if (others->odd > runner->odd_rows) {
        text_free(&runner->other_rows);
        runner->other_rows = others->lines;
        others->lines = (struct text){0};
    } /* else whoever edits values knows what the edit leaves behind */
    runner->odd_rows = others->odd;
    taken_replace(&runner->taken, &planning->finished);
    runner->others = others->count;
}

/* Takes finished runs whose rows the thread did not see: they were written later, or are not yet. */
static void take_unwritten(struct runner *runner)
{
    uint64_t rank;
    struct run *run;
    const struct recent *recent;
    for (size_t i = 0; (recent = bookkeeping_recent(&runner->bookkeeping, i)); i++)
        if (plan_find(runner->plan, recent->keys, &rank))
            taken_add(&runner->taken, rank);
        else
            runner->others += !recent->is_written;
    for (size_t i = 0; (run = bookkeeping_collecting(&runner->bookkeeping, i)); i++)
        runner_take(runner, run);
}

/* Takes the runs that have finished since the thread began and were not in the plan before, from where all
 * else follows. */
static void take_joined(struct runner *runner)
{
    uint64_t rank;
    const struct recent *recent;
    for (size_t i = 0; (recent = bookkeeping_recent(&runner->bookkeeping, i)); i++)
        if (recent->rank == RUNNER_NO_RANK && plan_find(runner->plan, recent->keys, &rank))
            taken_add(&runner->taken, rank);
}

/* Takes the runs that were given up. The thread has ranked those that were there when it began; of these some
 * may be gone, and others have come. */
static void take_failures(struct runner *runner, const struct planning *planning)
{
    size_t next = 0;
    for (size_t i = 0; i < runner->failures.count; i++) {
        struct run *run = runner->failures.items[i].run;
        size_t at = next;
        while (at < planning->ranked.count && planning->ranked.items[at].keys != run->keys)
            at++;
        if (at == planning->ranked.count) {
            runner_take(runner, run);
            continue;
        }
        next = at + 1;
        run->rank = planning->ranked.items[at].rank;
        if (run->rank != RUNNER_NO_RANK)
            taken_add(&runner->taken, run->rank);
    }
}

/* Takes everything else that is under way; what waits for a retry and is in the plan no more goes. */
static void take_under_way(struct runner *runner)
{
    for (size_t i = 0; i < runner->slots.all.count; i++) {
        struct attempt *attempt = runner->slots.all.items[i]->attempt;
        if (attempt)
            runner_take(runner, attempt->run);
    }
    for (size_t i = 0; i < runner->unsettled.attempts.count; i++)
        runner_take(runner, runner->unsettled.attempts.items[i]->run);
    retry_take(runner);
}

/* `taken` is that of the plan already, and holds what is finished. */
static void make_current(struct runner *runner, struct planning *planning)
{
    order_destroy(runner->order);
    plan_unref(runner->plan); /* planning->before is the same */
    config_unref(runner->config);
    runner->plan = plan_ref(planning->plan);
    runner->config = config_ref(plan_config(planning->plan));
    runner->order = order_create(runner->plan);
    runner->exhausted = false;
    store_set_config(runner->store, planning->config_text);
    planning->config_text = NULL;
    bookkeeping_kick(&runner->bookkeeping);
}

void adopt_plan(struct runner *runner, struct planning *planning)
{
    if (planning->reads_rows) {
        take_rows(runner, planning);
    } else {
        forget_under_way(runner);
        taken_follow(&runner->taken, planning->forth, planning->back);
        planning->forth = planning->back = NULL;
    }
    make_current(runner, planning);
    if (planning->reads_rows)
        take_unwritten(runner);
    else
        take_joined(runner);
    runner->finished = taken_count(&runner->taken);
    take_failures(runner, planning);
    take_under_way(runner);
}
