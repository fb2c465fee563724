#include "fork/note.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

/* --- GPUs --- */

static bool is_gpu(const char *path)
{
    static const char *const patterns[] = {"/dev/nvidia[0-9]*", "/dev/nvidiactl", "/dev/kfd",
                                           "/dev/dri/render*"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (fnmatch(patterns[i], path, 0) == 0)
            return true;
    return false;
}

/* Leaves `gpu` empty when none is open. */
static void find_open_gpu(char *gpu, size_t size)
{
    char path[256];
    DIR *folder = opendir("/proc/self/fd");
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        ssize_t len = readlinkat(dirfd(folder), entry->d_name, path, sizeof path - 1);
        path[len > 0 ? len : 0] = '\0';
        if (is_gpu(path))
            snprintf(gpu, size, "%.*s", (int)size - 1, path);
    }
    if (folder)
        closedir(folder);
}

/* --- threads --- */

/*
 * Libraries whose threads a fork lacks and goes on waiting for. Two are known: TensorFlow, which starts its
 * own when it first computes something, and names them; and GNU's OpenMP, whose threads sleep in its own
 * code, and which asks for no fork handlers, as OpenBLAS and LLVM's OpenMP do.
 */
static bool is_pool(const char *path)
{
    const char *name = strrchr(path, '/');
    return name && strncmp(name, "/libgomp", strlen("/libgomp")) == 0;
}

/* Sets `library` to the path of what is mapped at the address if it is such a library. */
static void find_pool(unsigned long address, char *library, size_t size)
{
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps && fgets(line, sizeof line, maps)) {
        char *rest, *path = strchr(line, '/');
        unsigned long start = strtoul(line, &rest, 16);
        unsigned long end = *rest == '-' ? strtoul(rest + 1, NULL, 16) : 0;
        if (address < start || address >= end || !path)
            continue;
        path[strcspn(path, "\n")] = '\0';
        if (is_pool(path))
            snprintf(library, size, "%.*s", (int)size - 1, path);
    }
    if (maps)
        fclose(maps);
}

/* Adds what the kernel tells of a thread; nothing where it is gone. */
static void read_thread(const char *thread, const char *name, struct text *content)
{
    struct error ignored;
    CLEANUP(memory_free) char *path = text_format("/proc/self/task/%s/%s", thread, name);
    file_read(path, content, &ignored);
}

static bool is_tensorflow(const char *thread)
{
    CLEANUP(text_free) struct text name = {0};
    read_thread(thread, "comm", &name);
    return strncmp(text_get(&name), "tf_", strlen("tf_")) == 0;
}

/* Where a thread sleeps in a system call; 0 when it executes. */
static unsigned long sleeps_at(const char *thread)
{
    CLEANUP(text_free) struct text call = {0};
    read_thread(thread, "syscall", &call);
    const char *last = strrchr(text_get(&call), ' ');
    return last ? strtoul(last + 1, NULL, 16) : 0;
}

/* Returns how many threads execute, this one included. */
static unsigned look_at_threads(struct server_note *note)
{
    unsigned executing = 0;
    note->threads = 0;
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        unsigned long address = sleeps_at(entry->d_name);
        note->threads++;
        executing += address == 0;
        if (is_tensorflow(entry->d_name))
            snprintf(note->pool, sizeof note->pool, "TensorFlow");
        else if (address && !note->pool[0])
            find_pool(address, note->pool, sizeof note->pool);
    }
    if (folder)
        closedir(folder);
    return executing;
}

struct server_note note_take(void)
{
    struct server_note note = {0};
    const struct timespec moment = {0, 5 * 1000 * 1000};
    find_open_gpu(note.gpu, sizeof note.gpu);
    for (int i = 0; look_at_threads(&note) > 1 && !note.pool[0] && i < 20; i++)
        nanosleep(&moment, NULL); /* threads of a pool look for more work before they sleep */
    return note;
}
