#include "cli/given.h"

#include <string.h>

int cli_given_take(const struct cli_command *command, struct cli_given *given, int option)
{
    if (option == 's')
        vector_push(&given->overrides, optarg);
    else if (option == CLI_ARGUMENT && given->config)
        return cli_refuse(command, "'%s' stands where '--' was expected: write furcate %s %s -- %s …", optarg,
                          command->name, given->config, optarg);
    else if (option == CLI_ARGUMENT)
        given->config = optarg;
    return -1;
}

int cli_given_end(const struct cli_command *command, struct cli_given *given, int argc, char **argv)
{
    bool dashes = strcmp(argv[optind - 1], "--") == 0;
    if (!given->config)
        return cli_refuse(command, "no config file given");
    if (dashes && optind == argc)
        return cli_refuse(command, "no program behind '--'");
    given->program = dashes ? argv + optind : NULL;
    vector_push(&given->overrides, NULL);
    return -1;
}

void cli_given_free(struct cli_given *given)
{
    vector_free(&given->overrides);
}
