#include "report/number.h"

#include <string.h>

#include "base/ascii.h"
#include "base/number.h"

static bool is_of_word(char c)
{
    return ascii_is_digit(c) || ascii_is_letter(c) || c == '_' || (c & 0x80);
}

static size_t count_digits(const char *text)
{
    size_t count = 0;
    while (ascii_is_digit(text[count]))
        count++;
    return count;
}

/* Returns the length of "1,234,567", sign included; 0 when there are no commas between thousands. A list of
 * numbers
 * ("100,200,3") and a decimal comma ("0,125") are not that. */
static size_t grouped_length(const char *text)
{
    size_t sign = *text == '-' || *text == '+', first = count_digits(text + sign), len = sign + first;
    if (first < 1 || first > 3 || text[sign] == '0')
        return 0;
    while (text[len] == ',' && count_digits(text + len + 1) == 3)
        len += 4;
    bool goes_on = text[len] == ',' && ascii_is_digit(text[len + 1]);
    return len > sign + first && !goes_on ? len : 0;
}

/* Reads it without its commas. */
static struct found_number read_grouped(const char *text, size_t grouped)
{
    enum { longest = 64 };
    char plain[longest + 1];
    size_t len = 0, commas = 0;
    for (const char *c = text; *c && len < longest; c++) {
        bool is_comma = *c == ',' && c < text + grouped;
        commas += is_comma;
        if (!is_comma)
            plain[len++] = *c;
    }
    plain[len] = '\0';
    char *end;
    double value = number_read(plain, &end);
    return (struct found_number){value, (size_t)(end - plain) + commas, false};
}

static bool goes_on(const char *number, const char *end)
{
    bool is_whole = strcspn(number, ".eExX") >= (size_t)(end - number);
    bool is_joint = *end == '.' || (is_whole && (*end == ',' || *end == '_'));
    return is_joint && ascii_is_digit(end[1]);
}

struct found_number number_at(const char *text)
{
    const char *number = text + strspn(text, " \t"),
               *unsigned_part = number + (*number == '-' || *number == '+');
    size_t grouped = grouped_length(number);
    char *end;
    if (grouped > 0) {
        struct found_number found = read_grouped(number, grouped);
        found.len += (size_t)(number - text);
        return found;
    }
    double value = number_read(number, &end);
    if (end == number || (ascii_is_letter(*unsigned_part) && is_of_word(*end)))
        return (struct found_number){0}; /* "info" is no infinity */
    return (struct found_number){value, (size_t)(end - text), goes_on(number, end)};
}

/* Returns whether a number may begin here: after a digit a sign is not one, but a minus between numbers. */
static bool may_begin(const char *line, const char *c)
{
    bool is_sign = *c == '-' || *c == '+';
    if (is_sign && c > line && is_of_word(c[-1]))
        return false;
    return is_sign || *c == '.' || ascii_is_digit(*c);
}

static bool is_within_number(const char *line, const char *at)
{
    if (at == line || (!ascii_is_digit(*at) && *at != '.'))
        return false;
    bool is_exponent = at - line > 2 && strchr("+-", at[-1]) && ascii_lower(at[-2]) == 'e';
    return ascii_is_digit(at[-1]) || at[-1] == '.' || is_exponent;
}

const char *number_start(const char *line, const char *at)
{
    enum { longest = 64 };
    const char *first = at;
    if (!is_within_number(line, at))
        return at;
    while (first > line && at - first < longest && first[-1] && strchr("+-.,eE0123456789", first[-1]))
        first--;
    for (const char *c = first; c < at;) {
        struct found_number found = may_begin(line, c) ? number_at(c) : (struct found_number){0};
        if (c + found.len > at)
            return c;
        c += found.len > 0 ? found.len : 1;
    }
    return at;
}

const char *number_find(const char *text)
{
    const char *in_word = NULL;
    for (const char *c = text; *c; c++) {
        bool is_within = c > text && is_of_word(c[-1]);
        bool begins = !is_within && *c != ' ' && *c != '\t' && number_at(c).len > 0;
        if (begins)
            return c;
        if (!in_word && ascii_is_digit(*c))
            in_word = number_start(text, c);
    }
    return in_word;
}
