/* A fresh log dir for each test, and short ways to put files there and to carry out runs. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "config/config.h"
#include "plan/plan.h"
#include "store/store.h"

#define UNUSED __attribute__((unused))

/* Two permutations, batch_size 32 and 64. */
#define TWO_RUNS "{data_name: example, data_dir: foo/, batch_size: [32, 64], epochs: 50}"

struct fixture {
    char folder[64];  /* removed at the end */
    char *log_dir;    /* folder/logs; not there yet */
    struct error err; /* of the last failure */
};

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

static UNUSED int set_up(void **state)
{
    struct fixture *fixture = memory_new(1, sizeof *fixture);
    strcpy(fixture->folder, "/tmp/furcate-test-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    fixture->log_dir = file_join(fixture->folder, "logs");
    *state = fixture;
    return 0;
}

static UNUSED int tear_down(void **state)
{
    struct fixture *fixture = *state;
    nftw(fixture->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(fixture->log_dir);
    free(fixture);
    return 0;
}

/* A path in the log dir; free() it. */
static UNUSED char *path_of(const struct fixture *fixture, const char *name)
{
    return file_join(fixture->log_dir, name);
}

/* Writes a file of the log dir, making its folders. */
static UNUSED void put_bytes(struct fixture *fixture, const char *name, const char *bytes, size_t len)
{
    CLEANUP(memory_free) char *path = path_of(fixture, name);
    CLEANUP(memory_free) char *folder = memory_copy_text(path);
    *strrchr(folder, '/') = '\0';
    assert_true(file_make_dirs(folder, &fixture->err));
    FILE *file = fopen(path, "w"); /* in place, since it may be open */
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static UNUSED void put(struct fixture *fixture, const char *name, const char *content)
{
    put_bytes(fixture, name, content, strlen(content));
}

/* A file of the log dir; free() it. */
static UNUSED char *get(struct fixture *fixture, const char *name)
{
    CLEANUP(memory_free) char *path = path_of(fixture, name);
    struct text content = {0};
    assert_true(file_read(path, &content, &fixture->err));
    return text_take(&content);
}

static UNUSED void assert_holds(struct fixture *fixture, const char *name, const char *expected)
{
    CLEANUP(memory_free) char *content = get(fixture, name);
    assert_string_equal(content, expected);
}

static UNUSED void assert_mentions(struct fixture *fixture, const char *name, const char *part)
{
    CLEANUP(memory_free) char *content = get(fixture, name);
    if (!strstr(content, part))
        fail_msg("%s lacks '%s': %s", name, part, content);
}

static UNUSED bool is_there(const struct fixture *fixture, const char *name)
{
    CLEANUP(memory_free) char *path = path_of(fixture, name);
    return access(path, F_OK) == 0;
}

static UNUSED size_t count_lines(struct fixture *fixture, const char *name)
{
    size_t lines = 0;
    CLEANUP(memory_free) char *content = get(fixture, name);
    for (const char *p = content; *p; p++)
        lines += *p == '\n';
    return lines;
}

static UNUSED struct plan *make_plan(struct fixture *fixture, const char *config_text)
{
    CLEANUP(memory_free) char *path = file_join(fixture->folder, "config.json");
    assert_true(folder_write_path(path, config_text, strlen(config_text), &fixture->err));
    struct faults *faults = faults_create(path);
    struct config *config = config_read(path, CONFIG_FOR_FORK, faults);
    struct plan *plan = config ? plan_create(config, faults) : NULL;
    struct text told = {0};
    faults_add_text(faults, &told);
    if (!plan)
        fail_msg("%s", text_get(&told));
    text_free(&told);
    faults_destroy(faults);
    config_unref(config);
    return plan;
}

static UNUSED struct store *open_store(struct fixture *fixture)
{
    struct store *store = store_open(fixture->log_dir, NULL, &fixture->err);
    if (!store)
        fail_msg("%s", fixture->err.text);
    return store;
}

static UNUSED struct value *parse(struct fixture *fixture, const char *text)
{
    struct value *value = config_parse("test", text, strlen(text), &fixture->err);
    if (!value)
        fail_msg("%s", fixture->err.text);
    return value;
}

/* As the runner does before it launches an attempt. */
static UNUSED struct run *start_run(struct fixture *fixture, struct store *store, const struct plan *plan,
                                    uint64_t rank)
{
    struct run *run = store_new_run(store, plan, rank);
    run->attempt++;
    assert_true(store_prepare_run(store, run, &fixture->err));
    store_add_started(store, run, 1606924973.5, 4711);
    return run;
}

static const UNUSED struct attempt_end success = {
    .start_time = 1606924973.5, .end_time = 1606925114.5, .idle_ns = -1};

/* The run of a permutation, from its start to its row; meta.data from `data`. */
static UNUSED void finish_run(struct fixture *fixture, struct store *store, const struct plan *plan,
                              uint64_t rank, const char *data)
{
    struct run *run = start_run(fixture, store, plan, rank);
    store_add_finished(store, run, &success, parse(fixture, data));
    run_destroy(run);
    if (!store_flush(store, &fixture->err))
        fail_msg("%s", fixture->err.text);
}

/* How many permutations of the plan have a row; *others as store_find_finished() counts them. */
static UNUSED size_t count_finished(struct fixture *fixture, struct store *store, const struct plan *plan,
                                    uint64_t *others)
{
    struct number_set finished = {0};
    struct other_rows other_rows = {0};
    if (!store_find_finished(store, plan, &finished, &other_rows, &fixture->err))
        fail_msg("%s", fixture->err.text);
    if (others)
        *others = other_rows.count;
    text_free(&other_rows.lines);
    size_t count = finished.count;
    number_set_free(&finished);
    return count;
}
