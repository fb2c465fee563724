#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/nearest.h"
#include "base/tell.h"
#include "cli/cli.h"
#include "cli/given.h"
#include "process/process.h"

static const struct cli_command *const commands[] = {&cli_run, &cli_plan, &cli_best};

enum { command_count = sizeof commands / sizeof *commands };

static int print_help(void)
{
    tell_result(
        "usage: furcate COMMAND [OPTIONS] …\n\n"
        "One config file whose arrays span a grid; one run per permutation, over all GPUs; one table of "
        "results.\n\n");
    for (size_t i = 0; i < command_count; i++)
        tell_result("  %-6s %s\n", commands[i]->name, commands[i]->summary);
    tell_result("\nfurcate COMMAND --help tells more; furcate --version the version.\n");
    return CLI_OK;
}

/* Returns whether the word is a file, and so most likely a config whose command was left out. */
static bool is_config(const char *name)
{
    struct stat info;
    return cli_looks_like_config(name) || (stat(name, &info) == 0 && S_ISREG(info.st_mode));
}

static int refuse_command(const char *name)
{
    if (*cli_interpreter_of(name)) {
        tell("furcate: '%s' is no command; write furcate run CONFIG -- %s%s to run it\n", name,
             cli_interpreter_of(name), name);
        return CLI_USAGE;
    }
    if (is_config(name)) {
        tell("furcate: '%s' is no command; write furcate plan %s to see what it would run, or "
             "furcate run %s -- PROGRAM … to run it\n",
             name, name, name);
        return CLI_USAGE;
    }
    const char *names[command_count];
    for (size_t i = 0; i < command_count; i++)
        names[i] = commands[i]->name;
    const char *near = nearest_word(name, names, command_count);
    tell("furcate: no command '%s'; ", name);
    tell(near ? "did you mean '%s'?\n" : "furcate --help lists them\n", near);
    return CLI_USAGE;
}

static int carry_out(const struct cli_command *command, int argc, char **argv)
{
    struct error err = {0};
    if (limits_check_stack(&err))
        return command->run(command, argc, argv);
    tell_error("furcate", &err);
    return CLI_USAGE;
}

static int run_command(int argc, char **argv)
{
    if (argc < 2) {
        tell("usage: furcate COMMAND [OPTIONS] …; furcate --help lists the commands\n");
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return print_help();
    if (strcmp(argv[1], "--version") == 0) {
        tell_result("furcate " FURCATE_VERSION "\n");
        return CLI_OK;
    }
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(argv[1], commands[i]->name) == 0)
            return carry_out(commands[i], argc - 1, argv + 1);
    return refuse_command(argv[1]);
}

/* What was printed and did not arrive must not look like success: a full disk, say. */
int main(int argc, char **argv)
{
    int status = run_command(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    tell("furcate: the output could not be written: %s\n", strerror(errno));
    return status == CLI_OK ? CLI_SOME_FAILED : status;
}
