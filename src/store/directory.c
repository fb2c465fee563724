#include "store/directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "store/run_data.h"

enum { longest_base_name = 200, longest_where_short = 140, longest_data_name = 100, longest_id = 15 };

/* Cuts at the end of a UTF-8 character. */
static void cut(struct text *text, size_t len)
{
    while (len > 0 && ((unsigned char)text->data[len] & 0xc0) == 0x80)
        len--;
    text->len = len;
    text->data[len] = '\0';
}

static void shorten(struct text *text, size_t longest)
{
    enum { hash_digits = 8 };
    if (text->len <= longest)
        return;
    uint64_t hash = hash_bytes(0, text->data, text->len);
    cut(text, longest - 1 - hash_digits);
    text_addf(text, "-%08x", (unsigned)(hash & UINT32_MAX));
}

/* With a '-' for each byte that a path cannot hold, or JSON cannot: a config's file may have any name. */
static void add_data_name(struct text *name, const char *bytes, size_t len)
{
    for (size_t i = 0, step; i < len; i += step ? step : 1) {
        step = utf8_length(bytes + i, len - i);
        bool is_control = (unsigned char)bytes[i] < 0x20 || bytes[i] == 0x7f;
        if (step == 0 || bytes[i] == '/' || is_control)
            text_add_char(name, '-');
        else
            text_add_bytes(name, bytes + i, step);
    }
}

char *store_directory_run_name(const struct value *data_name, int64_t id)
{
    struct text name = {0};
    if (data_name)
        add_data_name(&name, value_text(data_name), value_text_len(data_name));
    shorten(&name, longest_data_name);
    text_addf(&name, "%lld", (long long)id);
    return text_take(&name);
}

char *store_directory_base_name(const char *name, const char *label)
{
    struct text base = {0};
    text_addf(&base, label[0] ? "%s_%s" : "%s", name, label);
    shorten(&base, longest_base_name);
    return text_take(&base);
}

char *store_directory_shorter(const char *directory)
{
    struct text base = {0};
    const char *name = strrchr(directory, '/') + 1;
    if (strlen(name) <= longest_where_short)
        return NULL;
    text_add(&base, name);
    shorten(&base, longest_where_short);
    char *path = text_format("%.*s%s", (int)(name - directory), directory, text_get(&base));
    text_free(&base);
    return path;
}

int64_t store_directory_id(const char *base_name, size_t len, const char *data_name, size_t data_name_len)
{
    bool known = data_name_len > 0 && data_name_len < len && memcmp(base_name, data_name, data_name_len) == 0;
    for (size_t i = known ? data_name_len : 0; i < len; i++) {
        int64_t id = 0;
        size_t digits = 0;
        for (; i + digits < len && ascii_is_digit(base_name[i + digits]); digits++)
            id = digits < longest_id ? 10 * id + (base_name[i + digits] - '0') : -1;
        bool ends = i + digits == len || base_name[i + digits] == '_';
        if (digits > 0 && id >= 0 && ends)
            return id;
        i += digits;
    }
    return -1;
}

static struct value *identity(const struct run *run)
{
    struct value *object = value_new_object();
    value_object_set(object, "id", value_new_int(run->id));
    value_object_set(object, "name", value_new_string(run->name, strlen(run->name)));
    value_object_set(object, "label", value_new_string(run->label, strlen(run->label)));
    value_object_set(object, "attempt", value_new_int(run->attempt));
    return object;
}

/* What config.json holds for the run's attempt; meta is the last of its keys. */
static struct value *content(const struct run *run)
{
    struct value *meta = store_copy_object(run->meta), *config = value_new_object();
    value_object_set(meta, "run", identity(run));
    for (size_t i = 0; i < value_count(run->keys); i++)
        if (strcmp(value_key(run->keys, i), "log_dir") != 0)
            value_object_set(config, value_key(run->keys, i), value_ref(value_item(run->keys, i)));
    value_object_set(config, "gpu_id", value_new_int(run->gpu_id));
    value_object_set(config, "log_dir", value_new_string(run->directory, strlen(run->directory)));
    value_object_set(config, "meta", meta);
    return config;
}

/* Makes the run directory, where its file system takes no name as long, with a shorter one. */
static bool make(struct run *run, struct error *err)
{
    if (mkdir(run->directory, 0777) == 0 || errno == EEXIST)
        return true;
    char *shorter = errno == ENAMETOOLONG ? store_directory_shorter(run->directory) : NULL;
    if (!shorter)
        return file_make_dirs(run->directory, err); /* the log dir went away, or says why not */
    free(run->directory);
    run->directory = shorter;
    return make(run, err);
}

/* In the place of an earlier attempt's: a runner that is killed here must find the old or the new one. */
static bool replace(const char *path, const struct text *json, struct error *err)
{
    CLEANUP(memory_free) char *beside = text_format("%s.new", path);
    bool replaced = file_write(beside, json->data, json->len, err) &&
                    (rename(beside, path) == 0 || error_system(err, errno, "cannot write %s", path));
    if (!replaced)
        unlink(beside);
    return replaced;
}

bool store_prepare_run(struct store *store, struct run *run, struct error *err)
{
    (void)store;
    if (!make(run, err))
        return false;
    CLEANUP(memory_free) char *path = file_join(run->directory, "config.json");
    CLEANUP(value_cleanup) struct value *config = content(run);
    struct text json = {0};
    store_run_data_add_json(&json, config);
    bool written = run->attempt > 1 ? replace(path, &json, err) : file_write(path, json.data, json.len, err);
    free(run->config_json);
    run->config_json = text_take(&json);
    return written;
}
