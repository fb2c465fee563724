/*
 * Threads that read the results of runs, or an edited config. They are not those of libuv, of which there are
 * four: a scan of a large output takes minutes, and must keep neither commits nor the results of other runs
 * waiting.
 */
#pragma once
#include <stdbool.h>
#include <uv.h>

struct readers;

/* One thing to read; a part of its owner's struct, which must not be freed before on_read() was called. */
struct reading {
    void (*read)(struct reading *reading);    /* on a thread */
    void (*on_read)(struct reading *reading); /* on the loop, after that; NULL: read() has freed it */
    struct reading *next;                     /* private */
};

struct readers *readers_open(uv_loop_t *loop);
/* Reads it on a thread as soon as one is free; at most 16 read at once. */
void readers_add(struct readers *readers, struct reading *reading);
/* Ends the threads, and frees the readers once the loop has closed their handle. A thread that still reads is
 * left to the end of the process, with its reading and the readers: returns false then. */
bool readers_close(struct readers *readers);
