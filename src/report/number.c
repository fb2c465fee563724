#include "report/number.h"

#include <stddef.h>
#include <string.h>

#include "base/ascii.h"
#include "base/number.h"

static bool is_of_word(char c)
{
    return ascii_is_digit(c) || ascii_is_letter(c) || c == '_' || (c & 0x80);
}

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
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

/* --- how a number goes on after `end`, where strtod() ends it --- */

/* What continues a number: how long it is without the digits, 0 for nothing. */
struct joint {
    size_t len;
    bool may_end;
};

/* "1 000", with a space that keeps the line from being broken there. */
static size_t space_length(const char *end)
{
    static const char *const spaces[] = {"\u00a0", "\u202f", "\u2009", "\u2007", "\xa0"};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        if (begins_with(end, spaces[i]) && ascii_is_digit(end[strlen(spaces[i])]))
            return strlen(spaces[i]);
    return 0;
}

/* "0,53", and "1.234,5" after a dot; "0.5,0.6" is a list. */
static bool is_comma_joint(const char *number, const char *end)
{
    const char *dot = memchr(number, '.', (size_t)(end - number)), *whole = number + strspn(number, "+-");
    size_t digits = count_digits(end + 1);
    if (*end != ',' || digits == 0)
        return false;
    bool is_thousand = dot && dot - whole <= 3 && *whole != '0' && end - dot == 4 && end[1 + digits] != '.';
    return is_thousand || strcspn(number, ".eExX") >= (size_t)(end - number);
}

/* Fortran's "1.5D-05", and its "0.15-100", where the exponent takes the letter's place. */
static size_t exponent_length(const char *number, const char *end)
{
    bool is_letter = *end && strchr("dDeEpPqQ", *end), has_dot = memchr(number, '.', (size_t)(end - number));
    const char *sign = end + is_letter;
    size_t digits = *sign == '-' || *sign == '+' ? count_digits(sign + 1) : 0;
    bool is_bare = has_dot && digits == 3 && !is_of_word(sign[4]) && sign[4] != '.' && sign[4] != '-';
    return is_letter && digits > 0 ? 2 : !is_letter && is_bare ? 1 : 0;
}

/* "0b1", "1e5e5", "5h30m"; "12k" is a thousand times more than it seems. "12ms" has a unit, which all have.
 */
static size_t letter_length(const char *end)
{
    bool is_multiple = *end && strchr("kKMGTB", *end) && !is_of_word(end[1]);
    return is_multiple || (ascii_is_letter(*end) && ascii_is_digit(end[1])) ? 1 : 0;
}

static struct joint find_joint(const char *number, const char *end)
{
    size_t underscores = strspn(end, "_"), exponent = exponent_length(number, end);
    if (space_length(end) > 0)
        return (struct joint){space_length(end), false};
    if (exponent > 0)
        return (struct joint){exponent, false};
    if (underscores > 0 && ascii_is_digit(end[underscores]))
        return (struct joint){underscores, true};
    if (*end == '\'' && ascii_is_digit(end[1]))
        return (struct joint){1, false};
    if (*end == '#' && ascii_is_letter(end[1]))
        return (struct joint){1 + strspn(end + 1, "INFQADSinfqads"), false};
    if ((*end == '.' && ascii_is_digit(end[1])) || is_comma_joint(number, end))
        return (struct joint){1, true};
    return (struct joint){letter_length(end), true};
}

/* Sets how the number at `number`, which ends at `end`, goes on. */
static void follow(struct found_number *found, const char *number, const char *end)
{
    struct joint joint = find_joint(number, end);
    found->is_cut = joint.len > 0;
    found->may_end = joint.may_end;
    found->reach = found->len;
    while (joint.len > 0) {
        const char *digits = end + joint.len;
        found->reach += joint.len + count_digits(digits);
        end = digits + count_digits(digits);
        joint = find_joint(number, end);
    }
}

/* --- numbers --- */

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
    return (struct found_number){.value = value, .len = (size_t)(end - plain) + commas};
}

struct found_number number_at(const char *text)
{
    const char *number = text + strspn(text, " \t"),
               *unsigned_part = number + (*number == '-' || *number == '+');
    size_t grouped = grouped_length(number);
    struct found_number found = {0};
    if (grouped > 0) {
        found = read_grouped(number, grouped);
    } else {
        char *end;
        found.value = number_read(number, &end);
        found.len = (size_t)(end - number);
        if (found.len == 0 || (ascii_is_letter(*unsigned_part) && is_of_word(*end)))
            return (struct found_number){0}; /* "info" is no infinity */
    }
    const char *end = number + found.len;
    found.len += (size_t)(number - text);
    follow(&found, number, end);
    return found;
}

bool number_is_after_minus(const char *line, const char *at)
{
    return at - line >= 3 && begins_with(at - 3, "\u2212") && !(at - line > 3 && ascii_is_digit(at[-4]));
}

/* Returns whether a number may begin here: after a digit a sign is not one, but a minus between numbers. */
static bool may_begin(const char *line, const char *c)
{
    bool is_sign = *c == '-' || *c == '+';
    if (is_sign && c > line && is_of_word(c[-1]))
        return false;
    return is_sign || *c == '.' || ascii_is_digit(*c);
}

const char *number_skip_minus(const char *text)
{
    const char *minus = text + strspn(text, " \t"), *digits = minus + strlen("\u2212");
    return begins_with(minus, "\u2212") && (ascii_is_digit(*digits) || *digits == '.') ? digits : text;
}

/* Returns true after a digit and a space that keeps the line from being broken there. */
static bool is_after_space(const char *line, const char *at)
{
    for (ptrdiff_t len = 1; len <= 3 && len < at - line; len++)
        if (ascii_is_digit(at[-len - 1]) && space_length(at - len) == (size_t)len)
            return true;
    return false;
}

static bool is_within_number(const char *line, const char *at)
{
    if (at == line || (!ascii_is_digit(*at) && *at != '.'))
        return false;
    bool is_exponent = at - line > 2 && strchr("+-", at[-1]) && strchr("eEdD", at[-2]);
    bool is_group = at - line > 1 && at[-1] == '\'' && ascii_is_digit(at[-2]);
    return ascii_is_digit(at[-1]) || at[-1] == '.' || is_exponent || is_group || is_after_space(line, at);
}

const char *number_start(const char *line, const char *at)
{
    enum { longest = 64 };
    const char *first = at;
    if (!is_within_number(line, at))
        return at;
    while (first > line && at - first < longest && first[-1] &&
           (strchr("+-.,'eEdD0123456789", first[-1]) || (first[-1] & 0x80)))
        first--;
    for (const char *c = first; c < at;) {
        struct found_number found = may_begin(line, c) ? number_at(c) : (struct found_number){0};
        if (c + found.reach > at)
            return c;
        c += found.reach > 0 ? found.reach : 1;
    }
    return at;
}

const char *number_find(const char *text)
{
    const char *in_word = NULL;
    for (const char *c = text; *c; c++) {
        bool is_within = c > text && is_of_word(c[-1]) && !number_is_after_minus(text, c);
        bool begins = !is_within && *c != ' ' && *c != '\t' && number_at(c).len > 0;
        if (begins)
            return c;
        if (!in_word && ascii_is_digit(*c))
            in_word = number_start(text, c);
    }
    return in_word;
}
