#include "cli/given.h"

#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

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

const char *cli_interpreter_of(const char *path)
{
    if (ends_with_one_of(path, (const char *const[]){".py", NULL}))
        return "python3 ";
    return ends_with_one_of(path, (const char *const[]){".sh", NULL}) ? "sh " : "";
}

/* Returns whether an argument in the place of the config is most likely a program: a config is a file that
 * nobody can execute. */
static bool is_program(const char *name)
{
    if (cli_looks_like_config(name) || strcmp(name, "-") == 0)
        return false;
    return *cli_interpreter_of(name) || access(name, X_OK) == 0 || access(name, F_OK) != 0;
}

/* Refuses a second argument before "--". */
static int refuse_second(const struct cli_command *command, char **argv, const char *config)
{
    CLEANUP(text_free) struct text words = {0};
    int second = optind - 1, end = second;
    if (!is_program(config))
        return cli_refuse(command, "'%s' stands where '--' was expected: write furcate %s %s -- %s%s …",
                          argv[second], command->name, config, cli_interpreter_of(argv[second]),
                          argv[second]);
    while (argv[end] && argv[end][0] != '-' && !cli_looks_like_config(argv[end]))
        end++;
    text_addf(&words, "%s%s", cli_interpreter_of(config), config);
    for (int i = second; i < end; i++)
        text_addf(&words, " %s", argv[i]);
    if (!argv[end] || argv[end][0] == '-')
        return cli_refuse(command,
                          "'%s' is a program, where the config was expected: write furcate %s CONFIG -- %s",
                          config, command->name, text_get(&words));
    return cli_refuse(command, "%s: write furcate %s %s -- %s",
                      end == second ? "the two are swapped" : "the config comes before the program",
                      command->name, argv[end], text_get(&words));
}

int cli_given_take(const struct cli_command *command, struct cli_given *given, int option, char **argv)
{
    if (option == 's')
        vector_push(&given->overrides, optarg);
    else if (option == CLI_ARGUMENT && given->config)
        return refuse_second(command, argv, given->config);
    else if (option == CLI_ARGUMENT)
        given->config = optarg;
    return -1;
}

int cli_given_end(const struct cli_command *command, struct cli_given *given, int argc, char **argv)
{
    bool dashes = strcmp(argv[optind - 1], "--") == 0;
    if (!given->config)
        return cli_refuse(command, "no config file given");
    const char *interpreter = cli_interpreter_of(given->config);
    if (*interpreter)
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
