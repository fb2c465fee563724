#include "store/gone.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "store/known.h"

struct look {
    struct number_set missing; /* of those that were written */
    uint64_t others;
};

void store_gone_begin(struct gone *gone, const struct results_file *file, uint64_t rows)
{
    gone->written.count = 0;
    gone->before = rows;
    gone->opened = file->opened;
    gone->written_then = 0;
    gone->is_looked_at = true;
    gone->written_gone = gone->before_gone = 0;
}

static void note_change(struct gone *gone, const struct results_file *file)
{
    if (gone->opened == file->opened)
        return;
    gone->opened = file->opened;
    gone->written_then = gone->written.count;
    gone->is_looked_at = false;
}

void store_gone_note_row(struct gone *gone, const struct results_file *file, int64_t id)
{
    note_change(gone, file);
    vector_push(&gone->written, id);
}

static void note_row(void *context, int64_t id)
{
    struct look *look = context;
    if (!number_set_remove(&look->missing, (uint64_t)id))
        look->others++;
}

/* Whether the missing rows are the last that were written before the file was changed, as it is when an older
 * copy was saved. */
static bool are_the_last(const struct gone *gone, const struct number_set *missing)
{
    size_t count = missing->count;
    for (size_t i = 0; i < count && count <= gone->written_then; i++)
        if (!number_set_has(missing, (uint64_t)gone->written.items[gone->written_then - 1 - i]))
            return false;
    return count <= gone->written_then;
}

static void add_note(struct text *notes, const struct results_file *file, uint64_t count, bool by_a_copy)
{
    const char *rows = count == 1 ? "row" : "rows", *are = count == 1 ? "is" : "are";
    const char *their = count == 1 ? "its" : "their", *runs = count == 1 ? "run is" : "runs are";
    if (by_a_copy)
        text_addf(
            notes,
            "%llu %s that furcate had written to %s %s no longer there, so another program seems to have "
            "saved an older copy over it: %s %s run again at the next start, unless you put the %s back "
            "(the results are still in %s run_data.json)\n",
            (unsigned long long)count, rows, file->path, are, their, runs, rows, their);
    else
        text_addf(notes, "%llu %s of %s %s been deleted: %s %s run again at the next start\n",
                  (unsigned long long)count, rows, file->path, count == 1 ? "has" : "have", their, runs);
}

static void compare(struct gone *gone, const struct results_file *file, const struct look *look,
                    struct text *notes)
{
    uint64_t written = look->missing.count;
    uint64_t before = gone->before > look->others ? gone->before - look->others : 0;
    bool by_a_copy = file->fd >= 0 && written > 0 && before == 0 && are_the_last(gone, &look->missing);
    if (written + before > gone->written_gone + gone->before_gone)
        add_note(notes, file, written + before, by_a_copy);
    gone->written_gone = written;
    gone->before_gone = before;
}

/* Whether the other program's change is so new that it may still be writing. */
static bool is_new(const struct results_file *file)
{
    static const double settled = 0.5; /* seconds */
    const struct timespec *changed = &file->changed;
    double age = clock_wall() - ((double)changed->tv_sec + 1e-9 * (double)changed->tv_nsec);
    return file->fd >= 0 && age < settled;
}

bool store_gone_look(struct gone *gone, const struct results_file *file, bool at_once, struct text *notes,
                     struct error *err)
{
    struct look look = {0};
    struct known_rows known;
    note_change(gone, file);
    if (gone->is_looked_at || (is_new(file) && !at_once))
        return true;
    number_set_reserve(&look.missing, gone->written.count);
    for (size_t i = 0; i < gone->written.count; i++)
        number_set_add(&look.missing, (uint64_t)gone->written.items[i]);
    bool read = store_known_read(&known, file, note_row, &look, err);
    if (read) {
        compare(gone, file, &look, notes);
        gone->is_looked_at = true;
    }
    store_known_free(&known);
    number_set_free(&look.missing);
    return read;
}

void store_gone_free(struct gone *gone)
{
    vector_free(&gone->written);
}
