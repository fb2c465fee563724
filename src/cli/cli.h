/* furcate(1): one table of subcommands, one file each. */
#pragma once
#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_status { CLI_OK = 0, CLI_SOME_FAILED = 1, CLI_USAGE = 2, CLI_NO_DEVICE = 3 };

struct cli_command {
    const char *name;
    const char *arguments; /* "CONFIG [-- PROGRAM ARG…]" */
    const char *summary;   /* one line for `furcate --help` */
    const char *help;      /* what `furcate NAME --help` says below the usage line */
    /* argv[0] is the subcommand; returns the exit status. */
    int (*run)(const struct cli_command *command, int argc, char **argv);
};

extern const struct cli_command cli_run, cli_plan, cli_best;

/* What cli_next_option() returns for an argument that is no option; optarg is it. */
enum { CLI_ARGUMENT = 1 };

/* getopt_long() that answers --help (returns -1 with *status 0) and names the nearest option to a bad one
 * (returns -1 with *status CLI_USAGE). `options` ends with a zero entry and needs no "help"; single letters
 * are their `val`. Options and arguments may be mixed; at the end, or behind "--", it returns -1 with *status
 * -1, and optind is what follows. */
int cli_next_option(const struct cli_command *command, int argc, char **argv, const struct option *options,
                    int *status);
/* Prints "furcate NAME: message" with the usage line to stderr; returns CLI_USAGE. */
int cli_refuse(const struct cli_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Reads a count such as that of --limit; false when it is none. */
bool cli_parse_count(const char *text, uint64_t *count);
