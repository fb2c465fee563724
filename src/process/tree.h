/*
 * Process trees: the program of an attempt and all that came of it, wherever it went. A tree is held together
 *
 * - by a control group, one for each slot, which no descendant leaves by forking or daemonising;
 * - or, where the system lets us make none, by descent: the program adopts its orphans, so that all stay
 * below it while it lives. When it ends, the runner inherits them: a child of the runner that is no program
 *   belongs to a tree that ends, and its session tells which one.
 *
 * Where neither is possible, a tree is what has stayed in the program's process group.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

#include "base/log.h"
#include "base/vector.h"
#include "process/launch.h"
#include "process/leftover.h"

struct tree;

/* All trees of a runner. */
struct trees {
    uv_loop_t *loop;
    struct log *log;
    char *group;          /* folder of the control group around those of the slots; NULL: by descent */
    bool accounts_memory; /* each of those has a memory.events */
    bool follows;         /* by descent; else what a program has started may leave it */
    bool adopts;          /* orphans, at any time */
    VECTOR(struct tree *) all;
    struct tree *last_to_end; /* by descent; NULL: none has yet */
    uv_signal_t child_ended;  /* by descent, while a tree ends; with groups, once orphans are adopted */
    bool frozen;
};

/* `group`: the folder to make; NULL where there is none. */
void trees_open(struct trees *trees, uv_loop_t *loop, struct log *log, const char *group);
/* This process adopts orphans from now on: programs of trees may be what others have forked. */
void trees_adopt(struct trees *trees);
/* Closes the handles; the trees are empty. */
void trees_close(struct trees *trees);
void trees_free(struct trees *trees);
/* Stops all processes of all trees, or lets them go on. */
void trees_freeze(struct trees *trees, bool frozen);

/* The tree of a slot, for one attempt after the other; owned by `trees`. */
struct tree *tree_create(struct trees *trees);
/* Where the next program is to begin: struct launch's cgroup. */
int tree_prepare(struct tree *tree);
/* A program was launched there. */
void tree_begin(struct tree *tree, const struct launched *launched);
/* The folder of its control group, where that accounts memory; else NULL. */
const char *tree_memory_group(const struct tree *tree);

/* Sends a signal to the program's process group, while the program executes. False when this process may not,
 * since all there belongs to another user. */
bool tree_signal(const struct tree *tree, int number);
/* SIGKILL for all. */
void tree_kill(struct tree *tree);
/*
 * The program has ended, and was waited for. Returns true when it has left nothing; otherwise `gone` is
 * called, from the event loop, when that is the case. Until then the rest goes on, unless tree_kill() ends
 * it.
 */
bool tree_end(struct tree *tree, void (*gone)(void *context), void *context);
/* Ends the watch over a tree that was killed and does not end. It is not to be used again. */
void tree_abandon(struct tree *tree);
/* Returns the processes of the tree that this one can neither signal nor kill, since they belong to another
 * user; vector_free() it. */
struct pids tree_list_foreign(const struct tree *tree);
/* Describes what the program has left, as long as that is not gone, and without what is foreign;
 * leftover_free() it. */
struct leftover tree_describe_rest(const struct tree *tree);
/* Sends a signal to each process that the program has left; not to those in its process group if
 * `spares_group`. False when this process may not signal one of them. */
bool tree_signal_rest(const struct tree *tree, int number, bool spares_group);
