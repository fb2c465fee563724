#include "store/others.h"

#include <stdlib.h>
#include <string.h>

#include "store/others_group.h"

enum { most_groups = 1000, most_lines = 3 };

static bool is_of_group(const struct other_group *group, const struct key_list *differing)
{
    return group->count == differing->count &&
           memcmp(group->keys, differing->items, group->count * sizeof *group->keys) == 0;
}

/* NULL when there are too many. */
static struct other_group *find_group(struct others *others, const struct key_list *differing)
{
    size_t len = differing->count * sizeof *differing->items;
    if (others->groups.count > 0 && is_of_group(others->groups.items[others->last], differing))
        return others->groups.items[others->last];
    const uint64_t *at = text_map_get(&others->index, (const char *)differing->items, len);
    if (!at && others->groups.count == most_groups)
        return NULL;
    others->last = at ? *at : others->groups.count;
    if (!at) {
        text_map_put(&others->index, (const char *)differing->items, len, others->groups.count);
        vector_push(&others->groups, other_group_create(differing->items, differing->count));
    }
    return others->groups.items[others->last];
}

void others_add(struct others *others, const struct key_match *keys, const struct key_list *differing,
                struct text *scratch)
{
    others->count++;
    if (differing->count == 0) {
        others->excluded++;
        return;
    }
    struct other_group *group = find_group(others, differing);
    if (group)
        other_group_add_row(group, keys, scratch);
    else
        others->ungrouped++;
}

void others_free(struct others *others)
{
    for (size_t i = 0; i < others->groups.count; i++)
        other_group_destroy(others->groups.items[i]);
    vector_free(&others->groups);
    text_map_free(&others->index);
}

/* --- lines --- */

static int compare_rows(const void *a, const void *b)
{
    const struct other_group *left = *(struct other_group *const *)a,
                             *right = *(struct other_group *const *)b;
    if (left->rows != right->rows)
        return left->rows < right->rows ? 1 : -1;
    return left->count < right->count ? -1 : left->count > right->count;
}

static void add_rows(struct text *line, uint64_t rows, const char *path)
{
    text_addf(line, "%llu %s of %s", (unsigned long long)rows, rows == 1 ? "row" : "rows", path);
}

static void describe_excluded(uint64_t rows, const char *path, struct text *lines)
{
    text_add(lines, "exclude_configs excludes ");
    add_rows(lines, rows, path);
}

/* Tells in one line of all rows that an edit of values has left, which is as it should be. */
static void describe_usual(const struct others *others, struct other_group *const *groups, size_t count,
                           const struct key_match *keys, const char *path, struct text *lines)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < count; i++)
        rows += groups[i]->rows;
    if (rows > 0) {
        add_rows(lines, rows, path);
        text_addf(lines, " %s values that this config does not have: ", rows == 1 ? "has" : "have");
        other_groups_add_values(groups, count, keys, lines);
    }
    if (others->excluded > 0 && rows > 0)
        text_addf(lines, "; exclude_configs excludes %llu more", (unsigned long long)others->excluded);
    else if (others->excluded > 0)
        describe_excluded(others->excluded, path, lines);
    if (rows + others->excluded > 0)
        text_add_char(lines, '\n');
}

static void describe_rest(uint64_t rows, const char *path, struct text *lines)
{
    if (rows == 0)
        return;
    add_rows(lines, rows, path);
    text_addf(lines, " more %s in other keys\n", rows == 1 ? "differs" : "differ");
}

/* Sorts the usual groups after the others. Returns how many others there are. */
static size_t split(struct other_group **groups, size_t count, const struct key_match *keys)
{
    CLEANUP(memory_free) struct other_group **usual = memory_new(count, sizeof *usual);
    size_t odd_count = 0, usual_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct other_group *group = groups[i];
        if (other_group_is_usual(group, keys))
            usual[usual_count++] = group;
        else
            groups[odd_count++] = group;
    }
    for (size_t i = 0; i < usual_count; i++)
        groups[odd_count + i] = usual[i];
    return odd_count;
}

uint64_t others_describe(const struct others *others, const struct key_match *keys, size_t key_count,
                         const char *path, struct text *lines)
{
    size_t count = others->groups.count;
    CLEANUP(memory_free) struct other_group **groups = memory_new(count + 1, sizeof *groups);
    for (size_t i = 0; i < count; i++)
        groups[i] = others->groups.items[i];
    qsort(groups, count, sizeof *groups, compare_rows);
    size_t odd = split(groups, count, keys);
    bool has_usual = odd < count || others->excluded > 0;
    size_t room = most_lines - (size_t)has_usual;
    size_t shown = odd + (others->ungrouped > 0) > room ? room - 1 : odd;
    uint64_t rest = others->ungrouped;
    for (size_t i = 0; i < shown; i++) {
        add_rows(lines, groups[i]->rows, path);
        other_group_describe(groups[i], keys, key_count, lines);
        text_add_char(lines, '\n');
    }
    for (size_t i = shown; i < odd; i++)
        rest += groups[i]->rows;
    describe_rest(rest, path, lines);
    describe_usual(others, groups + odd, count - odd, keys, path, lines);
    uint64_t usual_rows = others->excluded;
    for (size_t i = odd; i < count; i++)
        usual_rows += groups[i]->rows;
    return others->count - usual_rows;
}
