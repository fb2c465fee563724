#include "device/quota.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"

/* Where a hierarchy is mounted, and which of its groups is seen there as the top. */
struct mount {
    char *point, *root;
};

static void free_mount(struct mount *mount)
{
    free(mount->point);
    free(mount->root);
}

/* Whether `word` is one of the comma-separated `words`. */
static bool has_word(const char *words, const char *word)
{
    size_t len = strlen(word);
    for (const char *rest = words; rest; rest = strchr(rest, ',')) {
        rest += *rest == ',';
        if (strncmp(rest, word, len) == 0 && (rest[len] == ',' || rest[len] == '\0'))
            return true;
    }
    return false;
}

/* Reads a line "31 23 0:28 ROOT POINT OPTIONS … - TYPE SOURCE SUPER_OPTIONS". */
static bool read_mount(const char *line, bool v2, struct mount *mount)
{
    char root[1024], point[1024], type[32], options[1024];
    const char *dash = strstr(line, " - ");
    if (!dash || sscanf(line, "%*s %*s %*s %1023s %1023s", root, point) != 2 ||
        sscanf(dash, " - %31s %*s %1023s", type, options) != 2)
        return false;
    bool same = v2 ? strcmp(type, "cgroup2") == 0 : strcmp(type, "cgroup") == 0 && has_word(options, "cpu");
    if (same)
        *mount = (struct mount){memory_copy_text(point), memory_copy_text(root)};
    return same;
}

static bool find_mount(const char *mounts, bool v2, struct mount *mount)
{
    CLEANUP(text_free) struct text content = {0};
    struct error err;
    if (!file_read(mounts, &content, &err) || content.len == 0)
        return false;
    char *rest = content.data;
    for (char *line; (line = strsep(&rest, "\n"));)
        if (read_mount(line, v2, mount))
            return true;
    return false;
}

/* The group of the process, from a line "0::/path" (v2) or "4:cpu,cpuacct:/path" (v1); NULL when there is
 * none. */
static char *find_group(const char *groups, bool v2)
{
    CLEANUP(text_free) struct text content = {0};
    struct error err;
    if (!file_read(groups, &content, &err) || content.len == 0)
        return NULL;
    char *rest = content.data;
    for (char *line; (line = strsep(&rest, "\n"));) {
        const char *number = strsep(&line, ":"), *controllers = strsep(&line, ":");
        if (controllers && line && (v2 ? strcmp(number, "0") == 0 : has_word(controllers, "cpu")))
            return memory_copy_text(line);
    }
    return NULL;
}

static bool read_small(const char *folder, const char *name, struct text *content)
{
    struct error err;
    CLEANUP(memory_free) char *path = file_join(folder, name);
    return file_read(path, content, &err);
}

/* The quota that one group sets, 0 for none ("max" in v2, -1 in v1). */
static double read_quota(const char *folder, bool v2)
{
    CLEANUP(text_free) struct text content = {0};
    bool there = v2 ? read_small(folder, "cpu.max", &content)
                    : read_small(folder, "cpu.cfs_quota_us", &content) &&
                          read_small(folder, "cpu.cfs_period_us", &content);
    char *behind_quota, *end;
    double quota = number_read(text_get(&content), &behind_quota);
    double period = number_read(behind_quota, &end);
    if (!there || behind_quota == text_get(&content) || end == behind_quota)
        return 0;
    return quota > 0 && period > 0 ? quota / period : 0;
}

static double smaller(double a, double b)
{
    return a <= 0 || (b > 0 && b < a) ? b : a;
}

/* Inside a container the mount shows a group below the hierarchy's top, whose path is cut off the front. */
static double quota_of_hierarchy(const char *mounts, const char *groups, bool v2)
{
    CLEANUP(free_mount) struct mount mount = {0};
    CLEANUP(memory_free) char *group = find_group(groups, v2);
    if (!group || !find_mount(mounts, v2, &mount))
        return 0;
    size_t root = strlen(mount.root);
    bool below = root > 1 && strncmp(group, mount.root, root) == 0;
    CLEANUP(memory_free) char *folder = text_format("%s%s", mount.point, below ? group + root : group);

    double quota = read_quota(folder, v2);
    for (char *slash; (slash = strrchr(folder + strlen(mount.point), '/'));) {
        *slash = '\0';
        quota = smaller(quota, read_quota(folder, v2));
    }
    return quota;
}

double device_cpu_quota(const char *mounts, const char *groups)
{
    return smaller(quota_of_hierarchy(mounts, groups, true), quota_of_hierarchy(mounts, groups, false));
}
