#include "run/findings.h"

#include <stdio.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "run/results.h"

static void tell_of_lines(struct log *log, const struct run *run, const struct report_faults *faults)
{
    const char *only = faults->lines == 1 ? "it" : "the first";
    log_line(log, LOG_WARNING,
             "Thread %lld: %zu %s of metrics.jsonl could not be read; %s is line %zu, '%s': %s",
             (long long)run->id, faults->lines, faults->lines == 1 ? "line" : "lines", only,
             faults->first_line, faults->excerpt, faults->why);
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

void findings_note(struct findings *findings, struct log *log, const struct run *run,
                   const struct report_faults *faults)
{
    long long id = (long long)run->id;
    if (faults->lines > 0)
        tell_of_lines(log, run, faults);
    findings->unread += faults->lines > 0;
    note_told(findings, log, run, faults);
    if (faults->no_number_line > 0 && !findings->told_of_no_number) {
        findings->told_of_no_number = true;
        log_line(log, LOG_WARNING,
                 "Thread %lld: line %zu of metrics.jsonl has a value of '%s' that is no number; only numbers "
                 "are kept (reported only once)",
                 id, faults->no_number_line, faults->no_number);
    }
    if (faults->cut_metric[0] && !findings->told_of_cut) {
        findings->told_of_cut = true;
        log_line(log, LOG_WARNING,
                 "Thread %lld: no value of %s was taken from '%s', since its number goes on where it should "
                 "end; write it with a decimal point, or let the expression in meta.metrics match all of it "
                 "(reported only once)",
                 id, faults->cut_metric, faults->cut_text);
    }
    findings->cut += faults->cuts > 0;
    if (faults->in_word[0] && !findings->told_of_word) {
        findings->told_of_word = true;
        log_line(
            log, LOG_WARNING,
            "Thread %lld: the expression of meta.metrics.%s matches within a word, in '%s'; if it should "
            "not, begin it with \\b (\"\\\\b\" in JSON), which matches where a word begins (this is told "
            "once)",
            id, faults->in_word, faults->in_word_text);
    }
    if (faults->renamed[0] && !findings->told_of_renamed) {
        findings->told_of_renamed = true;
        log_line(log, LOG_WARNING,
                 "Thread %lld: the metric '%s' is in the column run_metric_%s, since run_%s is a column of "
                 "furcate itself (reported only once)",
                 id, faults->renamed, faults->renamed, faults->renamed);
    }
}

/* "loss, val_acc"; "nothing". `nearest` becomes the name that the metric is most likely a slip of, or stays.
 */
static void add_reported(struct text *names, const struct value *data, const char *metric,
                         const char **nearest)
{
    for (size_t i = 0; i < value_count(data); i++) {
        const char *name = value_key(data, i);
        if (config_result_is_taken(name) || !value_is_number(value_item(data, i)))
            continue;
        text_addf(names, "%s%s", names->len ? ", " : "", name);
        *nearest = nearest_is_typo(metric, name) ? name : *nearest;
    }
    if (names->len == 0)
        text_add(names, "nothing");
}

static void tell_of_objective(struct log *log, const struct run *run, const struct results_settings *settings,
                              const struct value *data)
{
    CLEANUP(text_free) struct text names = {0};
    CLEANUP(text_free) struct text remedy = {0};
    CLEANUP(memory_free) char *metric = config_metric_name(settings->objective.metric, 0);
    const char *nearest = NULL;
    add_reported(&names, data, metric, &nearest);
    if (nearest)
        text_addf(&remedy, "did you mean \"%s\"?", nearest);
    else if (settings->metrics && value_get(settings->metrics, metric))
        text_addf(&remedy, "the expression of meta.metrics.%s matches nothing in %s/%s.log", metric,
                  run->directory, run->name);
    else
        text_addf(&remedy, "let the program report it, or name another metric in meta.objective");
    log_line(log, LOG_WARNING,
             "Thread %lld: no value of %s (meta.objective) was reported, but %s; %s (reported only once)",
             (long long)run->id, metric, text_get(&names), text_get(&remedy));
}

void findings_note_objective(struct findings *findings, struct log *log, const struct run *run,
                             const struct results_settings *settings, const struct value *data)
{
    if (!settings->objective.metric || results_have(data, run->keys, settings->objective.metric))
        return;
    findings->without++;
    if (!findings->told_of_without)
        tell_of_objective(log, run, settings, data);
    findings->told_of_without = true;
}

static const char *runs(uint64_t count)
{
    return count == 1 ? "run" : "runs";
}

void findings_print(const struct findings *findings, const char *log_dir)
{
    if (findings->unread > 0)
        fprintf(stderr, "%llu %s reported metrics that could not be read; see %s/furcate.log\n",
                (unsigned long long)findings->unread, runs(findings->unread), log_dir);
    if (findings->cut > 0)
        fprintf(stderr,
                "%llu %s printed numbers for meta.metrics that could not be read whole; see %s/furcate.log\n",
                (unsigned long long)findings->cut, runs(findings->cut), log_dir);
    if (findings->telling > 0)
        fprintf(stderr, "%llu %s did not report all that %s%s %s\n", (unsigned long long)findings->telling,
                runs(findings->telling), findings->telling == 1 ? "it has" : "they have",
                findings->telling == 1 ? ":" : ", e.g.", findings->telling_example);
    if (findings->without > 0)
        fprintf(stderr, "%llu %s reported no value of meta.objective's metric; see %s/furcate.log\n",
                (unsigned long long)findings->without, runs(findings->without), log_dir);
}
