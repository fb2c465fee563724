#include "run/places.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "run/attempt.h"
#include "run/fail_fast.h"
#include "run/failure.h"
#include "run/retry.h"
#include "run/runner.h"

static const int64_t minute_ns = 60 * INT64_C(1000000000);

static void on_timer(uv_timer_t *timer);

/* --- the places --- */

static struct place *find(const struct places *places, int gpu_id)
{
    for (size_t i = 0; i < places->all.count; i++)
        if (places->all.items[i].gpu_id == gpu_id)
            return &places->all.items[i];
    return NULL;
}

static struct place *find_or_add(struct places *places, int gpu_id)
{
    if (!find(places, gpu_id))
        vector_push(&places->all, (struct place){.gpu_id = gpu_id});
    return find(places, gpu_id);
}

static bool is_suspect(const struct place *place)
{
    return !place->aside && place->runs.count >= PLACES_FAILURES;
}

static void count_marked(struct places *places)
{
    places->marked = 0;
    for (size_t i = 0; i < places->all.count; i++)
        places->marked += places->all.items[i].aside || is_suspect(&places->all.items[i]);
}

static void forget_failures(struct place *place)
{
    free(place->message);
    place->message = NULL;
    place->runs.count = 0;
    place->longest_ns = 0;
}

static void use_again(struct runner *runner, struct place *place, const char *why)
{
    log_line(runner->log, LOG_INFO, "GPU %d: %s, and runs are started on it again", place->gpu_id, why);
    place->aside = false;
    place->trials = 0;
    forget_failures(place);
}

/* --- how it is elsewhere --- */

enum elsewhere { ELSEWHERE_NOTHING, ELSEWHERE_OPEN, ELSEWHERE_FINE };

/* Returns what a slot of another place tells; sets *ns to how long that will be open. */
static enum elsewhere ask_slot(const struct runner *runner, const struct place *place,
                               const struct slot *slot, int64_t *ns)
{
    const struct place *other = find(&runner->places, slot->gpu_id);
    if (slot->retired || slot->gpu_id == place->gpu_id || (other && other->aside))
        return ELSEWHERE_NOTHING;
    if (other && other->succeeded)
        return ELSEWHERE_FINE;
    if (!slot->attempt)
        return ELSEWHERE_NOTHING;
    *ns = fail_fast_beyond(place->longest_ns) - (clock_monotonic() - slot->attempt->started);
    return *ns <= 0 ? ELSEWHERE_FINE : ELSEWHERE_OPEN;
}

static enum elsewhere ask_elsewhere(const struct runner *runner, const struct place *place,
                                    int64_t *soonest_ns)
{
    enum elsewhere best = ELSEWHERE_NOTHING;
    *soonest_ns = INT64_MAX;
    for (size_t i = 0; i < runner->slots.all.count; i++) {
        int64_t ns = INT64_MAX;
        enum elsewhere answer = ask_slot(runner, place, runner->slots.all.items[i], &ns);
        best = answer > best ? answer : best;
        *soonest_ns = ns < *soonest_ns ? ns : *soonest_ns;
    }
    return best;
}

static bool is_all_that_is_left(const struct runner *runner)
{
    for (size_t i = 0; i < runner->slots.all.count; i++) {
        const struct slot *slot = runner->slots.all.items[i];
        const struct place *place = find(&runner->places, slot->gpu_id);
        if (!slot->retired && !(place && place->aside))
            return false;
    }
    return true;
}

static bool executes(const struct runner *runner, int gpu_id)
{
    for (size_t i = 0; i < runner->slots.all.count; i++)
        if (runner->slots.all.items[i]->attempt && runner->slots.all.items[i]->gpu_id == gpu_id)
            return true;
    return false;
}

bool places_allow(const struct runner *runner, const struct slot *slot)
{
    int64_t ns;
    const struct place *place = runner->places.marked ? find(&runner->places, slot->gpu_id) : NULL;
    if (!place)
        return true;
    if (place->aside)
        return is_all_that_is_left(runner) ||
               (clock_monotonic() >= place->until && !executes(runner, place->gpu_id));
    return !is_suspect(place) || ask_elsewhere(runner, place, &ns) == ELSEWHERE_NOTHING;
}

/* --- the verdict --- */

static void wake_after(struct runner *runner, int64_t ns)
{
    uint64_t ms = ns <= 0 ? 0 : (uint64_t)ns / 1000000 + 1;
    uv_timer_t *timer = &runner->places.timer;
    if (!uv_is_active((uv_handle_t *)timer) || uv_timer_get_due_in(timer) > ms)
        uv_timer_start(timer, on_timer, ms, 0);
}

static void wait_for_chance(struct place *place)
{
    int64_t minutes = place->trials < 4 ? INT64_C(5) << place->trials : 60;
    place->until = clock_monotonic() + minutes * minute_ns;
    place->trials++;
}

static long long minutes_left(const struct place *place)
{
    return (place->until - clock_monotonic() + minute_ns / 2) / minute_ns;
}

static void set_aside(struct runner *runner, struct place *place)
{
    place->aside = place->was_aside = true;
    for (size_t i = 0; i < place->runs.count; i++)
        retry_revive(runner, place->runs.items[i]);
    wait_for_chance(place);
    place->told = place->until;
    log_line(
        runner->log, LOG_WARNING,
        "GPU %d: %zu runs failed with the same message, while those elsewhere did not: no more are started "
        "on it for %lld min: %s",
        place->gpu_id, place->runs.count, minutes_left(place), place->message);
    fail_fast_forget(&runner->fail_fast);
    wake_after(runner, 0); /* for what is tried elsewhere */
}

static void judge(struct runner *runner)
{
    for (size_t i = 0; i < runner->places.all.count; i++) {
        struct place *place = &runner->places.all.items[i];
        int64_t ns = INT64_MAX;
        if (is_suspect(place) && ask_elsewhere(runner, place, &ns) == ELSEWHERE_FINE)
            set_aside(runner, place);
        else if (is_suspect(place) && ns < INT64_MAX)
            wake_after(runner, ns);
        if (place->aside && place->until > clock_monotonic())
            wake_after(runner, place->until - clock_monotonic());
    }
    count_marked(&runner->places);
}

static void on_timer(uv_timer_t *timer)
{
    struct runner *runner = timer->data;
    judge(runner);
    runner->run_ready(runner);
}

/* --- what is noted --- */

/* Returns whether the failure, on a place where others succeed, has the message for which a place was set
 * aside: then it was the config, and that place is used again. */
static bool excuse(struct runner *runner, const struct place *good, const char *message)
{
    bool any = false;
    for (size_t i = 0; good->succeeded && i < runner->places.all.count; i++) {
        struct place *place = &runner->places.all.items[i];
        if (!place->aside || strcmp(place->message, message) != 0)
            continue;
        any = true;
        place->was_aside = false;
        use_again(runner, place, "the same message came on another GPU, where runs succeed");
    }
    if (any) {
        free(runner->places.excused);
        runner->places.excused = memory_copy_text(message);
        wake_after(runner, 0);
    }
    return any;
}

/* Takes the message over. */
static void add_failure(struct place *place, const struct attempt *attempt, char *message)
{
    const char *tail = attempt->error_tail ? attempt->error_tail : "";
    if (!place->message || strcmp(place->message, message) != 0) {
        struct text example = {0};
        forget_failures(place);
        free(place->example);
        failure_add_lines(&example, attempt->run, attempt->end.reason, tail);
        place->example = text_take(&example);
        place->message = memory_copy_text(message);
    }
    free(message);
    int64_t took_ns = (int64_t)(1e9 * attempt->end.seconds);
    place->longest_ns = took_ns > place->longest_ns ? took_ns : place->longest_ns;
    for (size_t i = 0; i < place->runs.count; i++)
        if (place->runs.items[i] == attempt->run->id)
            return;
    vector_push(&place->runs, attempt->run->id);
}

static bool is_of_place(const struct runner *runner, const struct attempt *attempt)
{
    return attempt->run->gpu_id >= 0 && !attempt->cut_short && !attempt->out_of_memory &&
           slots_places(&runner->slots) > 1 && attempt->run->rank != RUNNER_NO_RANK;
}

bool places_note_failure(struct runner *runner, const struct attempt *attempt)
{
    struct places *places = &runner->places;
    if (!is_of_place(runner, attempt))
        return false;
    struct place *place = find_or_add(places, attempt->run->gpu_id);
    const char *tail = attempt->error_tail ? attempt->error_tail : "";
    char *message = fail_fast_message(attempt->run, attempt->end.reason, tail);
    bool is_excused = places->excused && strcmp(places->excused, message) == 0;
    if (is_excused || excuse(runner, place, message)) {
        free(message);
        count_marked(places);
        return false;
    }
    place->succeeded = false;
    if (place->aside) {
        bool is_same = strcmp(place->message, message) == 0;
        free(message);
        if (place->told != place->until) /* not of a run that was started before it was set aside */
            log_line(runner->log, LOG_WARNING,
                     "GPU %d: a run has failed on it again: no more are started on it for %lld min",
                     place->gpu_id, minutes_left(place));
        place->told = place->until;
        wake_after(runner, 0);
        return is_same;
    }
    add_failure(place, attempt, message);
    judge(runner);
    return place->aside;
}

void places_note_start(struct runner *runner, const struct slot *slot)
{
    struct place *place = runner->places.marked ? find(&runner->places, slot->gpu_id) : NULL;
    if (place && place->aside && clock_monotonic() >= place->until)
        wait_for_chance(place);
}

void places_note_success(struct runner *runner, int gpu_id)
{
    bool is_known = find(&runner->places, gpu_id);
    if (gpu_id < 0 || (!is_known && slots_places(&runner->slots) < 2))
        return;
    struct place *place = find_or_add(&runner->places, gpu_id);
    place->succeeded = true;
    if (place->aside)
        use_again(runner, place, "a run has succeeded on it");
    else
        forget_failures(place);
    if (runner->places.marked)
        judge(runner);
}

void places_open(struct runner *runner)
{
    uv_timer_init(&runner->loop, &runner->places.timer);
    runner->places.timer.data = runner;
}

void places_close(struct places *places)
{
    uv_close((uv_handle_t *)&places->timer, NULL);
}

void places_free(struct places *places)
{
    for (size_t i = 0; i < places->all.count; i++) {
        free(places->all.items[i].message);
        free(places->all.items[i].example);
        vector_free(&places->all.items[i].runs);
    }
    vector_free(&places->all);
    free(places->excused);
}

bool places_is_aside(const void *places, int gpu_id)
{
    const struct place *place = find(places, gpu_id);
    return place && place->aside;
}

void places_describe(const struct places *places, struct text *out)
{
    for (size_t i = 0; i < places->all.count; i++) {
        const struct place *place = &places->all.items[i];
        if (place->was_aside)
            text_addf(
                out,
                "GPU %d: runs failed on it with the same message, while those elsewhere did not, so no more "
                "were started on it for a while, and the failed runs were tried elsewhere. The first "
                "failure:\n%s",
                place->gpu_id, place->example);
    }
}
