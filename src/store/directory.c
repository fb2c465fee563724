#include "store/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "store/internal.h"
#include "store/run_data.h"
#include "store/run_record.h"

enum {
    longest_base_name = 200,
    longest_where_short = 140,
    longest_data_name = 100,
    longest_id = 11 /* digits of STORE_HIGHEST_ID */
};

static void shorten(struct text *text, size_t longest)
{
    enum { hash_digits = 8 };
    if (text->len <= longest)
        return;
    uint64_t hash = hash_bytes(0, text->data, text->len);
    text_cut(text, utf8_fit(text->data, longest - 1 - hash_digits));
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

bool store_directory_may_be_run_name(const char *name, int64_t id)
{
    char digits[24];
    struct text made = {0};
    int count = snprintf(digits, sizeof digits, "%lld", (long long)id);
    size_t len = strlen(name), before = len - (size_t)count;
    if (len < (size_t)count || before > longest_data_name || strcmp(name + before, digits) != 0)
        return false;
    add_data_name(&made, name, before);
    bool is_as_made = made.len == before && memcmp(text_get(&made), name, before) == 0;
    text_free(&made);
    return is_as_made;
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

/* Makes the run directory, where its file system takes no name as long, with a shorter one. */
static bool make(struct run *run, struct error *err)
{
    if (folder_make(run->directory))
        return true;
    char *shorter = errno == ENAMETOOLONG ? store_directory_shorter(run->directory) : NULL;
    if (!shorter)
        return file_make_dirs(run->directory, err); /* the log dir went away, or says why not */
    free(run->directory);
    run->directory = shorter;
    return make(run, err);
}

bool store_directory_is_spoilt(const struct error *err)
{
    static const int numbers[] = {EACCES, EPERM,     ENOTDIR,     EISDIR, ELOOP,
                                  EEXIST, ENOTEMPTY, EMEDIUMTYPE, EMLINK};
    return error_number_is_one_of(err->number, numbers, sizeof numbers / sizeof *numbers);
}

/* Returns whether it is the name that the file system does not take. */
static bool is_misnamed(const struct error *err)
{
    static const int numbers[] = {ENAMETOOLONG, EINVAL, EILSEQ};
    return error_number_is_one_of(err->number, numbers, sizeof numbers / sizeof *numbers);
}

bool store_directory_refuse(const struct run *run, struct error *err)
{
    struct stat info;
    err->is_of_run =
        is_misnamed(err) || (store_directory_is_spoilt(err) && lstat(run->directory, &info) == 0);
    return false;
}

int store_directory_open(const struct run *run, struct error *err)
{
    int folder = folder_open(run->directory);
    if (folder < 0)
        folder_error(err, errno, "cannot use the run directory %s", run->directory);
    return folder;
}

/* Writes a file in the place of an earlier attempt's: after a kill the old or the new one must be there. */
static bool write_file(const struct run *run, int folder, const char *name, const struct text *json,
                       struct error *err)
{
    if (folder_write(folder, name, json->data, json->len))
        return true;
    int number = errno;
    CLEANUP(memory_free) char *obstacle = folder_find_obstacle(folder, name);
    return folder_error(err, number, "cannot write %s/%s", run->directory, obstacle);
}

const char *store_config_name(const struct run *run)
{
    return run->other_config ? "furcate_config.json" : "config.json";
}

/* Returns whether config.json of an earlier attempt is furcate's: of this permutation, and with nothing
 * added. */
static bool is_own_config(const struct run *run, struct value *content)
{
    struct run_record record;
    store_run_record_take(&record, content);
    bool is_record = store_run_record_is_of(&record, run->id, run->name);
    bool is_older = is_record && run->use == CONFIG_FOR_PROGRAM; /* it had defaults too */
    bool is_own = is_older || (is_record == (run->use == CONFIG_FOR_FORK) &&
                               store_same_permutation(record.keys, run->keys));
    store_run_record_free(&record);
    return is_own;
}

/* A write that a crash has torn leaves the beginning of the text; from the GPU on an earlier attempt's is
 * another. */
static bool is_torn(int folder, const char *name, const struct text *json)
{
    CLEANUP(text_free) struct text content = {0};
    if (!folder_read(folder, name, json->len, &content) || content.len == json->len)
        return false;
    const char *gpu = strstr(json->data, "\"gpu_id\":");
    size_t same = gpu ? (size_t)(gpu - json->data) : json->len;
    return memcmp(text_get(&content), json->data, content.len < same ? content.len : same) == 0;
}

void store_tell_of_own_file(struct store *store, const struct run *run, const char *name, const char *ours)
{
    log_line(store->log, store->told_of_own_files ? LOG_DEBUG : LOG_WARNING,
             "%s/%s is the program's own, so furcate leaves it as it is and writes %s next to it",
             run->directory, name, ours);
    store->told_of_own_files = true;
}

/* What a program saves as config.json, such as a model's, is worth more to it than what furcate would write
 * there. */
static bool find_other_config(struct store *store, struct run *run, int folder, const struct text *json,
                              struct error *err)
{
    struct stat info;
    struct value *content;
    bool was_other = run->other_config;
    if (!store_read_object(run->directory, "config.json", &content, err))
        return false;
    run->other_config = content ? !is_own_config(run, content)
                                : fstatat(folder, "config.json", &info, AT_SYMLINK_NOFOLLOW) == 0 &&
                                      !is_torn(folder, "config.json", json);
    if (run->other_config && !was_other)
        store_tell_of_own_file(store, run, "config.json", store_config_name(run));
    return true;
}

/* Returns whether the program has put something else in the place of furcate.json. */
static bool is_replaced(const struct run *run, int folder)
{
    struct stat info;
    struct error ignored;
    struct run_record record;
    struct value *content = NULL;
    if (run->attempt == 1 || fstatat(folder, RECORD_FILE, &info, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    if (!S_ISREG(info.st_mode) || !store_read_object(run->directory, RECORD_FILE, &content, &ignored) ||
        !content)
        return true;
    store_run_record_take(&record, content);
    bool is_own = store_run_record_is_of(&record, run->id, run->name);
    store_run_record_free(&record);
    return !is_own;
}

/* Writes furcate.json. Where a folder stands in its way, this runner knows the run all the same, but the next
 * one does not. */
static bool write_record(struct store *store, const struct run *run, int folder, const struct text *json,
                         struct error *err)
{
    bool was_replaced = is_replaced(run, folder), written = write_file(run, folder, RECORD_FILE, json, err);
    if (was_replaced)
        log_line(store->log, LOG_WARNING,
                 "the program has replaced %s/" RECORD_FILE
                 ", by which furcate recognises the run after a crash; furcate %s",
                 run->directory, written ? "has written it again" : "cannot write it while that is there");
    return written || (was_replaced && !err->may_pass);
}

void store_keep_record(struct store *store, const struct run *run)
{
    struct error ignored;
    struct stat info;
    CLEANUP(memory_free) char *path = file_join(run->directory, RECORD_FILE);
    if (!run->record || lstat(path, &info) == 0 || errno != ENOENT)
        return;
    if (folder_write_path(path, run->record, strlen(run->record), &ignored))
        log_line(store->log, LOG_WARNING,
                 "the program has deleted %s, by which furcate knows its run again; it is written again",
                 path);
}

/* Of a Fork config.json is the record itself; of a program it has the user's keys and nothing else. */
static bool write_config(struct store *store, struct run *run, int folder, const struct text *record,
                         struct error *err)
{
    CLEANUP(text_free) struct text keys = {0};
    const struct text *json = run->use == CONFIG_FOR_FORK ? record : &keys;
    if (json == &keys)
        store_run_data_add_json(&keys, run->keys);
    return (run->attempt == 1 || find_other_config(store, run, folder, json, err)) &&
           write_file(run, folder, store_config_name(run), json, err);
}

static void set_odd_file_aside(struct store *store, const struct run *run, int folder, const char *name)
{
    struct stat info;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) < 0 || S_ISREG(info.st_mode) ||
        S_ISDIR(info.st_mode))
        return; /* a program cannot write to a folder, and is told so */
    CLEANUP(memory_free) char *aside = folder_set_aside(folder, name);
    if (aside)
        log_line(store->log, LOG_WARNING,
                 "%s/%s is not a regular file, so that nothing may be written to it; set aside as %s",
                 run->directory, name, aside);
}

/* Sets aside whatever else stands where the attempt expects files to write to: it would write to wherever a
 * link leads, or wait for the reader of a FIFO. */
static void set_odd_files_aside(struct store *store, const struct run *run, int folder)
{
    static const char *const endings[] = {"log", "err"};
    for (int i = 0; i < 2; i++) {
        CLEANUP(memory_free) char *name = text_format("%s.%s", run->name, endings[i]);
        set_odd_file_aside(store, run, folder, name);
    }
    set_odd_file_aside(store, run, folder, "metrics.jsonl");
}

static bool write_files(struct store *store, struct run *run, struct error *err)
{
    CLEANUP(file_close_fd) int folder = store_directory_open(run, err);
    if (folder < 0)
        return false;
    if (run->attempt > 1)
        set_odd_files_aside(store, run, folder);
    run->start_id = store->start ? store->start_text.id : -1;
    run->code = store->code.text ? store->code.id : 0;
    CLEANUP(value_cleanup) struct value *record = store_record_value(run);
    struct text json = {0};
    store_run_data_add_json(&json, record);
    bool written =
        write_record(store, run, folder, &json, err) && write_config(store, run, folder, &json, err);
    free(run->record);
    run->record = text_take(&json);
    return written;
}

bool store_prepare_run(struct store *store, struct run *run, struct error *err)
{
    return (make(run, err) && write_files(store, run, err)) || store_directory_refuse(run, err);
}
