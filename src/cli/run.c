#include "run/run.h"
#include "cli/given.h"

/* Returns -1, or the exit status when there is no more to do. */
static int read_options(const struct cli_command *command, int argc, char **argv, struct cli_given *given,
                        struct runner_options *runner)
{
    static const struct option options[] = {CLI_GIVEN_OPTIONS,
                                            {"detach", no_argument, NULL, 'd'},
                                            {"preload", required_argument, NULL, 'p'},
                                            {0}};
    int option, status;
    while ((option = cli_next_option(command, argc, argv, options, &status)) != -1)
        if (option == 'd')
            runner->detach = true;
        else if (option == 'p')
            runner->preload = optarg;
        else if ((status = cli_given_take(command, given, option, argv)) != -1)
            return status;
    return status != -1 ? status : cli_given_end(command, given, argc, argv);
}

static int run(const struct cli_command *command, int argc, char **argv)
{
    struct cli_given given = {0};
    struct runner_options runner = {.use = CONFIG_FOR_PROGRAM, .gpu_count = -1};
    int status = read_options(command, argc, argv, &given, &runner);
    if (status == -1) {
        runner.config_path = given.config;
        runner.overrides = given.overrides.items;
        runner.program = given.program;
        status = runner_main(&runner);
    }
    cli_given_free(&given);
    return status;
}

const struct cli_command cli_run = {
    .name = "run",
    .arguments = "[--set KEY=VALUE] [--detach] [--preload MODULES] CONFIG [-- PROGRAM ARG…]",
    .summary = "run what is left of a config's plan",
    .help =
        "Runs PROGRAM once for each permutation of the config's arrays that has no row in run_data.csv "
        "yet, one\n"
        "attempt a GPU (or a CPU slot, with meta.allow_cpu). Without PROGRAM, meta.program of the config "
        "is used.\n"
        "CONFIG is JSON or YAML; '-' reads it from stdin.\n\n" CLI_GIVEN_HELP
        "  -d, --detach         go on in the background, also when the terminal goes, once all is prepared;\n"
        "                       what would be said is in furcate.log\n"
        "  -p, --preload MODULES\n"
        "                       PROGRAM is a Python, whose modules (\"torch,torchvision\") are imported "
        "once; "
        "each\n"
        "                       run is a fork of that, with the script unchanged (meta.start)\n\n"
        "In the arguments:\n"
        "  '{key}'      the run's value of a key that the config sets\n"
        "  '{key.name}' the value of 'name' in it; '{key.0}' the first of an array\n"
        "  '{*}'        --key=value for each axis; an argument of its own\n"
        "  '{flags}'    the same as argparse takes it: --key for true, nothing for false and null,\n"
        "               --key a b for an array, else --key=value\n"
        "  '{config}'   the path of the run's config.json\n"
        "  '{log_dir}'  the run directory\n"
        "  '{gpu_id}'   the run's GPU, -1 for none\n"
        "  '{slot}'     the run's slot, from 0: no two runs that execute have the same\n"
        "  '{{' '}}'    a brace\n"
        "The quotes keep the shell from taking {*} for something else. PROGRAM may hold these, too.\n\n"
        "The program finds FURCATE_CONFIG, FURCATE_RUN_DIR, FURCATE_ID, FURCATE_NAME, FURCATE_GPU,\n"
        "FURCATE_SLOT, FURCATE_ATTEMPT, FURCATE_METRICS and CUDA_VISIBLE_DEVICES in its environment. Exit\n"
        "status 0 means that the run is done.\n\n"
        "Exit status: 0 every run is done; 1 some failed; 2 bad usage, config or log_dir; 3 no device;\n"
        "130 or 143 stopped by SIGINT, or by SIGTERM or the end of the terminal. ^Z stops the attempts until "
        "fg or bg.\n"
        "The same command goes on where a stop or a crash left off.\n",
    .run = run,
};
