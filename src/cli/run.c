#include <string.h>

#include "cli/cli.h"
#include "run/run.h"

static int run(const struct cli_command *command, int argc, char **argv)
{
    static const struct option options[] = {{0}};
    int status;
    while (cli_next_option(command, argc, argv, options, &status) != -1)
        ;
    if (status != -1)
        return status;
    if (optind >= argc || strcmp(argv[optind - 1], "--") == 0)
        return cli_refuse(command, "no config file given");

    const char *config = argv[optind++];
    bool dashes = optind < argc && strcmp(argv[optind], "--") == 0;
    if (optind < argc && !dashes)
        return cli_refuse(command, "'%s' stands where '--' was expected: write furcate run %s -- %s …",
                          argv[optind], config, argv[optind]);
    if (dashes && !argv[optind + 1])
        return cli_refuse(command, "no program behind '--'");
    struct runner_options runner = {
        .config_path = config,
        .use = CONFIG_FOR_PROGRAM,
        .program = dashes ? argv + optind + 1 : NULL,
        .gpu_count = -1,
    };
    return runner_main(&runner);
}

const struct cli_command cli_run = {
    .name = "run",
    .arguments = "CONFIG [-- PROGRAM ARG…]",
    .summary = "run what is left of a config's plan",
    .help = "Runs PROGRAM once for each permutation of the config's arrays that has no row in run_data.csv "
            "yet, one\n"
            "attempt a GPU (or a CPU slot, with meta.allow_cpu). Without PROGRAM, meta.program of the config "
            "is used.\n"
            "CONFIG is JSON or YAML; '-' reads it from stdin.\n\n"
            "In the arguments:\n"
            "  {key}      the run's value of a config key\n"
            "  {*}        --key=value for each axis; an argument of its own\n"
            "  {config}   the path of the run's config.json\n"
            "  {log_dir}  the run directory        {gpu_id}  the run's GPU, -1 for none\n"
            "  {{         a brace\n\n"
            "The program finds FURCATE_CONFIG, FURCATE_RUN_DIR, FURCATE_ID, FURCATE_NAME, FURCATE_GPU, "
            "FURCATE_ATTEMPT,\n"
            "FURCATE_METRICS and CUDA_VISIBLE_DEVICES in its environment. Exit status 0 means that the run "
            "is done.\n\n"
            "Exit status: 0 every run is done; 1 some failed; 2 bad usage, config or log_dir; 3 no device;\n"
            "130 or 143 stopped by SIGINT or SIGTERM. The same command goes on where a stop or a crash left "
            "off.\n",
    .run = run,
};
