#include "run/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/vector.h"

typedef VECTOR(char *) words;

struct command {
    char *path;
    words words;
    bool literal;
};

static bool is_executable(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

/* The program's path, searched on PATH when it has no slash; NULL when there is none. */
static char *find_program(const char *name)
{
    if (strchr(name, '/'))
        return is_executable(name) ? memory_copy_text(name) : NULL;
    const char *rest = getenv("PATH");
    if (!rest)
        rest = "/usr/local/bin:/usr/bin:/bin";
    for (;; rest++) {
        size_t len = strcspn(rest, ":");
        CLEANUP(memory_free) char *folder = memory_copy_bytes(len ? rest : ".", len ? len : 1);
        char *path = file_join(folder, name);
        if (is_executable(path))
            return path;
        free(path);
        rest += len;
        if (*rest == '\0')
            return NULL;
    }
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static void explain_not_found(const char *name, struct error *err)
{
    if (!strchr(name, '/') && access(name, F_OK) == 0)
        error_set(err, ERROR_USAGE, "the program '%s' is not on PATH; for the file in this folder write ./%s",
                  name, name);
    else if (!strchr(name, '/'))
        error_set(err, ERROR_USAGE, "the program '%s' is not on PATH; check its name, or give its path",
                  name);
    else if (is_folder(name))
        error_set(err, ERROR_USAGE, "the program '%s' is a folder; name the file in it that is to be started",
                  name);
    else if (access(name, F_OK) == 0)
        error_set(err, ERROR_USAGE, "the program '%s' cannot be executed; make it so with: chmod +x '%s'",
                  name, name);
    else
        error_system(err, ENOENT, "the program '%s' cannot be started; check its path", name);
    err->kind = ERROR_USAGE;
}

struct command *command_create(char *const *program, bool literal, struct error *err)
{
    char *path = find_program(program[0]);
    if (!path) {
        explain_not_found(program[0], err);
        return NULL;
    }
    struct command *command = memory_new(1, sizeof *command);
    command->path = path;
    command->literal = literal;
    for (size_t i = 0; program[i]; i++)
        vector_push(&command->words, memory_copy_text(program[i]));
    return command;
}

void command_destroy(struct command *command)
{
    if (!command)
        return;
    for (size_t i = 0; i < command->words.count; i++)
        free(command->words.items[i]);
    vector_free(&command->words);
    free(command->path);
    free(command);
}

const char *command_path(const struct command *command)
{
    return command->path;
}

/* One piece of an argument: text as it is, or the name within a pair of braces. */
struct piece {
    const char *start;
    size_t len;
    bool in_braces;
};

/* Takes the next piece off *rest; false at the end. A brace that is not closed is a piece of one "{" in
 * braces. */
static bool next_piece(const char **rest, struct piece *piece)
{
    const char *at = *rest;
    if (*at == '\0')
        return false;
    if (at[0] == '{' && at[1] == '{') {
        *piece = (struct piece){at, 1, false};
        *rest = at + 2;
    } else if (at[0] == '{') {
        size_t len = strcspn(at + 1, "{}");
        bool closed = at[1 + len] == '}';
        *piece = closed ? (struct piece){at + 1, len, true} : (struct piece){at, 1, true};
        *rest = at + 1 + (closed ? len + 1 : 0);
    } else {
        size_t len = strcspn(at, "{");
        *piece = (struct piece){at, len, false};
        *rest = at + len;
    }
    return true;
}

static bool is_word(const struct piece *piece, const char *word)
{
    return strlen(word) == piece->len && memcmp(word, piece->start, piece->len) == 0;
}

static void add_value(struct text *out, const struct value *value)
{
    if (value_kind(value) == VALUE_ARRAY || value_kind(value) == VALUE_OBJECT)
        value_add_json(out, value);
    else
        text_add_bytes(out, value_text(value), value_text_len(value));
}

/* What the runner knows of each run, whatever its config holds. */
static bool is_of_run(const struct piece *piece)
{
    return is_word(piece, "config") || is_word(piece, "log_dir") || is_word(piece, "gpu_id");
}

/* Whether an argument may name the i-th key: what has the same default in every config tells runs of nothing
 * that its user has decided, so that {learning_rate} for {lr} would train the same run again and again. */
static bool can_name(const struct config *config, size_t i)
{
    static const char *const derived[] = {"data_name", "train_prefix", "valid_prefix", "test_prefix"};
    const char *key = value_key(config_keys(config), i);
    bool is_derived = false;
    for (size_t j = 0; j < sizeof derived / sizeof *derived; j++)
        is_derived |= strcmp(key, derived[j]) == 0;
    return is_derived || !config_is_default(config, i);
}

static bool refuse_key(const struct config *config, const char *argument, const char *key, struct error *err)
{
    const struct value *keys = config_keys(config), *initial = value_get(keys, key);
    CLEANUP(text_free) struct text fault = {0};
    VECTOR(const char *) names = {0};
    for (size_t i = 0; i < value_count(keys); i++)
        if (can_name(config, i))
            vector_push(&names, value_key(keys, i));
    const char *near = nearest_word(key, names.items, names.count);
    free(names.items);
    text_addf(&fault, "the argument '%s' names {%s}, which ", argument, key);
    if (initial) {
        text_addf(&fault, "%s does not set: it would be ", config_path(config));
        add_value(&fault, initial);
        text_add(&fault, " in every run; ");
    } else {
        text_addf(&fault, "is no key of %s; ", config_path(config));
    }
    if (near)
        text_addf(&fault, "did you mean {%s}?", near);
    else
        text_add(&fault, initial ? "add the key, or name another" : "add the key, or write {{ for a brace");
    return error_set(err, ERROR_USAGE, "%s", text_get(&fault));
}

static bool check_piece(const struct config *config, const char *argument, const struct piece *piece,
                        struct error *err)
{
    if (!piece->in_braces)
        return true;
    if (is_word(piece, "{"))
        return error_set(err, ERROR_USAGE,
                         "the argument '%s' opens a brace and never closes it; write {{ for a brace",
                         argument);
    if (is_word(piece, "*"))
        return strlen(argument) == 3 ||
               error_set(err, ERROR_USAGE,
                         "'{*}' in '%s' stands for several arguments, so it must be an argument of its own",
                         argument);
    if (is_of_run(piece))
        return true;
    for (size_t i = 0; i < value_count(config_keys(config)); i++)
        if (is_word(piece, value_key(config_keys(config), i)) && can_name(config, i))
            return true;
    CLEANUP(memory_free) char *key = memory_copy_bytes(piece->start, piece->len);
    return refuse_key(config, argument, key, err);
}

bool command_check(const struct command *command, const struct config *config, struct error *err)
{
    struct piece piece;
    for (size_t i = 0; i < command->words.count && !command->literal; i++)
        for (const char *rest = command->words.items[i]; next_piece(&rest, &piece);)
            if (!check_piece(config, command->words.items[i], &piece, err))
                return false;
    return true;
}

static bool names(const struct command *command, const char *word)
{
    struct piece piece;
    for (size_t i = 0; i < command->words.count; i++)
        for (const char *rest = command->words.items[i]; next_piece(&rest, &piece);)
            if (piece.in_braces && is_word(&piece, word))
                return true;
    return false;
}

static bool names_a_key(const struct command *command)
{
    struct piece piece;
    for (size_t i = 0; i < command->words.count; i++)
        for (const char *rest = command->words.items[i]; next_piece(&rest, &piece);)
            if (piece.in_braces && !is_of_run(&piece))
                return true;
    return false;
}

void command_add_unnamed_axes(const struct command *command, const struct config *config,
                              struct text *unnamed)
{
    const struct value *keys = config_keys(config);
    if (command->literal || !names_a_key(command) || names(command, "*") || names(command, "config"))
        return;
    for (size_t i = 0; i < value_count(keys); i++)
        if (config_is_axis(config, i) && value_count(value_item(keys, i)) > 1 &&
            !names(command, value_key(keys, i)))
            text_addf(unnamed, "%s{%s}", unnamed->len ? ", " : "", value_key(keys, i));
}

static void add_piece(struct text *out, const struct piece *piece, const struct run *run)
{
    if (!piece->in_braces) {
        text_add_bytes(out, piece->start, piece->len);
    } else if (is_word(piece, "config")) {
        text_addf(out, "%s/config.json", run->directory);
    } else if (is_word(piece, "log_dir")) {
        text_add(out, run->directory);
    } else if (is_word(piece, "gpu_id")) {
        text_addf(out, "%d", run->gpu_id);
    } else {
        CLEANUP(memory_free) char *key = memory_copy_bytes(piece->start, piece->len);
        const struct value *value = value_get(run->keys, key);
        if (value)
            add_value(out, value);
    }
}

static void add_axes(words *arguments, const struct config *config, const struct run *run)
{
    const struct value *keys = config_keys(config);
    for (size_t i = 0; i < value_count(keys); i++) {
        const struct value *value = value_get(run->keys, value_key(keys, i));
        if (!config_is_axis(config, i) || !value)
            continue;
        struct text argument = {0};
        text_addf(&argument, "--%s=", value_key(keys, i));
        add_value(&argument, value);
        vector_push(arguments, text_take(&argument));
    }
}

static char *fill_in(const char *word, const struct run *run)
{
    struct text argument = {0};
    struct piece piece;
    for (const char *rest = word; next_piece(&rest, &piece);)
        add_piece(&argument, &piece, run);
    return text_take(&argument);
}

char **command_arguments(const struct command *command, const struct config *config, const struct run *run)
{
    words arguments = {0};
    vector_push(&arguments, NULL);
    for (size_t i = 0; i < command->words.count; i++) {
        const char *word = command->words.items[i];
        if (command->literal)
            vector_push(&arguments, memory_copy_text(word));
        else if (strcmp(word, "{*}") == 0)
            add_axes(&arguments, config, run);
        else
            vector_push(&arguments, fill_in(word, run));
    }
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
    words arguments = {0};
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
    CLEANUP(memory_free) char *name = file_base_name(command->words.items[0]);
    return strncmp(name, "python", strlen("python")) == 0 ||
           error_set(
               err, ERROR_USAGE,
               "--preload imports modules into a Python, but the program is '%s'; leave it out, or name "
               "the Python: -- python %s",
               command->words.items[0], command->words.items[0]);
}

void command_free_arguments(char **arguments)
{
    for (char **argument = arguments; *argument; argument++)
        free(*argument);
    free(arguments - 1);
}
