#include "base/shell.h"

#include <string.h>

#include "base/display.h"

/* Returns whether a terminal would obey the character at `text` or hide it, and the length of that. */
static bool is_hidden(const char *text, size_t *step)
{
    bool hidden;
    *step = display_step(text, strnlen(text, 4), &hidden);
    return hidden && *text != '\n';
}

static bool has_hidden(const char *word)
{
    for (size_t step; *word; word += step)
        if (is_hidden(word, &step))
            return true;
    return false;
}

/* None of these means anything to a shell, but for a leading "=" or "~", and "%" of a job. */
static bool is_plain(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
    return *word && !strchr("=%", *word) && word[strspn(word, plain)] == '\0';
}

static void add_with_escapes(struct text *out, const char *word)
{
    text_add(out, "$'");
    for (size_t step; *word; word += step) {
        bool hidden = is_hidden(word, &step);
        for (size_t i = 0; i < step; i++)
            text_addf(out,
                      hidden                   ? "\\x%02x"
                      : strchr("'\\", word[i]) ? "\\%c"
                                               : "%c",
                      (unsigned char)word[i]);
    }
    text_add(out, "'");
}

void shell_add_word(struct text *out, const char *word)
{
    if (has_hidden(word)) {
        add_with_escapes(out, word);
        return;
    }
    if (is_plain(word)) {
        text_add(out, word);
        return;
    }
    text_add_char(out, '\'');
    for (; *word; word++)
        if (*word == '\'')
            text_add(out, "'\\''");
        else
            text_add_char(out, *word);
    text_add_char(out, '\'');
}
