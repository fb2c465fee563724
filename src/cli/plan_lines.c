#include "cli/plan_lines.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text_list.h"
#include "base/vector.h"

/* The keys that are no axis up to one that is; the last piece may have no axis. */
struct piece {
    struct text constants;
    size_t axis;             /* SIZE_MAX: none */
    struct text_list values; /* of the axis */
};

struct plan_lines {
    VECTOR(struct piece) pieces;
};

static void add_axis(struct piece *piece, const struct axis *axis, plan_add_pair *add_pair)
{
    for (size_t i = 0; i < axis->count; i++) {
        add_pair(&piece->values.bytes, axis->key, axis->values[i], axis->key_index == 0);
        text_list_end(&piece->values);
    }
}

struct plan_lines *plan_lines_create(const struct plan *plan, plan_add_pair *add_pair)
{
    struct plan_lines *lines = memory_new(1, sizeof *lines);
    const struct value *keys = config_keys(plan_config(plan));
    struct piece piece = {.axis = SIZE_MAX};
    size_t axis = 0;
    for (size_t i = 0; i < value_count(keys); i++) {
        if (axis == plan_axis_count(plan) || plan_axis(plan, axis)->key_index != i) {
            add_pair(&piece.constants, value_key(keys, i), value_item(keys, i), i == 0);
            continue;
        }
        piece.axis = axis;
        add_axis(&piece, plan_axis(plan, axis++), add_pair);
        vector_push(&lines->pieces, piece);
        piece = (struct piece){.axis = SIZE_MAX};
    }
    vector_push(&lines->pieces, piece);
    return lines;
}

void plan_lines_destroy(struct plan_lines *lines)
{
    for (size_t i = 0; i < lines->pieces.count; i++) {
        text_free(&lines->pieces.items[i].constants);
        text_list_free(&lines->pieces.items[i].values);
    }
    vector_free(&lines->pieces);
    free(lines);
}

void plan_lines_add(const struct plan_lines *lines, const uint32_t *choice, struct text *out)
{
    for (size_t i = 0; i < lines->pieces.count; i++) {
        const struct piece *piece = &lines->pieces.items[i];
        text_add_bytes(out, text_get(&piece->constants), piece->constants.len);
        if (piece->axis != SIZE_MAX)
            text_list_add_to(&piece->values, choice[piece->axis], out);
    }
}
