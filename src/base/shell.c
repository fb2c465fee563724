#include "base/shell.h"

#include <string.h>

static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\n') || c == 0x7f;
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
    for (; *word; word++)
        if (is_control(*word))
            text_addf(out, "\\x%02x", (unsigned char)*word);
        else
            text_addf(out, strchr("'\\", *word) ? "\\%c" : "%c", *word);
    text_add(out, "'");
}

void shell_add_word(struct text *out, const char *word)
{
    const char *at = word;
    while (*at && !is_control(*at))
        at++;
    if (*at) {
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
