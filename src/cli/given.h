/* What `run` and `plan` are given alike: CONFIG, --set KEY=VALUE, and a program behind "--". */
#pragma once
#include "base/vector.h"
#include "cli/cli.h"

/* `struct cli_given given = {0};` is empty; cli_given_free() it. What it points to is argv's. */
struct cli_given {
    const char *config;
    VECTOR(char *) overrides; /* NULL behind the last, once cli_given_end() returned -1 */
    char **program;           /* NULL: none was given */
};

/* For the table of options. */
#define CLI_GIVEN_OPTIONS                                                                                    \
    {                                                                                                        \
        "set", required_argument, NULL, 's'                                                                  \
    }
#define CLI_GIVEN_HELP                                                                                       \
    "  -s, --set KEY=VALUE  use this value (JSON or YAML) instead of the config's; may be repeated, and\n"   \
    "                       KEY may be one of meta: --set meta.retries=2\n"

/* Takes what cli_next_option() returned of argv. Returns -1, or the exit status when it was refused. */
int cli_given_take(const struct cli_command *command, struct cli_given *given, int option, char **argv);
/* The same for what is left behind the options. */
int cli_given_end(const struct cli_command *command, struct cli_given *given, int argc, char **argv);
/* Returns whether a file has the name of a config. */
bool cli_looks_like_config(const char *path);
/* Returns "python3 " or "sh ", with which a file of that name is started; "" when it has not the name of a
 * script. */
const char *cli_interpreter_of(const char *path);
void cli_given_free(struct cli_given *given);
