#include "run/watch.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/config.h"
#include "run/look.h"
#include "run/trail.h"

static const uint64_t settle_ms = 50;
/* A writer that keeps the file open is not done yet; but it may never close it. */
static const uint64_t open_settle_ms = 2000;
/* After the first change, so that a file which is saved all the time is followed too. */
static const uint64_t most_settle_ms = 2000;
static const uint64_t look_again_ms = 500; /* at a file that a writer has open */
static const uint64_t patience_ms = 2000;
/* NFS looks for changes by other machines as often, by default, and whenever a file is opened (nfs(5)). */
static const uint64_t look_ms = 3000;
/* A larger file is no config; to read it again gives the message that says so. */
static const size_t most_kept = (size_t)64 << 20;

struct watch_look {
    struct reading reading;
    struct watch *watch;
    char *path;
    struct trail trail;
    bool is_glance; /* whether anything has changed: more than one look is needed to take it */
    uint64_t hash;  /* of look_at() */
    int error;      /* with a hash of 0 */
    bool is_whole; /* the content is an object in braces, of which no part would be one; only looked for where
                      a writer has the file open */
    struct text content;
};

static void on_settled(uv_timer_t *timer);

static bool has_events(const struct watch *watch)
{
    return watch->look->trail.inotify >= 0;
}

static void settle_in(struct watch *watch, uint64_t ms)
{
    uv_timer_start(&watch->settle, on_settled, ms, 0);
}

static uint64_t later_of(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* The file, or what leads to it, has changed: it is looked at once it is at rest, or when its time is up. */
static void note_change(struct watch *watch)
{
    uint64_t now = watch->changed = uv_now(watch->settle.loop);
    if (!watch->changed_since)
        watch->changed_since = now;
    bool is_open = watch->look->trail.is_written;
    uint64_t at_rest = now + (is_open ? open_settle_ms : settle_ms);
    uint64_t latest = later_of(watch->changed_since + most_settle_ms,
                               watch->looked + (is_open ? look_again_ms : settle_ms));
    uint64_t due = at_rest < latest ? at_rest : latest;
    settle_in(watch, due > now ? due - now : 0);
}

static void on_events(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct watch *watch = poll->data;
    if (trail_take_events(&watch->look->trail))
        note_change(watch);
}

/* --- a look --- */

static bool is_whole_object(const struct watch_look *look)
{
    struct error ignored;
    const char *text = text_get(&look->content);
    if (text[strspn(text, " \t\r\n")] != '{')
        return false;
    CLEANUP(value_cleanup) struct value *value = config_parse(look->path, text, look->content.len, &ignored);
    return value;
}

/* On a thread. The trail comes before the file, so that no edit falls in between. */
static void look(struct reading *reading)
{
    struct watch_look *look = (struct watch_look *)((char *)reading - offsetof(struct watch_look, reading));
    bool is_open = look->trail.is_written;
    trail_follow(&look->trail);
    text_free(&look->content);
    look->hash = look_at(look->path, &look->content);
    look->error = errno;
    look->is_whole = is_open && look->hash && is_whole_object(look);
}

/* Events that come meanwhile stay in the kernel's queue, since the trail is the thread's. */
static void start_look(struct watch *watch, bool is_glance)
{
    if (watch->is_looking)
        return;
    watch->is_looking = true;
    watch->look->is_glance = is_glance;
    uv_timer_stop(&watch->settle);
    if (has_events(watch))
        uv_poll_stop(&watch->events);
    readers_add(watch->readers, &watch->look->reading);
}

static void on_settled(uv_timer_t *timer)
{
    start_look(timer->data, false);
}

/* --- a trail that is blind --- */

static void on_next_look(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    if (!uv_is_active((uv_handle_t *)&watch->settle))
        start_look(watch, true);
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
    int error = watch->look->trail.error;
    const char *often = "every 3 s, since changes of it cannot be watched";
    if (error)
        log_line(watch->log, LOG_WARNING, "%s is looked at %s: %s%s", watch->path, often, strerror(error),
                 remedy(error));
    else
        log_line(watch->log, LOG_DEBUG,
                 "%s is looked at %s: its file system tells of none that other machines make", watch->path,
                 often);
}

static void note_blindness(struct watch *watch)
{
    bool is_blind = watch->look->trail.is_blind;
    if (is_blind && !watch->is_blind) {
        say_why(watch);
        uv_timer_start(&watch->next_look, on_next_look, look_ms, look_ms);
    } else if (!is_blind) {
        uv_timer_stop(&watch->next_look);
    }
    watch->is_blind = is_blind;
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

/* Tells of a writer that has the file open, and is waited for: the end of what it writes may be missing. */
static void tell_of_writer(struct watch *watch)
{
    uint64_t now = uv_now(watch->settle.loop);
    if (watch->told_of_writer || now < watch->changed_since + most_settle_ms)
        return;
    watch->told_of_writer = true;
    log_line(watch->log, LOG_INFO,
             "%s is being written by a program that has it open: the edit is taken once that program closes "
             "it, or pauses for 2 s",
             watch->path);
}

static void take(struct watch *watch)
{
    struct text *content = &watch->look->content;
    find_again(watch);
    watch->told_of_writer = false;
    watch->changed_since = 0;
    if (watch->look->hash != watch->content) {
        watch->content = watch->look->hash;
        if (content->len > most_kept)
            text_free(content);
        watch->edited(watch->context, content);
    }
    text_free(content);
}

/* Takes what a look has seen, unless the rest of it may be yet to come. */
static void decide(struct watch *watch, bool has_changed)
{
    const struct watch_look *look = watch->look;
    uint64_t now = uv_now(watch->settle.loop), quiet_from = watch->changed + open_settle_ms;
    bool is_open = look->trail.is_written && (has_changed || now < quiet_from);
    if (!look->hash && !has_changed) {
        watch->changed_since = 0;
        miss(watch, look->error);
    } else if (look->hash && (look->is_whole || (!is_open && !has_changed))) {
        take(watch);
    } else if (is_open) {
        settle_in(watch, now < quiet_from ? quiet_from - now : 0);
        tell_of_writer(watch);
    }
}

static void glance(struct watch *watch)
{
    uint64_t content = watch->look->hash;
    bool is_known = content ? content == watch->content && !watch->away_since : watch->away_since > 0;
    if (!is_known)
        settle_in(watch, settle_ms);
}

static void on_looked(struct reading *reading)
{
    struct watch_look *look = (struct watch_look *)((char *)reading - offsetof(struct watch_look, reading));
    struct watch *watch = look->watch;
    if (!watch->path)
        return; /* it was closed */
    watch->is_looking = false;
    watch->looked = uv_now(watch->settle.loop);
    if (has_events(watch))
        uv_poll_start(&watch->events, UV_READABLE, on_events);
    note_blindness(watch);
    bool has_changed = has_events(watch) && trail_take_events(&look->trail);
    if (look->is_glance)
        glance(watch);
    else
        decide(watch, has_changed);
    if (has_changed)
        note_change(watch); /* what was seen may be half of it */
}

/* --- */

static void on_first_look(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    on_looked(&watch->look->reading);
}

static void init_timer(struct watch *watch, uv_loop_t *loop, uv_timer_t *timer)
{
    uv_timer_init(loop, timer);
    timer->data = watch;
}

static struct watch_look *new_look(struct watch *watch)
{
    struct watch_look *look_to_do = memory_new(1, sizeof *look_to_do);
    *look_to_do = (struct watch_look){
        .reading = {.read = look, .on_read = on_looked},
        .watch = watch,
        .path = memory_copy_text(watch->path),
    };
    trail_open(&look_to_do->trail, look_to_do->path);
    return look_to_do;
}

void watch_open(struct watch *watch, uv_loop_t *loop, struct readers *readers, struct log *log,
                const char *path, uint64_t content, void (*edited)(void *context, struct text *content),
                void *context)
{
    *watch = (struct watch){.path = memory_copy_text(path), .content = content, .log = log};
    watch->readers = readers;
    watch->edited = edited;
    watch->context = context;
    watch->look = new_look(watch);
    init_timer(watch, loop, &watch->settle);
    init_timer(watch, loop, &watch->next_look);
    if (has_events(watch)) {
        uv_poll_init(loop, &watch->events, watch->look->trail.inotify);
        watch->events.data = watch;
    }
    watch->is_looking = true;
    look(&watch->look->reading); /* it may have been edited since it was read */
    uv_timer_start(&watch->settle, on_first_look, 0, 0);
}

void watch_close(struct watch *watch)
{
    if (!watch->path)
        return;
    if (has_events(watch))
        uv_close((uv_handle_t *)&watch->events, NULL);
    uv_close((uv_handle_t *)&watch->settle, NULL);
    uv_close((uv_handle_t *)&watch->next_look, NULL);
    free(watch->path);
    watch->path = NULL;
}

void watch_free(struct watch *watch, bool are_over)
{
    if (!watch->look || (watch->is_looking && !are_over))
        return;
    trail_close(&watch->look->trail);
    text_free(&watch->look->content);
    free(watch->look->path);
    free(watch->look);
    watch->look = NULL;
}
