/* The command line of the attempts: a program found once, and arguments filled in from each permutation. */
#pragma once
#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "config/config.h"
#include "store/store.h"

struct command; /* counted by reference; immutable */

/*
 * program  the program and its arguments, NULL-terminated; copied
 * literal  the arguments are passed on as they are, without replacements
 * Returns NULL with err set (ERROR_USAGE) when the program is not found on PATH or cannot be executed. One
 * that depends on the run, as "{python}" does, is looked for by command_check().
 */
struct command *command_create(char *const *program, bool literal, struct error *err);
/* Makes and checks the command of `program`, or where that is NULL, of meta.program. Returns NULL with err
 * set when it has a fault; with err->kind ERROR_NONE when there is neither. */
struct command *command_choose(char *const *program, bool literal, const struct plan *plan,
                               struct error *err);
struct command *command_ref(struct command *command);
void command_unref(struct command *command);

/* Returns whether each placeholder (argument.h) stands for something in all permutations, and each program
 * that they name can be executed; err is set (ERROR_USAGE) when not. */
bool command_check(const struct command *command, const struct plan *plan, struct error *err);

/*
 * Adds to `unnamed` the axes of several values that no argument names, as "{a}, {b}", when some argument
 * names a key: runs that differ in them alone get the same arguments. Nothing with {*}, {flags} or {config}
 * among these; nor when no key is named at all, as the program will read its config then.
 */
void command_add_unnamed_axes(const struct command *command, const struct config *config,
                              struct text *unnamed);

/* Adds a note on each placeholder that stands for a key of the user's, though it has a meaning of its own. */
void command_add_shadowed(const struct command *command, const struct config *config, struct text *notes);

/* Returns the program and its arguments as they were given, NULL-terminated. */
char *const *command_words(const struct command *command);
/* Returns the path of the program for a run; free() it. NULL with err set when it cannot be executed any
 * more. */
char *command_find_program(const struct command *command, const struct config *config, const struct run *run,
                           struct error *err);
/* The arguments for a run, NULL-terminated, with one spare place before the first (see launch.h). Free with
 * command_free_arguments(). The command must have passed command_check() for the config. */
char **command_arguments(const struct command *command, const struct config *config, const struct run *run);
/*
 * The same for the fork server: the command itself, which must be literal, or, to import `preload` (NULL:
 * nothing), "PROGRAM OPTIONS -m furcate.preload MODULES".
 */
char **command_server_arguments(const struct command *command, const char *preload);
/* Returns whether the program is a Python, which alone can preload; by its name. */
bool command_check_preload(const struct command *command, struct error *err);
void command_free_arguments(char **arguments);
