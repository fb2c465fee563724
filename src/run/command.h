/* The command line of the attempts: a program found once, and arguments filled in from each permutation. */
#pragma once
#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "config/config.h"
#include "store/store.h"

struct command;

/*
 * program  the program and its arguments, NULL-terminated; copied
 * literal  the arguments are passed on as they are, without replacements
 * Returns NULL with err set (ERROR_USAGE) when the program is not found on PATH or cannot be executed.
 */
struct command *command_create(char *const *program, bool literal, struct error *err);
void command_destroy(struct command *command);

/*
 * Whether every {key} is one that the config's file has, or that is made from its name. In the arguments
 * "{key}" stands for the run's value of a config key (arrays and objects as JSON), "{log_dir}" for the run
 * directory, "{gpu_id}" for its GPU, "{config}" for the path of config.json, "{*}", alone in its argument,
 * for one "--key=value" an axis, and "{{" for a brace.
 */
bool command_check(const struct command *command, const struct config *config, struct error *err);

/*
 * Adds to `unnamed` the axes of several values that no argument names, as "{a}, {b}", when some argument
 * names a key: runs that differ in them alone get the same arguments. Nothing with {*} or {config} among
 * these; nor when no key is named at all, as the program will read its config then.
 */
void command_add_unnamed_axes(const struct command *command, const struct config *config,
                              struct text *unnamed);

const char *command_path(const struct command *command);
/* The arguments for a run, NULL-terminated, with one spare place before the first (see launch.h). Free with
 * command_free_arguments(). The command must have passed command_check() for the config. */
char **command_arguments(const struct command *command, const struct config *config, const struct run *run);
/*
 * The same for the fork server: the command itself, which must be literal, or, to import `preload` (NULL:
 * nothing), "PROGRAM OPTIONS -m furcate.preload MODULES".
 */
char **command_server_arguments(const struct command *command, const char *preload);
/* Whether the program is a Python, which alone can preload; by its name. */
bool command_check_preload(const struct command *command, struct error *err);
void command_free_arguments(char **arguments);
