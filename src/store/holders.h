/* The content of furcate.lock: who works in the log dir. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/machine.h"
#include "base/text.h"
#include "base/token.h"

enum { HOLDERS_MOST_BYTES = 8192 };

struct holder {
    pid_t pid;      /* 0: none, or not known */
    uint64_t start; /* proc_start(); 0: not known */
};

/* Distinguishes the lock file from every copy of it. */
struct lock_identity {
    uint64_t device, inode;
    uint64_t born; /* ns since 1970; 0 where the file system does not tell it */
};

struct holders {
    struct holder runner, guardian;
    struct machine machine;
    struct lock_identity lock;
    char token[TOKEN_SIZE]; /* "": none */
    char group[4096];       /* folder of the control group; "": none */
};

void holders_format(const struct holders *holders, struct text *out);
/* Reads it; `text` is changed meanwhile. Returns false, with nothing in *holders, where it is anything else
 * than what holders_format() writes. */
bool holders_parse(struct holders *holders, char *text, size_t len);
