#include "store/respelt.h"

#include <string.h>

#include "base/ascii.h"

/* --- spaces around it, and the apostrophe that marks a text --- */

/* Returns how many bytes of space the text begins with: blanks, and U+00A0, which spreadsheets use. */
static size_t space_length(const char *text, size_t len)
{
    if (len >= 2 && memcmp(text, "\xc2\xa0", 2) == 0)
        return 2;
    return len > 0 && ascii_is_space(*text);
}

static bool read_bare(const char *text, size_t len, struct text *out)
{
    const char *start = text, *end = text + len;
    for (size_t n; (n = space_length(start, (size_t)(end - start))) > 0;)
        start += n;
    start += start < end && *start == '\'';
    while (end > start && (ascii_is_space(end[-1]) || (end - start >= 2 && space_length(end - 2, 2) == 2)))
        end -= ascii_is_space(end[-1]) ? 1 : 2;
    text_add_bytes(out, start, (size_t)(end - start));
    return out->len > 0 && out->len < len;
}

/* --- truth in other languages --- */

static bool read_truth(const char *text, size_t len, struct text *out)
{
    static const char *const words[][2] = {
        {"WAHR", "FALSCH"},      {"VRAI", "FAUX"},    {"VERDADERO", "FALSO"}, {"VERO", "FALSO"},
        {"VERDADEIRO", "FALSO"}, {"WAAR", "ONWAAR"},  {"SANT", "FALSKT"},     {"SAND", "FALSK"},
        {"PRAWDA", "FAŁSZ"},     {"TOSI", "EPÄTOSI"}, {"PRAVDA", "NEPRAVDA"}, {"ИСТИНА", "ЛОЖЬ"},
    };
    for (size_t i = 0; i < 2 * sizeof words / sizeof *words; i++) {
        const char *word = words[i / 2][i % 2];
        if (strlen(word) != len)
            continue;
        text_clear(out);
        text_add_bytes(out, text, len);
        if (!ascii_is_same(text_get(out), word))
            continue;
        text_clear(out);
        text_add(out, i % 2 == 0 ? "true" : "false");
        return true;
    }
    return false;
}

/* --- numbers in other languages --- */

/* Returns the bytes of a separator between groups of three digits: ',', '.', a blank, U+00A0, U+202F or an
 * apostrophe; 0: there is none. */
static size_t group_separator(const char *text, size_t len)
{
    if (len >= 3 && memcmp(text, "\xe2\x80\xaf", 3) == 0)
        return 3;
    if (len >= 2 && memcmp(text, "\xc2\xa0", 2) == 0)
        return 2;
    return len > 0 && strchr(",. '", *text) != NULL;
}

static size_t count_digits(const char *text, size_t len)
{
    size_t count = 0;
    while (count < len && ascii_is_digit(text[count]))
        count++;
    return count;
}

/* Adds the digits of the whole part, whose groups have three each; returns how many bytes it has. */
static size_t read_whole(const char *text, size_t len, struct text *out)
{
    size_t at = len > 0 && (*text == '-' || *text == '+'), first = count_digits(text + at, len - at);
    text_add_bytes(out, text, at + first);
    for (at += first; first > 0 && first <= 3;) {
        size_t separator = group_separator(text + at, len - at);
        if (separator == 0 || count_digits(text + at + separator, len - at - separator) != 3)
            break;
        text_add_bytes(out, text + at + separator, 3);
        at += separator + 3;
    }
    return at;
}

/* "100,000" as 100000, "1.234,5" as 1234.5 */
static bool read_grouped(const char *text, size_t len, struct text *out)
{
    size_t at = read_whole(text, len, out), whole = out->len;
    if (at == whole)
        return false;
    if (at < len && (text[at] == ',' || text[at] == '.')) {
        text_add_char(out, '.');
        text_add_bytes(out, text + at + 1, len - at - 1);
        return count_digits(text + at + 1, len - at - 1) == len - at - 1;
    }
    return at == len;
}

/* "0,5" and "1,5E-05" */
static bool read_comma(const char *text, size_t len, struct text *out)
{
    const char *comma = memchr(text, ',', len);
    for (size_t i = 0; i < len; i++)
        if (!ascii_is_digit(text[i]) && !strchr(",+-eE", text[i]))
            return false;
    text_add_bytes(out, text, len);
    if (comma)
        out->data[comma - text] = '.';
    return comma;
}

bool store_respelt_read(const char *text, size_t len, size_t i, struct text *out)
{
    static bool (*const ways[STORE_RESPELT])(const char *text, size_t len, struct text *out) = {
        read_bare, read_truth, read_comma, read_grouped};
    struct text bare = {0};
    bool is_bare = read_bare(text, len, &bare);
    text_clear(out);
    bool reads_bare = is_bare && ways[i] != read_bare;
    bool is_read = ways[i](reads_bare ? text_get(&bare) : text, reads_bare ? bare.len : len, out);
    text_free(&bare);
    return is_read;
}
