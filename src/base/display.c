#include "base/display.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "base/ascii.h"
#include "base/memory.h"
#include "base/utf8.h"

locale_t display_enter(void)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return utf8 ? uselocale(utf8) : uselocale((locale_t)0);
}

void display_leave(const locale_t *before)
{
    locale_t utf8 = uselocale(*before);
    if (utf8 != *before && utf8 != LC_GLOBAL_LOCALE)
        freelocale(utf8);
}

static wchar_t decode(const unsigned char *bytes, size_t len)
{
    static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned code = bytes[0] & first_bits[len];
    for (size_t i = 1; i < len; i++)
        code = code << 6 | (bytes[i] & 0x3f);
    return (wchar_t)code;
}

/* Returns the width of the character at `text`, and sets its length in bytes. A byte that is no UTF-8 takes
 * one column, and so does a character that the C library does not know. */
static size_t next_width(const char *text, size_t len, size_t *bytes)
{
    size_t step = utf8_length(text, len);
    int width = step > 1 ? wcwidth(decode((const unsigned char *)text, step)) : 1;
    *bytes = step ? step : 1;
    return width < 0 ? 1 : (size_t)width;
}

static size_t fit(const char *text, size_t len, size_t columns, size_t *width)
{
    size_t at = 0, bytes;
    *width = 0;
    while (at < len) {
        size_t next = next_width(text + at, len - at, &bytes);
        if (*width + next > columns)
            break;
        *width += next;
        at += bytes;
    }
    return at;
}

size_t display_width(const char *text, size_t len)
{
    CLEANUP(display_leave) locale_t before = display_enter();
    size_t width;
    fit(text, len, SIZE_MAX, &width);
    return width;
}

size_t display_fit(const char *text, size_t len, size_t columns)
{
    CLEANUP(display_leave) locale_t before = display_enter();
    size_t width;
    return fit(text, len, columns, &width);
}

/* --- shortening --- */

static bool is_of_number(char c)
{
    return ascii_is_digit(c) || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

/* Returns whether a cut at `at` would leave a part of a number on each side. */
static bool cuts_number(const char *text, size_t at)
{
    size_t start = at, end = at;
    if (at == 0 || !is_of_number(text[at - 1]) || !is_of_number(text[at]))
        return false;
    while (start > 0 && is_of_number(text[start - 1]))
        start--;
    while (is_of_number(text[end]))
        end++;
    for (size_t i = start; i < end; i++)
        if (ascii_is_digit(text[i]))
            return true;
    return false;
}

/* Returns the start of the longest end of the text that takes no more than that many columns, and cuts no
 * number. */
static size_t find_end(const char *text, size_t len, size_t columns)
{
    size_t start = 0, bytes, width;
    fit(text, len, SIZE_MAX, &width);
    for (; start < len; start += bytes) {
        size_t next = next_width(text + start, len - start, &bytes);
        if (width <= columns && next > 0 && !cuts_number(text, start))
            break;
        width -= next;
    }
    return start;
}

void display_add_shortened(struct text *out, const char *text, size_t columns)
{
    CLEANUP(display_leave) locale_t before = display_enter();
    size_t len = strlen(text), width;
    if (fit(text, len, columns, &width) == len) {
        text_add(out, text);
        return;
    }
    size_t room = columns > 1 ? columns - 1 : 0;
    size_t head = fit(text, len, (room + 1) / 2, &width);
    while (head > 0 && cuts_number(text, head))
        head--;
    size_t tail = find_end(text + head, len - head, room / 2) + head;
    text_add_bytes(out, text, head);
    text_add(out, "…");
    text_add(out, text + tail);
}

/* --- what a terminal would obey --- */

/* Returns whether the character is seen by what it does to others alone, such as turning their direction. Not
 * the joiners of Persian, Indian scripts and emoji, which belong into words. */
static bool is_invisible(uint32_t code)
{
    static const uint32_t ranges[][2] = {
        {0xad, 0xad},     {0x61c, 0x61c},   {0x180e, 0x180e}, {0x200b, 0x200b}, {0x200e, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return true;
    return false;
}

size_t display_step(const char *text, size_t len, bool *hidden)
{
    unsigned char c = (unsigned char)*text;
    *hidden = c < 0x20 || c == 0x7f;
    if (c < 0x80)
        return 1;
    size_t step = utf8_length(text, len);
    uint32_t code = step ? (uint32_t)decode((const unsigned char *)text, step) : 0;
    *hidden = step == 0 || code < 0xa0 || is_invisible(code);
    return step ? step : 1;
}

/* Adds a hidden character by its number, or a byte that is none. */
static void add_number(struct text *out, const char *text, size_t step)
{
    uint32_t code = step > 1 ? (uint32_t)decode((const unsigned char *)text, step) : (unsigned char)*text;
    bool is_byte = step == 1 || code < 0xa0;
    text_addf(out, is_byte ? "\\x%02x" : code > 0xffff ? "\\U%08x" : "\\u%04x", code);
}

static void add_visible(struct text *out, const char *text, const char *kept)
{
    bool hidden;
    for (size_t len = strlen(text), at = 0, step; at < len; at += step) {
        step = display_step(text + at, len - at, &hidden);
        if (hidden && !strchr(kept, text[at]))
            add_number(out, text + at, step);
        else
            text_add_bytes(out, text + at, step);
    }
}

void display_add_visible(struct text *out, const char *text)
{
    add_visible(out, text, "");
}

void display_add_visible_lines(struct text *out, const char *text)
{
    add_visible(out, text, "\n\t");
}

/* Adds the escape of RFC 8259, section 7. */
static void add_json_escape(struct text *out, uint32_t code)
{
    if (code > 0xffff)
        text_addf(out, "\\u%04x\\u%04x", 0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff));
    else
        text_addf(out, "\\u%04x", code);
}

void display_add_json(struct text *out, const char *json, size_t len)
{
    bool hidden;
    for (size_t at = 0, step; at < len; at += step) {
        step = display_step(json + at, len - at, &hidden);
        if (hidden && step > 1)
            add_json_escape(out, (uint32_t)decode((const unsigned char *)json + at, step));
        else
            text_add_bytes(out, json + at, step);
    }
}

/* Returns what follows a sequence such as "\033[1;31m" at the start of the text; NULL: there is none. */
static const char *after_colour(const char *text)
{
    if (text[0] != '\033' || text[1] != '[')
        return NULL;
    text += 2 + strspn(text + 2, "0123456789;:");
    return *text == 'm' ? text + 1 : NULL;
}

void display_drop_colours(char *line)
{
    char *out = line;
    for (const char *at = line, *after; *at;) {
        if ((after = after_colour(at)))
            at = after;
        else
            *out++ = *at++;
    }
    *out = '\0';
}
