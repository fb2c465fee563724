#include "config/syntax.h"

#include <libfyaml.h>
#include <string.h>

#include "base/utf8.h"
#include "config/slip.h"

static const struct mend no_mend = {0};

/* --- mends: what the remedy of a fault at this byte does to the text --- */

static struct mend insert(size_t offset, char inserted)
{
    return (struct mend){offset, 0, {inserted}};
}

static struct mend remove_character(const struct syntax_point *point, size_t offset)
{
    return offset < point->mended->text.len ? (struct mend){offset, 1, ""} : no_mend;
}

static struct mend remove_bracket(const struct syntax_point *point, size_t offset)
{
    char found = text_get(&point->mended->text)[offset];
    return found == ']' || found == '}' ? remove_character(point, offset) : no_mend;
}

static bool is_blank(const char *rest)
{
    return rest[strspn(rest, " \t\r\n")] == '\0';
}

/* A bracket that closes one further out stands for the inner one that was forgotten; else it was mistaken,
 * and so is one that would end the config before its end. */
static struct mend close_innermost(const struct syntax_point *point, size_t offset)
{
    const char *rest = text_get(&point->mended->text) + offset;
    size_t open = strlen(point->closers);
    if (open == 0 || (*rest != ']' && *rest != '}'))
        return no_mend;
    const char *outer = memrchr(point->closers, *rest, open);
    bool forgotten = outer && (outer > point->closers || is_blank(rest + 1));
    return (struct mend){offset, forgotten ? 0 : 1, {point->closers[open - 1]}};
}

static struct mend double_backslash(const struct syntax_point *point, size_t offset)
{
    return text_get(&point->mended->text)[offset] == '\\' ? insert(offset, '\\') : no_mend;
}

/* Behind the first word of the line. */
static struct mend add_colon(const struct syntax_point *point, size_t offset)
{
    const char *text = text_get(&point->mended->text);
    return insert(offset + strcspn(text + offset, " \t\r\n"), ':');
}

/* --- faults --- */

#define OTHER_INDENTATION                                                                                    \
    "this line is indented unlike its neighbours; indent all keys of an object alike, with spaces"
#define TAB "a tab cannot indent YAML; use spaces"

/* What libfyaml says, what that means to the writer of the file, and how to go on. */
static const struct wording {
    const char *said, *meaning;
    struct mend (*mend)(const struct syntax_point *point, size_t offset); /* NULL: there is no way */
} wordings[] = {
    {"without closing quote", "this string is never closed; add the closing quote", NULL},
    {"mismatched flow", "this bracket does not close the one that is open; check [ ] and { }",
     close_innermost},
    {"invalid extra comma", "there is a comma too many; remove it", remove_character},
    {"did not find expected node content", "a value is missing here, or there is a comma too many",
     remove_character},
    {"extra closing", "this bracket closes nothing; remove it", remove_bracket},
    {"missing document start", "the config has ended before this; put everything into one object", NULL},
    {"invalid indentation", OTHER_INDENTATION, NULL},
    {"could not find expected ':'", "a ':' is missing behind the key; write key: value", add_colon},
    {"escape", "this escape is unknown; in double quotes write \\\\ for a backslash", double_backslash},
    {"tab", TAB, NULL},
};

static void add_error(struct faults *faults, const struct syntax_point *point, struct value_place place,
                      const char *message)
{
    place = config_mend_place(point->mended, place);
    place.source = point->source;
    fault_add(faults, FAULT_ERROR, place, "%s", message);
}

/* The byte behind the last thing read. Without a comma a plain scalar runs on into what follows, so it is
 * taken to end where its line or a quote does. */
static size_t find_end(const struct syntax_point *point)
{
    const char *text = text_get(&point->mended->text);
    if (!point->is_plain)
        return point->end;
    size_t end = point->start + strcspn(text + point->start, "\r\n\"'");
    if (end > point->end)
        end = point->end;
    while (end > point->start && (text[end - 1] == ' ' || text[end - 1] == '\t'))
        end--;
    return end;
}

/* Whether nothing but blanks, commas and comments follows. */
static bool is_last(const struct syntax_point *point)
{
    const char *rest = text_get(&point->mended->text) + find_end(point);
    while (*rest) {
        rest += strspn(rest, " \t\r\n,");
        if (*rest != '#')
            return *rest == '\0';
        rest += strcspn(rest, "\n");
    }
    return true;
}

bool config_syntax_check_bytes(struct faults *faults, const struct syntax_point *point)
{
    const struct text *text = &point->mended->text;
    const char *bytes = text_get(text);
    bool is_utf16 = strncmp(bytes, "\xff\xfe", 2) == 0 || strncmp(bytes, "\xfe\xff", 2) == 0;
    size_t bad = utf8_find_bad(bytes, text->len);
    if (is_utf16 || strlen(bytes) != text->len)
        add_error(faults, point, (struct value_place){0},
                  "is no UTF-8 text (NUL bytes, or UTF-16); save it as UTF-8");
    else if (bad < text->len)
        add_error(faults, point, config_place_of(text, bad), "this is not UTF-8; save the file as UTF-8");
    else
        return true;
    return false;
}

/* Whether the line that ends before `end` does so in backslashes, other than one right at its end: libfyaml
 * 0.7.12 takes the last of an even number for one that joins the lines, and drops a blank that is escaped. */
static bool ends_in_backslashes(const char *start, const char *end)
{
    const char *blank = end, *first;
    while (blank > start && (blank[-1] == ' ' || blank[-1] == '\t'))
        blank--;
    for (first = blank; first > start && first[-1] == '\\';)
        first--;
    return first < blank && (blank < end || blank - first > 1);
}

static bool has_such_line(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((text[i] == '\n' || text[i] == '\r') && ends_in_backslashes(text, text + i))
            return true;
    return false;
}

const char *config_syntax_find_misread(const char *text, size_t len, bool is_single)
{
    /* libfyaml 0.7.12 makes three quotes of these two. */
    if (is_single && memmem(text, len, "''''", 4))
        return "two quotes in a row cannot be read within single quotes; use double quotes";
    if (!is_single && has_such_line(text, len))
        return "backslashes at the end of a line cannot be read; write the string on one line";
    return NULL;
}

struct mend config_syntax_add_missing_comma(struct faults *faults, const struct syntax_point *point)
{
    const struct text *text = &point->mended->text;
    size_t end = find_end(point);
    bool is_escape = end >= 2 && memcmp(text->data + end - 2, "\\'", 2) == 0;
    add_error(faults, point, config_place_of(text, end),
              is_escape ? "this ' ends the string; within single quotes write '' for it, or use double quotes"
                        : "a comma is missing here; add a comma");
    return is_escape ? no_mend : insert(end, ',');
}

void config_syntax_add_unclosed(struct faults *faults, struct value_place place, const char *closers,
                                uint32_t line)
{
    /* The place was mapped when the bracket was read. */
    if (place.source == 0)
        fault_add(faults, FAULT_ERROR, place, "this bracket is never closed; add '%s' at the end of line %u",
                  closers, line);
    else
        fault_add(faults, FAULT_ERROR, place, "this bracket is never closed; add '%s' at the end", closers);
}

/* Returns the last line that is neither empty nor a comment, from 1. */
static uint32_t find_last_line(const struct text *text)
{
    uint32_t last = 1, line = 1;
    for (const char *c = text_get(text); *c; line++) {
        size_t indent = strspn(c, " \t");
        if (!strchr("#\r\n", c[indent]))
            last = line;
        c += strcspn(c, "\n");
        c += *c == '\n';
    }
    return last;
}

/* All that are open, at once. */
static struct mend add_unclosed(struct faults *faults, const struct syntax_point *point)
{
    struct mend mend = {.offset = point->mended->text.len};
    size_t open = strlen(point->closers), most = sizeof mend.inserted - 1;
    for (size_t i = 0; i < open && i < most; i++)
        mend.inserted[i] = point->closers[open - 1 - i];
    config_syntax_add_unclosed(faults, point->opened, mend.inserted, find_last_line(&point->mended->text));
    return mend;
}

/* Where the parser stopped. */
static struct value_place place_of(const struct fy_diag_error *found)
{
    return (struct value_place){(uint32_t)(found->line > 0 ? found->line : 0),
                                (uint32_t)(found->column > 0 ? found->column : 1), 0};
}

static struct mend add_comma_fault(struct faults *faults, const struct syntax_point *point,
                                   struct value_place place)
{
    if (!point->lacks_colon)
        return config_syntax_add_missing_comma(faults, point);
    add_error(faults, point, place, "a ':' is missing between key and value; write \"key\": value");
    return insert(config_place_offset(&point->mended->text, place), ':');
}

/* A line that is indented too far goes on with the value above it, which is where the parser notices. */
static struct mend add_indentation_fault(struct faults *faults, const struct syntax_point *point,
                                         struct value_place place)
{
    const struct text *text = &point->mended->text;
    size_t line = config_place_offset(text, (struct value_place){place.line + 1, 1, 0});
    size_t key = line + strspn(text->data + line, " \t\r\n");
    bool has_tab = key > line && memchr(text->data + line, '\t', key - line);
    add_error(faults, point, config_place_of(text, key), has_tab ? TAB : OTHER_INDENTATION);
    return no_mend;
}

/* The first line that is neither empty nor a comment. */
static size_t find_first_line(const struct text *text)
{
    size_t offset = config_place_mark(text);
    for (;;) {
        offset += strspn(text->data + offset, " \t\r\n");
        if (text->data[offset] != '#')
            return offset;
        offset += strcspn(text->data + offset, "\n");
    }
}

static bool is_foreign_comment(const char *text)
{
    return strncmp(text, "//", 2) == 0 || strncmp(text, "/*", 2) == 0;
}

/* Outside of brackets the parser takes a line of // for a word, to which the lines below belong. */
static bool find_foreign_comment(const struct text *text, const struct fy_diag_error *found, size_t *offset)
{
    if (!strstr(found->msg, "invalid multiline plain key") && !strstr(found->msg, "invalid indentation") &&
        !strstr(found->msg, "could not find expected ':'"))
        return false;
    *offset = config_place_offset(text, (struct value_place){place_of(found).line, 1, 0});
    *offset += strspn(text->data + *offset, " \t");
    if (is_foreign_comment(text->data + *offset))
        return true;
    *offset = find_first_line(text);
    return is_foreign_comment(text->data + *offset);
}

static struct mend add_comment_fault(struct faults *faults, const struct syntax_point *point, size_t offset)
{
    const struct text *text = &point->mended->text;
    add_error(faults, point, config_place_of(text, offset), CONFIG_FOREIGN_COMMENT);
    return text->data[offset + 1] == '/' ? (struct mend){offset, 2, "#"} : no_mend;
}

/* Finds the ':' without a space after it in the line where the parser stopped. */
static bool find_tight_colon(const struct text *text, const struct fy_diag_error *found, size_t *colon)
{
    if (!strstr(found->msg, "invalid multiline plain key") &&
        !strstr(found->msg, "invalid value after mapping") &&
        !strstr(found->msg, "could not find expected ':'"))
        return false;
    size_t line = config_place_offset(text, (struct value_place){place_of(found).line, 1, 0});
    size_t len = config_slip_find_tight_colon(text_get(text) + line);
    *colon = line + len;
    return len > 0;
}

static struct mend add_space_fault(struct faults *faults, const struct syntax_point *point, size_t colon)
{
    add_error(faults, point, config_place_of(&point->mended->text, colon), CONFIG_MISSING_SPACE);
    return insert(colon + 1, ' ');
}

static bool says_unclosed(const struct fy_diag_error *found)
{
    return strstr(found->msg, "missing comma") || strstr(found->msg, "expected node content") ||
           strstr(found->msg, "without a closing bracket");
}

struct mend config_syntax_add_fault(struct faults *faults, const struct syntax_point *point,
                                    const struct fy_diag_error *found)
{
    if (!found || !found->msg) {
        add_error(faults, point, (struct value_place){0},
                  "is neither JSON nor YAML; check that it is the config file");
        return no_mend;
    }
    struct value_place place = place_of(found);
    size_t comment, colon;
    if (find_foreign_comment(&point->mended->text, found, &comment))
        return add_comment_fault(faults, point, comment);
    if (find_tight_colon(&point->mended->text, found, &colon))
        return add_space_fault(faults, point, colon);
    if (says_unclosed(found) && point->opened.line > 0 && is_last(point))
        return add_unclosed(faults, point);
    if (strstr(found->msg, "missing comma"))
        return add_comma_fault(faults, point, place);
    if (strstr(found->msg, "invalid multiline plain key"))
        return add_indentation_fault(faults, point, place);
    for (size_t i = 0; i < sizeof wordings / sizeof *wordings; i++) {
        const struct wording *wording = &wordings[i];
        if (!strstr(found->msg, wording->said))
            continue;
        add_error(faults, point, place, wording->meaning);
        return wording->mend ? wording->mend(point, config_place_offset(&point->mended->text, place))
                             : no_mend;
    }
    CLEANUP(text_free) struct text message = {0};
    text_addf(&message, "%s; check quotes, commas and brackets here and on the line above", found->msg);
    add_error(faults, point, place, text_get(&message));
    return no_mend;
}
