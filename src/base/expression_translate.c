/* A POSIX extended regular expression in the words of PCRE2. */
#include "base/expression_translate.h"

#include <string.h>

#include "base/ascii.h"
#include "base/memory.h"

enum { deepest = 100 };

struct translation {
    struct text *out;
    size_t atom;      /* where in `out` the last one begins, which a repetition is of */
    bool is_compound; /* it must be put into brackets before it can be repeated */
    size_t open[deepest];
    size_t depth;
};

/* Adds a byte that stands for itself. */
static void add_literal(struct text *out, char c)
{
    if (ascii_is_letter(c) || ascii_is_digit(c) || strchr(" _,:;=%/-", c))
        text_add_char(out, c);
    else
        text_addf(out, "\\x%02x", (unsigned)(unsigned char)c);
}

/* Adds one end of a range, or a member of a set, and returns what follows it. */
static const char *add_member(struct text *out, const char *c)
{
    if (*c == '[' && c[1] && strchr(":.=", c[1])) {
        const char close[] = {c[1], ']', '\0'}, *end = strstr(c + 2, close);
        if (c[1] == ':')
            text_add_bytes(out, c, (size_t)(end + 2 - c));
        else
            text_addf(out, "\\x%02x", (unsigned)(unsigned char)c[2]);
        return end + 2;
    }
    text_addf(out, "\\x%02x", (unsigned)(unsigned char)*c);
    return c + 1;
}

/* Adds the set that begins at `c`, and returns what follows it. */
static const char *add_set(struct text *out, const char *c)
{
    text_add(out, *++c == '^' ? "[^" : "[");
    c += *c == '^';
    for (bool is_first = true; is_first || *c != ']'; is_first = false) {
        c = add_member(out, c);
        if (*c == '-' && c[1] != ']') {
            text_add_char(out, '-');
            c = add_member(out, c + 1);
        }
    }
    text_add_char(out, ']');
    return c + 1;
}

/* Adds what a backslash and `c` mean. */
static void add_escape(struct translation *translation, char c)
{
    struct text *out = translation->out;
    static const struct {
        char letter;
        const char *means;
    } assertions[] = {
        {'<', "\\b(?=\\w)"}, {'>', "\\b(?<=\\w)"}, {'`', "\\A"}, {'\'', "\\z"}, {'b', "\\b"}, {'B', "\\B"},
    };
    for (size_t i = 0; i < sizeof assertions / sizeof *assertions; i++)
        if (assertions[i].letter == c) {
            text_add(out, assertions[i].means);
            translation->is_compound = true;
            return;
        }
    if (ascii_is_digit(c))
        text_addf(out, "\\g{%c}", c);
    else if (strchr("wWsS", c))
        text_addf(out, "\\%c", c);
    else
        add_literal(out, c);
}

/* Puts the last atom into brackets. */
static void enclose(struct translation *translation)
{
    CLEANUP(text_free) struct text atom = {0};
    text_add(&atom, text_get(translation->out) + translation->atom);
    text_cut(translation->out, translation->atom);
    text_addf(translation->out, "(?:%s)", text_get(&atom));
}

/* Adds a repetition, and returns what follows it. "a+?" repeats "a+", which PCRE2 would take for something
 * else. */
static const char *add_repetition(struct translation *translation, const char *c)
{
    if (translation->is_compound)
        enclose(translation);
    translation->is_compound = true;
    size_t len = *c == '{' ? strcspn(c, "}") + 1 : 1;
    if (*c == '{' && c[1] == ',') {
        text_add(translation->out, "{0");
        text_add_bytes(translation->out, c + 1, len - 1);
    } else {
        text_add_bytes(translation->out, c, len);
    }
    return c + len;
}

static void begin_atom(struct translation *translation)
{
    translation->atom = translation->out->len;
    translation->is_compound = false;
}

/* Adds a bracket or "|". */
static void add_structure(struct translation *translation, char c)
{
    size_t begin = translation->out->len;
    if (c == '(')
        translation->open[translation->depth++] = begin;
    if (c == ')')
        begin = translation->open[--translation->depth];
    text_add_char(translation->out, c);
    translation->atom = begin;
    translation->is_compound = false;
}

void expression_translate(struct text *out, const char *expression)
{
    const char *c = expression;
    struct translation translation = {.out = out};
    text_add(out, "");
    while (*c) {
        bool is_open = *c != ')' || translation.depth > 0; /* else it stands for itself */
        if (strchr("*+?{", *c)) {
            c = add_repetition(&translation, c);
            continue;
        }
        if (strchr("()|", *c) && is_open) {
            add_structure(&translation, *c++);
            continue;
        }
        begin_atom(&translation);
        if (*c == '[') {
            c = add_set(out, c);
        } else if (*c == '\\') {
            add_escape(&translation, c[1]);
            c += 2;
        } else if (strchr("^$", *c)) {
            text_add_char(out, *c++);
            translation.is_compound = true;
        } else if (*c == '.') {
            text_add_char(out, *c++);
        } else {
            add_literal(out, *c++);
        }
    }
}
