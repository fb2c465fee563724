/* Metrics out of the output of a program, by regular expressions. */
#include <stdlib.h>
#include <string.h>

#include "base/expression.h"
#include "base/memory.h"
#include "base/number.h"
#include "report/lines.h"
#include "report/report.h"

/* What stands later on a longer line is not looked at. */
enum { longest_line = 64 * 1024 };

struct pattern {
    const char *metric;
    regex_t expression;
    int64_t matches;
};

struct patterns {
    struct pattern *items;
    size_t count;
};

static void free_patterns(struct patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++)
        regfree(&patterns->items[i].expression);
    free(patterns->items);
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
    }
    return true;
}

/* The number at the start of a match's part; in a whole match, the first number in it ("loss=0.5"). */
static bool read_number(char *text, bool whole, double *number)
{
    char *end;
    *number = number_read(text, &end);
    if (end > text || !whole)
        return end > text;
    char *digit = strpbrk(text, "0123456789");
    if (!digit)
        return false;
    while (digit > text && strchr("+-.", digit[-1]))
        digit--;
    *number = number_read(digit, &end);
    return end > digit;
}

static void add_match(struct history *history, struct pattern *pattern, char *text, const regmatch_t parts[2])
{
    bool whole = pattern->expression.re_nsub == 0;
    const regmatch_t *part = &parts[whole ? 0 : 1];
    double number;
    if (part->rm_so < 0)
        return;
    char after = text[part->rm_eo];
    text[part->rm_eo] = '\0';
    if (read_number(text + part->rm_so, whole, &number))
        history_add(history, ++pattern->matches,
                    &(struct report_metric){.name = pattern->metric, .value = number}, 1);
    text[part->rm_eo] = after;
}

static void scan_line(struct history *history, struct pattern *pattern, char *text)
{
    regmatch_t parts[2];
    for (int flags = 0; expression_find(&pattern->expression, text, parts, 2, flags); flags = REG_NOTBOL) {
        add_match(history, pattern, text, parts);
        text += parts[0].rm_eo;
        if (parts[0].rm_eo == parts[0].rm_so && *text)
            text++;
        if (!*text)
            return;
    }
}

/* A NUL in the output must not hide the rest of its line. */
static void replace_nuls(struct line *line)
{
    for (char *nul; (nul = memchr(line->text, '\0', line->len));)
        *nul = ' ';
}

bool report_scan_output(struct history *history, const char *path, const struct value *metrics,
                        struct error *err)
{
    CLEANUP(free_patterns) struct patterns patterns = {0};
    CLEANUP(line_reader_close) struct line_reader reader = {.fd = -1};
    struct line line;
    if (!compile_all(&patterns, metrics, err) || !line_reader_open(&reader, path, longest_line, err))
        return false;
    while (line_reader_next(&reader, &line)) {
        replace_nuls(&line);
        for (size_t i = 0; i < patterns.count; i++)
            scan_line(history, &patterns.items[i], line.text);
    }
    if (reader.number)
        return error_system(err, reader.number, "cannot read %s", path);
    return true;
}
