#include "process/message.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"

/* Aligned as the kernel wants it. */
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(MESSAGE_FILES * sizeof(int))];
};

bool message_send(int socket, const void *bytes, size_t size, const int *files, size_t count)
{
    union control control = {0};
    struct iovec content = {(void *)bytes, size};
    struct msghdr whole = {.msg_iov = &content, .msg_iovlen = 1};
    if (count > 0) {
        whole.msg_control = control.bytes;
        whole.msg_controllen = CMSG_SPACE(count * sizeof *files);
        control.header = (struct cmsghdr){CMSG_LEN(count * sizeof *files), SOL_SOCKET, SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), files, count * sizeof *files);
    }
    ssize_t sent;
    do
        sent = sendmsg(socket, &whole, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size;
}

static void take_files(struct msghdr *whole, int files[MESSAGE_FILES])
{
    const struct cmsghdr *header = CMSG_FIRSTHDR(whole);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
        memcpy(files, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
}

ssize_t message_receive(int socket, void *bytes, size_t size, int files[MESSAGE_FILES])
{
    union control control;
    struct iovec content = {bytes, size};
    struct msghdr whole = {.msg_iov = &content,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
    ssize_t got;
    do
        got = recvmsg(socket, &whole, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    for (size_t i = 0; i < MESSAGE_FILES; i++)
        files[i] = -1;
    if (got >= 0)
        take_files(&whole, files);
    return got;
}

int message_file(const char *bytes, size_t size)
{
    int fd = memfd_create("furcate-message", MFD_CLOEXEC);
    if (fd >= 0 && (!file_write_all(fd, bytes, size) || lseek(fd, 0, SEEK_SET) < 0))
        file_close_fd(&fd);
    return fd;
}
