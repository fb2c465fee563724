/* furcate.log when it cannot be written: lines wait, none is torn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"

struct fixture {
    char folder[64];
    char *path;
    struct log *log;
    struct error err;
};

static int set_up(void **state)
{
    struct fixture *fixture = memory_new(1, sizeof *fixture);
    strcpy(fixture->folder, "/tmp/furcate-log-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    fixture->path = file_join(fixture->folder, "furcate.log");
    fixture->log = log_open(fixture->path, &fixture->err);
    assert_non_null(fixture->log);
    signal(SIGXFSZ, SIG_IGN);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    log_close(fixture->log);
    unlink(fixture->path);
    rmdir(fixture->folder);
    free(fixture->path);
    free(fixture);
    return 0;
}

/* The most bytes a file may have: stands in for a full disk. */
static void limit_files(rlim_t size)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size < limit.rlim_max ? size : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The file with the stamps left out. */
static char *read_messages(struct fixture *fixture)
{
    static const char mark[] = ": furcate.runner] ";
    struct text content = {0}, messages = {0};
    assert_true(file_read(fixture->path, &content, &fixture->err));
    for (char *line = strtok(content.data, "\n"); line; line = strtok(NULL, "\n")) {
        char *message = strstr(line, mark);
        assert_non_null(message);
        text_addf(&messages, "%s\n", message + strlen(mark));
    }
    text_free(&content);
    return text_take(&messages);
}

static void assert_messages(struct fixture *fixture, const char *expected)
{
    CLEANUP(memory_free) char *messages = read_messages(fixture);
    assert_string_equal(messages, expected);
}

static void lines_wait_until_there_is_room(void **state)
{
    struct fixture *fixture = *state;
    log_line(fixture->log, LOG_INFO, "first");
    limit_files(70); /* in the middle of the second line */
    log_line(fixture->log, LOG_INFO, "second");
    log_line(fixture->log, LOG_INFO, "third");
    limit_files(RLIM_INFINITY);
    log_line(fixture->log, LOG_INFO, "fourth");
    assert_messages(fixture, "first\nsecond\nthird\nfourth\n");
}

static void lines_that_are_too_many_are_counted(void **state)
{
    struct fixture *fixture = *state;
    static char long_message[1000];
    memset(long_message, 'x', sizeof long_message - 1);
    limit_files(0);
    for (int i = 0; i < 1200; i++)
        log_line(fixture->log, LOG_INFO, "%s", long_message);
    limit_files(RLIM_INFINITY);
    log_line(fixture->log, LOG_INFO, "short");
    CLEANUP(memory_free) char *messages = read_messages(fixture);
    size_t lines = 0, missing = 0;
    for (const char *c = messages; (c = strchr(c, '\n')); c++)
        lines++;
    const char *told = strstr(messages, " lines are missing here: the log could not be written\n");
    assert_non_null(told);
    while (told > messages && told[-1] != '\n')
        told--;
    assert_int_equal(sscanf(told, "%zu", &missing), 1);
    assert_true(missing > 0);
    assert_int_equal(lines + missing, 1200 + 1 + 1);
}

static void a_deleted_file_is_made_anew(void **state)
{
    struct fixture *fixture = *state;
    log_line(fixture->log, LOG_INFO, "first");
    assert_int_equal(unlink(fixture->path), 0);
    log_line(fixture->log, LOG_INFO, "second");
    assert_messages(fixture, "second\n");
}

static void a_missing_folder_is_waited_for(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(unlink(fixture->path), 0);
    assert_int_equal(rmdir(fixture->folder), 0);
    log_line(fixture->log, LOG_INFO, "first");
    assert_true(file_make_dirs(fixture->folder, &fixture->err));
    log_line(fixture->log, LOG_INFO, "second");
    assert_messages(fixture, "first\nsecond\n");
}

static void follows_to_another_folder(void **state)
{
    struct fixture *fixture = *state;
    CLEANUP(memory_free) char *old = text_format("%s.old", fixture->path);
    log_line(fixture->log, LOG_INFO, "first");
    assert_int_equal(rename(fixture->path, old), 0);
    log_line(fixture->log, LOG_INFO, "second"); /* as a rotated log has it */
    log_move(fixture->log);
    log_line(fixture->log, LOG_INFO, "third");
    assert_messages(fixture, "third\n");
    assert_int_equal(rename(old, fixture->path), 0);
    assert_messages(fixture, "first\nsecond\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_wait_until_there_is_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lines_that_are_too_many_are_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deleted_file_is_made_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_folder_is_waited_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(follows_to_another_folder, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
