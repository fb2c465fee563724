/*
 * refuse ERROR CALL COMMAND…: executes the command, to which and to whose children the kernel refuses a
 * system call, as containers do by seccomp(2). ERROR: EPERM or ENOSYS. Without arguments it lists the calls
 * that it knows.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALL(name)                                                                                           \
    {                                                                                                        \
#name, SYS_##name                                                                                    \
    }

/* Those without which no dynamically linked program begins are not among them. */
static const struct {
    const char *name;
    long number;
} calls[] = {
    CALL(capget),
    CALL(chdir),
    CALL(clone3),
    CALL(close_range),
    CALL(dup3),
    CALL(epoll_create1),
    CALL(eventfd2),
    CALL(fallocate),
    CALL(fchdir),
    CALL(fchmod),
    CALL(fchown),
    CALL(fdatasync),
    CALL(flock),
    CALL(fstatfs),
    CALL(fsync),
    CALL(ftruncate),
    CALL(getcwd),
    CALL(getpgid),
    CALL(getrandom),
    CALL(getrlimit),
    CALL(getsid),
    CALL(getdents64),
    CALL(inotify_init1),
    CALL(inotify_add_watch),
    CALL(ioctl),
    CALL(kill),
    CALL(linkat),
    CALL(madvise),
    CALL(memfd_create),
    CALL(mkdir),
    CALL(nanosleep),
    CALL(openat2),
    CALL(pidfd_open),
    CALL(pipe2),
    CALL(prctl),
    CALL(prlimit64),
    CALL(pidfd_getfd),
    CALL(pwrite64),
    CALL(process_vm_readv),
    CALL(pidfd_send_signal),
    CALL(readlink),
    CALL(recvmsg),
    CALL(rename),
    CALL(renameat2),
    CALL(sched_getaffinity),
    CALL(sendmsg),
    CALL(setpgid),
    CALL(setsid),
    CALL(signalfd4),
    CALL(socketpair),
    CALL(statfs),
    CALL(statx),
    CALL(sync_file_range),
    CALL(sysinfo),
    CALL(tgkill),
    CALL(timerfd_create),
    CALL(uname),
    CALL(unlink),
    CALL(utimensat),
    CALL(waitid),
    CALL(io_uring_setup),
    CALL(membarrier),
    CALL(rseq),
    CALL(sigaltstack),
};
enum { count = sizeof calls / sizeof *calls };

static long find(const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(calls[i].name, name) == 0)
            return calls[i].number;
    return -1;
}

static int install(long number, int error)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof program / sizeof *program, program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        for (size_t i = 0; i < count; i++)
            puts(calls[i].name);
        return argc == 1 ? 0 : 2;
    }
    long number = find(argv[2]);
    if (number < 0 || install(number, strcmp(argv[1], "ENOSYS") == 0 ? ENOSYS : EPERM) < 0) {
        perror(argv[2]);
        return 125;
    }
    execvp(argv[3], argv + 3);
    perror(argv[3]);
    return 126;
}
