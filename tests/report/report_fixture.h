/* What the tests of reports share: a folder of their own, and a file in it. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "report/report.h"

struct fixture {
    char folder[64];
    char *path; /* of a file that is not there yet */
    struct history *history;
};

static inline int fixture_open(void **state)
{
    struct fixture *fixture = memory_new(1, sizeof *fixture);
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/furcate-report-XXXXXX");
    *state = fixture;
    if (!mkdtemp(fixture->folder))
        return -1;
    fixture->path = file_join(fixture->folder, "file");
    fixture->history = history_create();
    return 0;
}

static inline int fixture_close(void **state)
{
    struct fixture *fixture = *state;
    history_destroy(fixture->history);
    unlink(fixture->path);
    int status = rmdir(fixture->folder); /* fails when something was left behind */
    free(fixture->path);
    free(fixture);
    return status;
}

static inline void fixture_forget(struct fixture *fixture)
{
    history_destroy(fixture->history);
    fixture->history = history_create();
}

static inline void put_bytes(const struct fixture *fixture, const char *bytes, size_t len)
{
    struct error err;
    assert_true(folder_write_path(fixture->path, bytes, len, &err));
}

static inline void put(const struct fixture *fixture, const char *content)
{
    put_bytes(fixture, content, strlen(content));
}

static inline void assert_history(struct history *history, const char *expected)
{
    struct text json = {0};
    history_add_json(history, &json);
    assert_string_equal(text_get(&json), expected);
    text_free(&json);
}

#define fixture_test(function) cmocka_unit_test_setup_teardown(function, fixture_open, fixture_close)
