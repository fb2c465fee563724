#include "run/findings.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "base/tell.h"
#include "run/results.h"

enum { most_named = 5 };

static void tell_of_lines(struct log *log, const struct run *run, const struct report_faults *faults)
{
    const char *only = faults->lines == 1 ? "it" : "the first";
    log_line(log, LOG_WARNING,
             "Thread %lld: %zu %s of metrics.jsonl could not be read; %s is line %zu, '%s': %s",
             (long long)run->id, faults->lines, faults->lines == 1 ? "line" : "lines", only,
             faults->first_line, faults->excerpt, faults->why);
}

/* Tells of it for each run: whoever resumes a training may have meant to go on. */
static void tell_of_dropped(struct log *log, const struct run *run, const struct report_faults *faults)
{
    const char *do_not = faults->dropped == 1 ? "value does not" : "values do not";
    if (faults->dropped > 0 && faults->dropped_from >= 0)
        log_line(
            log, LOG_INFO,
            "Thread %lld: %zu reported %s count, since a later attempt of the run began again at step %lld",
            (long long)run->id, faults->dropped, do_not, (long long)faults->dropped_from);
    else if (faults->dropped > 0)
        log_line(log, LOG_INFO,
                 "Thread %lld: %zu reported %s count, since the last attempt of the run reported none",
                 (long long)run->id, faults->dropped, do_not);
}

static void note_told(struct findings *findings, struct log *log, const struct run *run,
                      const struct report_faults *faults)
{
    if (faults->told == 0)
        return;
    CLEANUP(memory_free)
    char *what = text_format("%s%s see %s/%s.err", faults->first_told,
                             faults->told == 1 ? ";" : ", and there is more;", run->directory, run->name);
    log_line(log, LOG_WARNING, "Thread %lld did not report all that it has: %s", (long long)run->id, what);
    if (findings->telling++ == 0)
        snprintf(findings->telling_example, sizeof findings->telling_example, "%s: %s", run->name, what);
}

/* Tells it once for each name, and of so many names. */
static void tell_of_no_number(struct findings *findings, struct log *log, const struct run *run,
                              const struct report_no_number *no_number)
{
    for (size_t i = 0; i < findings->no_number_count; i++)
        if (strcmp(findings->no_numbers[i], no_number->name) == 0)
            return;
    if (findings->no_number_count == REPORT_MOST_TOLD)
        return;
    memcpy(findings->no_numbers[findings->no_number_count++], no_number->name, sizeof no_number->name);
    log_line(log, LOG_WARNING,
             "Thread %lld: line %zu of metrics.jsonl has a value of '%s' that is no number; only numbers are "
             "kept (reported only once for each metric)",
             (long long)run->id, no_number->line, no_number->name);
}

/* Tells of names that furcate cannot use as they are, once for each, and of so many names. */
static void tell_of_names(struct findings *findings, struct log *log, const struct run *run,
                          const struct report_faults *faults)
{
    for (size_t i = 0; i < faults->renamed.count; i++) {
        const char *name = faults->renamed.items[i];
        if (report_names_add(&findings->renamed, name))
            log_line(
                log, LOG_WARNING,
                "Thread %lld: the metric '%s' is in the column run_metric_%s, since run_%s is a column of "
                "furcate itself (reported only once for each metric)",
                (long long)run->id, name, name, name);
    }
    for (size_t i = 0; i < faults->nameless.count; i++) {
        const char *name = faults->nameless.items[i];
        if (report_names_add(&findings->nameless, name))
            log_line(log, LOG_WARNING,
                     "Thread %lld: the metric '%s' of metrics.jsonl is left out: %s (reported only once for "
                     "each metric)",
                     (long long)run->id, name,
                     name[0] ? "its name holds a control character; rename it"
                             : "it has no name; give it one");
    }
}

static void tell_of_costly(struct log *log, const struct run *run, const struct report_faults *faults)
{
    log_line(
        log, LOG_WARNING,
        "Thread %lld: the expression of meta.metrics.%s takes too long on line %zu of %s, and was skipped "
        "there%s; simplify it (this is told once)",
        (long long)run->id, faults->costly_metric, faults->costly_line, faults->costly_file,
        faults->is_given_up ? " and in the rest of that output" : "");
}

void findings_note(struct findings *findings, struct log *log, const struct run *run,
                   const struct report_faults *faults)
{
    long long id = (long long)run->id;
    if (faults->lines > 0)
        tell_of_lines(log, run, faults);
    findings->unread += faults->lines > 0;
    note_told(findings, log, run, faults);
    tell_of_dropped(log, run, faults);
    for (size_t i = 0; i < faults->no_number_count; i++)
        tell_of_no_number(findings, log, run, &faults->no_numbers[i]);
    if (faults->cut_metric[0] && !findings->told_of_cut) {
        findings->told_of_cut = true;
        log_line(log, LOG_WARNING,
                 "Thread %lld: no value of %s was taken from '%s', since its number goes on where it should "
                 "end; write it with a decimal point, or let the expression in meta.metrics match all of it "
                 "(reported only once)",
                 id, faults->cut_metric, faults->cut_text);
    }
    findings->cut += faults->cuts > 0;
    if (faults->costly_line > 0 && findings->costly++ == 0)
        tell_of_costly(log, run, faults);
    if (faults->in_word[0] && !findings->told_of_word) {
        findings->told_of_word = true;
        log_line(
            log, LOG_WARNING,
            "Thread %lld: the expression of meta.metrics.%s matches within a word, in '%s'; if it should "
            "not, begin it with \\b (\"\\\\b\" in JSON), which matches where a word begins (this is told "
            "once)",
            id, faults->in_word, faults->in_word_text);
    }
    tell_of_names(findings, log, run, faults);
}

/* Returns the name under which a result was reported; NULL: it is none. */
static const char *reported_name(const char *name)
{
    static const char renamed[] = "metric_";
    size_t len = sizeof renamed - 1;
    if (config_result_is_taken(name))
        return NULL;
    return strncmp(name, renamed, len) == 0 && config_result_is_taken(name + len) ? name + len : name;
}

/* Adds "loss, val_acc", or of many names the first and their count. `nearest` becomes the name that the
 * metric is most likely a slip of, or stays. */
static void add_reported(struct text *names, const struct value *data, const char *metric,
                         const char **nearest)
{
    enum { most_names = 10 };
    size_t count = 0;
    for (size_t i = 0; i < value_count(data); i++) {
        const char *name = reported_name(value_key(data, i));
        if (!name || !value_is_number(value_item(data, i)))
            continue;
        if (count++ < most_names)
            text_addf(names, "%s%s", names->len ? ", " : "", name);
        *nearest = nearest_is_typo(metric, name) ? name : *nearest;
    }
    if (count > most_names)
        text_addf(names, " and %zu more", count - most_names);
}

/* Returns whether the expression that is number i of meta.metrics was left out in the rest of an output. */
static bool is_given_up(const struct report_faults *faults, size_t i)
{
    return i < 64 && faults->given_up >> i & 1;
}

/* Tells of it for each run: the value is missing, though one may have been found before. */
static void tell_of_given_up(struct log *log, const struct run *run, const char *metric)
{
    log_line(log, LOG_WARNING,
             "Thread %lld has no value of %s: its last value is not known, since the expression of "
             "meta.metrics.%s took too long and was given up in that output",
             (long long)run->id, metric, metric);
}

/* Tells why the output gave no value of the metric that is number i of meta.metrics. */
static void add_expression(struct text *out, const struct run *run, const char *metric, size_t i,
                           const struct report_faults *faults)
{
    bool is_matched = i < 64 && faults->matched >> i & 1;
    text_addf(out,
              is_given_up(faults, i) ? "the expression of meta.metrics.%s took too long in %s/%s.log or .err"
              : is_matched ? "the expression of meta.metrics.%s matches in %s/%s.log or .err, but no number "
                             "could be read there"
                           : "the expression of meta.metrics.%s matches nothing in %s/%s.log or .err",
              metric, run->directory, run->name);
}

static size_t find_metric(const struct value *metrics, const char *metric)
{
    size_t count = metrics ? value_count(metrics) : 0, i = 0;
    while (i < count && strcmp(value_key(metrics, i), metric) != 0)
        i++;
    return i < count ? i : SIZE_MAX;
}

static void tell_of_objective(struct log *log, const struct run *run, const struct results_settings *settings,
                              const struct value *data, const struct report_faults *faults)
{
    CLEANUP(text_free) struct text names = {0};
    CLEANUP(text_free) struct text remedy = {0};
    CLEANUP(memory_free) char *metric = config_metric_name(settings->objective.metric, 0);
    size_t i = faults ? find_metric(settings->metrics, metric) : SIZE_MAX;
    const char *nearest = NULL;
    add_reported(&names, data, metric, &nearest);
    if (nearest)
        text_addf(&remedy, "did you mean \"%s\"?", nearest);
    else if (i != SIZE_MAX)
        add_expression(&remedy, run, metric, i, faults);
    else
        text_addf(&remedy, "let the program report it, or name another metric in meta.objective");
    CLEANUP(memory_free)
    char *what =
        names.len
            ? text_format("no value of %s (meta.objective) was reported, only %s", metric, text_get(&names))
            : text_format("nothing was reported, and so no value of %s (meta.objective)", metric);
    log_line(log, LOG_WARNING, "Thread %lld: %s; %s (reported only once)", (long long)run->id, what,
             text_get(&remedy));
}

void findings_note_objective(struct findings *findings, struct log *log, const struct run *run,
                             const struct results_settings *settings, const struct value *data,
                             const struct report_faults *faults)
{
    if (!settings->objective.metric || results_have(data, run->keys, settings->objective.metric))
        return;
    findings->without++;
    if (!findings->told_of_without)
        tell_of_objective(log, run, settings, data, faults);
    findings->told_of_without = true;
}

void findings_note_metrics(struct findings *findings, struct log *log, const struct run *run,
                           const struct results_settings *settings, const struct report_faults *faults,
                           struct history *history)
{
    CLEANUP(text_free) struct text why = {0};
    const char *objective = settings->objective.metric;
    CLEANUP(memory_free) char *told = objective ? config_metric_name(objective, 0) : NULL;
    size_t count = settings->metrics && history ? value_count(settings->metrics) : 0, missing = 0;
    for (size_t i = 0; i < count; i++) {
        double value;
        const char *metric = value_key(settings->metrics, i);
        bool is_there = history_last(history, metric, &value);
        if (!is_there && is_given_up(faults, i))
            tell_of_given_up(log, run, metric);
        if (is_there || is_given_up(faults, i) || (told && strcmp(metric, told) == 0))
            continue;
        text_add(&why, missing > 0 && missing < most_named ? "; " : "");
        if (missing++ < most_named)
            add_expression(&why, run, metric, i, faults);
    }
    if (missing > most_named)
        text_addf(&why, "; %zu more gave no value either", missing - most_named);
    findings->unmatched += missing > 0;
    if (missing > 0 && !findings->told_of_unmatched)
        log_line(log, LOG_WARNING, "Thread %lld: %s (reported only once)", (long long)run->id,
                 text_get(&why));
    findings->told_of_unmatched |= missing > 0;
}

static const char *runs(uint64_t count)
{
    return count == 1 ? "run" : "runs";
}

void findings_print(const struct findings *findings, const char *log_dir)
{
    if (findings->unread > 0)
        tell("%llu %s reported metrics that could not be read; see %s/furcate.log\n",
             (unsigned long long)findings->unread, runs(findings->unread), log_dir);
    if (findings->cut > 0)
        tell("%llu %s printed numbers for meta.metrics that could not be read whole; see %s/furcate.log\n",
             (unsigned long long)findings->cut, runs(findings->cut), log_dir);
    if (findings->costly > 0)
        tell("%llu %s output on which an expression of meta.metrics takes too long; see %s/furcate.log\n",
             (unsigned long long)findings->costly, findings->costly == 1 ? "run has" : "runs have", log_dir);
    if (findings->telling > 0)
        tell("%llu %s did not report all that %s%s %s\n", (unsigned long long)findings->telling,
             runs(findings->telling), findings->telling == 1 ? "it has" : "they have",
             findings->telling == 1 ? ":" : ", e.g.", findings->telling_example);
    if (findings->without > 0)
        tell("%llu %s reported no value of meta.objective's metric; see %s/furcate.log\n",
             (unsigned long long)findings->without, runs(findings->without), log_dir);
    if (findings->unmatched > 0)
        tell("%llu %s gave no value for a metric of meta.metrics; see %s/furcate.log\n",
             (unsigned long long)findings->unmatched, runs(findings->unmatched), log_dir);
}
