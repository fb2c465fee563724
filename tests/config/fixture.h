/* A config from text, and what was said about it. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/config.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct fixture {
    struct config *config; /* NULL: refused */
    struct faults *faults;
    struct text said;
};

static inline struct fixture fixture_read(const char *path, enum config_use use)
{
    struct fixture fixture = {.faults = faults_create("config.json")};
    fixture.config = config_read(path, use, fixture.faults);
    faults_add_text(fixture.faults, &fixture.said);
    return fixture;
}

static inline struct fixture fixture_open_bytes(const char *text, size_t len, enum config_use use)
{
    char path[] = "/tmp/furcate-config-XXXXXX.json";
    int fd = mkstemps(path, 5);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), len);
    close(fd);
    struct fixture fixture = fixture_read(path, use);
    unlink(path);
    return fixture;
}

static inline struct fixture fixture_open(const char *text, enum config_use use)
{
    return fixture_open_bytes(text, strlen(text), use);
}

/* The same for a Fork, with the keys that it requires put below a text in YAML that lacks them. */
static inline struct fixture fixture_open_fork(const char *text)
{
    static const char *const needed[] = {"data_name: example", "data_dir: foo/", "batch_size: 32",
                                         "epochs: 50"};
    CLEANUP(text_free) struct text whole = {0};
    text_addf(&whole, "%s\n", text);
    for (size_t i = 0; i < COUNT(needed); i++)
        if (strncmp(text, needed[i], strcspn(needed[i], ":")) != 0)
            text_addf(&whole, "%s\n", needed[i]);
    return fixture_open(text_get(&whole), CONFIG_FOR_FORK);
}

static inline void fixture_close(struct fixture *fixture)
{
    config_unref(fixture->config);
    faults_destroy(fixture->faults);
    text_free(&fixture->said);
}

static inline bool fixture_said(const struct fixture *fixture, const char *words)
{
    bool said = strstr(text_get(&fixture->said), words) != NULL;
    if (!said)
        print_error("'%s' is not in:\n%s\n", words, text_get(&fixture->said));
    return said;
}

/* Whether the value's JSON is `json`. */
static inline bool is_json(const struct value *value, const char *json)
{
    CLEANUP(text_free) struct text text = {0};
    if (value)
        value_add_json(&text, value);
    bool same = strcmp(text_get(&text), json) == 0;
    if (!same)
        print_error("%s is not %s\n", text_get(&text), json);
    return same;
}

/* A program's config with these faults is refused, each of them said. */
struct refusal {
    const char *text, *said;
};

static inline void assert_refused(const struct refusal *refusals, size_t count, enum config_use use)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture fixture = fixture_open(refusals[i].text, use);
        if (fixture.config)
            print_error("not refused: %s\n", refusals[i].text);
        assert_null(fixture.config);
        assert_true(fixture_said(&fixture, refusals[i].said));
        assert_true(fixture_said(&fixture, "error: "));
        fixture_close(&fixture);
    }
}
