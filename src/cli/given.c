#include "cli/given.h"

#include <string.h>

static bool ends_with_one_of(const char *path, const char *const *endings)
{
    for (size_t len = strlen(path); *endings; endings++)
        if (len > strlen(*endings) && strcmp(path + len - strlen(*endings), *endings) == 0)
            return true;
    return false;
}

bool cli_looks_like_config(const char *path)
{
    return ends_with_one_of(path, (const char *const[]){".json", ".yaml", ".yml", NULL});
}

/* Returns how a file that is no config is started; NULL when it does not have the name of a script. */
static const char *interpreter_of(const char *path)
{
    if (ends_with_one_of(path, (const char *const[]){".py", NULL}))
        return "python3 ";
    return ends_with_one_of(path, (const char *const[]){".sh", NULL}) ? "sh " : NULL;
}

/* Refuses a second argument before "--". */
static int refuse_second(const struct cli_command *command, const char *config, const char *argument)
{
    const char *interpreter = interpreter_of(config);
    if (cli_looks_like_config(argument) && !cli_looks_like_config(config))
        return cli_refuse(command, "the two are swapped: write furcate %s %s -- %s%s", command->name,
                          argument, interpreter ? interpreter : "", config);
    interpreter = interpreter_of(argument);
    return cli_refuse(command, "'%s' stands where '--' was expected: write furcate %s %s -- %s%s …", argument,
                      command->name, config, interpreter ? interpreter : "", argument);
}

int cli_given_take(const struct cli_command *command, struct cli_given *given, int option)
{
    if (option == 's')
        vector_push(&given->overrides, optarg);
    else if (option == CLI_ARGUMENT && given->config)
        return refuse_second(command, given->config, optarg);
    else if (option == CLI_ARGUMENT)
        given->config = optarg;
    return -1;
}

int cli_given_end(const struct cli_command *command, struct cli_given *given, int argc, char **argv)
{
    bool dashes = strcmp(argv[optind - 1], "--") == 0;
    if (!given->config)
        return cli_refuse(command, "no config file given");
    const char *interpreter = interpreter_of(given->config);
    if (interpreter)
        return cli_refuse(command,
                          "'%s' is a program, where the config was expected: write furcate %s CONFIG -- %s%s",
                          given->config, command->name, interpreter, given->config);
    if (dashes && optind == argc)
        return cli_refuse(command, "no program after '--'");
    given->program = dashes ? argv + optind : NULL;
    vector_push(&given->overrides, NULL);
    return -1;
}

void cli_given_free(struct cli_given *given)
{
    vector_free(&given->overrides);
}
