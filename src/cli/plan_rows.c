#include "cli/plan_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/display.h"
#include "base/memory.h"
#include "base/shell.h"
#include "base/tell.h"
#include "base/text_list.h"
#include "base/vector.h"
#include "store/store.h"

/* Adds a key with its value as it stands in a row; `first`: it begins the row. */
typedef void add_pair(struct text *out, const char *key, const struct value *value, bool first);

/* The keys that are no axis up to one that is; the last piece may have no axis. */
struct piece {
    struct text constants;
    int64_t axis;            /* -1: none */
    struct text_list values; /* of the axis */
};

struct plan_rows {
    const struct plan *plan;
    enum plan_format format;
    const char *change;
    VECTOR(struct piece) pieces;
    struct labels *labels;
    struct text out;               /* waits to be printed */
    const struct number_set *done; /* ranks; NULL: it is not told */
    const struct command *command; /* NULL: none is told */
    uint64_t most_commands;
    struct text commands; /* of a table; waits for its end */
    struct text label;    /* of the permutation that is being added */
};

/* --- pieces --- */

static void add_csv_pair(struct text *out, const char *key, const struct value *value, bool first)
{
    (void)key;
    text_add(out, first ? "" : ",");
    if (value)
        store_add_csv_value(out, value);
}

static void add_json_pair(struct text *out, const char *key, const struct value *value, bool first)
{
    text_add(out, first ? "" : ", ");
    text_add_json_string(out, key, strlen(key));
    text_add(out, ": ");
    value_add_json(out, value);
}

static void make_pieces(struct plan_rows *rows, const struct plan *plan, const struct value *keys,
                        add_pair *add)
{
    struct piece piece = {.axis = -1};
    for (size_t i = 0; i < value_count(keys); i++) {
        const char *key = value_key(keys, i);
        piece.axis = plan_find_axis(plan, key);
        if (piece.axis < 0) {
            add(&piece.constants, key, value_get(config_keys(plan_config(plan)), key), i == 0);
            continue;
        }
        const struct axis *axis = plan_axis(plan, (size_t)piece.axis);
        for (size_t j = 0; j < axis->count; j++) {
            add(&piece.values.bytes, key, axis->values[j], i == 0);
            text_list_end(&piece.values);
        }
        vector_push(&rows->pieces, piece);
        piece = (struct piece){.axis = -1};
    }
    vector_push(&rows->pieces, piece);
}

static void add_pieces(struct plan_rows *rows, const uint32_t *choice)
{
    for (size_t i = 0; i < rows->pieces.count; i++) {
        const struct piece *piece = &rows->pieces.items[i];
        text_add_bytes(&rows->out, text_get(&piece->constants), piece->constants.len);
        if (piece->axis >= 0)
            text_list_add_to(&piece->values, choice[piece->axis], &rows->out);
    }
}

/* --- rows --- */

static char **arguments_of(const struct plan_rows *rows, const uint32_t *choice)
{
    CLEANUP(value_cleanup) struct value *keys = plan_permutation_of(rows->plan, choice);
    struct run run = {.keys = keys};
    return command_arguments(rows->command, plan_config(rows->plan), &run);
}

static void add_typed_command(struct plan_rows *rows, const uint32_t *choice)
{
    if (!rows->command || rows->most_commands == 0)
        return;
    rows->most_commands--;
    char **arguments = arguments_of(rows, choice);
    for (char **argument = arguments; *argument; argument++) {
        text_add(&rows->commands, argument == arguments ? "  " : " ");
        shell_add_word(&rows->commands, *argument);
    }
    text_add_char(&rows->commands, '\n');
    command_free_arguments(arguments);
}

static void add_json_command(struct plan_rows *rows, const uint32_t *choice)
{
    if (!rows->command)
        return;
    char **arguments = arguments_of(rows, choice);
    text_add(&rows->out, ", \"command\": [");
    for (char **argument = arguments; *argument; argument++) {
        text_add(&rows->out, argument == arguments ? "" : ", ");
        text_add_json_string(&rows->out, *argument, strlen(*argument));
    }
    text_add_char(&rows->out, ']');
    command_free_arguments(arguments);
}

static bool is_done(const struct plan_rows *rows, const uint32_t *choice)
{
    uint64_t rank;
    return rows->done->count > 0 && plan_rank(rows->plan, choice, &rank) && number_set_has(rows->done, rank);
}

static void add_table_row(struct plan_rows *rows, const uint32_t *choice, bool first)
{
    (void)first;
    add_typed_command(rows, choice);
    text_add(&rows->out, "  ");
    text_clear(&rows->label);
    labels_add(rows->labels, choice, &rows->label);
    display_add_visible(&rows->out, text_get(&rows->label));
    text_add(&rows->out, rows->label.len == 0 ? "(one run, without a label)" : "");
    text_add(&rows->out, rows->done && is_done(rows, choice) ? " (done)\n" : "\n");
}

static void add_csv_row(struct plan_rows *rows, const uint32_t *choice, bool first)
{
    (void)first;
    if (rows->change)
        text_addf(&rows->out, "%s,", rows->change);
    add_pieces(rows, choice);
    text_add_char(&rows->out, ',');
    text_clear(&rows->label);
    labels_add(rows->labels, choice, &rows->label);
    store_add_csv_text(&rows->out, text_get(&rows->label), rows->label.len);
    text_add_char(&rows->out, '\n');
}

/* A label holds nothing that JSON would escape. */
static void add_json_row(struct plan_rows *rows, const uint32_t *choice, bool first)
{
    text_add(&rows->out, first ? "\n{" : ",\n{");
    if (rows->change)
        text_addf(&rows->out, "\"change\": \"%s\", ", rows->change);
    text_add(&rows->out, "\"label\": \"");
    labels_add(rows->labels, choice, &rows->out);
    text_add(&rows->out, "\", ");
    if (rows->done)
        text_addf(&rows->out, "\"done\": %s, ", is_done(rows, choice) ? "true" : "false");
    text_add(&rows->out, "\"config\": {");
    add_pieces(rows, choice);
    text_add_char(&rows->out, '}');
    add_json_command(rows, choice);
    text_add_char(&rows->out, '}');
}

struct plan_rows *plan_rows_open(const struct plan *plan, enum plan_format format,
                                 const struct value *columns, const char *change)
{
    struct plan_rows *rows = memory_new(1, sizeof *rows);
    rows->plan = plan;
    rows->format = format;
    rows->change = change;
    rows->labels = labels_create(plan);
    if (format == PLAN_CSV)
        make_pieces(rows, plan, columns, add_csv_pair);
    else if (format == PLAN_JSON)
        make_pieces(rows, plan, config_keys(plan_config(plan)), add_json_pair);
    return rows;
}

void plan_rows_show_commands(struct plan_rows *rows, const struct command *command, uint64_t most)
{
    rows->command = command;
    rows->most_commands = most;
}

void plan_rows_show_done(struct plan_rows *rows, const struct number_set *done)
{
    rows->done = done;
}

static void flush(struct plan_rows *rows)
{
    static void (*const print[])(const char *) = {
        [PLAN_TABLE] = tell_result_lines, [PLAN_CSV] = tell_data, [PLAN_JSON] = tell_json};
    print[rows->format](text_get(&rows->out));
    text_clear(&rows->out);
}

void plan_rows_close(struct plan_rows *rows)
{
    if (rows->commands.len)
        text_addf(&rows->out, "\nFirst commands:\n%s", text_get(&rows->commands));
    flush(rows);
    text_free(&rows->commands);
    for (size_t i = 0; i < rows->pieces.count; i++) {
        text_free(&rows->pieces.items[i].constants);
        text_list_free(&rows->pieces.items[i].values);
    }
    vector_free(&rows->pieces);
    labels_destroy(rows->labels);
    text_free(&rows->out);
    text_free(&rows->label);
    free(rows);
}

bool plan_rows_add(struct plan_rows *rows, const uint32_t *choice, bool first)
{
    static void (*const add[])(struct plan_rows *, const uint32_t *, bool) = {
        [PLAN_TABLE] = add_table_row, [PLAN_CSV] = add_csv_row, [PLAN_JSON] = add_json_row};
    enum { enough = 1 << 16 };
    add[rows->format](rows, choice, first);
    if (rows->out.len >= enough)
        flush(rows);
    return !ferror(stdout);
}
