#include "run/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/refs.h"
#include "run/argument.h"
#include "run/program.h"

struct command {
    refs refs;
    char *path; /* NULL: it depends on the run */
    argument_list words;
    bool literal;
};

static bool is_same_in_all_runs(const struct command *command)
{
    return command->literal || !strpbrk(command->words.items[0], "{}");
}

struct command *command_create(char *const *program, bool literal, struct error *err)
{
    struct command *command = memory_new(1, sizeof *command);
    command->refs = 1;
    command->literal = literal;
    for (size_t i = 0; program[i]; i++)
        vector_push(&command->words, memory_copy_text(program[i]));
    vector_push(&command->words, NULL);
    command->words.count--;
    if (!is_same_in_all_runs(command) || (command->path = program_check(program[0], NULL, err)))
        return command;
    command_unref(command);
    return NULL;
}

static char **meta_program(const struct config *config)
{
    const struct value *program = config_meta(config)->program;
    if (!program || value_count(program) == 0)
        return NULL;
    char **words = memory_new(value_count(program) + 1, sizeof *words);
    for (size_t i = 0; i < value_count(program); i++)
        words[i] = (char *)value_text(value_item(program, i));
    return words;
}

struct command *command_choose(char *const *program, bool literal, const struct plan *plan, struct error *err)
{
    CLEANUP(memory_free) char **words = meta_program(plan_config(plan));
    err->kind = ERROR_NONE;
    if (!program && !words)
        return NULL;
    struct command *command = command_create(program ? program : words, literal, err);
    if (!command || command_check(command, plan, err))
        return command;
    command_unref(command);
    return NULL;
}

struct command *command_ref(struct command *command)
{
    refs_take(&command->refs);
    return command;
}

void command_unref(struct command *command)
{
    if (!command || !refs_drop(&command->refs))
        return;
    for (size_t i = 0; i < command->words.count; i++)
        free(command->words.items[i]);
    vector_free(&command->words);
    free(command->path);
    free(command);
}

char *const *command_words(const struct command *command)
{
    return command->words.items;
}

char *command_find_program(const struct command *command, const struct config *config, const struct run *run,
                           struct error *err)
{
    if (command->path)
        return memory_copy_text(command->path);
    CLEANUP(memory_free) char *name = argument_fill_in(command->words.items[0], config, run);
    return program_check(name, command->words.items[0], err);
}

/* --- a program that depends on the run --- */

/* Marks the axes that decide over the program in `choice`, with their first value; returns false when
 * something else does that no run has before it starts. */
static bool find_axes_of_program(const struct command *command, const struct plan *plan, int64_t *choice)
{
    struct piece piece, inner;
    const struct config *config = plan_config(plan);
    for (size_t i = 0; i < plan_axis_count(plan); i++)
        choice[i] = -1;
    for (const char *rest = command->words.items[0]; argument_next_piece(&rest, &piece);) {
        enum meaning meaning = argument_meaning(config, &piece);
        if (meaning != MEANS_TEXT && meaning != MEANS_KEY)
            return false;
        int64_t key = meaning == MEANS_KEY ? argument_find_key(config, &piece, &inner) : -1;
        int64_t axis = key < 0 ? -1 : plan_find_axis(plan, value_key(config_keys(config), (size_t)key));
        if (axis >= 0)
            choice[axis] = 0;
    }
    return true;
}

/* Goes to the next choice of the axes that are marked; false past the last. */
static bool go_to_next(const struct plan *plan, int64_t *choice)
{
    for (size_t i = plan_axis_count(plan); i-- > 0;) {
        if (choice[i] < 0)
            continue;
        if (++choice[i] < (int64_t)plan_axis(plan, i)->count)
            return true;
        choice[i] = 0;
    }
    return false;
}

static bool check_choice(const struct command *command, const struct plan *plan, const int64_t *choice,
                         struct error *err)
{
    if (plan_excludes_all(plan, choice))
        return true;
    CLEANUP(memory_free) uint32_t *whole = memory_new(plan_axis_count(plan), sizeof *whole);
    for (size_t i = 0; i < plan_axis_count(plan); i++)
        whole[i] = choice[i] < 0 ? 0 : (uint32_t)choice[i]; /* the other axes do not matter */
    CLEANUP(value_cleanup) struct value *keys = plan_permutation_of(plan, whole);
    CLEANUP(memory_free)
    char *path = command_find_program(command, plan_config(plan), &(struct run){.keys = keys}, err);
    return path;
}

/* Looks for the programs of all values of an axis: a missing one is told of before the first run starts, not
 * when its turn comes. */
static bool check_programs(const struct command *command, const struct plan *plan, struct error *err)
{
    enum { most_looked_for = 1000 };
    CLEANUP(memory_free) int64_t *choice = memory_new(plan_axis_count(plan), sizeof *choice);
    int looked_for = 0;
    if (command->path || !find_axes_of_program(command, plan, choice))
        return true;
    do
        if (!check_choice(command, plan, choice, err))
            return false;
    while (++looked_for < most_looked_for && go_to_next(plan, choice));
    return true;
}

bool command_check(const struct command *command, const struct plan *plan, struct error *err)
{
    for (size_t i = 0; i < command->words.count && !command->literal; i++)
        if (!argument_check(command->words.items[i], plan, err))
            return false;
    if (!command->literal && argument_is_list(command->words.items[0], plan_config(plan)))
        return error_set(err, ERROR_USAGE, "'%s' stands for arguments; write the program before it",
                         command->words.items[0]);
    return check_programs(command, plan, err);
}

/* --- what no argument names --- */

/* Returns whether a placeholder has this meaning; for MEANS_KEY, whether it names `key` (NULL: any). */
static bool names(const struct command *command, const struct config *config, enum meaning meaning,
                  const char *key)
{
    struct piece piece, inner;
    for (size_t i = 0; i < command->words.count; i++)
        for (const char *rest = command->words.items[i]; argument_next_piece(&rest, &piece);) {
            if (argument_meaning(config, &piece) != meaning)
                continue;
            int64_t found = key ? argument_find_key(config, &piece, &inner) : -1;
            if (!key || (found >= 0 && strcmp(value_key(config_keys(config), (size_t)found), key) == 0))
                return true;
        }
    return false;
}

void command_add_unnamed_axes(const struct command *command, const struct config *config,
                              struct text *unnamed)
{
    const struct value *keys = config_keys(config);
    if (command->literal || !names(command, config, MEANS_KEY, NULL) ||
        names(command, config, MEANS_AXES, NULL) || names(command, config, MEANS_FLAGS, NULL) ||
        names(command, config, MEANS_CONFIG, NULL))
        return;
    for (size_t i = 0; i < value_count(keys); i++)
        if (config_is_axis(config, i) && value_count(value_item(keys, i)) > 1 &&
            !names(command, config, MEANS_KEY, value_key(keys, i)))
            text_addf(unnamed, "%s{%s}", unnamed->len ? ", " : "", value_key(keys, i));
}

void command_add_shadowed(const struct command *command, const struct config *config, struct text *notes)
{
    static const char *const words[][2] = {
        {"config", "the path of the run's config.json is in FURCATE_CONFIG"},
        {"gpu_id", "the run's GPU is in FURCATE_GPU"},
        {"slot", "the run's slot is in FURCATE_SLOT"},
        {"flags", "no placeholder makes flags of all axes then"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words && !command->literal; i++)
        if (names(command, config, MEANS_KEY, words[i][0]))
            text_addf(notes, "%s{%s} is the config's own key '%s': %s", notes->len ? "; " : "", words[i][0],
                      words[i][0], words[i][1]);
}

char **command_arguments(const struct command *command, const struct config *config, const struct run *run)
{
    argument_list arguments = {0};
    vector_push(&arguments, NULL);
    for (size_t i = 0; i < command->words.count; i++)
        if (command->literal)
            vector_push(&arguments, memory_copy_text(command->words.items[i]));
        else
            argument_add(&arguments, command->words.items[i], config, run);
    vector_push(&arguments, NULL);
    return arguments.items + 1;
}

/* Where the options of a Python end, which hold for all that is forked from it, and what it executes begins.
 */
static size_t end_of_options(const struct command *command)
{
    size_t i = 1;
    while (i < command->words.count) {
        const char *word = command->words.items[i];
        const char *letter =
            strpbrk(word, "mcXW"); /* those with a value, of which -m and -c are the last option */
        if (word[0] != '-' || word[1] == '\0')
            break;
        if (word[1] == '-')
            i += strcmp(word, "--check-hash-based-pycs") == 0 ? 2 : 1;
        else if (!letter)
            i++;
        else if (*letter == 'm' || *letter == 'c')
            break;
        else
            i += letter[1] ? 1 : 2;
    }
    return i < command->words.count ? i : command->words.count;
}

char **command_server_arguments(const struct command *command, const char *preload)
{
    argument_list arguments = {0};
    vector_push(&arguments, NULL);
    for (size_t i = 0; i < (preload ? end_of_options(command) : command->words.count); i++)
        vector_push(&arguments, memory_copy_text(command->words.items[i]));
    if (preload) {
        vector_push(&arguments, memory_copy_text("-m"));
        vector_push(&arguments, memory_copy_text("furcate.preload"));
        vector_push(&arguments, memory_copy_text(preload));
    }
    vector_push(&arguments, NULL);
    return arguments.items + 1;
}

bool command_check_preload(const struct command *command, struct error *err)
{
    const char *program = command->words.items[0];
    CLEANUP(memory_free) char *name = file_base_name(program);
    if (!command->path)
        return error_set(err, ERROR_USAGE,
                         "--preload imports modules once for all runs, but the program '%s' depends on the "
                         "run; leave --preload out, or name one Python",
                         program);
    return strncmp(name, "python", strlen("python")) == 0 ||
           error_set(
               err, ERROR_USAGE,
               "--preload imports modules into a Python, but the program is '%s'; leave it out, or name "
               "the Python: -- python3 %s",
               program, program);
}

void command_free_arguments(char **arguments)
{
    for (char **argument = arguments; *argument; argument++)
        free(*argument);
    free(arguments - 1);
}
