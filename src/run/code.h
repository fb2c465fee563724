/* The code that attempts execute: the program, its interpreter and its scripts, and edits of these. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "run/edited.h"

struct command;
struct runner;

struct code {
    struct edited files;
    char *interpreter;  /* path of the file that is executed */
    const char *script; /* the path of one of the files; NULL: not known */
    bool is_read;       /* the script is one that the program is given to read */
    bool has_content;   /* the script had when furcate started */
    int64_t hash;       /* of the content of all */
    struct text list;   /* the files, as an object of path and hash in JSON */
    int64_t next_look;  /* clock_monotonic(): not before; 0: at the next start of a run */
};

/* Finds and reads the files. The config is none of them, also where the program is given it. */
void code_open(struct code *code, const struct command *command, const char *config_path);
void code_free(struct code *code);
const char *code_interpreter(const struct code *code);
/* Returns the script: the program if that was given by its path and is one, else the first file among its
 * arguments, else the program if that was given by its path. NULL: it is not known. */
const char *code_script(const struct code *code);
/* Returns the file that differs from what `list` says of another code; NULL: that had other files. free() it.
 */
char *code_find_edited(const struct code *code, const char *list);
/* Returns whether a script that the program is to read can be read; if not, ERROR_USAGE. A program that
 * cannot be executed is left to its launch. */
bool code_is_there(const struct code *code, struct error *err);
/* Looks whether a file was edited, and tells of it in the log: what starts from now on executes the new code.
 * For a second after an edit it does not look again. To be called before each start of a run. */
void code_follow(struct runner *runner);
