/* Metrics out of the output of a program, by regular expressions. */
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/attempt_mark.h"
#include "base/expression.h"
#include "base/memory.h"
#include "report/escape.h"
#include "report/faults.h"
#include "report/history.h"
#include "report/lines.h"
#include "report/number.h"

/* What stands later on a longer line is not looked at. */
enum { longest_line = 64 * 1024 };

/* An expression is given up in an output after so many lines on which it takes too long, or after so much
 * time on lines that take long. */
enum { most_costly_lines = 3 };
static const int64_t most_spent_ns = INT64_C(10) * 1000 * 1000 * 1000;

struct pattern {
    const char *metric;
    struct expression expression;
    regmatch_t *parts;
    size_t part_count;
    int64_t matches;  /* that are numbers, of this attempt */
    bool is_matched;  /* in this attempt, by a number or not */
    int costly_lines; /* on which it would take too long */
    int64_t spent;    /* nanoseconds on lines that take long */
};

struct patterns {
    struct pattern *items;
    size_t count;
    struct report_faults *faults;
};

static void free_patterns(struct patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++) {
        expression_free(&patterns->items[i].expression);
        free(patterns->items[i].parts);
    }
    free(patterns->items);
}

static void make_parts(struct pattern *pattern)
{
    size_t group = pattern->expression.group, number = pattern->expression.number;
    pattern->part_count = 1 + (group > number ? group : number);
    pattern->parts = memory_new(pattern->part_count, sizeof *pattern->parts);
}

static bool compile_all(struct patterns *patterns, const struct value *metrics, struct error *err)
{
    size_t count = metrics ? value_count(metrics) : 0;
    patterns->items = memory_new(count, sizeof *patterns->items);
    for (; patterns->count < count; patterns->count++) {
        struct pattern *pattern = &patterns->items[patterns->count];
        struct error reason;
        pattern->metric = value_key(metrics, patterns->count);
        const char *expression = value_text(value_item(metrics, patterns->count));
        if (!expression_compile(&pattern->expression, expression, &reason))
            return error_set(err, ERROR_CONFIG, "meta.metrics.%s: %s", pattern->metric, reason.text);
        make_parts(pattern);
    }
    return true;
}

/* One match: `line` is where its line begins, `text` what the offsets count from. */
struct match {
    char *line, *text;
    const regmatch_t *parts;
};

/*
 * The number in one part of a match, whole: also what the expression leaves out at its ends, as "[0-9.]+"
 * does of "1e-05". Where the expression goes on after the part, it says itself where the number ends.
 *
 * *end  where it ends
 */
static struct found_number read_part(const struct match *match, size_t part, const char **end)
{
    const char *match_end = match->text + match->parts[0].rm_eo;
    char *start = match->text + match->parts[part].rm_so, *stop = match->text + match->parts[part].rm_eo;
    bool is_bounded = part > 0 && match->parts[part].rm_eo < match->parts[0].rm_eo;
    char after = *stop;
    if (is_bounded)
        *stop = '\0';
    const char *number = part > 0 ? number_skip_minus(start) : number_find(start);
    struct found_number found = {0};
    if (number && (number < stop || start == stop)) {
        number = number_start(match->line, number);
        found = number_at(number);
    }
    *stop = after;
    /* "loss: ([0-9.]+)," would make 1 of "loss: 1,234.5", and "loss: ([0-9.]+).*" of "loss: 1.5D-05". */
    if (is_bounded && found.len > 0) {
        const struct found_number whole = number_at(number);
        found.is_cut |= number + whole.len > match_end || (whole.is_cut && !whole.may_end);
        found.reach = found.is_cut ? whole.reach : found.reach;
    }
    found.is_cut |= found.len > 0 && number_is_after_minus(match->line, number);
    if (found.len > 0)
        *end = number + found.reach;
    return found;
}

/* Reads the part that counts: the first ( ), when it is a number, else the first {number}. */
static struct found_number read_match(const struct pattern *pattern, const struct match *match,
                                      const char **end)
{
    size_t group = pattern->expression.group, number = pattern->expression.number;
    struct found_number found = {0};
    if (group == 0 && number == 0)
        return read_part(match, 0, end);
    if (group > 0 && match->parts[group].rm_so >= 0)
        found = read_part(match, group, end);
    if (found.len == 0 && number > 0 && match->parts[number].rm_so >= 0)
        found = read_part(match, number, end);
    return found;
}

static bool is_of_word(char c)
{
    return ascii_is_letter(c) || ascii_is_digit(c) || c == '_';
}

/* "loss: {number}" matches within "val_loss: 1" too, which is seldom meant. */
static void look_for_word(const struct pattern *pattern, const struct match *match,
                          struct report_faults *faults)
{
    const char *begin = match->text + match->parts[0].rm_so, *word = begin;
    if (match->parts[0].rm_eo == match->parts[0].rm_so || !is_of_word(*begin))
        return;
    while (word > match->line && is_of_word(word[-1]))
        word--;
    if (word < begin)
        report_faults_note_in_word(faults, pattern->metric, word);
}

/* Returns where to search on. */
static char *add_match(struct history *history, struct pattern *pattern, const struct match *match,
                       struct report_faults *faults)
{
    char *after = match->text + match->parts[0].rm_eo;
    const char *end = after;
    struct found_number found = read_match(pattern, match, &end);
    pattern->is_matched = true;
    if (found.len > 0)
        look_for_word(pattern, match, faults);
    if (found.is_cut)
        report_faults_note_cut(faults, pattern->metric, match->text + match->parts[0].rm_so);
    else if (found.len > 0)
        history_add(history, ++pattern->matches, &(struct report_metric){pattern->metric, found.value}, 1);
    return end > after ? match->text + (end - match->text) : after;
}

/* Returns whether an expression has cost so much in this output that it is left out in what follows. */
static bool is_given_up(const struct pattern *pattern)
{
    return pattern->costly_lines >= most_costly_lines || pattern->spent >= most_spent_ns;
}

static void scan_line(struct history *history, struct pattern *pattern, char *line, size_t number,
                      struct report_faults *faults)
{
    struct match match = {.parts = pattern->parts};
    struct match_effort effort = {0};
    enum match_result result;
    match.line = match.text = line;
    for (int flags = 0; (result = expression_find(&pattern->expression, match.text, pattern->parts,
                                                  pattern->part_count, flags, &effort)) == MATCH_FOUND;
         flags = REG_NOTBOL) {
        bool is_empty = pattern->parts[0].rm_eo == pattern->parts[0].rm_so;
        char *next = add_match(history, pattern, &match, faults);
        bool is_stuck = is_empty && next == match.text + pattern->parts[0].rm_eo;
        match.text = is_stuck && *next ? next + 1 : next;
        if (!*match.text)
            break;
    }
    pattern->costly_lines += result == MATCH_COSTLY;
    pattern->spent += match_effort_spent(&effort);
    if (result == MATCH_COSTLY || is_given_up(pattern))
        report_faults_note_costly(faults, pattern->metric, number, is_given_up(pattern));
}

/* A NUL in the output must not hide the rest of its line. */
static void replace_nuls(struct line *line)
{
    for (char *nul; (nul = memchr(line->text, '\0', line->len));)
        *nul = ' ';
}

/* Forgets what earlier attempts wrote: another one begins, which counts its matches from 1 again. */
static void begin_attempt(struct patterns *patterns, struct history *found)
{
    history_clear(found);
    report_faults_forget_output(patterns->faults);
    for (size_t i = 0; i < patterns->count; i++) {
        patterns->items[i].matches = 0;
        patterns->items[i].is_matched = false;
    }
}

static void note_matched(const struct patterns *patterns)
{
    for (size_t i = 0; patterns->faults && i < patterns->count && i < 64; i++) {
        patterns->faults->matched |= (uint64_t)patterns->items[i].is_matched << i;
        patterns->faults->given_up |= (uint64_t)is_given_up(&patterns->items[i]) << i;
    }
}

/* Drops the values of expressions that were left out in the rest: a later one may be the last, or the best.
 */
static void drop_given_up(const struct patterns *patterns, struct history *found)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (is_given_up(&patterns->items[i]))
            history_drop(found, patterns->items[i].metric);
}

static void scan(struct patterns *patterns, struct line_reader *reader, struct history *found)
{
    struct line line;
    while (line_reader_next(reader, &line)) {
        replace_nuls(&line);
        if (attempt_mark_is_header(line.text, line.len)) {
            begin_attempt(patterns, found);
            continue;
        }
        escape_strip(line.text);
        for (size_t i = 0; i < patterns->count; i++)
            if (!is_given_up(&patterns->items[i]))
                scan_line(found, &patterns->items[i], line.text, line.number, patterns->faults);
    }
}

bool report_scan_output(struct history *history, const char *path, const struct value *metrics,
                        struct report_faults *faults, struct error *err)
{
    struct report_faults own = {0};
    CLEANUP(free_patterns) struct patterns patterns = {.faults = &own};
    CLEANUP(line_reader_close) struct line_reader reader = {.fd = -1};
    CLEANUP(history_clear) struct history found = {0};
    if (!compile_all(&patterns, metrics, err) || !line_reader_open(&reader, path, longest_line, err))
        return false;
    scan(&patterns, &reader, &found);
    drop_given_up(&patterns, &found);
    history_take_others(history, &found);
    note_matched(&patterns);
    report_faults_name_costly(&own, path);
    report_faults_add_output(faults, &own);
    if (reader.number)
        return error_system(err, reader.number, "cannot read %s", path);
    return true;
}
