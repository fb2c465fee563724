#include "run/prepare.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/tell.h"
#include "run/attempt.h"
#include "run/look.h"
#include "run/start.h"

static bool read_plan(struct runner *runner, struct error *err)
{
    const char *path = runner->options->config_path;
    CLEANUP(text_free) struct text content = {0};
    runner->config_content = strcmp(path, "-") == 0 ? 0 : look_at(path, &content);
    struct faults *faults = faults_create(path);
    runner->plan = plan_read(path, runner->options->use, runner->options->overrides, faults);
    if (runner->plan)
        runner->config = config_ref(plan_config(runner->plan));
    CLEANUP(text_free) struct text text = {0};
    faults_add_text(faults, &text);
    tell_lines(text_get(&text));
    faults_destroy(faults);
    err->kind = ERROR_CONFIG; /* all is said */
    return runner->plan != NULL;
}

/* Goes to the one that took its place, if there is any. */
static bool check_cwd(struct runner *runner, struct error *err)
{
    if (!file_cwd_is_deleted())
        return true;
    if (runner->cwd && chdir(runner->cwd) == 0) {
        log_line(runner->log, LOG_INFO, "The working directory %s is there again", runner->cwd);
        return true;
    }
    error_set(err, ERROR_SYSTEM, "the working directory %s is gone (bring it back)",
              runner->cwd ? runner->cwd : "");
    err->may_pass = true;
    return false;
}

static bool find_data_dir(const struct runner *runner, const struct run *run, struct error *err)
{
    const struct value *data_dir = value_get(run->keys, "data_dir");
    if (!runner->options->lists_data_dir || !data_dir || file_is_remote(value_text(data_dir)) ||
        file_is_folder(value_text(data_dir)))
        return true;
    CLEANUP(memory_free) char *path = file_absolute(value_text(data_dir));
    error_set(err, ERROR_SYSTEM, "the data_dir %s is gone (bring it back, or mount it again)", path);
    err->may_pass = true;
    return false;
}

bool prepare_check_folders(struct runner *runner, const struct run *run, struct error *err)
{
    return check_cwd(runner, err) && find_data_dir(runner, run, err);
}

static bool check_data_dir(const struct config *config, const struct value *data_dir, struct error *err)
{
    if (file_is_folder(value_text(data_dir)))
        return true;
    if (file_is_remote(value_text(data_dir)))
        return error_set(
            err, ERROR_CONFIG,
            "%s: the data_dir '%s' is no folder of this machine, and the program lists its files by the "
            "default get_filepaths; define get_filepaths in the program",
            config_path(config), value_text(data_dir));
    CLEANUP(memory_free) char *path = file_absolute(value_text(data_dir));
    return error_set(
        err, ERROR_CONFIG,
        "%s: the data_dir '%s' is not there (looked for the folder %s); correct it, or start from the "
        "folder it is relative to",
        config_path(config), value_text(data_dir), path);
}

static bool check_data_dirs(struct runner *runner, struct error *err)
{
    const struct value *data_dir = value_get(config_keys(runner->config), "data_dir");
    if (!runner->options->lists_data_dir || !data_dir)
        return true;
    if (value_kind(data_dir) != VALUE_ARRAY)
        return check_data_dir(runner->config, data_dir, err);
    for (size_t i = 0; i < value_count(data_dir); i++)
        if (!check_data_dir(runner->config, value_item(data_dir, i), err))
            return false;
    return true;
}

static bool refuse_no_program(const struct runner *runner, struct error *err)
{
    return error_set(
        err, ERROR_USAGE,
        "no program to run: write it after two dashes,\n"
        "    furcate run %s -- python3 train.py --lr '{learning_rate}'\n"
        "or into the config,\n"
        "    \"meta\": {\"program\": [\"python3\", \"train.py\", \"--lr\", \"{learning_rate}\"]}",
        config_path(runner->config));
}

static bool find_program(struct runner *runner, struct error *err)
{
    const struct runner_options *options = runner->options;
    bool is_its_own = options->use == CONFIG_FOR_FORK || options->can_serve;
    runner->command = command_choose(options->program, is_its_own, runner->plan, err);
    if (!runner->command)
        return err->kind != ERROR_NONE ? false : refuse_no_program(runner, err);
    return !options->preload || command_check_preload(runner->command, err);
}

static void tell_of_foreign(void *context, const char *name, pid_t session)
{
    struct pids left = foreign_of_session(context, session);
    CLEANUP(memory_free) char *owner = text_format(" of %s", name);
    CLEANUP(memory_free) char *which = foreign_describe(&left, owner);
    if (left.count > 0)
        tell("furcate: a killed runner has left %s, since this furcate may not\n", which);
    vector_free(&left);
}

/* An attempt is a session, by which what the runner may not signal is known: nothing else of it can be read.
 */
static void look_for_foreign(const char *directory, const struct store_killed *killed)
{
    struct pids foreign = foreign_find(killed->start);
    if (foreign.count > 0)
        store_peek_open_attempts(directory, tell_of_foreign, &foreign);
    vector_free(&foreign);
}

static void end_leftovers(const char *directory, const struct store_killed *killed)
{
    int ended = leftovers_end(&(struct dead_runner){
        .guardian = killed->guardian,
        .start = killed->start,
        .token = killed->token,
        .group = killed->group,
    });
    if (ended > 0)
        tell("furcate: ended %d process%s that a killed runner had left in %s\n", ended,
             ended == 1 ? "" : "es", directory);
    look_for_foreign(directory, killed);
}

/* At the start, and when the log dir was made anew. Nothing that a killed runner left may write while its log
 * dir is looked through. */
static void on_locked(void *context, int lock_fd, const char *directory, const struct store_killed *killed)
{
    struct runner *runner = context;
    guard_share_lock(runner->guard, lock_fd);
    vanish_follow(runner);
    attempt_each(runner, attempt_remake_directory);
    if (killed)
        end_leftovers(directory, killed);
}

static void add_code_line(struct runner *runner, const struct other_rows *rows)
{
    unsigned long long count = rows->by_other_code, all = taken_count(&runner->taken);
    CLEANUP(memory_free) char *edited = code_find_edited(&runner->code, text_get(&rows->other_files));
    text_addf(&runner->other_rows, "%llu of %llu finished run%s of this plan %s made ", count, all,
              all == 1 ? "" : "s", count == 1 ? "was" : "were");
    if (edited)
        text_addf(&runner->other_rows, "before %s was edited", edited);
    else
        text_add(&runner->other_rows, "by another program or script");
    text_addf(&runner->other_rows, "; %s, unless you delete %s\n",
              count == 1 ? "it goes on to count" : "they go on to count",
              count == 1 ? "its row" : "their rows");
}

static bool open_store(struct runner *runner, struct error *err)
{
    struct store_holder holder = {
        .guardian = runner->guard->guardian,
        .token = runner->guard->token,
        .group = runner->guard->group,
        .locked = on_locked,
        .context = runner,
    };
    runner->store = store_open(config_log_dir(runner->config), &holder, err);
    if (!runner->store)
        return false;
    runner->log = store_log(runner->store);
    store_set_config(runner->store, store_format_config(runner->config));
    code_open(&runner->code, runner->command, runner->options->config_path);
    store_set_start(runner->store, start_describe(runner));
    store_set_code(runner->store, runner->code.hash, text_get(&runner->code.list));
    runner->order = order_create(runner->plan);
    struct other_rows others = {.code = runner->code.hash};
    bool found = store_find_finished(runner->store, runner->plan, &runner->taken.now, &others, err);
    runner->others = runner->others_at_start = others.count;
    runner->odd_rows = others.odd;
    runner->other_rows = others.lines;
    if (others.by_other_code > 0)
        add_code_line(runner, &others);
    text_free(&others.other_files);
    if (!found)
        return false;
    runner->finished = taken_count(&runner->taken);
    return true;
}

static bool open_loop(struct runner *runner, struct error *err)
{
    int failed = uv_loop_init(&runner->loop); /* a negative errno, on Unix */
    return failed == 0 || error_system(err, -failed, "cannot make the event loop");
}

bool prepare_runner(struct runner *runner, struct error *err)
{
    runner->cwd = getcwd(NULL, 0);
    runner->launcher = launcher_create(err);
    runner->environment = environment_create(runner->options->script_plan, runner->options->shows_gpu);
    return runner->launcher && limits_open(err) && read_plan(runner, err) && check_data_dirs(runner, err) &&
           find_program(runner, err) && slots_open(&runner->slots, runner->options, runner->config, err) &&
           open_store(runner, err) && open_loop(runner, err);
}
