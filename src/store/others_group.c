#include "store/others_group.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

struct other_group *other_group_create(const uint16_t *keys, size_t count)
{
    struct other_group *group = memory_new(1, sizeof *group);
    group->keys = memory_new(count, sizeof *group->keys);
    group->values = memory_new(count, sizeof *group->values);
    group->count = count;
    memcpy(group->keys, keys, count * sizeof *keys);
    for (size_t i = 0; i < count; i++)
        group->values[i].is_converted = true;
    return group;
}

static void free_values(struct other_values *values)
{
    for (size_t i = 0; i < values->count; i++)
        free(values->items[i]);
}

void other_group_destroy(struct other_group *group)
{
    for (size_t i = 0; i < group->count; i++)
        free_values(&group->values[i]);
    free(group->values);
    free(group->keys);
    free(group);
}

static bool has_text(const struct other_values *values, const char *bytes, size_t len)
{
    for (size_t i = 0; i < values->count; i++)
        if (strlen(values->items[i]) == len && memcmp(values->items[i], bytes, len) == 0)
            return true;
    return false;
}

static void add_value(struct other_values *values, const char *bytes, size_t len)
{
    if (values->has_more || has_text(values, bytes, len))
        return;
    if (values->count < other_values_kept)
        values->items[values->count++] = memory_copy_bytes(bytes, len);
    else
        values->has_more = true;
}

static void note_cell(struct other_values *values, const struct key_match *key, struct text *scratch)
{
    struct csv_cell text = store_match_key_text(key, scratch);
    values->has_none |= text.len == 0;
    if (text.len == 0)
        values->is_converted = false;
    else if (values->is_converted)
        values->is_converted = store_match_key_is_converted(key, text);
    if (text.len > 0)
        add_value(values, text.bytes, text.len);
}

void other_group_add_row(struct other_group *group, const struct key_match *keys, struct text *scratch)
{
    group->rows++;
    for (size_t i = 0; i < group->count; i++)
        note_cell(&group->values[i], &keys[group->keys[i]], scratch);
}

bool other_group_is_usual(const struct other_group *group, const struct key_match *keys)
{
    for (size_t i = 0; i < group->count; i++)
        if (keys[group->keys[i]].is_extra || group->values[i].has_none || group->values[i].is_converted)
            return false;
    return true;
}

/* --- words --- */

/* Adds the beginning of a long value. */
static void add_short(struct text *line, const char *value)
{
    enum { longest = 40 };
    size_t len = strlen(value);
    text_add_bytes(line, value, len > longest ? utf8_fit(value, longest) : len);
    text_add(line, len > longest ? "…" : "");
}

static int compare_texts(const void *a, const void *b)
{
    return strverscmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, so that the order of rows makes no difference. */
static void add_values(struct text *line, struct other_values *values)
{
    qsort(values->items, values->count, sizeof *values->items, compare_texts);
    for (size_t i = 0; i < values->count; i++) {
        text_add(line, i ? ", " : "");
        add_short(line, values->items[i]);
    }
    text_add(line, values->has_more ? ", …" : "");
}

static void add_key(struct text *line, const struct key_match *key, struct other_values *values,
                    bool is_alone)
{
    text_addf(line, "%s%s (", key->name, is_alone ? " alone" : "");
    if (values->count > 0) {
        text_add(line, "they have ");
        add_values(line, values);
        text_add(line, values->has_none ? ", or none" : "");
    } else {
        text_add(line, "they have none");
    }
    if (key->is_extra)
        text_addf(line, "; this config has no %s", key->name);
    text_add_char(line, ')');
}

static const char *separator(size_t i, size_t count)
{
    return i == 0 ? "" : i + 1 < count ? ", " : " and ";
}

/* The keys of each kind: the one of them when there is one. */
struct kinds {
    size_t missing, extra, converted;
    const struct key_match *missing_key, *extra_key;
};

static struct kinds count_kinds(const struct other_group *group, const struct key_match *keys)
{
    struct kinds kinds = {0};
    for (size_t i = 0; i < group->count; i++) {
        const struct key_match *key = &keys[group->keys[i]];
        if (key->is_extra) {
            kinds.extra++;
            kinds.extra_key = key;
        } else if (group->values[i].count == 0) {
            kinds.missing++;
            kinds.missing_key = key;
        } else {
            kinds.converted += group->values[i].is_converted;
        }
    }
    return kinds;
}

/* The column that was the missing key's, as it seems, before somebody gave it another name; NULL: none. */
static const struct key_match *find_renamed(const struct kinds *kinds, const struct key_match *keys,
                                            size_t key_count)
{
    const struct key_match *found = NULL;
    if (kinds->missing != 1 || kinds->extra > 0 || kinds->missing_key->column != SIZE_MAX)
        return NULL;
    for (size_t i = 0; i < key_count; i++) {
        if (keys[i].extra != EXTRA_IS_NO_KEY)
            continue;
        if (found)
            return NULL;
        found = &keys[i];
    }
    return found;
}

static void add_remedy(struct text *line, const struct other_group *group, const struct kinds *kinds,
                       const struct key_match *renamed)
{
    bool has_column = kinds->missing_key && kinds->missing_key->column != SIZE_MAX;
    if (kinds->converted > 0)
        text_add(line,
                 ": a spreadsheet makes that of a text that looks like a date, a time or a number, and of "
                 "numbers, true and false in another language; write the config's values into these cells "
                 "again to count them");
    else if (kinds->missing == 1 && kinds->extra == 1 && group->count == 2)
        text_addf(line,
                  ": the rows have %s, the config has %s; if that is one key, give its column the name %s "
                  "to count them",
                  kinds->extra_key->name, kinds->missing_key->name, kinds->missing_key->name);
    else if (renamed && kinds->missing_key)
        text_addf(line,
                  ": the table has a column %s, which no config had; give it the name %s again to count them",
                  renamed->name, kinds->missing_key->name);
    else if (kinds->missing == group->count)
        text_addf(line, ": %s %s with the value%s they were made with to count them",
                  has_column ? "fill the" : "add the", group->count == 1 ? "column" : "columns",
                  group->count == 1 ? "" : "s");
    else if (kinds->extra == group->count)
        text_addf(line, ": they are of a config that had %s; put %s back into the config to count them",
                  group->count == 1 ? "this key" : "these keys", group->count == 1 ? "it" : "them");
    else
        text_add(line, ": they are of another config, or of this one before it was edited");
}

void other_group_describe(const struct other_group *group, const struct key_match *keys, size_t key_count,
                          struct text *line)
{
    enum { shown = 4 };
    struct kinds kinds = count_kinds(group, keys);
    size_t count = group->count > shown ? shown : group->count;
    text_addf(line, " %s from this plan in ", group->rows == 1 ? "differs" : "differ");
    for (size_t i = 0; i < count; i++) {
        text_add(line, separator(i, count < group->count ? count + 1 : count));
        add_key(line, &keys[group->keys[i]], &group->values[i], group->count == 1);
    }
    if (group->count > count)
        text_addf(line, " and %zu more key%s", group->count - count, group->count - count == 1 ? "" : "s");
    add_remedy(line, group, &kinds, find_renamed(&kinds, keys, key_count));
}

/* Adds what the groups have for one key; false when none differs in it. */
static bool gather(struct other_group *const *groups, size_t count, size_t key, struct other_values *all)
{
    bool differs = false;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < groups[i]->count; j++) {
            const struct other_values *values = &groups[i]->values[j];
            if (groups[i]->keys[j] != key)
                continue;
            for (size_t k = 0; k < values->count; k++)
                add_value(all, values->items[k], strlen(values->items[k]));
            all->has_more |= values->has_more;
            differs = true;
        }
    return differs;
}

void other_groups_add_values(struct other_group *const *groups, size_t count, const struct key_match *keys,
                             struct text *line)
{
    enum { shown = 5 };
    size_t highest = 0, told = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < groups[i]->count; j++)
            highest = groups[i]->keys[j] > highest ? groups[i]->keys[j] : highest;
    for (size_t key = 0; key <= highest; key++) {
        struct other_values all = {0};
        if (gather(groups, count, key, &all) && told++ < shown) {
            text_addf(line, "%s%s ", told > 1 ? "; " : "", keys[key].name);
            add_values(line, &all);
        }
        free_values(&all);
    }
    if (told > shown)
        text_addf(line, "; and of %zu more key%s", told - shown, told - shown == 1 ? "" : "s");
}
