#include "process/tree.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "process/cgroup.h"
#include "process/children.h"

/* A control group in use. */
struct group {
    struct tree *tree;
    char *path;
    int folder, events, kill; /* open files; kill may be -1 */
    bool spent;               /* it was killed: what would be cloned into it now would die */
    uv_poll_t emptied;        /* watches `events` while the tree ends */
};

struct tree {
    struct trees *trees;
    size_t number, generation;   /* of the slot, and of its group */
    struct group *group;         /* NULL: by descent, or none made yet */
    pid_t program;               /* 0: none executes */
    void (*gone)(void *context); /* not NULL: it ends */
    void *context;
};

/* --- control groups --- */

static void free_group(struct group *group)
{
    file_close_fd(&group->folder);
    file_close_fd(&group->events);
    file_close_fd(&group->kill);
    free(group->path);
    free(group);
}

static void on_closed(uv_handle_t *handle)
{
    free_group(handle->data);
}

static struct group *open_group(struct tree *tree, struct error *err)
{
    struct group *group = memory_new(1, sizeof *group);
    group->tree = tree;
    group->path = text_format("%s/slot%zu.%zu", tree->trees->group, tree->number, tree->generation++);
    group->folder = group->events = group->kill = -1;
    if (cgroup_make(group->path, err)) {
        group->folder = open(group->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        group->events = cgroup_open_events(group->path);
        group->kill = cgroup_open_kill(group->path);
    }
    if (group->events >= 0 && uv_poll_init(tree->trees->loop, &group->emptied, group->events) == 0) {
        group->emptied.data = group;
        return group;
    }
    cgroup_remove(group->path);
    free_group(group);
    return NULL;
}

static void drop_group(struct tree *tree)
{
    if (!tree->group)
        return;
    cgroup_remove(tree->group->path);
    uv_close((uv_handle_t *)&tree->group->emptied, on_closed);
    tree->group = NULL;
}

/* --- the ways to hold them --- */

static void hold_by_descent(struct trees *trees, const char *why)
{
    log_line(trees->log, LOG_DEBUG, "Runs are held together by descent, not by control groups: %s", why);
    for (size_t i = 0; i < trees->all.count; i++)
        drop_group(trees->all.items[i]);
    if (trees->group)
        cgroup_remove(trees->group);
    free(trees->group);
    trees->group = NULL;
    uv_signal_stop(&trees->child_ended);
    prctl(PR_SET_CHILD_SUBREAPER, 1L);
}

void trees_open(struct trees *trees, uv_loop_t *loop, struct log *log, const char *group)
{
    struct error err = {0};
    *trees = (struct trees){.loop = loop, .log = log};
    uv_signal_init(loop, &trees->child_ended);
    trees->child_ended.data = trees;
    if (group && cgroup_make(group, &err)) {
        trees->group = memory_copy_text(group);
        trees->accounts_memory = cgroup_count_memory(group);
    } else {
        hold_by_descent(trees, group ? err.text : "no cgroup v2 is mounted");
    }
}

void trees_close(struct trees *trees)
{
    for (size_t i = 0; i < trees->all.count; i++)
        drop_group(trees->all.items[i]);
    if (trees->group)
        cgroup_remove(trees->group);
    uv_close((uv_handle_t *)&trees->child_ended, NULL);
}

void trees_free(struct trees *trees)
{
    for (size_t i = 0; i < trees->all.count; i++)
        free(trees->all.items[i]);
    vector_free(&trees->all);
    free(trees->group);
}

struct tree *tree_create(struct trees *trees)
{
    struct tree *tree = memory_new(1, sizeof *tree);
    tree->trees = trees;
    tree->number = trees->all.count;
    vector_push(&trees->all, tree);
    return tree;
}

int tree_prepare(struct tree *tree)
{
    struct error err = {0};
    if (tree->trees->group && !tree->group && !(tree->group = open_group(tree, &err)))
        hold_by_descent(tree->trees, err.text);
    return tree->group ? tree->group->folder : -1;
}

void tree_begin(struct tree *tree, const struct launched *launched)
{
    tree->program = launched->pid;
    if (tree->group && !launched->in_cgroup)
        hold_by_descent(tree->trees, "the kernel starts no process in one");
}

const char *tree_memory_group(const struct tree *tree)
{
    return tree->group && tree->trees->accounts_memory ? tree->group->path : NULL;
}

/* --- signals --- */

static void add_children(pid_t parent, struct pids *pids)
{
    struct pids children = {0};
    children_list(parent, &children);
    for (size_t i = 0; i < children.count; i++)
        if (!pids_have(pids, children.items[i]))
            vector_push(pids, children.items[i]);
    vector_free(&children);
}

/*
 * For the program and its descendants. Each gets it before its children are listed, so that a stopped one
 * makes no more. The kernel's list can lack a child when another one is waited for just then, so all are
 * listed again until there was nothing new twice.
 */
static void signal_descent(pid_t program, int number, struct pids *reached)
{
    size_t signalled = 0;
    vector_push(reached, program);
    for (int quiet = 0; quiet < 2; quiet++) {
        for (size_t i = 0; i < reached->count; i++) {
            for (; signalled < reached->count; signalled++, quiet = 0)
                kill(reached->items[signalled], number);
            add_children(reached->items[i], reached);
        }
    }
}

static void stop_or_continue(const struct tree *tree, int number)
{
    struct pids reached = {0};
    if (tree->program)
        signal_descent(tree->program, number, &reached);
    vector_free(&reached);
}

void trees_freeze(struct trees *trees, bool frozen)
{
    trees->frozen = frozen;
    if (trees->group)
        cgroup_freeze(trees->group, frozen);
    for (size_t i = 0; !trees->group && i < trees->all.count; i++)
        stop_or_continue(trees->all.items[i], frozen ? SIGSTOP : SIGCONT);
}

void tree_signal(const struct tree *tree, int number)
{
    if (tree->program && kill(-tree->program, number) < 0)
        kill(tree->program, number); /* it was just born, and makes its group only now */
}

static void kill_group(struct group *group)
{
    group->spent = true;
    cgroup_kill(group->path, group->kill);
}

static void kill_descent(pid_t program)
{
    struct pids reached = {0};
    signal_descent(program, SIGSTOP, &reached);
    for (size_t i = 0; i < reached.count; i++)
        kill(reached.items[i], SIGKILL);
    vector_free(&reached);
}

void tree_kill(struct tree *tree)
{
    if (tree->group)
        kill_group(tree->group);
    else if (tree->program)
        kill_descent(tree->program);
}

/* --- the end --- */

static void tell(struct tree *tree)
{
    void (*gone)(void *) = tree->gone;
    tree->gone = NULL;
    gone(tree->context);
}

static bool is_program(const void *context, pid_t pid)
{
    const struct trees *trees = context;
    for (size_t i = 0; i < trees->all.count; i++)
        if (trees->all.items[i]->program == pid)
            return true;
    return false;
}

/* Kills what was inherited from trees that have ended, and what that leaves in turn. Whether nothing is left.
 */
static bool is_all_gone(const struct trees *trees)
{
    struct reaped inherited;
    do
        inherited = children_reap(true, is_program, trees);
    while (inherited.gone > 0);
    return inherited.left == 0;
}

static void on_child_ended(uv_signal_t *handle, int number)
{
    (void)number;
    struct trees *trees = handle->data;
    if (!is_all_gone(trees))
        return;
    uv_signal_stop(handle);
    for (size_t i = 0; i < trees->all.count; i++)
        if (trees->all.items[i]->gone)
            tell(trees->all.items[i]);
}

static void on_emptied(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    struct tree *tree = ((struct group *)handle->data)->tree;
    if (!cgroup_is_empty(tree->group->events))
        return;
    drop_group(tree);
    tell(tree);
}

static bool end_group(struct tree *tree)
{
    bool empty = cgroup_is_empty(tree->group->events);
    if (empty && tree->group->spent)
        drop_group(tree);
    if (empty)
        return true;
    kill_group(tree->group);
    uv_poll_start(&tree->group->emptied, UV_PRIORITIZED, on_emptied);
    return false;
}

/* What came of a group and was adopted; the rest may be of a tree that executes. */
static void on_adopted_ended(uv_signal_t *handle, int number)
{
    (void)number;
    children_reap(false, is_program, handle->data);
}

void trees_adopt(struct trees *trees)
{
    if (!trees->group || uv_is_active((uv_handle_t *)&trees->child_ended))
        return; /* by descent it does */
    prctl(PR_SET_CHILD_SUBREAPER, 1L);
    uv_signal_start(&trees->child_ended, on_adopted_ended, SIGCHLD);
}

static bool is_any_ending(const struct trees *trees)
{
    for (size_t i = 0; i < trees->all.count; i++)
        if (trees->all.items[i]->gone)
            return true;
    return false;
}

/* The children are looked at again once their ends are watched for, so that none falls in between. */
static bool end_descent(struct trees *trees)
{
    if (is_all_gone(trees))
        return true;
    uv_signal_start(&trees->child_ended, on_child_ended, SIGCHLD);
    if (!is_all_gone(trees))
        return false;
    if (!is_any_ending(trees)) /* else the signal that tells them is on its way */
        uv_signal_stop(&trees->child_ended);
    return true;
}

bool tree_end(struct tree *tree, void (*gone)(void *context), void *context)
{
    tree->program = 0;
    if (tree->group ? end_group(tree) : end_descent(tree->trees))
        return true;
    tree->gone = gone;
    tree->context = context;
    return false;
}
