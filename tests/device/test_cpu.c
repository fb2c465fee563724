#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "device/device.h"
#include "device/quota.h"

/* A folder that stands for a mounted hierarchy, with files of the group /a/b in it. */
struct tree {
    char folder[64];
    char *mounts, *groups, *group;
};

static int make_tree(void **state)
{
    struct error err;
    struct tree *tree = memory_new(1, sizeof *tree);
    snprintf(tree->folder, sizeof tree->folder, "/tmp/furcate-cgroup-XXXXXX");
    if (!mkdtemp(tree->folder))
        return -1;
    tree->mounts = file_join(tree->folder, "mounts");
    tree->groups = file_join(tree->folder, "groups");
    tree->group = file_join(tree->folder, "a/b");
    *state = tree;
    return file_make_dirs(tree->group, &err) ? 0 : -1;
}

static int remove_tree(void **state)
{
    struct tree *tree = *state;
    char *command = text_format("rm -r %s", tree->folder);
    int status = system(command);
    free(command);
    free(tree->mounts);
    free(tree->groups);
    free(tree->group);
    free(tree);
    return status;
}

static void put(const char *folder, const char *name, const char *content)
{
    struct error err;
    char *path = file_join(folder, name);
    assert_true(folder_write_path(path, content, strlen(content), &err));
    free(path);
}

/* The process is in the group /a/b; the mount shows `root` of the hierarchy as its top. */
static void describe(const struct tree *tree, const char *root, const char *type, const char *group)
{
    char *mounts = text_format("22 1 8:1 / / rw - ext4 /dev/sda rw\n"
                               "30 23 0:27 / /nowhere rw - cgroup cgroup rw,cpuset\n"
                               "31 23 0:28 %s %s rw,relatime shared:4 - %s cgroup rw,cpuacct,cpu\n",
                               root, tree->folder, type);
    put(tree->folder, "mounts", mounts);
    put(tree->folder, "groups", group);
    free(mounts);
}

static void reads_the_quota_of_the_group(void **state)
{
    struct tree *tree = *state;
    describe(tree, "/", "cgroup2", "4:cpu:/elsewhere\n0::/a/b\n");
    put(tree->group, "cpu.max", "250000 100000\n");
    assert_float_equal(device_cpu_quota(tree->mounts, tree->groups), 2.5, 0);
}

static void takes_the_smallest_quota_on_the_way_up(void **state)
{
    struct tree *tree = *state;
    describe(tree, "/", "cgroup2", "0::/a/b\n");
    put(tree->group, "cpu.max", "800000 100000\n");
    put(tree->folder, "a/cpu.max", "max 100000\n");
    put(tree->folder, "cpu.max", "300000 100000\n");
    assert_float_equal(device_cpu_quota(tree->mounts, tree->groups), 3, 0);
}

static void finds_the_group_inside_a_container(void **state)
{
    struct tree *tree = *state;
    describe(tree, "/docker/1f", "cgroup2", "0::/docker/1f/a/b\n");
    put(tree->group, "cpu.max", "50000 100000\n");
    assert_float_equal(device_cpu_quota(tree->mounts, tree->groups), 0.5, 0);
}

static void reads_the_first_version_too(void **state)
{
    struct tree *tree = *state;
    describe(tree, "/", "cgroup", "9:name=systemd:/x\n4:cpuacct,cpu:/a/b\n0::/y\n");
    put(tree->folder, "a/cpu.cfs_quota_us", "400000\n");
    put(tree->folder, "a/cpu.cfs_period_us", "100000\n");
    put(tree->group, "cpu.cfs_quota_us", "-1\n");
    put(tree->group, "cpu.cfs_period_us", "100000\n");
    assert_float_equal(device_cpu_quota(tree->mounts, tree->groups), 4, 0);
}

static void knows_no_quota_where_there_is_none(void **state)
{
    struct tree *tree = *state;
    assert_float_equal(device_cpu_quota(tree->mounts, tree->groups), 0, 0);
    describe(tree, "/", "cgroup2", "garbage\n\n0\n0:\n0::/a/b\n");
    assert_float_equal(device_cpu_quota(tree->mounts, tree->groups), 0, 0);
    put(tree->group, "cpu.max", "max 100000\n");
    assert_float_equal(device_cpu_quota(tree->mounts, tree->groups), 0, 0);
    describe(tree, "/", "cgroup", "4:cpu:/a/b\n");
    put(tree->group, "cpu.cfs_quota_us", "-1\n");
    put(tree->group, "cpu.cfs_period_us", "100000\n");
    assert_float_equal(device_cpu_quota(tree->mounts, tree->groups), 0, 0);
}

static void counts_the_cpus_the_process_is_bound_to(void **state)
{
    (void)state;
    cpu_set_t all, one;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    assert_in_range(device_cpu_count(), 1, CPU_COUNT(&all));
    size_t first = 0;
    while (!CPU_ISSET(first, &all))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(device_cpu_count(), 1);
    sched_setaffinity(0, sizeof all, &all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_the_quota_of_the_group, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(takes_the_smallest_quota_on_the_way_up, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(finds_the_group_inside_a_container, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(reads_the_first_version_too, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(knows_no_quota_where_there_is_none, make_tree, remove_tree),
        cmocka_unit_test(counts_the_cpus_the_process_is_bound_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
