#include "process/server.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/vector.h"
#include "process/message.h"

enum { patience_ms = 5000, most_sources = 1 << 24 /* bytes of their paths */ };

/* --- the server --- */

/* Its environment with the variable; free() it, and the variable. */
static char **add_variable(char *const *environment, char *variable)
{
    VECTOR(char *) entries = {0};
    for (char *const *entry = environment; *entry; entry++)
        vector_push(&entries, *entry);
    vector_push(&entries, variable);
    vector_push(&entries, NULL);
    return entries.items;
}

static bool launch_with(struct launcher *launcher, const struct launch *launch, int socket,
                        struct launched *launched, struct error *err)
{
    CLEANUP(memory_free) char *variable = text_format(SERVER_VARIABLE "=%d", socket);
    CLEANUP(memory_free) char **environment = add_variable(launch->envp, variable);
    struct launch serving = *launch;
    serving.envp = environment;
    serving.inherits = socket;
    serving.waits = true;
    if (!launch_process(launcher, &serving, launched, err))
        return false;
    launch_end(launcher, launched->birth); /* it executes: nothing of this process' memory is borrowed */
    launched->birth = NULL;
    return true;
}

bool server_start(struct launcher *launcher, const struct launch *launch, struct server *server,
                  struct error *err)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return error_system(err, errno, "cannot make a socket for the fork server");
    server->socket = ends[0];
    bool started = launch_with(launcher, launch, ends[1], &server->launched, err);
    close(ends[1]);
    if (!started)
        file_close_fd(&server->socket);
    return started;
}

bool server_read_note(const struct server *server, struct server_note *note, struct text *sources)
{
    int files[MESSAGE_FILES];
    *note = (struct server_note){0};
    ssize_t got = message_receive(server->socket, note, sizeof *note, files);
    if (got != (ssize_t)sizeof *note)
        note->version = 0;
    note->gpu[sizeof note->gpu - 1] = note->pool[sizeof note->pool - 1] = '\0';
    note->others[sizeof note->others - 1] = '\0';
    if (files[0] >= 0)
        file_read_fd(files[0], most_sources, sources);
    file_close_fd(&files[0]);
    return got > 0;
}

/* --- its forks --- */

static uint32_t add_texts(struct text *payload, char *const *texts)
{
    uint32_t count = 0;
    for (; texts[count]; count++) {
        text_add(payload, texts[count]);
        text_add_char(payload, '\0');
    }
    return count;
}

/* -1 with errno set. */
static int write_payload(const struct launch *launch, const char *cwd, struct server_request *request)
{
    CLEANUP(text_free) struct text payload = {0};
    text_add(&payload, cwd ? cwd : "");
    text_add_char(&payload, '\0');
    request->arguments = add_texts(&payload, launch->argv);
    request->variables = add_texts(&payload, launch->envp);
    return message_file(payload.data, payload.len);
}

static bool send_request(int server, const struct launch *launch, const char *cwd, int reply)
{
    struct server_request request = {.runner = getpid(), .has_group = launch->cgroup >= 0};
    CLEANUP(file_close_fd) int payload = write_payload(launch, cwd, &request);
    const int files[] = {[SERVER_PAYLOAD] = payload,
                         [SERVER_OUTPUT] = launch->output,
                         [SERVER_ERRORS] = launch->errors,
                         [SERVER_REPLY] = reply,
                         [SERVER_GROUP] = launch->cgroup};
    return payload >= 0 && message_send(server, &request, sizeof request, files,
                                        request.has_group ? SERVER_FILES : SERVER_GROUP);
}

/* A server that was stopped will not answer: that is not waited for. */
static bool is_stopped(const struct server *server)
{
    siginfo_t info = {0};
    return waitid(P_PIDFD, (id_t)server->launched.pidfd, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid != 0;
}

/* Returns whether there is an answer. */
static bool wait_for_reply(const struct server *server, int socket, struct error *err)
{
    enum { step_ms = 20 };
    int64_t until = clock_monotonic() + (int64_t)patience_ms * 1000000;
    struct pollfd answer = {socket, POLLIN, 0};
    int left;
    while ((left = clock_ms_until(until)) > 0) {
        if (poll(&answer, 1, left < step_ms ? left : step_ms) > 0)
            return true;
        if (is_stopped(server))
            return error_set(err, ERROR_SYSTEM, "it is stopped");
    }
    return error_set(err, ERROR_SYSTEM, "it did not answer for %d s", patience_ms / 1000);
}

static bool receive_reply(const struct server *server, int socket, struct server_reply *reply,
                          struct error *err)
{
    int none[MESSAGE_FILES];
    if (!wait_for_reply(server, socket, err))
        return false;
    if (message_receive(socket, reply, sizeof *reply, none) != (ssize_t)sizeof *reply)
        return error_set(err, ERROR_SYSTEM, "it has ended");
    return reply->error == 0 || error_system(err, reply->error, "it cannot fork");
}

/* The number is that of an unreaped child, so it stands for no other process. */
static int open_child(pid_t pid)
{
    siginfo_t info;
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd >= 0 && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        file_close_fd(&pidfd);
    return pidfd;
}

/* Once the run was told to begin it does; without that it ends when the reply's socket is closed. */
static bool take_run(int socket, const struct server_reply *reply, struct launched *launched,
                     struct error *err)
{
    *launched = (struct launched){reply->pid, open_child(reply->pid), reply->in_group, NULL};
    if (launched->pidfd < 0)
        return error_system(err, errno, "its fork is no child of the runner");
    if (message_send(socket, "", 1, NULL, 0))
        return true;
    file_close_fd(&launched->pidfd);
    return error_set(err, ERROR_SYSTEM, "its fork has ended");
}

bool server_fork(const struct server *server, const struct launch *launch, const char *cwd,
                 struct launched *launched, struct error *err)
{
    int ends[2];
    struct server_reply reply = {0};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return error_system(err, errno, "cannot make a socket");
    bool sent =
        send_request(server->socket, launch, cwd, ends[1]) || error_system(err, errno, "cannot ask it");
    close(ends[1]);
    bool taken =
        sent && receive_reply(server, ends[0], &reply, err) && take_run(ends[0], &reply, launched, err);
    close(ends[0]);
    return taken;
}
