/* What the fuzz targets share: a claim that ends the program when it does not hold, and a config from bytes.
 */
#pragma once
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"
#include "config/config.h"
#include "plan/plan.h"

#define UNUSED __attribute__((unused))

/* libFuzzer keeps the input of a program that aborts. */
#define REQUIRE(claim) ((claim) ? (void)0 : fuzz_fail(#claim, __FILE__, __LINE__))

static inline void fuzz_fail(const char *claim, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, claim);
    abort();
}

/* Called by libFuzzer with each input. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Opened once, at a number that is the same in each program, since a config is named after its path. */
enum { fuzz_file = 100 };

static char fuzz_path[64];

static UNUSED void fuzz_remove_file(void)
{
    unlink(fuzz_path);
}

/* At a path that is no link, which furcate would not follow. */
static UNUSED const char *fuzz_put_file(const void *bytes, size_t len)
{
    if (!fuzz_path[0]) {
        snprintf(fuzz_path, sizeof fuzz_path, "/dev/shm/furcate-fuzz-%ld", (long)getpid());
        int fd = open(fuzz_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        REQUIRE(fd >= 0 && dup2(fd, fuzz_file) == fuzz_file && close(fd) == 0);
        atexit(fuzz_remove_file);
    }
    REQUIRE(ftruncate(fuzz_file, 0) == 0 && pwrite(fuzz_file, bytes, len, 0) == (ssize_t)len);
    return fuzz_path;
}

/* NULL when the config is refused. */
static UNUSED struct plan *fuzz_read_plan(const void *bytes, size_t len, enum config_use use)
{
    CLEANUP(text_free) struct text said = {0};
    const char *path = fuzz_put_file(bytes, len);
    struct faults *faults = faults_create("config.json");
    struct config *config = config_read(path, use, faults);
    struct plan *plan = config ? plan_create(config, faults) : NULL;
    faults_add_text(faults, &said);
    REQUIRE(utf8_find_bad(text_get(&said), said.len) == said.len);
    REQUIRE(plan || faults_count(faults, FAULT_ERROR) > 0);
    config_unref(config);
    faults_destroy(faults);
    return plan;
}
