#include "config/override.h"

#include <string.h>

#include "base/memory.h"
#include "config/parse.h"

static const char blanks[] = " \t\r\n";

/* A copy of the object, NULL for an empty one, with the member set; takes `item` over. */
static struct value *with_member(const struct value *object, const char *key, struct value *item)
{
    struct value *copy = value_new_object();
    if (object)
        value_set_place(copy, value_place(object));
    for (size_t i = 0; object && i < value_count(object); i++) {
        value_object_set(copy, value_key(object, i), value_ref(value_item(object, i)));
        value_set_key_place(copy, value_key(object, i), value_key_place(object, i));
    }
    bool is_new = !value_get(copy, key);
    struct value_place place = value_place(item);
    value_object_set(copy, key, item);
    if (is_new)
        value_set_key_place(copy, key, place);
    return copy;
}

static bool is_object(const struct value *value)
{
    return value && value_kind(value) == VALUE_OBJECT;
}

/* The same for the path behind "meta.", one key a level. What stands in the way and is no object stays, for
 * its own fault to be told. At most as deep as the path has dots. */
static struct value *with_path(const struct value *object, char *path, // NOLINT(misc-no-recursion)
                               struct value *item)
{
    char *dot = strchr(path, '.');
    if (!dot)
        return with_member(object, path, item);
    *dot = '\0';
    const struct value *inner = object ? value_get(object, path) : NULL;
    if (inner && !is_object(inner)) {
        value_unref(item);
        return value_ref(object);
    }
    struct value *changed = with_path(inner, dot + 1, item);
    value_set_place(changed, inner ? value_place(inner) : value_place(item));
    return with_member(object, path, changed);
}

/* Set for "lr=0.1,0.2", which other tools take for a list. */
static bool looks_like_list(const struct value *value, const char *text)
{
    return value_kind(value) == VALUE_STRING && strchr(text, ',') && strcmp(value_text(value), text) == 0;
}

/* The value of an override; NULL with its faults added. */
static struct value *read_value(const char *key, const char *text, struct faults *faults)
{
    CLEANUP(memory_free) char *name = text_format("--set %s", key);
    uint32_t source = faults_add_source(faults, name, text, strlen(text));
    const struct value_place place = {1, 1, source};
    if (text[strspn(text, blanks)] == '\0' || text[strspn(text, blanks)] == '#') {
        fault_add(faults, FAULT_ERROR, place,
                  "no value behind '='; write null for none, '\"\"' for an empty string, and quotes around "
                  "what begins with #");
        return NULL;
    }
    size_t errors_before = faults_count(faults, FAULT_ERROR);
    struct value *value = config_parse_source(text, strlen(text), source, faults);
    if (value && faults_count(faults, FAULT_ERROR) > errors_before) {
        value_unref(value);
        return NULL;
    }
    if (value && looks_like_list(value, text))
        fault_add(faults, FAULT_WARNING, place, "this is one string; for several values write '%s=[%s]'", key,
                  text);
    return value;
}

static void warn_of_new_key(const struct value *given, const char *key, const struct value *item,
                            struct faults *faults)
{
    const char *near = value_nearest_key(given, key);
    if (near && !value_get(given, key))
        fault_add(faults, FAULT_WARNING, value_place(item),
                  "the config has no key '%s', so it is added; did you mean '%s'?", key, near);
}

static struct value * override(struct value *root, const char *text, struct faults *faults)
{
    static const char meta[] = "meta.";
    const char *sign = strchr(text, '=');
    CLEANUP(memory_free) char *key = memory_copy_bytes(text, sign ? (size_t)(sign - text) : strlen(text));
    if (!sign || !*key) {
        CLEANUP(memory_free) char *name = text_format("--set %s", text);
        struct value_place whole = {.source = faults_add_source(faults, name, "", 0)};
        fault_add(faults, FAULT_ERROR, whole, "a key, '=' and a value are meant; write for example %s=32",
                  sign || !*key ? "batch_size" : key);
        return root;
    }
    struct value *item = read_value(key, sign + 1, faults);
    if (!item)
        return root;
    bool is_path = strncmp(key, meta, sizeof meta - 1) == 0;
    if (!is_path)
        warn_of_new_key(root, key, item, faults);
    struct value *changed = is_path ? with_path(root, key, item) : with_member(root, key, item);
    value_unref(root);
    return changed;
}

struct value *config_override(struct value *root, char *const *overrides, struct faults *faults)
{
    while (overrides && *overrides)
        root = override(root, *overrides++, faults);
    return root;
}
