#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/tell.h"
#include "cli/given.h"
#include "cli/plan_print.h"
#include "plan/plan.h"
#include "run/run.h"
#include "store/store.h"

static const struct format {
    const char *name;
    enum plan_format format;
    uint64_t limit; /* of the runs it lists, when no --limit is given */
} formats[] = {{"table", PLAN_TABLE, 10}, {"csv", PLAN_CSV, UINT64_MAX}, {"json", PLAN_JSON, UINT64_MAX}};

enum { format_count = sizeof formats / sizeof *formats };

struct request {
    const struct format *format;
    const char *against; /* a log dir, or a config file; NULL: none */
    uint64_t offset, limit;
    bool limit_given;
    struct cli_given given;
};

static const struct format *find_format(const char *name)
{
    for (size_t i = 0; i < format_count; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

static const struct option options[] = {CLI_GIVEN_OPTIONS,
                                        {"limit", required_argument, NULL, 'n'},
                                        {"offset", required_argument, NULL, 'o'},
                                        {"format", required_argument, NULL, 'f'},
                                        {"against", required_argument, NULL, 'a'},
                                        {0}};

/* Returns -1, or the exit status when it was refused. */
static int take_option(const struct cli_command *command, struct request *request, int option, char **argv)
{
    uint64_t *number = option == 'n' ? &request->limit : &request->offset;
    if (option == 'f' && !(request->format = find_format(optarg)))
        return cli_refuse(command, "no format '%s': there are table, csv and json", optarg);
    if ((option == 'n' || option == 'o') && !cli_parse_count(optarg, number))
        return cli_refuse(command, "'%s' is no number of permutations", optarg);
    request->limit_given |= option == 'n';
    if (option == 'a')
        request->against = optarg;
    return cli_given_take(command, &request->given, option, argv);
}

/* Returns -1, or the exit status when there is no more to do. */
static int read_options(const struct cli_command *command, int argc, char **argv, struct request *request)
{
    int option, status;
    while ((option = cli_next_option(command, argc, argv, options, &status)) != -1)
        if ((status = take_option(command, request, option, argv)) != -1)
            return status;
    if (!request->limit_given)
        request->limit = request->format->limit;
    return status != -1 ? status : cli_given_end(command, &request->given, argc, argv);
}

/* Prints all faults and ends them. */
static void print_faults(struct faults *faults)
{
    CLEANUP(text_free) struct text text = {0};
    faults_add_text(faults, &text);
    tell_lines(text_get(&text));
    faults_destroy(faults);
}

/* NULL when it has an error. */
static struct plan *read_plan(const struct cli_given *given)
{
    struct faults *faults = faults_create(given->config);
    struct plan *plan = plan_read(given->config, CONFIG_FOR_PROGRAM, given->overrides.items, faults);
    print_faults(faults);
    return plan;
}

/* The plan that was carried out last in a log dir, or that of a config file; its warnings were told then. */
static struct plan *read_earlier_plan(const char *path)
{
    struct stat info;
    struct faults *faults = faults_create(path);
    struct plan *plan;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        struct config *config = store_peek_config(path, faults);
        plan = config ? plan_create(config, faults) : NULL;
        config_unref(config);
    } else {
        plan = plan_read(path, CONFIG_FOR_PROGRAM, NULL, faults);
    }
    if (plan)
        faults_destroy(faults);
    else
        print_faults(faults);
    return plan;
}

static int print_against(const struct plan_view *view, const char *path)
{
    struct plan *before = read_earlier_plan(path);
    if (!before)
        return CLI_USAGE;
    plan_print_change(view, before);
    plan_unref(before);
    return CLI_OK;
}

/* Returns NULL when it has a fault, which is told as `run` does, or *none when no program is given. */
static struct command *check_command(const struct cli_given *given, const struct plan *plan, bool *none)
{
    struct error err;
    struct command *command = command_choose(given->program, false, plan, &err);
    *none = !command && err.kind == ERROR_NONE;
    if (!command && !*none)
        tell_error("furcate", &err);
    return command;
}

static int print_alone(struct plan_view *view)
{
    struct error err = {0};
    struct other_rows others = {0};
    const char *log_dir = config_log_dir(plan_config(view->plan));
    if (!store_peek_finished(log_dir, log_dir, view->plan, &view->done, &others, &err)) {
        tell_error("furcate plan", &err);
        number_set_free(&view->done);
        text_free(&others.lines);
        return CLI_USAGE;
    }
    view->other_rows = text_get(&others.lines);
    plan_print(view);
    number_set_free(&view->done);
    text_free(&others.lines);
    return CLI_OK;
}

static int print(const struct request *request)
{
    enum { commands_shown = 3 };
    bool no_program = false;
    struct plan *plan = read_plan(&request->given);
    struct command *command = plan ? check_command(&request->given, plan, &no_program) : NULL;
    struct plan_view view = {
        .plan = plan,
        .format = request->format->format,
        .offset = request->offset,
        .limit = request->limit,
        .command = command,
        .commands = request->limit_given ? request->limit : commands_shown,
    };
    int status = !command && !no_program ? CLI_USAGE
                 : request->against      ? print_against(&view, request->against)
                                         : print_alone(&view);
    command_unref(command);
    plan_unref(plan);
    return status;
}

static int plan(const struct cli_command *command, int argc, char **argv)
{
    struct request request = {.format = &formats[0]};
    int status = read_options(command, argc, argv, &request);
    if (status == -1) {
        status = print(&request);
    }
    cli_given_free(&request.given);
    return status;
}

const struct cli_command cli_plan = {
    .name = "plan",
    .arguments = "[OPTION…] CONFIG [-- PROGRAM ARG…]",
    .summary = "show what a config would run, without running it",
    .help =
        "Prints the axes of a config, how many permutations they span, how many are excluded, done (they\n"
        "have a row in run_data.csv) and left, and the labels of the first runs in run order, with a mark\n"
        "on those that are done. PROGRAM, or else meta.program, is checked as 'furcate run' checks it, and\n"
        "its first commands are shown; {config}, {log_dir}, {gpu_id} and {slot} stay in them, since they\n"
        "are not known before a run starts.\n\n"
        "  -n, --limit N        list at most N runs (default: 10 for a table, else all)\n"
        "  -o, --offset N       leave out the first N\n"
        "  -a, --against WHAT   tell what joins, stays and goes compared with the config that was carried\n"
        "                       out last in the log dir WHAT, or with the config file WHAT\n"
        "  -f, --format F       table; csv: the keys and the label, one line a run; json: one "
        "object\n" CLI_GIVEN_HELP "\n"
        "Exit status: 0; 2 for bad usage or a bad config, whose faults are all listed: it serves as a "
        "checker.\n",
    .run = plan,
};
