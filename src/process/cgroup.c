#include "process/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

/* --- where --- */

/* Whether a list such as "cpu,memory" has the word. */
static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += len)
        if ((at == list || at[-1] == ',') && (at[len] == ',' || at[len] == '\0'))
            return true;
    return false;
}

/* The name in a line of /proc/self/cgroup, "0::/user.slice/session-1.scope", or of version 1
 * "4:cpu,memory:/user"; NULL when it is another's. `controller` NULL: of version 2. */
static const char *name_in(char *line, const char *controller)
{
    if (!controller)
        return strncmp(line, "0::/", 4) == 0 ? line + 3 : NULL;
    char *controllers = strchr(line, ':'), *name = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!name)
        return NULL;
    *name = '\0';
    return has_word(controllers + 1, controller) ? name + 1 : NULL;
}

static char *own_name(const char *controller)
{
    struct error ignored;
    CLEANUP(text_free) struct text content = {0};
    if (!file_read("/proc/self/cgroup", &content, &ignored))
        return NULL;
    char *rest = content.data, *line;
    const char *name;
    while ((line = strsep(&rest, "\n")))
        if ((name = name_in(line, controller)))
            return memory_copy_text(name);
    return NULL;
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* Undoes proc(5)'s "\040" for a space. */
static void unescape(char *path)
{
    char *out = path;
    for (const char *in = path; *in; in++) {
        bool escaped = in[0] == '\\' && is_octal(in[1]) && is_octal(in[2]) && is_octal(in[3]);
        *out++ = escaped ? (char)(64 * (in[1] - '0') + 8 * (in[2] - '0') + in[3] - '0') : *in;
        in += escaped ? 3 : 0;
    }
    *out = '\0';
}

/* Whether the end of a line of mountinfo, " - TYPE SOURCE OPTIONS", is of version 2, or of version 1 with
 * that controller. */
static bool is_mount_of(const char *end, const char *controller)
{
    if (!controller)
        return strncmp(end, " - cgroup2 ", 11) == 0;
    const char *options = strrchr(end, ' ');
    return strncmp(end, " - cgroup ", 10) == 0 && has_word(options + 1, controller);
}

/* A line of mountinfo: "31 23 0:28 ROOT MOUNT_POINT OPTIONS … - cgroup2 …". The folder of `name` below the
 * mount; NULL when it is another mount, or shows another part of the tree. */
static char *below_mount(const char *line, const char *name, const char *controller)
{
    char root[4096], point[4096];
    const char *end = strstr(line, " - ");
    if (!end || !is_mount_of(end, controller) || sscanf(line, "%*d %*d %*s %4095s %4095s", root, point) != 2)
        return NULL;
    unescape(root);
    unescape(point);
    size_t len = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(name, root, len) != 0 || (name[len] && name[len] != '/'))
        return NULL;
    return text_format("%s%s", point, strcmp(name + len, "/") == 0 ? "" : name + len);
}

static char *own_folder(const char *controller)
{
    struct error ignored;
    CLEANUP(memory_free) char *name = own_name(controller);
    CLEANUP(text_free) struct text content = {0};
    if (!name || !file_read("/proc/self/mountinfo", &content, &ignored))
        return NULL;
    char *rest = content.data, *line, *found = NULL;
    while (!found && (line = strsep(&rest, "\n")))
        found = below_mount(line, name, controller);
    return found;
}

char *cgroup_of_this_process(void)
{
    return own_folder(NULL);
}

char *cgroup_of_version_1(const char *controller)
{
    return own_folder(controller);
}

/* --- what can be done to one --- */

bool cgroup_make(const char *path, struct error *err)
{
    return mkdir(path, 0755) == 0 || error_system(err, errno, "cannot make the control group %s", path);
}

static bool write_to(const char *path, const char *file, const char *text)
{
    CLEANUP(memory_free) char *whole = file_join(path, file);
    CLEANUP(file_close_fd) int fd = open(whole, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && file_write_all(fd, text, strlen(text));
}

bool cgroup_count_memory(const char *path)
{
    return write_to(path, "cgroup.subtree_control", "+memory");
}

void cgroup_freeze(const char *path, bool frozen)
{
    write_to(path, "cgroup.freeze", frozen ? "1" : "0");
}

static void list_own(const char *path, struct pids *pids)
{
    struct error ignored;
    CLEANUP(memory_free) char *list = file_join(path, "cgroup.procs");
    CLEANUP(text_free) struct text text = {0};
    if (!file_read(list, &text, &ignored))
        return;
    char *end;
    long pid;
    for (const char *rest = text_get(&text); (pid = strtol(rest, &end, 10)) > 0; rest = end)
        vector_push(pids, (pid_t)pid);
}

void cgroup_list(const char *path, struct pids *pids)
{
    list_own(path, pids);
    DIR *folder = opendir(path); /* a program can have made groups of its own below it */
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        CLEANUP(memory_free) char *below = file_join(path, entry->d_name);
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            cgroup_list(below, pids);
    }
    if (folder)
        closedir(folder);
}

/* Before Linux 5.14 there was no cgroup.kill: frozen, so that none can fork meanwhile, each is killed. */
static void kill_each(const char *path)
{
    struct pids pids = {0};
    cgroup_freeze(path, true);
    cgroup_list(path, &pids);
    for (size_t i = 0; i < pids.count; i++)
        kill(pids.items[i], SIGKILL);
    vector_free(&pids);
    cgroup_freeze(path, false);
}

int cgroup_open_kill(const char *path)
{
    CLEANUP(memory_free) char *whole = file_join(path, "cgroup.kill");
    return open(whole, O_WRONLY | O_CLOEXEC);
}

void cgroup_kill(const char *path, int kill_fd)
{
    if (kill_fd >= 0 && write(kill_fd, "1", 1) == 1)
        return;
    if (!write_to(path, "cgroup.kill", "1") && access(path, F_OK) == 0)
        kill_each(path);
}

int cgroup_open_events(const char *path)
{
    CLEANUP(memory_free) char *events = file_join(path, "cgroup.events");
    return open(events, O_RDONLY | O_CLOEXEC);
}

bool cgroup_is_empty(int events_fd)
{
    char events[256] = "";
    ssize_t got = pread(events_fd, events, sizeof events - 1, 0);
    return got < 0 || strstr(events, "populated 0");
}

/* --- its end --- */

bool cgroup_remove(const char *path)
{
    if (rmdir(path) == 0 || errno == ENOENT)
        return true;
    DIR *folder = opendir(path); /* a program can have made groups of its own below it */
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        CLEANUP(memory_free) char *below = file_join(path, entry->d_name);
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            cgroup_remove(below);
    }
    if (folder)
        closedir(folder);
    return rmdir(path) == 0 || errno == ENOENT;
}

static void wait_until_empty(const char *path, int64_t until)
{
    CLEANUP(file_close_fd) int fd = cgroup_open_events(path);
    struct pollfd events = {fd, POLLPRI, 0};
    while (fd >= 0 && !cgroup_is_empty(fd)) {
        int left_ms = clock_ms_until(until);
        if (left_ms == 0 || poll(&events, 1, left_ms) < 0)
            return;
    }
}

bool cgroup_end(const char *path, int patience_ms)
{
    int64_t until = clock_monotonic() + (int64_t)patience_ms * 1000000;
    if (cgroup_remove(path))
        return true;
    cgroup_kill(path, -1);
    wait_until_empty(path, until);
    return cgroup_remove(path);
}
