#include "base/expression.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/c_locale.h"
#include "base/memory.h"
#include "base/text.h"

/* With these the slowest expression takes about half a second to be checked. */
enum { deepest = 100, most_parts = 2000, most_copies = 300 };

/* A letter behind a backslash that has no meaning here, where "\d" would silently match a "d"; 0 when there
 * is none. The letters left out are those that regcomp(3) of glibc knows. */
static char foreign_escape(const char *expression)
{
    for (const char *c = strchr(expression, '\\'); c && c[1]; c = strchr(c + 2, '\\'))
        if (ascii_is_letter(c[1]) && !strchr("wWsSbB", c[1]))
            return c[1];
    return 0;
}

/* The most times that {m,n} asks for, which begins at `brace`. */
static size_t read_times(const char *brace)
{
    char *rest;
    unsigned long least = strtoul(brace + 1, &rest, 10), most = least;
    if (*rest == ',')
        most = rest[1] == '}' ? least + 1 : strtoul(rest + 1, NULL, 10);
    return most < 1 ? 1 : most < most_parts ? most : most_parts;
}

/* The ']' that ends the set at `set`; its last byte when there is none. */
static const char *skip_set(const char *set)
{
    const char *c = set + 1 + (set[1] == '^');
    for (c += *c == ']'; *c && *c != ']'; c++)
        if (*c == '[' && c[1] && strchr(":.=", c[1])) {
            const char close[] = {c[1], ']', '\0'}, *end = strstr(c + 2, close);
            c = end ? end + 1 : c;
        }
    return *c ? c : c - 1;
}

/* Returns whether regcomp(3) of glibc can do it in reasonable time and memory: it recurses into brackets, and
 * copies what is repeated, {n} n times and '+' once, which a row of them doubles each time; where a copy may
 * be empty, its time grows with the cube of their number. */
static bool is_bounded(const char *expression)
{
    size_t before[deepest];                /* the parts outside of each open bracket */
    size_t depth = 0, parts = 0, last = 0; /* last: of the parts, those that a repetition would copy */
    size_t copies = 0;
    for (const char *c = expression; *c && parts <= most_parts && copies <= most_copies; c++) {
        if (*c == '(' && depth == deepest)
            return false;
        if (*c == '(') {
            before[depth++] = parts++;
        } else if (*c == ')' && depth > 0) {
            last = parts - before[--depth];
        } else if (*c == '+' || *c == '{') {
            size_t times = *c == '+' ? 2 : read_times(c);
            copies += last * (times - 1);
            parts += last * (times - 1);
            last *= times;
        } else if (*c == '*' || *c == '?') {
            parts++, last++; /* each is a node of its own, which a copy has again */
        } else {
            parts += last = 1;
            c = *c == '[' ? skip_set(c) : c + (*c == '\\' && c[1]);
        }
    }
    return parts <= most_parts && copies <= most_copies;
}

/* {number}: an integer, also with commas between the thousands, or a fraction; with an exponent; or inf or
 * nan. */
static const char name[] = "{number}";
static const char number[] = "([-+]?([0-9][0-9,]*\\.?[0-9]*([eE][-+]?[0-9]+)?|\\.[0-9]+([eE][-+]?[0-9]+)?|"
                             "[iI][nN][fF]([iI][nN][iI][tT][yY])?|[nN][aA][nN]))";

static size_t count_brackets(const char *text)
{
    size_t count = 0;
    while ((text = strchr(text, '(')))
        count++, text++;
    return count;
}

/* Adds the expression with each {number} spelled out, and finds the parts. */
static void spell_out(struct text *out, struct expression *expression, const char *text)
{
    size_t brackets = 0;
    expression->group = expression->number = 0;
    for (const char *c = text; *c;) {
        if (strncmp(c, name, sizeof name - 1) == 0) {
            expression->number = expression->number ? expression->number : brackets + 1;
            brackets += count_brackets(number);
            text_add(out, number);
            c += sizeof name - 1;
            continue;
        }
        if (*c == '(' && ++brackets && expression->group == 0)
            expression->group = brackets;
        size_t len = *c == '\\' && c[1] ? 2 : *c == '[' ? (size_t)(skip_set(c) - c) + 1 : 1;
        text_add_bytes(out, c, len);
        c += len;
    }
}

/* Checks it by regcomp(3), whose dialect it is. */
static bool is_well_formed(const char *expression, struct error *err)
{
    char letter = foreign_escape(expression);
    if (letter == 'd')
        return error_set(err, ERROR_CONFIG, "it has no \\d; write [0-9], or {number} for any number");
    if (letter)
        return error_set(err, ERROR_CONFIG, "it has no \\%c; spell out what is meant", letter);
    if (strchr(expression, '\b'))
        return error_set(
            err, ERROR_CONFIG,
            "it has a backspace, which \"\\b\" is in double quotes; write \"\\\\b\" for the edge of a word");
    if (!is_bounded(expression))
        return error_set(err, ERROR_CONFIG, "it is nested or repeated too often; make it simpler");
    CLEANUP(c_locale_leave) locale_t before = c_locale_enter();
    errno = 0;
    regex_t compiled;
    int code = regcomp(&compiled, expression, REG_EXTENDED);
    if (code == 0) {
        regfree(&compiled);
        return true;
    }
    if (code == REG_ESPACE && errno == ENOMEM)
        memory_end();
    if (code == REG_BADRPT && strstr(expression, "(?"))
        return error_set(err, ERROR_CONFIG, "it has no (?; write a plain ( )");
    char reason[256];
    regerror(code, &compiled, reason, sizeof reason);
    return error_set(err, ERROR_CONFIG, "%s; grep -E takes the same and helps to correct it", reason);
}

bool expression_compile(struct expression *expression, const char *text, struct error *err)
{
    CLEANUP(text_free) struct text spelled_out = {0};
    spell_out(&spelled_out, expression, text);
    expression->matcher =
        is_well_formed(text_get(&spelled_out), err) ? matcher_create(text_get(&spelled_out), err) : NULL;
    return expression->matcher;
}

void expression_free(struct expression *expression)
{
    matcher_destroy(expression->matcher);
}

enum match_result expression_find(const struct expression *expression, const char *text, regmatch_t *parts,
                                  size_t count, int flags, struct match_effort *effort)
{
    return matcher_find(expression->matcher, text, parts, count, flags, effort);
}

bool expression_check(const char *text, struct error *err)
{
    struct expression expression;
    if (!expression_compile(&expression, text, err))
        return false;
    expression_free(&expression);
    return true;
}

/* Returns whether a number may begin with the last word of a match, as in "loss=i" of "loss=inf". */
static bool ends_in_beginning(const char *text)
{
    static const char *const beginnings[] = {"i", "in", "n", "na"};
    size_t len = strlen(text), word = 0;
    while (word < len && ascii_is_letter(text[len - 1 - word]))
        word++;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (ascii_is_same(text + len - word, beginnings[i]))
            return true;
    return false;
}

bool expression_may_hold_number(const char *text)
{
    bool has_text = false;
    for (const char *c = text; *c; c++) {
        /* A sign and a point may begin a number; what may be empty matches in front of one. */
        if (strchr("([{.*?|+-\\", *c) || ascii_is_digit(*c))
            return true;
        has_text = has_text || !strchr("^$", *c);
    }
    return !has_text || ascii_contains(text, "inf") || ascii_contains(text, "nan") || ends_in_beginning(text);
}
