/* LD_LIBRARY_PATH leads to a library that cannot be loaded, FURCATE_STUBS to the folder of the stub
 * nvidia-smi. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "device/device.h"
#include "device/nvidia_smi.h"

static int reset(void **state)
{
    (void)state;
    char path[4096];
    const char *stubs = getenv("FURCATE_STUBS");
    snprintf(path, sizeof path, "%s/bin:/usr/bin:/bin", stubs ? stubs : ".");
    setenv("PATH", path, 1);
    unsetenv("FURCATE_STUB_GPUS");
    unsetenv("FURCATE_STUB_SMI");
    return 0;
}

static void takes_the_place_of_a_library_that_cannot_be_loaded(void **state)
{
    (void)state;
    struct device_list list;
    device_find(&list);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[1].index, 1);
    assert_string_equal(list.items[1].uuid, "GPU-11111111-1c2d-4e3f-8a9b-0c1d2e3f4a5b");
    assert_string_equal(list.items[1].name, "Stub GPU 1");
    assert_string_equal(list.items[1].vendor, "nvidia");
    assert_string_equal(list.source, "nvidia-smi");
    assert_non_null(strstr(text_get(&list.notes), "libnvidia-ml.so.1"));
    device_list_free(&list);
}

static void notes_that_neither_library_nor_tool_is_there(void **state)
{
    (void)state;
    struct device_list list;
    setenv("PATH", "/nonexistent", 1);
    device_find(&list);
    assert_int_equal(list.count, 0);
    assert_string_equal(list.source, "");
    assert_non_null(strstr(text_get(&list.notes), "libnvidia-ml.so.1"));
    assert_non_null(strstr(text_get(&list.notes), "nvidia-smi is not on PATH\n"));
    assert_string_equal(text_get(&list.faults), "");
    device_list_free(&list);
}

static void tells_a_failure_in_its_own_words(void **state)
{
    (void)state;
    static const struct {
        const char *how, *words;
    } cases[] = {
        {"mismatch", "nvidia-smi failed with exit status 18: Failed to initialize NVML: Driver/library "
                     "version mismatch; NVML library version: 550.54\n"},
        {"stderr", "nvidia-smi failed with exit status 9: couldn?[2Jt communicate with the NVIDIA "
                   "driver\n"},
        {"crash", "nvidia-smi was killed by signal 11\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct device_list list;
        setenv("FURCATE_STUB_SMI", cases[i].how, 1);
        device_find(&list);
        assert_int_equal(list.count, 0);
        assert_string_equal(text_get(&list.faults), cases[i].words);
        device_list_free(&list);
    }
}

static void notes_a_failure(void **state)
{
    (void)state;
    struct device_list list = {0};
    setenv("FURCATE_STUB_SMI", "fail", 1);
    device_ask_nvidia_smi(&list, 10000);
    assert_int_equal(list.count, 0);
    assert_non_null(strstr(text_get(&list.notes), "exit status 9"));
    device_list_free(&list);
}

static void takes_what_it_understands_out_of_garbage(void **state)
{
    (void)state;
    struct device_list list = {0};
    setenv("FURCATE_STUB_SMI", "garbage", 1);
    device_ask_nvidia_smi(&list, 10000);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.items[0].uuid, "GPU-11111111");
    assert_string_equal(list.items[0].name, "Stub GPU");
    assert_non_null(strstr(text_get(&list.notes), "nvidia-smi: No devices were found\n"));
    assert_non_null(strstr(text_get(&list.faults), "nvidia-smi printed '7, 8, 9', which tells of no GPU"));
    assert_non_null(strstr(text_get(&list.faults), "'\\x01\\xff'"));
    assert_null(strstr(text_get(&list.faults), "No devices were found"));
    device_list_free(&list);
}

static void kills_one_that_prints_without_end(void **state)
{
    (void)state;
    struct device_list list = {0};
    setenv("FURCATE_STUB_SMI", "flood", 1);
    device_ask_nvidia_smi(&list, 3600 * 1000);
    assert_int_equal(list.count, 0);
    assert_non_null(strstr(text_get(&list.notes), "printed more than"));
    device_list_free(&list);
}

/* The child's parent is dead, so it may stay a zombie until init reaps it. */
static bool runs(pid_t pid)
{
    char path[64], state = 'X';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    if (fscanf(file, "%*d %*s %c", &state) != 1)
        state = 'X';
    fclose(file);
    return state != 'Z' && state != 'X';
}

static void kills_one_that_hangs_and_its_children(void **state)
{
    (void)state;
    struct device_list list = {0};
    struct text pid = {0};
    struct error err;
    char path[] = "/tmp/furcate-pid-XXXXXX";
    int fd = mkstemp(path);
    setenv("FURCATE_STUB_SMI", "hang", 1);
    setenv("FURCATE_STUB_PID", path, 1);
    int64_t begin = clock_monotonic();
    device_ask_nvidia_smi(&list, 300);
    assert_true(clock_monotonic() - begin < INT64_C(5000000000));
    assert_int_equal(list.count, 0);
    assert_non_null(strstr(text_get(&list.notes), "did not answer in time"));

    assert_true(file_read(path, &pid, &err));
    int child = atoi(text_get(&pid));
    assert_true(child > 1);
    for (int i = 0; i < 1000000 && runs(child); i++)
        sched_yield();
    assert_false(runs(child));
    file_close_fd(&fd);
    unlink(path);
    text_free(&pid);
    device_list_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(takes_the_place_of_a_library_that_cannot_be_loaded, reset),
        cmocka_unit_test_setup(notes_that_neither_library_nor_tool_is_there, reset),
        cmocka_unit_test_setup(tells_a_failure_in_its_own_words, reset),
        cmocka_unit_test_setup(notes_a_failure, reset),
        cmocka_unit_test_setup(takes_what_it_understands_out_of_garbage, reset),
        cmocka_unit_test_setup(kills_one_that_prints_without_end, reset),
        cmocka_unit_test_setup(kills_one_that_hangs_and_its_children, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
