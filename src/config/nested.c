#include "config/nested.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/meta.h"

struct nested {
    struct text path; /* the keys that lead to the value, joined by points */
    size_t found;
    char *first; /* the path of the first array found; NULL: none yet */
    struct value_place place;
};

/* Returns whether no two items are equal: an axis has each value once, while shapes such as [3, 3] have not.
 * Long arrays, which would take long to compare, count as such. */
static bool looks_like_axis(const struct value *array)
{
    enum { most_compared = 100 };
    size_t count = value_count(array);
    for (size_t i = 1; i < count && count <= most_compared; i++)
        for (size_t j = 0; j < i; j++)
            if (value_equal(value_item(array, i), value_item(array, j)))
                return false;
    return count > 1;
}

static void note(struct nested *nested, const struct value *array)
{
    if (!looks_like_axis(array))
        return;
    if (nested->found++ > 0)
        return;
    nested->first = memory_copy_text(text_get(&nested->path));
    nested->place = value_place(array);
}

/* Calls itself at most as deep as the file is nested. */
static void visit(struct nested *nested, const struct value *object) // NOLINT(misc-no-recursion)
{
    size_t len = nested->path.len;
    for (size_t i = 0; i < value_count(object); i++) {
        const struct value *item = value_item(object, i);
        text_addf(&nested->path, "%s%s", len ? "." : "", value_key(object, i));
        if (value_kind(item) == VALUE_ARRAY)
            note(nested, item);
        else if (value_kind(item) == VALUE_OBJECT)
            visit(nested, item);
        text_cut(&nested->path, len);
    }
}

static void warn(const struct nested *nested, const char *key, struct faults *faults)
{
    CLEANUP(memory_free)
    char *others = nested->found > 1 ? text_format(" (one of %zu)", nested->found) : memory_copy_text("");
    fault_add(faults, FAULT_WARNING, nested->place,
              "'%s' is an array within an object%s, which is no axis: only arrays at the top are; to keep it "
              "as one value, write [ ] around the value of '%s'",
              nested->first, others, key);
}

void config_nested_check(const struct value *root, struct faults *faults)
{
    struct nested nested = {0};
    const char *key = NULL; /* at the top, of the first array */
    for (size_t i = 0; i < value_count(root); i++) {
        if (value_kind(value_item(root, i)) != VALUE_OBJECT || strcmp(value_key(root, i), "meta") == 0 ||
            config_meta_is_meant(root, i))
            continue;
        text_add(&nested.path, value_key(root, i));
        visit(&nested, value_item(root, i));
        text_cut(&nested.path, 0);
        if (!key && nested.found > 0)
            key = value_key(root, i);
    }
    if (nested.found > 0)
        warn(&nested, key, faults);
    free(nested.first);
    text_free(&nested.path);
}
