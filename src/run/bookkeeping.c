#include "run/bookkeeping.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "run/readers.h"
#include "run/results.h"
#include "run/trouble.h"

static const int64_t group_ns = 100 * 1000 * 1000;
static const uint64_t retry_ms = 2000;
static const uint64_t behind_ms = 500; /* between two tries to write to a locked database */
static const int64_t most_wait_at_end_ns = INT64_C(10) * 1000 * 1000 * 1000;

struct finished {
    struct reading reading;
    struct bookkeeping *bookkeeping;
    struct run *run;
    struct attempt_end end;
    struct config *config; /* keeps the objective alive */
    struct results_settings settings;
    struct history *history;
    struct report_faults faults;
    bool has_run_data;  /* it has written its results itself */
    struct value *data; /* these; NULL: they cannot be read */
    bool is_read;       /* now, on a worker thread */
    bool is_marked;     /* that it ended well is in the store's hands */
    bool waits;         /* the last time it could not be read */
    struct error err;   /* of reading it; kind ERROR_NONE: it went well */
};

static void begin(struct bookkeeping *bookkeeping);
static void read_again(struct bookkeeping *bookkeeping);

static void on_timer(uv_timer_t *timer)
{
    begin(timer->data);
}

static void on_behind(uv_timer_t *timer)
{
    bookkeeping_kick(timer->data);
}

void bookkeeping_open(struct bookkeeping *bookkeeping, uv_loop_t *loop, struct store *store,
                      void (*changed)(void *context), void *context)
{
    bookkeeping->loop = loop;
    bookkeeping->store = store;
    bookkeeping->changed = changed;
    bookkeeping->context = context;
    bookkeeping->last_start = clock_monotonic() - group_ns;
    bookkeeping->work.data = bookkeeping;
    uv_timer_init(loop, &bookkeeping->timer);
    uv_timer_init(loop, &bookkeeping->behind);
    bookkeeping->timer.data = bookkeeping->behind.data = bookkeeping;
    bookkeeping->readers = readers_open(loop);
}

/* A commit has ended, or results could not be read. */
static void tell(struct bookkeeping *bookkeeping)
{
    bool commit_failed = bookkeeping->commit_err.kind != ERROR_NONE;
    bookkeeping->failing = commit_failed || bookkeeping->waiting > 0;
    bookkeeping->err = commit_failed              ? bookkeeping->commit_err
                       : bookkeeping->waiting > 0 ? bookkeeping->read_err
                                                  : (struct error){0};
    if (bookkeeping->failing)
        uv_timer_start(&bookkeeping->timer, on_timer, retry_ms, 0);
    bookkeeping->changed(bookkeeping->context);
}

static size_t count_unwritten(const struct bookkeeping *bookkeeping)
{
    return bookkeeping->ended + bookkeeping->committing;
}

void bookkeeping_keep_recent(struct bookkeeping *bookkeeping, bool keeps)
{
    bookkeeping->recent.keeps = keeps;
    recent_follow(&bookkeeping->recent, count_unwritten(bookkeeping));
}

const struct recent *bookkeeping_recent(const struct bookkeeping *bookkeeping, size_t i)
{
    return i < bookkeeping->recent.all.count ? &bookkeeping->recent.all.items[i] : NULL;
}

/* On a worker thread. */
static void commit(uv_work_t *work)
{
    struct bookkeeping *bookkeeping = work->data;
    if (store_commit_work(bookkeeping->store, &bookkeeping->commit_err))
        bookkeeping->commit_err.kind = ERROR_NONE; /* whatever it got over */
}

/* Begins a commit after a while, by when many results are read that then need no mark. */
static void begin_later(struct bookkeeping *bookkeeping)
{
    const uv_handle_t *timer = (uv_handle_t *)&bookkeeping->timer;
    if (!bookkeeping->busy && !uv_is_active(timer) && !uv_is_closing(timer))
        uv_timer_start(&bookkeeping->timer, on_timer, (uint64_t)(group_ns / 1000000), 0);
}

static bool has_unmarked(const struct bookkeeping *bookkeeping)
{
    for (size_t i = 0; i < bookkeeping->collecting.count; i++)
        if (!bookkeeping->collecting.items[i]->is_marked)
            return true;
    return false;
}

static void after_commit(uv_work_t *work, int status)
{
    (void)status;
    struct bookkeeping *bookkeeping = work->data;
    bookkeeping->busy = false;
    if (bookkeeping->commit_err.kind == ERROR_NONE)
        bookkeeping->committing = 0;
    recent_follow(&bookkeeping->recent, count_unwritten(bookkeeping));
    store_commit_end(bookkeeping->store);
    bookkeeping->is_behind = store_is_behind(bookkeeping->store);
    if (bookkeeping->is_behind)
        uv_timer_start(&bookkeeping->behind, on_behind, behind_ms, 0);
    tell(bookkeeping);
    if (bookkeeping->pending)
        bookkeeping_kick(bookkeeping);
    else if (has_unmarked(bookkeeping))
        begin_later(bookkeeping);
}

/* Marks the runs that ended well and whose results are still being read: that can take minutes, in which a
 * crash must not make furcate repeat them. */
static void mark_unread(struct bookkeeping *bookkeeping)
{
    for (size_t i = 0; i < bookkeeping->collecting.count; i++) {
        struct finished *finished = bookkeeping->collecting.items[i];
        if (!finished->is_marked && !finished->has_run_data)
            store_add_ended(bookkeeping->store, finished->run, &finished->end);
        finished->is_marked = true;
    }
}

static void begin(struct bookkeeping *bookkeeping)
{
    if (bookkeeping->busy)
        return;
    read_again(bookkeeping);
    mark_unread(bookkeeping);
    bool again = bookkeeping->commit_err.kind != ERROR_NONE;
    if (!store_restore(bookkeeping->store, &bookkeeping->commit_err)) {
        tell(bookkeeping);
        return;
    }
    if (!again && !store_commit_begin(bookkeeping->store)) {
        bookkeeping->pending = false;
        tell(bookkeeping);
        return;
    }
    bookkeeping->pending = again && bookkeeping->pending;
    bookkeeping->committing += again ? 0 : bookkeeping->ended;
    bookkeeping->ended = again ? bookkeeping->ended : 0;
    bookkeeping->busy = true;
    bookkeeping->last_start = clock_monotonic();
    uv_queue_work(bookkeeping->loop, &bookkeeping->work, commit, after_commit);
}

void bookkeeping_kick(struct bookkeeping *bookkeeping)
{
    const uv_handle_t *timer = (uv_handle_t *)&bookkeeping->timer;
    bookkeeping->pending = true;
    if (bookkeeping->busy || uv_is_active(timer) || uv_is_closing(timer))
        return;
    int64_t since = clock_monotonic() - bookkeeping->last_start;
    if (since >= group_ns)
        begin(bookkeeping);
    else
        uv_timer_start(&bookkeeping->timer, on_timer, (uint64_t)((group_ns - since) / 1000000) + 1, 0);
}

void bookkeeping_hurry(struct bookkeeping *bookkeeping)
{
    if (!bookkeeping->pending || bookkeeping->busy || bookkeeping->failing)
        return;
    uv_timer_stop(&bookkeeping->timer);
    begin(bookkeeping);
}

static struct finished *of_reading(struct reading *reading)
{
    return (struct finished *)((char *)reading - offsetof(struct finished, reading));
}

/* Reads the results, on a thread of the readers. */
static void collect(struct reading *reading)
{
    struct finished *finished = of_reading(reading);
    if (finished->has_run_data)
        finished->data = results_read_own(finished->run);
    else if (results_read(finished->history, finished->run, finished->settings.metrics, &finished->faults,
                          &finished->err))
        finished->err.kind = ERROR_NONE;
}

static void add(struct bookkeeping *bookkeeping, struct run *run, const struct attempt_end *end,
                struct value *data)
{
    recent_note(&bookkeeping->recent, run);
    bookkeeping->ended++;
    store_add_finished(bookkeeping->store, run, end, data);
    run_destroy(run);
    bookkeeping_kick(bookkeeping);
}

/* Adds a run whose results are what it reported, and tells what of that could not be used. history: NULL for
 * nothing */
static void add_with_metrics(struct bookkeeping *bookkeeping, struct run *run, const struct attempt_end *end,
                             const struct results_settings *settings, struct history *history,
                             struct report_faults *faults)
{
    struct log *log = store_log(bookkeeping->store);
    struct value *data = results_data(end, history, &settings->objective, faults);
    findings_note(&bookkeeping->findings, log, run, faults);
    findings_note_objective(&bookkeeping->findings, log, run, settings, data, faults);
    findings_note_metrics(&bookkeeping->findings, log, run, settings, faults, history);
    add(bookkeeping, run, end, data);
}

static void forget(struct bookkeeping *bookkeeping, const struct finished *finished)
{
    for (size_t i = 0; i < bookkeeping->collecting.count; i++)
        if (bookkeeping->collecting.items[i] == finished) {
            bookkeeping->collecting.items[i] = bookkeeping->collecting.items[--bookkeeping->collecting.count];
            return;
        }
}

static void free_finished(struct finished *finished)
{
    history_destroy(finished->history);
    value_cleanup(&finished->data);
    results_settings_free(&finished->settings);
    config_unref(finished->config);
    run_destroy(finished->run);
    free(finished);
}

/* Others hold the files or the memory that it takes; a broken disk would have it wait for ever. */
static bool must_wait(const struct error *err)
{
    return err->kind != ERROR_NONE && err->may_pass && err->number != EIO;
}

static void wait(struct bookkeeping *bookkeeping, struct finished *finished)
{
    bookkeeping->waiting += !finished->waits;
    bookkeeping->read_err = finished->err;
    finished->waits = true;
    tell(bookkeeping);
}

static void hand_on(struct bookkeeping *bookkeeping, struct finished *finished)
{
    bool waited = finished->waits;
    if (finished->err.kind != ERROR_NONE)
        log_line(store_log(bookkeeping->store), LOG_WARNING,
                 "Thread %lld: its row lacks metrics, since they could not be read: %s%s",
                 (long long)finished->run->id, finished->err.text, trouble_remedy(&finished->err));
    forget(bookkeeping, finished);
    if (finished->has_run_data && finished->data)
        findings_note_objective(&bookkeeping->findings, store_log(bookkeeping->store), finished->run,
                                &finished->settings, finished->data, NULL);
    if (finished->has_run_data)
        add(bookkeeping, finished->run, &finished->end, NULL);
    else
        add_with_metrics(bookkeeping, finished->run, &finished->end, &finished->settings, finished->history,
                         &finished->faults);
    finished->run = NULL;
    free_finished(finished);
    bookkeeping->waiting -= waited;
    if (waited)
        tell(bookkeeping);
}

static void after_collect(struct reading *reading)
{
    struct finished *finished = of_reading(reading);
    struct bookkeeping *bookkeeping = finished->bookkeeping;
    finished->is_read = false;
    bookkeeping->reading--;
    if (must_wait(&finished->err))
        wait(bookkeeping, finished);
    else
        hand_on(bookkeeping, finished);
}

static void read_results(struct finished *finished)
{
    history_destroy(finished->history);
    finished->history = history_create();
    finished->faults = (struct report_faults){0};
    finished->is_read = true;
    finished->bookkeeping->reading++;
    readers_add(finished->bookkeeping->readers, &finished->reading);
}

static void read_again(struct bookkeeping *bookkeeping)
{
    for (size_t i = 0; i < bookkeeping->collecting.count; i++)
        if (!bookkeeping->collecting.items[i]->is_read)
            read_results(bookkeeping->collecting.items[i]);
}

void bookkeeping_finish(struct bookkeeping *bookkeeping, struct run *run, const struct attempt_end *end,
                        struct config *config, bool has_run_data)
{
    bookkeeping->waits_at_end = 0;
    struct results_settings settings = results_settings_of(run, config);
    if (has_run_data && !settings.objective.metric) {
        results_settings_free(&settings);
        add(bookkeeping, run, end, NULL);
        return;
    }
    if (!has_run_data && !results_has_metrics(run, settings.metrics)) {
        add_with_metrics(bookkeeping, run, end, &settings, NULL, &(struct report_faults){0});
        results_settings_free(&settings);
        return;
    }
    struct finished *finished = memory_new(1, sizeof *finished);
    *finished = (struct finished){
        .reading = {.read = collect, .on_read = after_collect},
        .bookkeeping = bookkeeping,
        .run = run,
        .end = *end,
        .config = config_ref(config),
        .settings = settings,
        .has_run_data = has_run_data,
    };
    vector_push(&bookkeeping->collecting, finished);
    read_results(finished);
    begin_later(bookkeeping);
}

struct run *bookkeeping_collecting(const struct bookkeeping *bookkeeping, size_t i)
{
    return i < bookkeeping->collecting.count ? bookkeeping->collecting.items[i]->run : NULL;
}

bool bookkeeping_is_full(struct bookkeeping *bookkeeping)
{
    size_t unwritten = bookkeeping->ended + bookkeeping->committing + bookkeeping->collecting.count;
    bool full = unwritten >= BOOKKEEPING_MOST_UNWRITTEN;
    if (full && !bookkeeping->told_of_full)
        log_line(store_log(bookkeeping->store), LOG_INFO,
                 "Runs end faster than their results can be written: starts wait whenever %d are unwritten",
                 BOOKKEEPING_MOST_UNWRITTEN);
    bookkeeping->told_of_full |= full;
    return full;
}

bool bookkeeping_is_idle(const struct bookkeeping *bookkeeping)
{
    return !bookkeeping->busy && !bookkeeping->pending && !bookkeeping->failing &&
           bookkeeping->collecting.count == 0;
}

bool bookkeeping_is_recorded(struct bookkeeping *bookkeeping, bool hurries)
{
    if (!bookkeeping->is_behind || hurries)
        return true;
    int64_t now = clock_monotonic();
    if (bookkeeping->waits_at_end == 0)
        bookkeeping->waits_at_end = now;
    return now - bookkeeping->waits_at_end >= most_wait_at_end_ns;
}

bool bookkeeping_only_reads(const struct bookkeeping *bookkeeping)
{
    return !bookkeeping->busy && !bookkeeping->pending && !bookkeeping->failing && !has_unmarked(bookkeeping);
}

bool bookkeeping_is_stuck(const struct bookkeeping *bookkeeping)
{
    return bookkeeping->failing && !bookkeeping->busy && bookkeeping->reading == 0;
}

static void tell_of_unrecorded(const struct bookkeeping *bookkeeping)
{
    size_t count = store_count_unrecorded(bookkeeping->store);
    if (count > 0)
        log_line(
            store_log(bookkeeping->store), LOG_WARNING,
            "furcate.db is still locked: it lacks %zu record%s of attempts; run_data.csv has the rows of "
            "all finished runs",
            count, count == 1 ? "" : "s");
}

void bookkeeping_close(struct bookkeeping *bookkeeping)
{
    tell_of_unrecorded(bookkeeping);
    size_t unread = bookkeeping->reading;
    if (unread > 0)
        log_line(
            store_log(bookkeeping->store), LOG_WARNING,
            "The results of %zu %s that ended well could not be read to the end; the next start reads them",
            unread, unread == 1 ? "run" : "runs");
    for (size_t i = 0; i < bookkeeping->collecting.count; i++)
        if (!bookkeeping->collecting.items[i]->is_read) /* else it is the thread's until the process ends */
            free_finished(bookkeeping->collecting.items[i]);
    vector_free(&bookkeeping->collecting);
    recent_free(&bookkeeping->recent);
    readers_close(bookkeeping->readers);
    uv_close((uv_handle_t *)&bookkeeping->timer, NULL);
    uv_close((uv_handle_t *)&bookkeeping->behind, NULL);
}
