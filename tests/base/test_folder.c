/* Files that others may have put there: nothing is reached through a link, nothing waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"

struct fixture {
    char path[64]; /* of the folder */
    int folder;
};

static int set_up(void **state)
{
    struct fixture *fixture = memory_new(1, sizeof *fixture);
    strcpy(fixture->path, "/tmp/furcate-folder-XXXXXX");
    *state = fixture;
    if (!mkdtemp(fixture->path))
        return -1;
    fixture->folder = folder_open(fixture->path);
    return fixture->folder < 0 ? -1 : 0;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    close(fixture->folder);
    nftw(fixture->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(fixture);
    return 0;
}

static void assert_content(const struct fixture *fixture, const char *name, const char *expected)
{
    CLEANUP(text_free) struct text content = {0};
    assert_true(folder_read(fixture->folder, name, 1 << 20, &content));
    assert_string_equal(text_get(&content), expected);
}

static void put(const struct fixture *fixture, const char *name, const char *text)
{
    assert_true(folder_write(fixture->folder, name, text, strlen(text)));
}

static void make_socket(const struct fixture *fixture, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", fixture->path, name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

static void opens_nothing_but_regular_files_and_never_waits(void **state)
{
    struct fixture *fixture = *state;
    static const int flags[] = {O_RDONLY, O_WRONLY | O_APPEND | O_CREAT, O_RDWR};
    put(fixture, "file", "text");
    assert_int_equal(symlinkat("file", fixture->folder, "link"), 0);
    assert_int_equal(symlinkat("nowhere", fixture->folder, "dangling"), 0);
    assert_int_equal(mkfifoat(fixture->folder, "fifo", 0600), 0);
    assert_int_equal(mkdirat(fixture->folder, "folder", 0700), 0);
    make_socket(fixture, "socket");
    static const struct {
        const char *name;
        int number;
    } odd[] = {{"link", ELOOP},
               {"dangling", ELOOP},
               {"fifo", EMEDIUMTYPE},
               {"folder", EISDIR},
               {"socket", EMEDIUMTYPE}};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        for (size_t j = 0; j < sizeof flags / sizeof *flags; j++) {
            assert_int_equal(folder_open_file(fixture->folder, odd[i].name, flags[j]), -1);
            assert_int_equal(errno, odd[i].number);
        }
    struct stat info;
    assert_int_equal(fstatat(fixture->folder, "nowhere", &info, 0), -1);
}

static void names_the_folder_that_is_in_the_way_of_a_write(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    CLEANUP(memory_free) char *path = file_join(fixture->path, "file");
    put(fixture, "file", "text");
    assert_int_equal(mkdirat(fixture->folder, "file.new", 0700), 0);
    assert_false(folder_write_path(path, "new", 3, &err));
    assert_non_null(strstr(err.text, "/file.new: it is not a regular file"));
    assert_int_equal(err.number, EISDIR);
    assert_false(folder_write_path_synced(path, "new", 3, &err));
    assert_non_null(strstr(err.text, "/file.new: it is not a regular file"));
}

static void opens_no_device(void **state)
{
    struct fixture *fixture = *state;
    if (mknodat(fixture->folder, "zero", S_IFCHR | 0600, 0x105) < 0)
        skip();
    assert_int_equal(folder_open_file(fixture->folder, "zero", O_RDONLY), -1);
    assert_int_equal(errno, EMEDIUMTYPE);
}

static void reaches_no_file_through_a_folder_that_is_a_link(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    CLEANUP(memory_free) char *run = file_join(fixture->path, "run");
    CLEANUP(memory_free) char *path = file_join(run, "file");
    assert_int_equal(mkdirat(fixture->folder, "elsewhere", 0700), 0);
    assert_int_equal(symlinkat("elsewhere", fixture->folder, "run"), 0);
    assert_int_equal(folder_open(run), -1);
    assert_int_equal(errno, ELOOP);
    assert_int_equal(folder_open_path(path, O_WRONLY | O_CREAT), -1);
    assert_int_equal(errno, ELOOP);
    assert_false(folder_write_path(path, "x", 1, &err));
    assert_non_null(strstr(err.text, "run/file: it is a symbolic link, and furcate follows none"));
    assert_false(folder_write_path_synced(path, "x", 1, &err));
    assert_int_equal(faccessat(fixture->folder, "elsewhere/file", F_OK, 0), -1);
}

static void the_way_to_the_log_dir_may_have_links(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    CLEANUP(memory_free) char *path = file_join(fixture->path, "link/run/file");
    assert_int_equal(mkdirat(fixture->folder, "logs", 0700), 0);
    assert_int_equal(mkdirat(fixture->folder, "logs/run", 0700), 0);
    assert_int_equal(symlinkat("logs", fixture->folder, "link"), 0);
    assert_true(folder_write_path(path, "x", 1, &err));
    assert_int_equal(faccessat(fixture->folder, "logs/run/file", F_OK, 0), 0);
}

static void takes_the_place_of_what_is_there_without_touching_what_it_leads_to(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "precious", "precious");
    assert_int_equal(symlinkat("precious", fixture->folder, "link"), 0);
    assert_int_equal(symlinkat("precious", fixture->folder, "link.new"), 0);
    assert_int_equal(linkat(fixture->folder, "precious", fixture->folder, "twin", 0), 0);
    put(fixture, "link", "new");
    put(fixture, "twin", "new");
    assert_content(fixture, "precious", "precious");
    assert_content(fixture, "link", "new");
    assert_content(fixture, "twin", "new");
    assert_int_equal(faccessat(fixture->folder, "link.new", F_OK, AT_SYMLINK_NOFOLLOW), -1);
}

static void copies_a_file_with_a_second_name_before_it_writes_to_it(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "precious", "precious");
    assert_int_equal(linkat(fixture->folder, "precious", fixture->folder, "twin", 0), 0);
    assert_int_equal(fchmodat(fixture->folder, "precious", 0640, 0), 0);
    CLEANUP(file_close_fd) int fd = folder_open_file(fixture->folder, "twin", O_WRONLY | O_APPEND);
    assert_true(file_write_all(fd, " no more", 8));
    assert_content(fixture, "precious", "precious");
    assert_content(fixture, "twin", "precious no more");
    struct stat info;
    assert_int_equal(fstat(fd, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0640);
}

static void a_large_file_with_holes_is_copied_at_once(void **state)
{
    struct fixture *fixture = *state;
    const off_t size = (off_t)1 << 40;
    put(fixture, "precious", "precious");
    CLEANUP(memory_free) char *path = file_join(fixture->path, "precious");
    if (truncate(path, size) < 0)
        skip(); /* the file system holds none of that size */
    assert_int_equal(linkat(fixture->folder, "precious", fixture->folder, "twin", 0), 0);
    CLEANUP(file_close_fd) int fd = folder_open_file(fixture->folder, "twin", O_WRONLY | O_APPEND);
    struct stat info;
    assert_int_equal(fstat(fd, &info), 0);
    assert_true(info.st_size == size && info.st_nlink == 1);
}

static void what_it_makes_is_writable_by_nobody_else_whatever_the_umask(void **state)
{
    struct fixture *fixture = *state;
    struct stat file, folder;
    CLEANUP(memory_free) char *path = file_join(fixture->path, "made");
    mode_t before = umask(0);
    put(fixture, "file", "text");
    assert_true(folder_make(path));
    umask(before);
    assert_int_equal(fstatat(fixture->folder, "file", &file, 0), 0);
    assert_int_equal(stat(path, &folder), 0);
    assert_int_equal((file.st_mode | folder.st_mode) & 0022, 0);
}

static void reads_no_more_than_it_may(void **state)
{
    struct fixture *fixture = *state;
    CLEANUP(text_free) struct text content = {0};
    put(fixture, "file", "1234");
    assert_false(folder_read(fixture->folder, "file", 3, &content));
    assert_int_equal(errno, EFBIG);
    assert_true(folder_read(fixture->folder, "file", 4, &content));
}

static void a_program_gets_its_output_as_it_expects(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "file", "1");
    CLEANUP(file_close_fd) int fd = folder_open_file(fixture->folder, "file", O_WRONLY | O_APPEND);
    assert_int_equal(fcntl(fd, F_GETFL) & (O_APPEND | O_NONBLOCK), O_APPEND);
}

#define folder_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(opens_nothing_but_regular_files_and_never_waits),
        folder_test(names_the_folder_that_is_in_the_way_of_a_write),
        folder_test(opens_no_device),
        folder_test(reaches_no_file_through_a_folder_that_is_a_link),
        folder_test(the_way_to_the_log_dir_may_have_links),
        folder_test(takes_the_place_of_what_is_there_without_touching_what_it_leads_to),
        folder_test(copies_a_file_with_a_second_name_before_it_writes_to_it),
        folder_test(a_large_file_with_holes_is_copied_at_once),
        folder_test(what_it_makes_is_writable_by_nobody_else_whatever_the_umask),
        folder_test(reads_no_more_than_it_may),
        folder_test(a_program_gets_its_output_as_it_expects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
