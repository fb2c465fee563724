#include "config/unclosed.h"

#include <string.h>

enum { deepest = sizeof(((struct mend *)0)->inserted) - 1 };

/* A way through a text from a bracket on. */
struct scan {
    const char *c;
    size_t depth;
    char closers[deepest]; /* of the brackets that are open, the innermost last */
    const char *end;       /* of what was seen last that is neither blank nor a comment */
    char before;           /* the last byte of it in the line; '\n' at the beginning of a line */
};

/* Returns whether a line begins with an item, or with a key and its ':'. */
static bool begins_entry(const char *line)
{
    static const char of_word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.$/";
    if (line[0] == '-' && line[1] == ' ')
        return true;
    bool is_quoted = *line == '"' || *line == '\'';
    const char *end = is_quoted ? strchr(line + 1, *line) : line + strspn(line, of_word);
    if (!end || end == line)
        return false;
    end += is_quoted;
    end += strspn(end, " \t");
    return *end == ':' && (end[1] == '\0' || strchr(" \t\r\n", end[1]));
}

static const char *skip_quoted(const char *quote)
{
    const char *c = quote + 1;
    for (; *c && *c != *quote; c++)
        if (*c == '\\' && *quote == '"' && c[1])
            c++;
    return *c ? c : c - 1;
}

/* Moves on by a byte, a quoted string or a comment. Returns false at the end, and where all is closed. */
static bool step(struct scan *scan)
{
    const char *c = scan->c;
    bool begins = strchr("[{,:\n", scan->before);
    if (*c == '\0' || (*c && strchr("[{", *c) && scan->depth == deepest))
        return false;
    if (*c == '#' && strchr(" \t\n", c[-1])) {
        scan->c += strcspn(c, "\n");
        return true;
    }
    if ((*c == '"' || *c == '\'') && begins)
        c = skip_quoted(c);
    else if (*c == '[' || *c == '{')
        scan->closers[scan->depth++] = *c == '[' ? ']' : '}';
    else if ((*c == ']' || *c == '}') && --scan->depth == 0)
        return false;
    if (*c == '\n' || !strchr(" \t\r", *c))
        scan->before = *c;
    if (!strchr(" \t\r\n", *c))
        scan->end = c + 1;
    scan->c = c + 1;
    return true;
}

static bool is_entry_of_parent(const struct scan *scan, uint32_t column)
{
    size_t indent = strspn(scan->c, " ");
    return scan->c[-1] == '\n' && indent < column && begins_entry(scan->c + indent);
}

bool config_unclosed_find(const struct text *text, size_t offset, uint32_t column, struct unclosed *unclosed)
{
    const char *start = text->data + offset;
    struct scan scan = {.c = start, .before = ','}, found = {0};
    if (*start != '[' && *start != '{')
        return false;
    do
        if (!found.c && scan.c > start && is_entry_of_parent(&scan, column))
            found = scan;
    while (step(&scan));
    /* Within { } the keys may stand there. */
    bool is_first = found.end == start + 1 && *start == '{';
    if (!found.c || is_first || scan.depth == 0)
        return false;
    size_t end = (size_t)(found.end - text->data);
    *unclosed = (struct unclosed){.mend.offset = end, .line = config_place_of(text, end).line};
    for (size_t i = 0; i < found.depth; i++)
        unclosed->mend.inserted[i] = found.closers[found.depth - 1 - i];
    return true;
}
