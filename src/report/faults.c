#include "report/faults.h"

#include <string.h>

#include "base/utf8.h"

/* Copies the beginning of a text to one line of less than `size` bytes, whole UTF-8 characters. */
static void copy_beginning(char *out, size_t size, const char *text)
{
    static const char dots[] = "…";
    size_t len = strnlen(text, size);
    bool is_whole = len < size;
    len = is_whole ? len : utf8_fit(text, size - sizeof dots);
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i];
    memcpy(out + len, is_whole ? "" : dots, is_whole ? 1 : sizeof dots);
}

void report_faults_note_line(struct report_faults *faults, size_t number, const char *why, const char *text)
{
    if (!faults || faults->lines++ > 0)
        return;
    faults->first_line = number;
    faults->why = why;
    copy_beginning(faults->excerpt, sizeof faults->excerpt, text);
}

bool report_names_add(struct report_names *names, const char *name)
{
    char beginning[sizeof names->items[0]];
    copy_beginning(beginning, sizeof beginning, name);
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], beginning) == 0)
            return false;
    if (names->count == REPORT_MOST_TOLD)
        return false;
    memcpy(names->items[names->count++], beginning, sizeof beginning);
    return true;
}

void report_faults_note_nameless(struct report_faults *faults, const char *name)
{
    if (faults)
        report_names_add(&faults->nameless, name);
}

void report_faults_note_no_number(struct report_faults *faults, size_t number, const char *key)
{
    struct report_no_number found = {.line = number};
    if (!faults)
        return;
    copy_beginning(found.name, sizeof found.name, key);
    for (size_t i = 0; i < faults->no_number_count; i++)
        if (strcmp(faults->no_numbers[i].name, found.name) == 0)
            return;
    if (faults->no_number_count < REPORT_MOST_TOLD)
        faults->no_numbers[faults->no_number_count++] = found;
}

void report_faults_note_cut(struct report_faults *faults, const char *metric, const char *text)
{
    if (!faults || faults->cuts++ > 0)
        return;
    copy_beginning(faults->cut_metric, sizeof faults->cut_metric, metric);
    copy_beginning(faults->cut_text, sizeof faults->cut_text, text);
}

void report_faults_note_dropped(struct report_faults *faults, size_t count, int64_t from)
{
    if (!faults || count == 0)
        return;
    faults->dropped += count;
    faults->dropped_from = from;
}

void report_faults_note_told(struct report_faults *faults, const char *text)
{
    if (faults && faults->told++ == 0)
        copy_beginning(faults->first_told, sizeof faults->first_told, text);
}

void report_faults_forget_told(struct report_faults *faults)
{
    if (faults)
        faults->told = 0;
}

void report_faults_note_in_word(struct report_faults *faults, const char *metric, const char *text)
{
    if (!faults || faults->in_word[0])
        return;
    copy_beginning(faults->in_word, sizeof faults->in_word, metric);
    copy_beginning(faults->in_word_text, sizeof faults->in_word_text, text);
}

void report_faults_note_costly(struct report_faults *faults, const char *metric, size_t line,
                               bool is_given_up)
{
    if (!faults)
        return;
    if (faults->costly_line == 0) {
        copy_beginning(faults->costly_metric, sizeof faults->costly_metric, metric);
        faults->costly_line = line;
    }
    faults->is_given_up |= is_given_up;
}

void report_faults_name_costly(struct report_faults *faults, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (faults->costly_line > 0)
        copy_beginning(faults->costly_file, sizeof faults->costly_file, slash ? slash + 1 : path);
}

static void add_costly(struct report_faults *faults, const struct report_faults *output)
{
    if (output->costly_line == 0 || faults->costly_line > 0)
        return;
    memcpy(faults->costly_metric, output->costly_metric, sizeof faults->costly_metric);
    memcpy(faults->costly_file, output->costly_file, sizeof faults->costly_file);
    faults->costly_line = output->costly_line;
    faults->is_given_up = output->is_given_up;
}

void report_faults_add_output(struct report_faults *faults, const struct report_faults *output)
{
    if (!faults)
        return;
    if (output->cuts > 0)
        report_faults_note_cut(faults, output->cut_metric, output->cut_text);
    faults->cuts += output->cuts > 0 ? output->cuts - 1 : 0;
    if (output->in_word[0])
        report_faults_note_in_word(faults, output->in_word, output->in_word_text);
    add_costly(faults, output);
    faults->matched |= output->matched;
    faults->given_up |= output->given_up;
}

void report_faults_forget_output(struct report_faults *faults)
{
    if (!faults)
        return;
    faults->cuts = 0;
    faults->cut_metric[0] = faults->cut_text[0] = faults->in_word[0] = faults->in_word_text[0] = '\0';
}
