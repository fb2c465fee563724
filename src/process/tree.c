#include "process/tree.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "process/cgroup.h"
#include "process/children.h"
#include "process/foreign.h"
#include "process/group.h"
#include "process/leftover.h"

struct tree {
    struct trees *trees;
    size_t number, generation;   /* of the slot, and of its group */
    struct group *group;         /* NULL: by descent, or none made yet */
    pid_t program;               /* 0: none executes */
    pid_t session;               /* of the program, also once it has ended */
    struct pids orphans;         /* by descent, while it ends: children of the runner that are of it */
    bool killed;                 /* while it ends: what is left of it is killed as soon as it is seen */
    void (*gone)(void *context); /* not NULL: it ends */
    void *context;
};

/* --- control groups --- */

static struct group *open_group(struct tree *tree, struct error *err)
{
    char *path = text_format("%s/slot%zu.%zu", tree->trees->group, tree->number, tree->generation++);
    return group_open(path, tree->trees->loop, tree, err);
}

static void drop_group(struct tree *tree)
{
    if (tree->group)
        group_drop(tree->group);
    tree->group = NULL;
}

/* --- the ways to hold them --- */

static void on_child_ended(uv_signal_t *handle, int number);

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
    const char *obstacle = descent_follow();
    trees->follows = !obstacle;
    if (obstacle)
        log_line(trees->log, LOG_WARNING,
                 "What programs start cannot be followed, since there are no control groups, and %s: when a "
                 "program ends or is ended, so is its process group, but daemons and other process groups "
                 "are left executing",
                 obstacle);
    if (trees->adopts)
        uv_signal_start(&trees->child_ended, on_child_ended, SIGCHLD);
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
    for (size_t i = 0; i < trees->all.count; i++) {
        vector_free(&trees->all.items[i]->orphans);
        free(trees->all.items[i]);
    }
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
    tree->program = tree->session = launched->pid;
    tree->killed = false;
    if (tree->group && !launched->in_cgroup)
        hold_by_descent(tree->trees, "the kernel starts no process in one");
}

const char *tree_memory_group(const struct tree *tree)
{
    return tree->group && tree->trees->accounts_memory ? tree->group->path : NULL;
}

/* --- signals to what executes --- */

static void stop_or_continue(const struct tree *tree, int number)
{
    struct pids reached = {0};
    if (tree->program && !tree->trees->follows)
        kill(-tree->program, number);
    else if (tree->program)
        descent_signal(tree->program, number, &reached);
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

bool tree_signal(const struct tree *tree, int number)
{
    return !tree->program || kill(-tree->program, number) == 0 ||
           kill(tree->program, number) == 0 || /* it was just born, and makes its group only now */
           errno != EPERM;
}

/* --- orphans: children of the runner, by descent, that programs have left --- */

static bool is_program(const void *context, pid_t pid)
{
    const struct trees *trees = context;
    for (size_t i = 0; i < trees->all.count; i++)
        if (trees->all.items[i]->program == pid)
            return true;
    return false;
}

/* Returns whether a program has ended, which the event loop has yet to tell. */
static bool has_unseen_end(const struct trees *trees)
{
    for (size_t i = 0; i < trees->all.count; i++) {
        siginfo_t info = {0};
        pid_t program = trees->all.items[i]->program;
        if (program && waitid(P_PID, (id_t)program, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid)
            return true;
    }
    return false;
}

/* Returns the tree, of those that end, which an orphan belongs to: by its session; or, where it has made a
 * session of its own, the tree that was the last to end, since orphans are shared out whenever one ends.
 * NULL: that of a program whose end is yet to be told. */
static struct tree *find_owner(const struct trees *trees, pid_t orphan)
{
    pid_t session = getsid(orphan);
    struct tree *owner = NULL;
    for (size_t i = 0; i < trees->all.count; i++) {
        struct tree *tree = trees->all.items[i];
        if (tree->gone && tree->session == session)
            return tree;
        if (tree->gone && (!owner || tree == trees->last_to_end))
            owner = tree;
    }
    return owner && has_unseen_end(trees) ? NULL : owner;
}

static bool is_claimed(const struct trees *trees, pid_t orphan)
{
    for (size_t i = 0; i < trees->all.count; i++)
        if (pids_have(&trees->all.items[i]->orphans, orphan))
            return true;
    return false;
}

/* Gives each orphan to the tree that it belongs to, and where none is known to `heir` (NULL: to none). */
static void share_orphans(const struct trees *trees, struct tree *heir)
{
    struct pids orphans = children_list_others(is_program, trees);
    for (size_t i = 0; i < trees->all.count; i++)
        pids_sift(&trees->all.items[i]->orphans, &orphans, true);
    for (size_t i = 0; i < orphans.count; i++) {
        if (is_claimed(trees, orphans.items[i]))
            continue;
        struct tree *owner = find_owner(trees, orphans.items[i]);
        owner = owner ? owner : heir;
        if (owner)
            vector_push(&owner->orphans, orphans.items[i]);
    }
    vector_free(&orphans);
}

static void kill_orphans(const struct tree *tree)
{
    for (size_t i = 0; i < tree->orphans.count; i++)
        children_kill(tree->orphans.items[i]);
}

/* --- what is left when the program has ended --- */

/* Lists what the program has left; all of the tree while the program executes. */
static struct pids list_rest(const struct tree *tree)
{
    struct pids rest = {0};
    if (tree->group) {
        cgroup_list(tree->group->path, &rest);
        return rest;
    }
    if (tree->program) {
        vector_push(&rest, tree->program);
        descent_add(&rest);
        return rest;
    }
    share_orphans(tree->trees, NULL);
    for (size_t i = 0; i < tree->orphans.count; i++)
        vector_push(&rest, tree->orphans.items[i]);
    descent_add(&rest);
    return rest;
}

struct pids tree_list_foreign(const struct tree *tree)
{
    if (tree->group && tree->group->kill >= 0)
        return (struct pids){0}; /* the kernel kills all that is in a group, whoever's it is */
    struct pids foreign = list_rest(tree);
    foreign_keep(&foreign);
    return foreign;
}

struct leftover tree_describe_rest(const struct tree *tree)
{
    struct pids rest = list_rest(tree), foreign = tree_list_foreign(tree);
    pids_sift(&rest, &foreign, false);
    struct leftover leftover = leftover_describe(&rest);
    vector_free(&foreign);
    vector_free(&rest);
    return leftover;
}

bool tree_signal_rest(const struct tree *tree, int number, bool spares_group)
{
    bool may = true;
    struct pids rest = list_rest(tree);
    for (size_t i = 0; i < rest.count; i++)
        if (!spares_group || getpgid(rest.items[i]) != tree->session)
            may &= kill(rest.items[i], number) == 0 || errno != EPERM;
    vector_free(&rest);
    return may;
}

void tree_kill(struct tree *tree)
{
    tree->killed = true;
    if (tree->group)
        group_kill(tree->group);
    else if (tree->program && !tree->trees->follows)
        kill(-tree->program, SIGKILL);
    else if (tree->program)
        descent_kill(tree->program);
    else
        kill_orphans(tree);
}

/* --- the end --- */

static void tell(struct tree *tree)
{
    void (*gone)(void *) = tree->gone;
    tree->gone = NULL;
    gone(tree->context);
}

/* Watches for ends no more before it tells anybody, since they may close the handle. */
static void on_child_ended(uv_signal_t *handle, int number)
{
    (void)number;
    struct trees *trees = handle->data;
    VECTOR(struct tree *) gone = {0};
    size_t ending = 0;
    share_orphans(trees, NULL);
    for (size_t i = 0; i < trees->all.count; i++) {
        struct tree *tree = trees->all.items[i];
        ending += tree->gone != NULL;
        if (tree->killed)
            kill_orphans(tree);
        if (tree->gone && tree->orphans.count == 0)
            vector_push(&gone, tree);
    }
    if (gone.count == ending && !trees->adopts)
        uv_signal_stop(handle);
    for (size_t i = 0; i < gone.count; i++)
        tell(gone.items[i]);
    vector_free(&gone);
}

static void on_emptied(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    struct tree *tree = ((struct group *)handle->data)->tree;
    if (!cgroup_is_empty(tree->group->events))
        return;
    if (tree->group->spent)
        drop_group(tree);
    else
        uv_poll_stop(handle);
    tell(tree);
}

static bool end_group(struct tree *tree)
{
    bool empty = cgroup_is_empty(tree->group->events);
    if (empty && tree->group->spent)
        drop_group(tree);
    if (!empty)
        uv_poll_start(&tree->group->emptied, UV_PRIORITIZED, on_emptied);
    return empty;
}

/* What came of a group and was adopted; the rest may be of a tree that executes. */
static void on_adopted_ended(uv_signal_t *handle, int number)
{
    (void)number;
    children_reap(false, is_program, handle->data);
}

void trees_adopt(struct trees *trees)
{
    if (trees->adopts)
        return;
    trees->adopts = true;
    prctl(PR_SET_CHILD_SUBREAPER, 1L);
    uv_signal_start(&trees->child_ended, trees->group ? on_adopted_ended : on_child_ended, SIGCHLD);
}

/* Looks at the orphans again once their ends are watched for, so that none is missed in between. */
static bool end_descent(struct tree *tree)
{
    if (!tree->trees->follows) {
        kill(-tree->session, SIGKILL);
        return true;
    }
    tree->trees->last_to_end = tree;
    share_orphans(tree->trees, tree);
    if (tree->orphans.count == 0)
        return true;
    uv_signal_start(&tree->trees->child_ended, on_child_ended, SIGCHLD);
    share_orphans(tree->trees, tree);
    return tree->orphans.count == 0;
}

void tree_abandon(struct tree *tree)
{
    tree->gone = NULL;
    tree->killed = false;
    if (tree->group)
        uv_poll_stop(&tree->group->emptied);
}

bool tree_end(struct tree *tree, void (*gone)(void *context), void *context)
{
    tree->program = 0;
    tree->gone = gone;
    tree->context = context;
    bool is_gone = tree->group ? end_group(tree) : end_descent(tree);
    if (is_gone)
        tree->gone = NULL;
    return is_gone;
}
