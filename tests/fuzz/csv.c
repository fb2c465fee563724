/* The bytes of run_data.csv: rows match permutations of the plan, the same ones each time, also after the
 * file was mended as at the start of a runner, and after a row was added. */
#include "fuzz.h"

#include <errno.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/hash.h"
#include "store/internal.h"
#include "store/known.h"
#include "store/row.h"

static const char config[] =
    "{data_name: example, data_dir: [foo/, 'a, \"b\"'], batch_size: [32, 64], epochs: 50,"
    " rate: [0.001, 1e-2, .inf, auto, null, 'null', ''], nested: [true, 'true', [64, 64], {a: ä}],"
    " meta: {exclude_configs: [{batch_size: 64, rate: 0.01}, {nested: true, rate: null}]}}";

/* A log dir in memory, and the plan that runs in it. */
struct stage {
    struct plan *plan;
    char folder[64], path[96];
};

static struct stage stage;

/* Removes the log dir when this program ends, in whatever way: a process of its own sees its pipe closed
 * then. */
static void remove_at_end(void)
{
    int ends[2];
    char none;
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    pid_t child = fork();
    REQUIRE(child >= 0);
    close(ends[child > 0 ? 0 : 1]);
    if (child > 0)
        return;
    setsid(); /* out of reach of the terminal's Ctrl-C */
    while (read(ends[0], &none, 1) < 0 && errno == EINTR)
        ;
    unlink(stage.path);
    strcat(stage.path, ".new"); /* of a rewrite that was not finished */
    unlink(stage.path);
    rmdir(stage.folder);
    _exit(0);
}

static void set_stage(void)
{
    bool has_memory = access("/dev/shm", W_OK) == 0;
    snprintf(stage.folder, sizeof stage.folder, "%s/furcate-fuzz-XXXXXX", has_memory ? "/dev/shm" : "/tmp");
    REQUIRE(mkdtemp(stage.folder));
    snprintf(stage.path, sizeof stage.path, "%s/run_data.csv", stage.folder);
    remove_at_end();
    stage.plan = fuzz_read_plan(config, strlen(config), CONFIG_FOR_FORK);
    REQUIRE(stage.plan);
}

/* False when the file cannot be used as a table. */
static bool find(struct number_set *finished)
{
    struct error err = {0};
    *finished = (struct number_set){0};
    bool found = store_peek_finished(stage.folder, stage.folder, stage.plan, finished, NULL, &err);
    REQUIRE(found || err.kind == ERROR_SYSTEM);
    for (size_t i = 0; i < finished->capacity; i++)
        REQUIRE(finished->slots[i] == 0 || finished->slots[i] - 1 < plan_count(stage.plan));
    return found;
}

static bool has_all(const struct number_set *set, const struct number_set *of)
{
    for (size_t i = 0; i < of->capacity; i++)
        if (of->slots[i] && !number_set_has(set, of->slots[i] - 1))
            return false;
    return true;
}

/* Whether the file can be used still: then the same rows match as before, and `more` others. A last line that
 * has got its end now can be what makes a table one to refuse. */
static bool find_again(const struct number_set *before, size_t more)
{
    struct number_set again;
    bool found = find(&again);
    REQUIRE(!found || (has_all(&again, before) && again.count == before->count + more));
    number_set_free(&again);
    return found;
}

static void ignore(void *context, int64_t id)
{
    (void)context;
    REQUIRE(id >= 0);
}

/* As the reconciliation does. False when it asks the user to mend the file. */
static bool mend(struct results_file *file)
{
    struct error err = {0};
    struct known_rows known;
    bool mended = store_known_read(&known, file, ignore, NULL, &err);
    REQUIRE(mended || err.kind == ERROR_SYSTEM);
    if (mended && known.is_torn)
        REQUIRE(store_results_cut(file, known.torn_start, &err));
    else if (mended && known.has_open_end)
        REQUIRE(store_results_end_line(file, &err));
    store_known_free(&known);
    return mended;
}

static void append(struct results_file *file, uint64_t rank)
{
    struct error err = {0};
    bool was_replaced;
    struct row row;
    const struct row *const rows[] = {&row};
    const struct row_run who = {7, "example7", 1, "logs/example7_foo"};
    CLEANUP(value_cleanup) struct value *permutation = plan_permutation(stage.plan, rank);
    const struct row_content content = {.keys = permutation};
    store_row_make(&row, &content, &who);
    REQUIRE(store_results_append(file, rows, 1, &was_replaced, &err));
    store_row_free(&row);
}

static void read_table(void)
{
    struct error err = {0};
    struct table table = {0};
    bool read = table_read(stage.folder, &table, &err);
    for (size_t i = 0; read && i < table.column_count; i++)
        REQUIRE(table_column(&table, table.columns[i]) >= 0);
    table_free(&table);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct error err = {0};
    struct number_set finished;
    struct results_file file;
    if (!stage.plan)
        set_stage();
    REQUIRE(folder_write_path(stage.path, (const char *)bytes, len, &err));

    read_table();
    if (find(&finished)) {
        uint64_t rank = hash_bytes(0, bytes, len) % plan_count(stage.plan);
        REQUIRE(store_results_open(&file, stage.path, &err));
        if (mend(&file) && find_again(&finished, 0)) {
            append(&file, rank);
            REQUIRE(find_again(&finished, !number_set_has(&finished, rank)));
        }
        store_results_close(&file);
    }
    number_set_free(&finished);
    return 0;
}
