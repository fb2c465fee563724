#include "run/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const uint64_t settle_ms = 50;
/* A writer that keeps the file open is not done yet; but it may never close it. */
static const uint64_t open_settle_ms = 2000;
static const uint64_t patience_ms = 2000;
/* NFS looks for changes by other machines as often, by default, and whenever a file is opened (nfs(5)). */
static const uint64_t look_ms = 3000;

static void on_settled(uv_timer_t *timer);

static void settle_in(struct watch *watch, uint64_t ms)
{
    uv_timer_start(&watch->settle, on_settled, ms, 0);
}

static void on_events(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct watch *watch = poll->data;
    if (trail_take_events(&watch->trail))
        settle_in(watch, watch->trail.is_written ? open_settle_ms : settle_ms);
}

/* --- a trail that is blind --- */

static void on_seen(void *context, uint64_t content)
{
    struct watch *watch = context;
    bool is_known = content ? content == watch->content && !watch->away_since : watch->away_since > 0;
    if (!is_known)
        settle_in(watch, settle_ms);
}

static void on_next_look(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    looker_start(&watch->looker, timer->loop);
}

static const char *remedy(int error)
{
    switch (error) {
    case EMFILE:
        return "; raise fs.inotify.max_user_instances with sysctl";
    case ENOSPC:
        return "; raise fs.inotify.max_user_watches with sysctl";
    default:
        return "";
    }
}

static void say_why(struct watch *watch)
{
    int error = watch->trail.error;
    const char *often = "every 3 s, since changes of it cannot be watched";
    if (error)
        log_line(watch->log, LOG_WARNING, "%s is looked at %s: %s%s", watch->path, often, strerror(error),
                 remedy(error));
    else
        log_line(watch->log, LOG_DEBUG,
                 "%s is looked at %s: its file system tells of none that other machines make", watch->path,
                 often);
}

static void follow(struct watch *watch)
{
    trail_follow(&watch->trail);
    if (watch->trail.is_blind && !watch->is_blind) {
        say_why(watch);
        uv_timer_start(&watch->next_look, on_next_look, look_ms, look_ms);
    } else if (!watch->trail.is_blind) {
        uv_timer_stop(&watch->next_look);
    }
    watch->is_blind = watch->trail.is_blind;
}

/* --- content --- */

static void miss(struct watch *watch, int error)
{
    uint64_t now = uv_now(watch->settle.loop);
    if (!watch->away_since)
        watch->away_since = now;
    if (watch->missed)
        return;
    if (now < watch->away_since + patience_ms) {
        settle_in(watch, watch->away_since + patience_ms - now);
        return;
    }
    watch->missed = true;
    log_line(watch->log, LOG_WARNING,
             "%s cannot be read (%s): the plan goes on as it is; put the file back, and it is followed again",
             watch->path, error == ENODATA ? "it is empty" : strerror(error));
}

static void find_again(struct watch *watch)
{
    if (watch->missed)
        log_line(watch->log, LOG_INFO, "%s is there again", watch->path);
    watch->missed = false;
    watch->away_since = 0;
}

static void on_settled(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    follow(watch); /* before the file is read, so that no edit falls in between */
    uint64_t content = look_at(watch->path);
    if (!content) {
        miss(watch, errno);
        return;
    }
    find_again(watch);
    if (content == watch->content)
        return;
    watch->content = content;
    watch->edited(watch->context);
}

/* --- */

static void init_timer(struct watch *watch, uv_loop_t *loop, uv_timer_t *timer)
{
    uv_timer_init(loop, timer);
    timer->data = watch;
}

void watch_open(struct watch *watch, uv_loop_t *loop, struct log *log, const char *path, uint64_t content,
                void (*edited)(void *context), void *context)
{
    *watch = (struct watch){.path = memory_copy_text(path), .content = content, .log = log};
    watch->edited = edited;
    watch->context = context;
    init_timer(watch, loop, &watch->settle);
    init_timer(watch, loop, &watch->next_look);
    looker_open(&watch->looker, watch->path, on_seen, watch);
    trail_open(&watch->trail, watch->path);
    if (watch->trail.inotify >= 0) {
        uv_poll_init(loop, &watch->events, watch->trail.inotify);
        watch->events.data = watch;
        uv_poll_start(&watch->events, UV_READABLE, on_events);
    }
    settle_in(watch, 0); /* it may have been edited since it was read */
}

static void on_closed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;
    trail_close(&watch->trail);
}

void watch_close(struct watch *watch)
{
    if (!watch->path)
        return;
    if (watch->trail.inotify >= 0)
        uv_close((uv_handle_t *)&watch->events, on_closed);
    uv_close((uv_handle_t *)&watch->settle, NULL);
    uv_close((uv_handle_t *)&watch->next_look, NULL);
    looker_close(&watch->looker);
    free(watch->path);
    watch->path = NULL;
}
