#include "run/fail_fast.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "run/attempt.h"
#include "run/failure.h"
#include "run/results.h"
#include "run/retry.h"
#include "run/runner.h"

static const int64_t second_ns = 1000 * 1000 * 1000;

/* --- the message --- */

/* Letters, digits, and what holds numbers and names of runs together: "0x7f3a", "1e-05", "example12_bs32". */
static size_t word_length(const char *text)
{
    size_t len = 0;
    while (ascii_is_letter(text[len]) || ascii_is_digit(text[len]) ||
           (text[len] && strchr("_-+.", text[len])))
        len++;
    return len;
}

static bool has_digit(const char *word, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (ascii_is_digit(word[i]))
            return true;
    return false;
}

/* The label in it may have characters that end a word: "example0_foo_oa=b", "example1_foo_größe". */
static const char *directory_name(const struct run *run)
{
    const char *slash = strrchr(run->directory, '/');
    return slash ? slash + 1 : run->directory;
}

static void add_normalised(struct text *out, const char *text, const char *name)
{
    size_t name_len = strlen(name);
    while (*text) {
        bool is_name = name_len > 0 && strncmp(text, name, name_len) == 0;
        bool is_value = out->len > 0 && out->data[out->len - 1] == '='; /* "--optimizer=adam" */
        size_t len = is_name ? name_len : word_length(text);
        if (len == 0)
            text_add_char(out, *text++);
        else if (is_value || has_digit(text, len))
            text_add_char(out, '#');
        else
            text_add_bytes(out, text, len);
        text += len;
    }
}

char *fail_fast_message(const struct run *run, const char *reason, const char *error_tail)
{
    struct text message = {0};
    const char *newline = strrchr(error_tail, '\n');
    text_addf(&message, "%s%s", reason, *error_tail ? ": " : "");
    add_normalised(&message, newline ? newline + 1 : error_tail, directory_name(run));
    return text_take(&message);
}

/* --- the verdict --- */

/* Returns twice as long, but no more than a minute longer; and a second more, which even a failure at once
 * takes under load. */
int64_t fail_fast_beyond(int64_t longest_ns)
{
    int64_t minute_ns = 60 * second_ns;
    return second_ns + longest_ns + (longest_ns < minute_ns ? longest_ns : minute_ns);
}

/* Returns how long an attempt still has until it proves the program right; -1 when it can say nothing: one
 * started long before the first failure may be of a program that has been edited since. */
static int64_t time_left(const struct fail_fast *fail_fast, const struct attempt *attempt, int64_t now)
{
    int64_t beyond = fail_fast_beyond(fail_fast->longest_ns), age = now - attempt->started;
    if (attempt->started < fail_fast->since - beyond)
        return -1;
    return age < beyond ? beyond - age : 0;
}

static bool is_disproved(const struct runner *runner, int64_t now)
{
    for (size_t i = 0; i < runner->slots.all.count; i++) {
        const struct attempt *attempt = runner->slots.all.items[i]->attempt;
        if (attempt && time_left(&runner->fail_fast, attempt, now) == 0)
            return true;
    }
    return !config_meta(runner->config)->fail_fast;
}

/* Whatever fails with that message from now on is the config's fault. */
static void excuse(struct fail_fast *fail_fast)
{
    free(fail_fast->excused);
    fail_fast->excused = fail_fast->message;
    fail_fast->message = NULL;
}

static void on_verdict(uv_timer_t *timer)
{
    struct runner *runner = timer->data;
    struct fail_fast *fail_fast = &runner->fail_fast;
    if (is_disproved(runner, clock_monotonic())) {
        excuse(fail_fast);
        fail_fast_forget(fail_fast);
    } else {
        fail_fast->stopped = true;
        retry_drop_all(runner);
        log_line(runner->log, LOG_WARNING,
                 "%d configs in a row failed with the same message: no more are started", FAIL_FAST_RUNS);
    }
    runner->run_ready(runner);
}

/* Gives the verdict at once, or when all attempts that execute and may disprove it have had the time for
 * that. */
static void await_verdict(struct runner *runner)
{
    int64_t longest = 0, now = clock_monotonic();
    for (size_t i = 0; i < runner->slots.all.count; i++) {
        const struct attempt *attempt = runner->slots.all.items[i]->attempt;
        int64_t left = attempt ? time_left(&runner->fail_fast, attempt, now) : -1;
        longest = left > longest ? left : longest;
    }
    uv_timer_start(&runner->fail_fast.verdict, on_verdict, (uint64_t)(longest + 999999) / 1000000, 0);
}

/* --- what is noted --- */

void fail_fast_open(struct runner *runner)
{
    uv_timer_init(&runner->loop, &runner->fail_fast.verdict);
    runner->fail_fast.verdict.data = runner;
}

void fail_fast_forget(struct fail_fast *fail_fast)
{
    if (fail_fast->stopped)
        return;
    uv_timer_stop(&fail_fast->verdict);
    free(fail_fast->message);
    free(fail_fast->example);
    fail_fast->message = fail_fast->example = NULL;
    fail_fast->count = 0;
    fail_fast->elsewhere = false;
    fail_fast->longest_ns = 0;
}

void fail_fast_close(struct fail_fast *fail_fast)
{
    fail_fast_forget(fail_fast);
    uv_close((uv_handle_t *)&fail_fast->verdict, NULL);
}

void fail_fast_free(struct fail_fast *fail_fast)
{
    free(fail_fast->message);
    free(fail_fast->excused);
    free(fail_fast->example);
}

bool fail_fast_holds(const struct fail_fast *fail_fast)
{
    return fail_fast->stopped ||
           (fail_fast->message && uv_is_active((const uv_handle_t *)&fail_fast->verdict));
}

bool fail_fast_tells(const struct fail_fast *fail_fast, const struct failure *failure)
{
    if (!fail_fast->stopped)
        return false;
    CLEANUP(memory_free)
    char *message = fail_fast_message(failure->run, failure->reason, failure->error_tail);
    return strcmp(message, fail_fast->message) == 0;
}

static bool is_counted(const struct fail_fast *fail_fast, int64_t id)
{
    for (int i = 0; i < fail_fast->count; i++)
        if (fail_fast->ids[i] == id)
            return true;
    return false;
}

static bool counts(const struct runner *runner, const struct attempt *attempt)
{
    const struct config_meta *meta = config_meta(runner->config);
    if (!meta->fail_fast || runner->fail_fast.stopped || attempt->cut_short || attempt->out_of_memory)
        return false;
    if (attempt->end.seconds >= 1 && runner->finished_here > 0)
        return false;
    CLEANUP(results_settings_free)
    struct results_settings settings = results_settings_of(attempt->run, runner->config);
    return !results_has_reports(attempt->run, settings.metrics);
}

/* The failure's message is that of those before it from here on; takes it over. */
static void follow_message(struct fail_fast *fail_fast, char *message, const struct attempt *attempt,
                           const char *tail)
{
    if (fail_fast->message && strcmp(message, fail_fast->message) == 0) {
        free(message);
        return;
    }
    fail_fast_forget(fail_fast);
    fail_fast->message = message;
    struct text example = {0};
    failure_add_lines(&example, attempt->run, attempt->end.reason, tail);
    fail_fast->example = text_take(&example);
    fail_fast->since = attempt->started;
    fail_fast->gpu_id = attempt->run->gpu_id;
}

static void note_time_and_place(struct fail_fast *fail_fast, const struct attempt *attempt)
{
    int64_t took_ns = (int64_t)(1e9 * attempt->end.seconds);
    if (took_ns > fail_fast->longest_ns)
        fail_fast->longest_ns = took_ns;
    fail_fast->elsewhere |= attempt->is_unstarted || attempt->run->gpu_id != fail_fast->gpu_id;
}

void fail_fast_note(struct runner *runner, const struct attempt *attempt)
{
    struct fail_fast *fail_fast = &runner->fail_fast;
    if (!counts(runner, attempt))
        return;
    const char *tail = attempt->error_tail ? attempt->error_tail : "";
    char *message = fail_fast_message(attempt->run, attempt->end.reason, tail);
    bool is_excused = fail_fast->excused && strcmp(message, fail_fast->excused) == 0;
    if (is_excused) {
        free(message);
        return;
    }
    follow_message(fail_fast, message, attempt, tail);
    if (fail_fast->count < FAIL_FAST_RUNS && !is_counted(fail_fast, attempt->run->id))
        fail_fast->ids[fail_fast->count++] = attempt->run->id;
    note_time_and_place(fail_fast, attempt);
    if (fail_fast->count == FAIL_FAST_RUNS && (fail_fast->elsewhere || slots_places(&runner->slots) < 2))
        await_verdict(runner);
}
