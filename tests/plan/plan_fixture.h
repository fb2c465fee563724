/* A plan from the text of a config, and random numbers for the property tests. */
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

#include "../chance.h"
#include "base/memory.h"
#include "base/text.h"
#include "plan/plan.h"

struct fixture {
    struct config *config;
    struct plan *plan; /* NULL when the plan has an error */
    struct faults *faults;
    struct text said; /* all faults */
};

static inline struct fixture fixture_open_for(const char *config, enum config_use use)
{
    struct fixture fixture = {.faults = faults_create("config.json")};
    char path[] = "/tmp/furcate-plan-XXXXXX.json";
    int fd = mkstemps(path, 5);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, config, strlen(config)), strlen(config));
    close(fd);

    fixture.config = config_read(path, use, fixture.faults);
    unlink(path);
    if (fixture.config)
        fixture.plan = plan_create(fixture.config, fixture.faults);
    faults_add_text(fixture.faults, &fixture.said);
    if (!fixture.config)
        print_error("%s\n%s\n", config, text_get(&fixture.said));
    assert_non_null(fixture.config);
    return fixture;
}

static inline struct fixture fixture_open(const char *config)
{
    return fixture_open_for(config, CONFIG_FOR_PROGRAM);
}

static inline void fixture_close(struct fixture *fixture)
{
    plan_unref(fixture->plan);
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
