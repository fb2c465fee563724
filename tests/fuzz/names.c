/* Bytes as the texts of a config, for the names made of them: labels, names of runs and of their directories
 * can be part of any path. The texts stand one behind the other with a byte ff, which no UTF-8 holds, between
 * them. */
#include "fuzz.h"

#include "store/directory.h"

enum part { DATA_NAME, DATA_DIR, KEY, VALUE, OTHER_VALUE, part_count };

struct parts {
    const char *bytes[part_count];
    size_t len[part_count];
};

static struct parts split(const char *bytes, size_t len)
{
    struct parts parts;
    const char *end = bytes + len;
    for (int i = 0; i < part_count; i++) {
        const char *stop = i + 1 < part_count ? memchr(bytes, 0xff, (size_t)(end - bytes)) : end;
        stop = stop ? stop : end;
        parts.bytes[i] = bytes;
        parts.len[i] = (size_t)(stop - bytes);
        bytes = stop + (stop < end);
    }
    return parts;
}

static struct value *new_string(const struct parts *parts, enum part part)
{
    return value_new_string(parts->bytes[part], parts->len[part]);
}

/* What may stand anywhere between two slashes, but for its length and an empty one. */
static void check_text(const char *text, size_t len)
{
    REQUIRE(utf8_find_bad(text, len) == len);
    for (size_t i = 0; i < len; i++)
        REQUIRE(text[i] != '/' && text[i] != 0x7f && (unsigned char)text[i] >= 0x20);
}

static void check_path_part(const char *bytes, size_t len)
{
    CLEANUP(text_free) struct text part = {0}, again = {0};
    plan_add_path_part(&part, bytes, len);
    check_text(text_get(&part), part.len);
    REQUIRE(part.len <= len && !strchr(text_get(&part), '.'));
    plan_add_path_part(&again, text_get(&part), part.len);
    REQUIRE(strcmp(text_get(&part), text_get(&again)) == 0);
}

static void check_directory(const struct value *data_name, const char *label, int64_t id)
{
    CLEANUP(memory_free) char *name = store_directory_run_name(data_name, id);
    CLEANUP(memory_free) char *directory = store_directory_base_name(name, label);
    CLEANUP(memory_free) char *again = store_directory_base_name(name, label);
    size_t given = data_name ? value_text_len(data_name) : 0, len = strlen(directory);
    check_text(name, strlen(name));
    check_text(directory, len);
    REQUIRE(len > 0 && len <= 200 && strlen(name) < len + 1);
    REQUIRE(strcmp(directory, ".") != 0 && strcmp(directory, "..") != 0);
    REQUIRE(strcmp(directory, again) == 0);
    if (given > 0 && strncmp(name, value_text(data_name), given) == 0)
        REQUIRE(store_directory_id(directory, len, value_text(data_name), given) == id);
}

static void check_names(const struct plan *plan, const struct value *permutation)
{
    static const int64_t ids[] = {0, 7, 12345678901};
    CLEANUP(text_free) struct text label = {0}, again = {0};
    plan_add_label(plan, permutation, &label);
    plan_add_label(plan, permutation, &again);
    check_text(text_get(&label), label.len);
    REQUIRE(label.len <= 160 && strcmp(text_get(&label), text_get(&again)) == 0);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        check_directory(value_get(permutation, "data_name"), text_get(&label), ids[i]);
}

/* A permutation whose texts no config has to hold. */
static struct value *new_permutation(const struct plan *plan, const struct parts *parts, struct value *value)
{
    struct value *permutation = value_new_object();
    value_object_set(permutation, "data_name", new_string(parts, DATA_NAME));
    value_object_set(permutation, "data_dir", new_string(parts, DATA_DIR));
    for (size_t i = 0; i < plan_axis_count(plan); i++)
        value_object_set(permutation, plan_axis(plan, i)->key, value_ref(value));
    value_unref(value);
    return permutation;
}

static struct value *new_nested(const struct parts *parts)
{
    struct value *array = value_new_array(), *object = value_new_object();
    value_object_set(object, "key", new_string(parts, OTHER_VALUE));
    value_array_add(array, new_string(parts, VALUE));
    value_array_add(array, object);
    value_array_add(array, value_new_plain(parts->bytes[OTHER_VALUE], parts->len[OTHER_VALUE]));
    return array;
}

static void check_any_permutation(const struct plan *plan, const struct parts *parts)
{
    struct value *values[] = {
        new_string(parts, VALUE),
        value_new_plain(parts->bytes[OTHER_VALUE], parts->len[OTHER_VALUE]),
        new_nested(parts),
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        CLEANUP(value_cleanup) struct value *permutation = new_permutation(plan, parts, values[i]);
        check_names(plan, permutation);
    }
}

static void add_config(struct text *out, const struct parts *parts)
{
    static const char *const before[part_count] = {"{\"data_name\": ", ", \"data_dir\": ", ", ", ": [[1, ",
                                                   "], "};
    for (int i = 0; i < part_count; i++) {
        text_add(out, before[i]);
        text_add_json_string(out, parts->bytes[i], parts->len[i]);
    }
    text_add(out, ", .5]}");
}

static struct plan *read_plan(const struct parts *parts)
{
    CLEANUP(text_free) struct text config = {0};
    add_config(&config, parts);
    return fuzz_read_plan(config.data, config.len, CONFIG_FOR_PROGRAM);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct parts parts = split((const char *)bytes, len);
    for (int i = 0; i < part_count; i++)
        check_path_part(parts.bytes[i], parts.len[i]);
    struct plan *plan = read_plan(&parts);
    if (!plan)
        return 0;
    for (uint64_t rank = 0; rank < plan_count(plan); rank++) {
        CLEANUP(value_cleanup) struct value *permutation = plan_permutation(plan, rank);
        check_names(plan, permutation);
    }
    check_any_permutation(plan, &parts);
    plan_unref(plan);
    return 0;
}
