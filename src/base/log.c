#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

struct log {
    int fd;
    log_echo *echo;
    void *context;
};

struct log *log_open(const char *path, struct error *err)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        error_system(err, errno, "cannot write %s", path);
        return NULL;
    }
    struct log *log = memory_new(1, sizeof *log);
    log->fd = fd;
    return log;
}

void log_close(struct log *log)
{
    if (!log)
        return;
    close(log->fd);
    free(log);
}

int log_file(const struct log *log)
{
    return log->fd;
}

void log_set_echo(struct log *log, log_echo *echo, void *context)
{
    log->echo = echo;
    log->context = context;
}

void log_line(struct log *log, enum log_level level, const char *format, ...)
{
    char stamp[40];
    clock_format_micros(clock_wall(), stamp);
    CLEANUP(text_free) struct text line = {0};
    text_addf(&line, "%s: furcate.runner] ", stamp);
    size_t start = line.len;

    va_list args;
    va_start(args, format);
    text_addv(&line, format, args);
    va_end(args);
    for (size_t i = start; i < line.len; i++)
        if (line.data[i] == '\n')
            line.data[i] = ' ';
    text_add_char(&line, '\n');

    (void)file_write_all(log->fd, line.data, line.len);
    if (log->echo && level >= LOG_INFO)
        log->echo(log->context, level, line.data, line.data + start);
}
