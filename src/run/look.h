/* Looks at the content of a file. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* A hash of the content; 0 with errno set when there is none: ENODATA for a file that is empty, as one is
 * that is being saved, EINVAL for what is no file. */
uint64_t look_at(const char *path);

/*
 * Looks at a file on a thread of its own, for a file system that may hang for as long as a server is away:
 * that holds up neither the event loop nor, as on a thread of libuv's pool, a commit or the runner's end.
 */
struct looker {
    const char *path; /* borrowed */
    int ends[2];      /* of a pipe: each look writes what it saw; -1 until the first */
    uv_poll_t seen;
    bool is_looking;
    void (*saw)(void *context, uint64_t content);
    void *context;
};

/* Calls saw() on the loop's thread after each look, with what look_at() gave. looker_close() it. */
void looker_open(struct looker *looker, const char *path, void (*saw)(void *context, uint64_t content),
                 void *context);
/* Begins a look, unless one is under way. */
void looker_start(struct looker *looker, uv_loop_t *loop);
/* Does not wait for a look. */
void looker_close(struct looker *looker);
