#include "config/syntax.h"

#include <libfyaml.h>
#include <string.h>

#include "base/utf8.h"

/* What libfyaml says, and what that means to the writer of the file. */
static const struct wording {
    const char *said, *meaning;
} wordings[] = {
    {"without closing quote", "this string is never closed; add the closing quote"},
    {"mismatched flow", "this bracket does not close the one that is open; check [ ] and { }"},
    {"did not find expected node content", "a value is missing here, or there is a comma too many"},
    {"extra closing", "this bracket closes nothing; remove it"},
    {"missing document start", "the config has ended before this; put everything into one object"},
    {"invalid multiline plain key",
     "this line is indented unlike its neighbours; indent all keys of an object alike, with spaces"},
    {"could not find expected ':'", "a ':' is missing behind the key; write key: value"},
    {"escape", "this escape is unknown; in double quotes write \\\\ for a backslash"},
    {"tab", "a tab cannot indent YAML; use spaces"},
};

static struct value_place find_place(const struct syntax_point *point, size_t position)
{
    struct value_place place = {1, 1};
    size_t mark = point->len >= 3 && memcmp(point->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    for (size_t i = mark; i < position; i++) {
        bool continues = ((unsigned char)point->text[i] & 0xc0) == 0x80;
        bool ends_line = point->text[i] == '\n';
        place.line += ends_line;
        place.column = ends_line ? 1 : place.column + !continues;
    }
    return place;
}

/* The byte behind the last thing read. Without a comma a plain scalar runs on into what follows, so it is
 * taken to end where its line or a quote does. */
static size_t find_end(const struct syntax_point *point)
{
    if (!point->is_plain)
        return point->end;
    size_t end = point->start + strcspn(point->text + point->start, "\r\n\"'");
    if (end > point->end)
        end = point->end;
    while (end > point->start && (point->text[end - 1] == ' ' || point->text[end - 1] == '\t'))
        end--;
    return end;
}

/* Whether nothing but blanks, commas and comments follows. */
static bool is_last(const struct syntax_point *point)
{
    const char *rest = point->text + find_end(point);
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
    static const struct value_place whole_file = {0};
    bool is_utf16 = strncmp(point->text, "\xff\xfe", 2) == 0 || strncmp(point->text, "\xfe\xff", 2) == 0;
    size_t bad = utf8_find_bad(point->text, point->len);
    if (is_utf16 || strlen(point->text) != point->len)
        fault_add(faults, FAULT_ERROR, whole_file,
                  "is no UTF-8 text (NUL bytes, or UTF-16); save it as UTF-8");
    else if (bad < point->len)
        fault_add(faults, FAULT_ERROR, find_place(point, bad), "this is not UTF-8; save the file as UTF-8");
    else
        return true;
    return false;
}

void config_syntax_add_missing_comma(struct faults *faults, const struct syntax_point *point)
{
    size_t end = find_end(point);
    bool is_escape = end >= 2 && memcmp(point->text + end - 2, "\\'", 2) == 0;
    fault_add(faults, FAULT_ERROR, find_place(point, end), "%s",
              is_escape ? "this ' ends the string; within single quotes write '' for it, or use double quotes"
                        : "a comma is missing here; add a comma");
}

static void add_comma_fault(struct faults *faults, const struct syntax_point *point, struct value_place place)
{
    if (point->lacks_colon)
        fault_add(faults, FAULT_ERROR, place, "a ':' is missing between key and value; write \"key\": value");
    else
        config_syntax_add_missing_comma(faults, point);
}

void config_syntax_add_fault(struct faults *faults, const struct syntax_point *point,
                             const struct fy_diag_error *found)
{
    if (!found || !found->msg) {
        fault_add(faults, FAULT_ERROR, (struct value_place){0},
                  "is neither JSON nor YAML; check that it is the config file");
        return;
    }
    struct value_place place = {(uint32_t)(found->line > 0 ? found->line : 0),
                                (uint32_t)(found->column > 0 ? found->column : 1)};
    bool is_cut = strstr(found->msg, "missing comma") || strstr(found->msg, "expected node content");
    if (is_cut && point->opened.line > 0 && is_last(point)) {
        fault_add(faults, FAULT_ERROR, point->opened, "this bracket is never closed; add '%c' at the end",
                  point->closer);
        return;
    }
    if (strstr(found->msg, "missing comma")) {
        add_comma_fault(faults, point, place);
        return;
    }
    for (size_t i = 0; i < sizeof wordings / sizeof *wordings; i++)
        if (strstr(found->msg, wordings[i].said)) {
            fault_add(faults, FAULT_ERROR, place, "%s", wordings[i].meaning);
            return;
        }
    fault_add(faults, FAULT_ERROR, place, "%s; check quotes, commas and brackets here and on the line above",
              found->msg);
}
