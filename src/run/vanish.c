#include "run/vanish.h"

#include <sys/inotify.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "run/runner.h"

static const uint64_t settle_ms = 200;

static void on_settled(uv_timer_t *timer)
{
    struct runner *runner = timer->data;
    if (!store_is_present(runner->store))
        bookkeeping_kick(&runner->bookkeeping); /* makes it anew */
}

static void on_event(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    struct runner *runner = handle->data;
    char content[4096]; /* what happened does not matter: looking tells */
    while (read(runner->vanish.fd, content, sizeof content) > 0)
        ;
    uv_timer_start(&runner->vanish.settle, on_settled, settle_ms, 0);
}

void vanish_follow(struct runner *runner)
{
    if (!runner->vanish.settle.data || runner->vanish.fd < 0)
        return;
    CLEANUP(memory_free) char *lock = file_join(store_directory(runner->store), "furcate.lock");
    inotify_add_watch(runner->vanish.fd, lock,
                      IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF); /* ATTRIB: its links */
    inotify_add_watch(runner->vanish.fd, store_directory(runner->store), IN_DELETE_SELF | IN_MOVE_SELF);
}

void vanish_open(struct runner *runner)
{
    struct vanish *vanish = &runner->vanish;
    vanish->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    uv_timer_init(&runner->loop, &vanish->settle);
    vanish->settle.data = vanish->events.data = runner;
    if (vanish->fd < 0)
        return;
    uv_poll_init(&runner->loop, &vanish->events, vanish->fd);
    uv_poll_start(&vanish->events, UV_READABLE, on_event);
    vanish_follow(runner);
}

static void on_closed(uv_handle_t *handle)
{
    struct runner *runner = handle->data;
    file_close_fd(&runner->vanish.fd);
}

void vanish_close(struct vanish *vanish)
{
    uv_close((uv_handle_t *)&vanish->settle, NULL);
    if (vanish->fd >= 0)
        uv_close((uv_handle_t *)&vanish->events, on_closed);
}
