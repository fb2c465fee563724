/*
 * The fork server, from inside: the program when it is warm, and what becomes of it in a fork.
 *
 *   server ─fork─▶ middle ─fork─▶ run
 *
 * The middle process ends at once, so that the run becomes a child of the runner, which adopts orphans; the
 * server may be killed without harm to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "fork/files.h"
#include "fork/fork.h"
#include "fork/note.h"
#include "process/process.h"

struct order {
    struct server_request request;
    int files[MESSAGE_FILES];
    bool in_group;                /* the process is in its control group already */
    struct open_files open_files; /* of the program */
};

static void call(void (*hook)(void))
{
    if (hook)
        hook();
}

/* --- the run --- */

/* The strings behind each other, each ended by a NUL; `count` of them, and a NULL. */
static char **split(char **at, size_t count)
{
    char **strings = memory_new(count + 1, sizeof *strings);
    for (size_t i = 0; i < count; i++, *at += strlen(*at) + 1)
        strings[i] = *at;
    return strings;
}

/* The runner moves to the folder that took the place of a deleted one; what the program chose itself stays.
 */
static void follow_to(const char *folder)
{
    if (*folder && file_cwd_is_deleted())
        (void)!chdir(folder);
}

/* Replaces the whole environment, as execve(2) does, and keeps the strings for good. */
static char **take_payload(const struct order *order)
{
    struct text payload = {0};
    if (!file_read_fd(order->files[SERVER_PAYLOAD], SIZE_MAX, &payload))
        _exit(127);
    char *at = payload.data;
    follow_to(at);
    at += strlen(at) + 1;
    char **argv = split(&at, order->request.arguments);
    environ = split(&at, order->request.variables);
    return argv;
}

static bool open_files(const struct order *order)
{
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    bool opened = input >= 0 && dup2(input, STDIN_FILENO) >= 0 &&
                  dup2(order->files[SERVER_OUTPUT], STDOUT_FILENO) >= 0 &&
                  dup2(order->files[SERVER_ERRORS], STDERR_FILENO) >= 0;
    file_close_fd(&input);
    return opened;
}

/* What has no group adopts its orphans, like a program that was started by itself. */
static bool join_group(const struct order *order)
{
    if (order->in_group)
        return true;
    CLEANUP(file_close_fd)
    int list = openat(order->files[SERVER_GROUP], "cgroup.procs", O_WRONLY | O_CLOEXEC);
    bool joined = order->request.has_group && list >= 0 && write(list, "0", 1) == 1;
    if (!joined)
        prctl(PR_SET_CHILD_SUBREAPER, 1L);
    return joined;
}

/* The kernel makes a process another one's child before it tells of the parent's end. */
static bool wait_for_runner(int middle, pid_t runner)
{
    struct pollfd end = {middle, POLLIN, 0};
    while (poll(&end, 1, -1) < 0)
        if (errno != EINTR)
            return false;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return getppid() == runner;
}

/* Whether the runner has taken this process for the run. Else it has given up, and starts another. */
static bool is_wanted(const struct order *order, const struct server_reply *reply)
{
    char byte = 0;
    int none[MESSAGE_FILES];
    return message_send(order->files[SERVER_REPLY], reply, sizeof *reply, NULL, 0) && reply->error == 0 &&
           message_receive(order->files[SERVER_REPLY], &byte, 1, none) == 1;
}

static void close_order(struct order *order)
{
    for (size_t i = 0; i < MESSAGE_FILES; i++)
        file_close_fd(&order->files[i]);
}

/* What was received took the numbers of stdin, stdout and stderr where the program had closed them. */
static void move_files_up(struct order *order)
{
    for (size_t i = 0; i < MESSAGE_FILES; i++) {
        int low = order->files[i];
        if (low < 0 || low > STDERR_FILENO)
            continue;
        order->files[i] = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        close(low);
    }
}

/* Its limits and signal handlers are those of the program, as it set them up. Returns the arguments. */
static char **be_run(struct order *order, int middle)
{
    setsid();
    if (!wait_for_runner(middle, order->request.runner))
        _exit(127);
    close(middle);
    struct server_reply reply = {.pid = getpid(), .in_group = join_group(order)};
    move_files_up(order);
    if (!open_files(order))
        reply.error = errno;
    char **argv = take_payload(order);
    if (!is_wanted(order, &reply))
        _exit(127);
    close_order(order);
    files_reopen(&order->open_files);
    vector_free(&order->open_files.list);
    return argv;
}

/* --- forking --- */

static void refuse(const struct order *order, int number)
{
    struct server_reply reply = {.error = number};
    message_send(order->files[SERVER_REPLY], &reply, sizeof reply, NULL, 0);
}

/* Returns in the run only. */
static int be_middle(const struct order *order)
{
    int own = (int)syscall(SYS_pidfd_open, getpid(), 0);
    pid_t run = own >= 0 ? fork() : -1;
    if (run < 0)
        refuse(order, errno);
    if (run != 0)
        _exit(0);
    return own;
}

static void wait_for(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/*
 * The middle process borrows the server's memory, so that it is copied once and not twice, and is born in the
 * run's control group, where the run is born too: to move there would take the kernel 10 to 20 ms. Where that
 * is refused it is forked. Returns whether this is the run.
 */
static bool fork_twice(struct order *order, int *middle)
{
    const struct clone_args arguments = {
        .flags = CLONE_VM | CLONE_VFORK | (order->request.has_group ? CLONE_INTO_CGROUP : 0),
        .exit_signal = SIGCHLD,
        .cgroup = order->request.has_group ? (__u64)order->files[SERVER_GROUP] : 0,
    };
    order->in_group = order->request.has_group;
    long pid = clone3_and_return(&arguments, sizeof arguments);
    if (pid < 0) {
        order->in_group = false;
        pid = fork();
    }
    if (pid == 0) {
        *middle = be_middle(order);
        return true;
    }
    if (pid < 0)
        refuse(order, errno);
    else
        wait_for((pid_t)pid);
    return false;
}

/* Returns the arguments in the run, and NULL in the server. */
static char **fork_run(const struct fork_hooks *hooks, int socket, struct order *order)
{
    int middle;
    call(hooks->before);
    fflush(NULL); /* what is in a buffer would be written by each run */
    if (fork_twice(order, &middle)) {
        close(socket);
        call(hooks->child);
        return be_run(order, middle);
    }
    call(hooks->parent);
    close_order(order);
    return NULL;
}

/* --- the server --- */

/* The open socket that the runner has given this process; -1: none, as for a process that a server starts. */
static int find_socket(void)
{
    struct stat info;
    char *end;
    const char *number = getenv(SERVER_VARIABLE);
    int socket = number ? (int)strtol(number, &end, 10) : -1;
    bool is = number && *number && *end == '\0' && fstat(socket, &info) == 0 && S_ISSOCK(info.st_mode);
    return is ? socket : -1;
}

bool fork_is_server(void)
{
    return find_socket() >= 0;
}

/* -1 with err set. Programs that this one starts are not to have it. */
static int open_socket(struct error *err)
{
    int socket = find_socket();
    if (socket >= 0 && fcntl(socket, F_SETFD, FD_CLOEXEC) == 0)
        return socket;
    error_set(err, ERROR_USAGE,
              SERVER_VARIABLE " is no open socket; the runner sets it, unset it to start one");
    return -1;
}

/* The runner finds out from the socket when it could not be sent. */
static void send_note(int socket, char *const *sources)
{
    struct server_note note = note_take();
    CLEANUP(text_free) struct text paths = {0};
    for (; sources && *sources; sources++)
        text_add_bytes(&paths, *sources, strlen(*sources) + 1);
    CLEANUP(file_close_fd) int file = message_file(paths.data, paths.len);
    message_send(socket, &note, sizeof note, &file, file >= 0);
}

enum fork_served fork_serve(const struct fork_hooks *hooks, char *const *sources, char ***argv,
                            struct error *err)
{
    static const struct fork_hooks none;
    int socket = open_socket(err);
    if (socket < 0)
        return FORK_FAILED;
    struct order order = {.open_files = files_find()};
    prctl(PR_SET_CHILD_SUBREAPER, 0L); /* the runs are the runner's to adopt, over this process' head */
    send_note(socket, sources);
    while (message_receive(socket, &order.request, sizeof order.request, order.files) ==
           (ssize_t)sizeof order.request)
        if ((*argv = fork_run(hooks ? hooks : &none, socket, &order)))
            return FORK_RUN;
    close(socket);
    vector_free(&order.open_files.list);
    return FORK_ENDED;
}
