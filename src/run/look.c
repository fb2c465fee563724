#include "run/look.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"

static const size_t most_bytes = (size_t)1 << 30;

static int set_errno(int number)
{
    errno = number;
    return -1;
}

/* Opening a pipe, rather than a file, would let its writer go on. */
static int open_file(const char *path)
{
    struct stat info;
    if (stat(path, &info) < 0)
        return -1;
    if (!S_ISREG(info.st_mode))
        return set_errno(S_ISDIR(info.st_mode) ? EISDIR : EINVAL);
    return open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

uint64_t look_at(const char *path)
{
    CLEANUP(text_free) struct text content = {0};
    CLEANUP(file_close_fd) int fd = open_file(path);
    if (fd < 0 || !file_read_fd(fd, most_bytes, &content))
        return 0;
    if (content.len > 0)
        return hash_bytes(1, text_get(&content), content.len);
    errno = ENODATA;
    return 0;
}

/* Owned by its thread. */
struct look {
    char *path;
    int end;
};

static void *look(void *argument)
{
    struct look *look = argument;
    uint64_t content = look_at(look->path);
    /* Nobody reads it when the runner has ended meanwhile. */
    file_write_all(look->end, (const char *)&content, sizeof content);
    file_close_fd(&look->end);
    free(look->path);
    free(look);
    return NULL;
}

static bool start_thread(struct look *look_to_do)
{
    pthread_t thread;
    if (look_to_do->end < 0 || pthread_create(&thread, NULL, look, look_to_do) != 0)
        return false;
    pthread_detach(thread);
    return true;
}

static void on_seen(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct looker *looker = poll->data;
    uint64_t content;
    if (read(looker->ends[0], &content, sizeof content) != sizeof content)
        return;
    looker->is_looking = false;
    looker->saw(looker->context, content);
}

void looker_open(struct looker *looker, const char *path, void (*saw)(void *context, uint64_t content),
                 void *context)
{
    *looker = (struct looker){.path = path, .ends = {-1, -1}, .saw = saw, .context = context};
}

static bool open_pipe(struct looker *looker, uv_loop_t *loop)
{
    if (looker->ends[0] >= 0)
        return true;
    if (pipe2(looker->ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return false;
    uv_poll_init(loop, &looker->seen, looker->ends[0]);
    looker->seen.data = looker;
    uv_poll_start(&looker->seen, UV_READABLE, on_seen);
    return true;
}

void looker_start(struct looker *looker, uv_loop_t *loop)
{
    if (looker->is_looking || !open_pipe(looker, loop))
        return;
    struct look *look_to_do = memory_new(1, sizeof *look_to_do);
    *look_to_do = (struct look){memory_copy_text(looker->path), fcntl(looker->ends[1], F_DUPFD_CLOEXEC, 0)};
    looker->is_looking = start_thread(look_to_do);
    if (looker->is_looking)
        return;
    file_close_fd(&look_to_do->end);
    free(look_to_do->path);
    free(look_to_do);
}

static void on_closed(uv_handle_t *handle)
{
    struct looker *looker = handle->data;
    file_close_fd(&looker->ends[0]);
}

void looker_close(struct looker *looker)
{
    file_close_fd(&looker->ends[1]);
    if (looker->ends[0] >= 0)
        uv_close((uv_handle_t *)&looker->seen, on_closed);
}
