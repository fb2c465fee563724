#include "run/watchdog.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { most_ms = 50, most_frames = 40 };

/* Global, since a signal handler reaches nothing else. */
static char alarm_path[4096];

static int alarm_number(void)
{
    return SIGRTMIN + 5;
}

static void on_alarm(int number)
{
    static const char words[] = "The event loop has computed for 50 ms in one turn, and is at:\n";
    void *frames[most_frames];
    int before = errno, fd = open(alarm_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    (void)number;
    if (fd >= 0 && write(fd, words, sizeof words - 1) > 0)
        backtrace_symbols_fd(frames, backtrace(frames, most_frames), fd);
    if (fd >= 0)
        close(fd);
    errno = before;
}

static void on_turn(uv_prepare_t *turn)
{
    struct watchdog *watchdog = turn->data;
    const struct itimerspec due = {.it_value = {.tv_nsec = most_ms * 1000000L}};
    timer_settime(watchdog->timer, 0, &due, NULL);
}

static bool make_timer(struct watchdog *watchdog)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = alarm_number()};
    event._sigev_un._tid = gettid();
    return timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &watchdog->timer) == 0;
}

void watchdog_open(struct watchdog *watchdog, uv_loop_t *loop, const char *path)
{
    const struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    void *frames[1];
    if (!path || !*path || strlen(path) >= sizeof alarm_path || !make_timer(watchdog))
        return;
    memcpy(alarm_path, path, strlen(path) + 1);
    backtrace(frames, 1); /* loads its library, which a signal handler must not */
    sigaction(alarm_number(), &action, NULL);
    uv_prepare_init(loop, &watchdog->turn);
    watchdog->turn.data = watchdog;
    uv_prepare_start(&watchdog->turn, on_turn);
    uv_unref((uv_handle_t *)&watchdog->turn);
    on_turn(&watchdog->turn); /* the first timers come before it */
    watchdog->is_open = true;
}

void watchdog_close(struct watchdog *watchdog)
{
    if (!watchdog->is_open)
        return;
    timer_delete(watchdog->timer);
    uv_close((uv_handle_t *)&watchdog->turn, NULL);
    watchdog->is_open = false;
}
