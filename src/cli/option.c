#include "base/tell.h"
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/display.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/text.h"
#include "base/vector.h"

int cli_refuse(const struct cli_command *command, const char *format, ...)
{
    CLEANUP(text_free) struct text message = {0};
    va_list args;
    va_start(args, format);
    display_addv(&message, format, args);
    va_end(args);
    tell("furcate %s: %s\nusage: furcate %s %s\n", command->name, text_get(&message), command->name,
         command->arguments);
    return CLI_USAGE;
}

static int refuse_option(const struct cli_command *command, const char *word, const struct option *options)
{
    VECTOR(const char *) names = {0};
    vector_push(&names, "help");
    for (const struct option *option = options; option->name; option++)
        vector_push(&names, option->name);
    CLEANUP(memory_free)
    char *name = memory_copy_bytes(word + 2 * (word[0] == '-' && word[1] == '-'),
                                   strcspn(word + 2 * (word[0] == '-' && word[1] == '-'), "="));
    const char *near = nearest_word(name, names.items, names.count);
    free(names.items);
    if (near)
        return cli_refuse(command, "no option '%s'; did you mean --%s?", word, near);
    return cli_refuse(command, "no option '%s'; furcate %s --help lists them", word, command->name);
}

static int print_help(const struct cli_command *command)
{
    tell_result("usage: furcate %s %s\n\n", command->name, command->arguments);
    tell_result_lines(command->help);
    return CLI_OK;
}

/* "-:" (arguments in their order, a missing value reported as ':'), then the single letters. */
static void add_letters(struct text *letters, const struct option *options)
{
    text_add(letters, "-:h");
    for (const struct option *option = options; option->name; option++)
        if (ascii_is_letter((char)option->val))
            text_addf(letters, "%c%s", option->val, option->has_arg ? ":" : "");
}

int cli_next_option(const struct cli_command *command, int argc, char **argv, const struct option *options,
                    int *status)
{
    CLEANUP(text_free) struct text letters = {0};
    VECTOR(struct option) all = {0};
    add_letters(&letters, options);
    vector_push(&all, ((struct option){"help", no_argument, NULL, 'h'}));
    for (const struct option *option = options; option->name; option++)
        vector_push(&all, *option);
    vector_push(&all, (struct option){0});

    opterr = 0;
    const char *word = argv[optind];
    int found = getopt_long(argc, argv, text_get(&letters), all.items, NULL);
    free(all.items);
    *status = -1;
    if (found == 'h')
        *status = print_help(command);
    else if (found == ':')
        *status = cli_refuse(command, "option '%s' needs a value", word);
    else if (found == '?')
        *status = refuse_option(command, word, options);
    return *status == -1 ? found : -1;
}

bool cli_parse_count(const char *text, uint64_t *count)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (!ascii_is_digit(text[0]) || *end || errno)
        return false;
    *count = number;
    return true;
}
