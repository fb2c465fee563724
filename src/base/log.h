/*
 * furcate.log: lines "2020-12-02 16:04:33.000907: furcate.runner] message", appended whole, so that several
 * writers never mix within a line. Each line can be echoed to the terminal as well.
 */
#pragma once
#include "base/error.h"

struct log;

enum log_level {
    LOG_DEBUG, /* to the file only */
    LOG_INFO,  /* to the file and the echo */
    LOG_WARNING,
};

/* Gets each line of LOG_INFO and above, newline included; `message` is where its text begins, after the
 * stamp. */
typedef void log_echo(void *context, enum log_level level, const char *line, const char *message);

/* Opens (and makes) the file for appending. NULL with err set when that fails; log_close() the result. */
struct log *log_open(const char *path, struct error *err);
void log_close(struct log *log);
/* Its open file; borrowed. */
int log_file(const struct log *log);
void log_set_echo(struct log *log, log_echo *echo, void *context);

/* Returns whether the open file is the one at its path. */
bool log_is_in_place(const struct log *log);
/* The file's folder is another one now: the next line makes the file anew there. */
void log_move(struct log *log);

/* One line; newlines inside the message become spaces, and what a terminal would obey is made visible, since
 * people look at the file with cat. What cannot be written (the disk is full, the folder
 * is gone) is kept, up to 1 MiB, and written before the next line that can be. A deleted file is made anew.
 */
void log_line(struct log *log, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
