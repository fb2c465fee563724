#include "base/machine.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

static void read_boot(char *boot, size_t size)
{
    CLEANUP(file_close_fd) int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, boot, size - 1) : 0;
    boot[got > 0 ? got : 0] = '\0';
    boot[strcspn(boot, "\n")] = '\0';
}

void machine_name_host(char host[MACHINE_HOST_SIZE])
{
    memset(host, 0, MACHINE_HOST_SIZE);
    if (gethostname(host, MACHINE_HOST_SIZE) < 0)
        host[0] = '\0';
}

void machine_read(struct machine *machine)
{
    struct stat info;
    *machine = (struct machine){0};
    machine_name_host(machine->host);
    read_boot(machine->boot, sizeof machine->boot);
    /* It is this process' own also where /proc is that of the namespace around it. */
    if (stat("/proc/self/ns/pid", &info) == 0)
        snprintf(machine->pid_namespace, sizeof machine->pid_namespace, "%llu",
                 (unsigned long long)info.st_ino);
}

static bool is_known(const struct machine *machine)
{
    return machine->boot[0] && machine->pid_namespace[0];
}

bool machine_shares_pids(const struct machine *a, const struct machine *b)
{
    return is_known(a) && strcmp(a->boot, b->boot) == 0 && strcmp(a->pid_namespace, b->pid_namespace) == 0;
}

bool machine_is_elsewhere(const struct machine *here, const struct machine *there)
{
    if (is_known(here) && is_known(there))
        return !machine_shares_pids(here, there);
    return strcmp(here->host, there->host) != 0;
}
