#include "fork/note.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "fork/code.h"

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

/* Whether a fork, which lacks the threads that its program has started, does without them. */
enum lack { UNKNOWN, HARMLESS, FATAL };

/*
 * What is known of them. TensorFlow starts its pools, which it names, when it first computes something, and
 * GNU's OpenMP its own likewise; both wait for them in a fork, forever. OpenBLAS, LLVM's and Intel's OpenMP
 * and jemalloc ask to be told of forks (pthread_atfork(3)), and start theirs anew.
 */
static const struct owner {
    const char *thread, *file; /* patterns of the thread's name, or of the file's whose code it is in */
    enum lack lack;
    const char *name; /* NULL: the file's */
} owners[] = {
    {"tf_*", NULL, FATAL, "TensorFlow"},
    {"jemalloc_bg_thd", NULL, HARMLESS, NULL},
    {NULL, "libgomp*", FATAL, NULL},
    {NULL, "lib*openblas*", HARMLESS, NULL},
    {NULL, "libomp*", HARMLESS, NULL},
    {NULL, "libiomp5*", HARMLESS, NULL},
    {NULL, "python*", UNKNOWN, "Python's threading"},
    {NULL, "libpython*", UNKNOWN, "Python's threading"},
};

static bool owns(const struct owner *owner, const char *thread, const char *path)
{
    if (owner->thread)
        return fnmatch(owner->thread, thread, 0) == 0;
    return path && fnmatch(owner->file, strrchr(path, '/') + 1, 0) == 0;
}

/* Whose a thread is; without a place in the list it goes by the file, or by its own name. */
static struct owner find_owner(const char *name, const char *path)
{
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++)
        if (owns(&owners[i], name, path))
            return owners[i];
    return (struct owner){.lack = UNKNOWN, .name = path ? NULL : name};
}

static void note_owner(struct server_note *note, const struct owner *owner, const char *path)
{
    char *noted = owner->lack == FATAL ? note->pool : note->others;
    size_t size = owner->lack == FATAL ? sizeof note->pool : sizeof note->others;
    if (owner->lack != HARMLESS && !*noted)
        snprintf(noted, size, "%s", owner->name ? owner->name : path);
}

/* Adds what is known of a thread to the note. Returns whether it executes. */
static bool look_at_thread(struct server_note *note, const struct code_map *map, const char *thread)
{
    struct error ignored;
    CLEANUP(text_free) struct text name = {0};
    CLEANUP(memory_free) char *file = text_format("/proc/self/task/%s/comm", thread);
    const char *path = code_of_thread(map, thread);
    if (!file_read(file, &name, &ignored) || name.len == 0)
        return false;               /* it has ended */
    name.data[name.len - 1] = '\0'; /* the line's end */
    const struct owner owner = find_owner(name.data, path);
    note_owner(note, &owner, path);
    return !path;
}

/* Returns how many other threads execute. */
static unsigned look_at_threads(struct server_note *note)
{
    unsigned executing = 0;
    const pid_t own = (pid_t)syscall(SYS_gettid);
    CLEANUP(code_map_free) struct code_map map = code_map_read();
    DIR *folder = opendir("/proc/self/task");
    note->threads = 0;
    note->pool[0] = note->others[0] = '\0';
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        note->threads++;
        if (strtol(entry->d_name, NULL, 10) != own)
            executing += look_at_thread(note, &map, entry->d_name);
    }
    if (folder)
        closedir(folder);
    return executing;
}

struct server_note note_take(void)
{
    struct server_note note = {.version = SERVER_VERSION};
    enum { most_looks = 100 };
    const struct timespec moment = {0, 5 * 1000 * 1000};
    find_open_gpu(note.gpu, sizeof note.gpu);
    /* A thread that begins is nobody's yet; those of a pool look for more work before they sleep. */
    for (int i = 0; look_at_threads(&note) > 0 && !note.pool[0] && i < most_looks; i++)
        nanosleep(&moment, NULL);
    return note;
}
