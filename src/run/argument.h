/*
 * One argument of the attempts' command line. "{key}" stands for the run's value of a config key (arrays and
 * objects as JSON), "{key.inner}" for what is within it, "{log_dir}" for the run directory, "{config}" for
 * the path of config.json, "{gpu_id}" for the GPU, "{slot}" for the slot's number; a key of the user's own
 * that is named config, gpu_id, slot or flags wins. "{*}" and "{flags}", alone in their argument, stand for
 * several arguments. "{{" and "}}" are braces, as in Python's str.format(), and so is a "}" that closes
 * nothing.
 */
#pragma once
#include <stdbool.h>

#include "base/error.h"
#include "base/vector.h"
#include "plan/plan.h"
#include "store/store.h"

typedef VECTOR(char *) argument_list;

/* A part of an argument: text as it is, or the name within a pair of braces. */
struct piece {
    const char *start;
    size_t len;
    bool in_braces;
};

/* Takes the next piece off *rest; false at the end. A brace that is not closed is a piece of one "{" in
 * braces. */
bool argument_next_piece(const char **rest, struct piece *piece);

enum meaning {
    MEANS_TEXT,
    MEANS_KEY, /* or a value within it */
    MEANS_CONFIG,
    MEANS_LOG_DIR,
    MEANS_GPU_ID,
    MEANS_SLOT,
    MEANS_AXES,  /* {*} */
    MEANS_FLAGS, /* {flags} */
    MEANS_NOTHING
};
enum meaning argument_meaning(const struct config *config, const struct piece *piece);
/* Returns the index in config_keys() of the key that a piece names; -1 when there is none. *inner is the path
 * within its value, of length 0 when the piece names the key itself. */
int64_t argument_find_key(const struct config *config, const struct piece *piece, struct piece *inner);
/* Returns whether it is {*} or {flags}, which stands for any number of arguments. */
bool argument_is_list(const char *argument, const struct config *config);
/* Returns false with err set (ERROR_USAGE) when a placeholder stands for nothing, in the config or in some of
 * its permutations, or several arguments in one. */
bool argument_check(const char *argument, const struct plan *plan, struct error *err);
/* Makes the argument for a run; free() it. Without run->directory it is not known yet where the run executes:
 * {config}, {log_dir}, {gpu_id} and {slot} stay as they are. */
char *argument_fill_in(const char *argument, const struct config *config, const struct run *run);
/* Adds the argument, or those that {*} or {flags} stands for. */
void argument_add(argument_list *arguments, const char *argument, const struct config *config,
                  const struct run *run);
