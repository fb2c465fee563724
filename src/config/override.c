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

/* An override on its way into the object that holds its key. */
struct setting {
    const char *key; /* all of it: "model.dropout" */
    bool is_meta;    /* objects on the way are made */
    struct value_place place;
    struct faults *faults;
};

/* Returns where the first key of the path ends: the whole path where the object has it as one key, or where
 * no key of the object begins the path its first point. */
static size_t find_first_key(const struct value *object, const char *path)
{
    if (!strchr(path, '.') || (object && value_get(object, path)))
        return strlen(path);
    for (const char *dot = strchr(path, '.'); object && dot; dot = strchr(dot + 1, '.')) {
        CLEANUP(memory_free) char *key = memory_copy_bytes(path, (size_t)(dot - path));
        if (value_get(object, key))
            return (size_t)(dot - path);
    }
    return strcspn(path, ".");
}

/* Returns whether it is an axis of one object, which stands for that object. */
static bool is_single_object(const struct value *value)
{
    return value && value_kind(value) == VALUE_ARRAY && value_count(value) == 1 &&
           is_object(value_item(value, 0));
}

/* `path` is the part of the key that leads on from the object, `key` the first key of it. */
static void report_no_parent(const struct setting *setting, const struct value *object, const char *path,
                             const char *key)
{
    const char *whole = value_nearest_key(object, path), *inner = path + strlen(key) + 1;
    const char *near = whole && strchr(whole, '.') ? whole : value_nearest_key(object, key);
    int before = (int)(path - setting->key); /* with the point */
    if (near)
        fault_add(setting->faults, FAULT_ERROR, setting->place,
                  "the config has no '%.*s%s' to set '%s' in; did you mean '%.*s%s'?", before, setting->key,
                  key, inner, before, setting->key, near);
    else
        fault_add(setting->faults, FAULT_ERROR, setting->place,
                  "the config has no '%.*s%s' to set '%s' in; set all of it, as in '%.*s%s={%s: 1}', or "
                  "write it into the file",
                  before, setting->key, key, inner, before, setting->key, key, inner);
}

static void report_no_object(const struct setting *setting, const char *path, size_t len,
                             const struct value *parent)
{
    bool is_axis = value_kind(parent) == VALUE_ARRAY;
    fault_add(setting->faults, FAULT_ERROR, setting->place,
              "'%.*s' is %s, so '%s' cannot be set in it; set all of it",
              (int)(path - setting->key + (long)len), setting->key,
              is_axis ? "an array" : value_kind_name(value_kind(parent)), path + len + 1);
}

static void warn_of_new_key(const struct setting *setting, const struct value *object, const char *path)
{
    const char *near = value_nearest_key(object, path);
    int before = (int)(path - setting->key);
    if (near && !value_get(object, path) && !setting->is_meta) /* meta knows its keys */
        fault_add(setting->faults, FAULT_WARNING, setting->place,
                  "the config has no key '%s', so it is added; did you mean '%.*s%s'?", setting->key, before,
                  setting->key, near);
}

static struct value *with_path(const struct setting *setting, const struct value *object, const char *path,
                               struct value *item);

/* Returns the parent with the item set by the path; NULL with the fault added. */
static struct value *with_inner(const struct setting *setting,
                                const struct value *parent, // NOLINT(misc-no-recursion)
                                const char *path, struct value *item)
{
    if (!is_single_object(parent))
        return with_path(setting, parent, path, item);
    struct value *changed = with_path(setting, value_item(parent, 0), path, item);
    if (!changed)
        return NULL;
    struct value *array = value_new_array();
    value_set_place(array, value_place(parent));
    value_array_add(array, changed);
    return array;
}

/* Returns a copy of the object, NULL for an empty one, with the item set by a path of keys, and NULL with the
 * fault added when the path leads nowhere; takes `item` over. Calls itself once for each point of the path.
 */
static struct value *with_path(const struct setting *setting,
                               const struct value *object, // NOLINT(misc-no-recursion)
                               const char *path, struct value *item)
{
    size_t len = find_first_key(object, path);
    if (path[len] == '\0') {
        if (object)
            warn_of_new_key(setting, object, path);
        return with_member(object, path, item);
    }
    CLEANUP(memory_free) char *key = memory_copy_bytes(path, len);
    const struct value *parent = object ? value_get(object, key) : NULL;
    bool leads_on = parent ? is_object(parent) || is_single_object(parent) : setting->is_meta;
    struct value *changed = leads_on ? with_inner(setting, parent, path + len + 1, item) : NULL;
    if (changed) {
        value_set_place(changed, parent ? value_place(parent) : setting->place);
        return with_member(object, key, changed);
    }
    if (leads_on)
        return NULL; /* the fault is deeper */
    if (parent)
        report_no_object(setting, path, len, parent);
    else
        report_no_parent(setting, object, path, key);
    value_unref(item);
    return NULL;
}

/* Returns whether it is like "lr=0.1,0.2", which other tools take for a list. config_several_check() knows
 * what has brackets. */
static bool looks_like_list(const struct value *value, const char *text)
{
    return value_kind(value) == VALUE_STRING && strchr(text, ',') && !strchr(text, '(') &&
           strcmp(value_text(value), text) == 0;
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

static struct value * override(struct value *root, const char *text, struct faults *faults)
{
    static const char meta[] = "meta.";
    const char *sign = strchr(text, '=');
    CLEANUP(memory_free) char *key = memory_copy_bytes(text, sign ? (size_t)(sign - text) : strlen(text));
    bool is_broken = key[0] == '.' || strstr(key, "..") || (sign && sign > text && sign[-1] == '.');
    if (!sign || !*key || (is_broken && !value_get(root, key))) {
        CLEANUP(memory_free) char *name = text_format("--set %s", text);
        struct value_place whole = {.source = faults_add_source(faults, name, "", 0)};
        fault_add(faults, FAULT_ERROR, whole, "a key, '=' and a value are meant; write for example %s=32",
                  sign ? "batch_size" : key);
        return root;
    }
    struct value *item = read_value(key, sign + 1, faults);
    if (!item)
        return root;
    struct setting setting = {key, strncmp(key, meta, sizeof meta - 1) == 0, value_place(item), faults};
    struct value *changed = with_path(&setting, root, key, item);
    if (!changed)
        return root;
    value_unref(root);
    return changed;
}

struct value *config_override(struct value *root, char *const *overrides, struct faults *faults)
{
    while (overrides && *overrides)
        root = override(root, *overrides++, faults);
    return root;
}
