#include "store/misread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/number.h"

static const char again[] =
    "save it again as CSV in UTF-8 with ',' between the columns, or put a copy of the file "
    "from before back";

/* --- the header --- */

/* Also below empty lines, which a rewrite takes away. */
static bool is_utf16(const struct csv_reader *reader)
{
    struct csv_cell cell = reader->cells.items[0];
    return cell.len >= 2 &&
           (memcmp(cell.bytes, "\xff\xfe", 2) == 0 || memcmp(cell.bytes, "\xfe\xff", 2) == 0);
}

/* The separator of a header that has no comma; '\0' when it has none. */
static char find_separator(const char *header)
{
    size_t at = strcspn(header, ";\t|");
    return header[at];
}

bool store_misread_header(const struct csv_reader *reader, const struct columns *columns, struct error *err)
{
    if (is_utf16(reader))
        return error_set(err, ERROR_SYSTEM, "%s is in UTF-16: %s", reader->path, again);
    char separator = columns->count == 1 ? find_separator(columns->items[0]) : '\0';
    if (separator == '\t')
        return error_set(err, ERROR_SYSTEM, "%s has tabs between its columns: %s", reader->path, again);
    return !separator || error_set(err, ERROR_SYSTEM, "%s has '%c' between its columns: %s", reader->path,
                                   separator, again);
}

bool store_misread_columns(const char *path, const struct columns *columns, struct error *err)
{
    return error_set(
        err, ERROR_SYSTEM,
        "%s begins with no header that furcate knows ('%.60s' …): put the line with the names of the "
        "columns back, or move the file away, and all is run again",
        path, columns->items[0]);
}

bool store_misread_has_own(const struct columns *columns)
{
    for (size_t i = 0; i < columns->count; i++)
        if (store_columns_are_own(columns->items[i]))
            return true;
    return false;
}

/* --- a row --- */

static bool says(struct csv_cell cell, const char *text)
{
    if (cell.len >= 2 && cell.bytes[0] == '"' && cell.bytes[cell.len - 1] == '"')
        cell = (struct csv_cell){cell.bytes + 1, cell.len - 2};
    return cell.len == strlen(text) && memcmp(cell.bytes, text, cell.len) == 0;
}

static bool is_number(struct csv_cell cell)
{
    size_t digits = 0;
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.bytes[i] >= '0' && cell.bytes[i] <= '9')
            digits++;
        else if (cell.bytes[i] != '"')
            return false;
    }
    return digits > 0;
}

static bool is_empty(const struct csv_reader *reader)
{
    for (size_t i = 0; i < reader->cells.count; i++)
        if (!says(reader->cells.items[i], ""))
            return false;
    return true;
}

static bool is_same_header(const struct csv_reader *reader, const struct columns *columns)
{
    if (reader->cells.count != columns->count)
        return false;
    for (size_t i = 0; i < columns->count; i++)
        if (!says(reader->cells.items[i], columns->items[i]))
            return false;
    return true;
}

static bool is_other_header(const struct csv_reader *reader)
{
    bool has_meta = false, has_log_dir = false, has_id = false;
    for (size_t i = 0; i < reader->cells.count; i++) {
        has_meta |= says(reader->cells.items[i], "meta");
        has_log_dir |= says(reader->cells.items[i], "log_dir");
        has_id |= says(reader->cells.items[i], "run_id");
    }
    return has_log_dir && (has_meta || has_id);
}

/* A spreadsheet that splits columns at ';' takes the line for one cell, and quotes it when it has quotes. */
static bool is_line_in_quotes(const struct csv_reader *reader, const struct columns *columns)
{
    struct csv_cell cell = reader->cells.items[0];
    return reader->cells.count == 1 && columns->count > 1 &&
           (memchr(cell.bytes, ',', cell.len) || memchr(cell.bytes, ';', cell.len));
}

static bool fail(const struct csv_reader *reader, const char *what, struct error *err)
{
    return error_set(err, ERROR_SYSTEM, "%s:%llu: %s", reader->path,
                     (unsigned long long)store_csv_line(reader), what);
}

enum record_kind store_misread_record(const struct csv_reader *reader, const struct columns *columns,
                                      size_t id_column, struct error *err)
{
    bool has_id = id_column < columns->count && id_column < reader->cells.count;
    if (has_id && is_number(reader->cells.items[id_column]))
        return RECORD_ROW; /* as all that a runner writes */
    if (is_empty(reader) || is_same_header(reader, columns))
        return RECORD_EMPTY;
    if (is_line_in_quotes(reader, columns)) {
        CLEANUP(text_free) struct text what = {0};
        text_addf(&what,
                  "the whole line is one cell, as a spreadsheet leaves it that expects other separators: %s",
                  again);
        fail(reader, text_get(&what), err);
        return RECORD_MISREAD;
    }
    if (is_other_header(reader)) {
        fail(reader,
             "a second header, with other columns: the rows below it would be misread; take them out of this "
             "file, or put their cells under the columns of its first line",
             err);
        return RECORD_MISREAD;
    }
    return RECORD_ROW;
}

/* --- a cell --- */

/* Of a decimal number, without zeros in front: "-0.00120e3" has 3; 0 when it is none. */
static int count_digits(const char *text, size_t len)
{
    int digits = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] >= '0' && text[i] <= '9')
            digits += digits > 0 || text[i] != '0';
        else if ((text[i] == 'e' || text[i] == 'E') && i > 0)
            break;
        else if (text[i] != '.' && text[i] != '-' && text[i] != '+')
            return 0;
    }
    return digits;
}

bool store_misread_is_rounded(const char *text, size_t len, const struct value *number)
{
    enum { fewest_digits = 6, most_digits = 17 };
    char shown[64], rounded[64], *end;
    int digits = len < sizeof shown ? count_digits(text, len) : 0;
    if (digits < fewest_digits || digits > most_digits || !value_is_number(number))
        return false;
    memcpy(shown, text, len);
    shown[len] = '\0';
    number_print(rounded, sizeof rounded, "%.*e", digits - 1, value_float(number));
    double seen = number_read(shown, &end);
    return *end == '\0' && seen == number_read(rounded, NULL);
}

/* Also of UTF-8: "Mär", "févr". */
static bool is_letter(char c)
{
    return ascii_is_letter(c) || (unsigned char)c >= 0x80;
}

/*
 * Whether the text is as the pattern says: '9' stands for one or two digits, 'Y' for four, 'D' for digits,
 * '@' for a word of letters as a month has, all else for itself.
 */
static bool fits(const char *text, const char *pattern)
{
    static const char digits[] = "0123456789";
    for (; *pattern; pattern++) {
        size_t count = strspn(text, digits), letters = 0;
        while (is_letter(text[letters]))
            letters++;
        size_t taken = *pattern == '9'   ? (count <= 2 ? count : 0)
                       : *pattern == 'Y' ? (count == 4 ? count : 0)
                       : *pattern == 'D' ? count
                       : *pattern == '@' ? (letters >= 3 ? letters : 0)
                                         : (*text == *pattern);
        if (taken == 0)
            return false;
        text += taken;
    }
    return *text == '\0';
}

int store_misread_form(const char *text, size_t len)
{
    static const char *const patterns[] = {
        "9-@",      "9-@-9",    "9-@-Y",  "@-9",    "9. @",  "9. @ 9",      "9. @ Y", "9/9/Y",  "9/9/9",
        "9.9.Y",    "9.9.9",    "9-9-Y",  "Y-9-9",  "Y/9/9", "Y-9-9 9:9:9", "9:9:9",  "9:9 AM", "9:9 PM",
        "9:9:9 AM", "9:9:9 PM", "D.DE+D", "D.DE-D", "DE+D",  "D,DE+D",      "D,DE-D",
    };
    char shown[32];
    if (len >= sizeof shown)
        return -1;
    memcpy(shown, text, len);
    shown[len] = '\0';
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (fits(shown, patterns[i]))
            return (int)i;
    return -1;
}

bool store_misread_rounded(const struct csv_reader *reader, const char *column, struct csv_cell shown,
                           const struct value *number, struct error *err)
{
    CLEANUP(text_free) struct text what = {0};
    text_addf(&what,
              "%s is %.*s, which a spreadsheet has rounded from %s: write that into the cell, or delete the "
              "line and it is run again",
              column, (int)shown.len, shown.bytes, value_text(number));
    return fail(reader, text_get(&what), err);
}

bool store_misread_bytes(const struct csv_reader *reader, const char *column, struct error *err)
{
    CLEANUP(text_free) struct text what = {0};
    text_addf(&what, "%s is not in UTF-8: %s", column, again);
    return fail(reader, text_get(&what), err);
}
