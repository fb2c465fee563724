#include "run/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"

static bool is_python_script(const char *name)
{
    size_t len = strlen(name);
    return len > strlen(".py") && strcmp(name + len - strlen(".py"), ".py") == 0;
}

/* `words`: how the message names the program. */
static void explain_not_found(const char *name, const char *words, struct error *err)
{
    if (!*name)
        error_set(err, ERROR_USAGE, "%s has no name; write the program before its arguments", words);
    else if (is_python_script(name) && !file_is_folder(name) && access(name, F_OK) == 0)
        error_set(err, ERROR_USAGE,
                  "%s cannot be executed by itself; write: -- python3 %s (or make it executable with: "
                  "chmod +x '%s')",
                  words, name, name);
    else if (!strchr(name, '/') && access(name, F_OK) == 0)
        error_set(err, ERROR_USAGE, "%s is not on PATH; for the file in this folder write ./%s", words, name);
    else if (!strchr(name, '/'))
        error_set(err, ERROR_USAGE, "%s is not on PATH; check its name, or give its path", words);
    else if (file_is_folder(name))
        error_set(err, ERROR_USAGE, "%s is a folder; name the file in it that is to be started", words);
    else if (access(name, F_OK) == 0)
        error_set(err, ERROR_USAGE, "%s cannot be executed; make it so with: chmod +x '%s'", words, name);
    else
        error_system(err, ENOENT, "%s cannot be started; check its path", words);
    err->kind = ERROR_USAGE;
}

/* --- the first line of a script: "#!INTERPRETER ARGUMENT" (execve(2)) --- */

enum { longest_line = 256 };

/* Reads the line without "#!"; false when there is none, or it goes on after what the kernel reads. */
static bool read_first_line(const char *path, char line[longest_line], bool *is_script)
{
    char bytes[longest_line + 1];
    CLEANUP(file_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, bytes, sizeof bytes - 1);
    *is_script = len < 0 || (len > 1 && bytes[0] == '#' && bytes[1] == '!');
    if (len < 3 || !*is_script || (len == longest_line && !memchr(bytes, '\n', longest_line)))
        return false;
    bytes[len] = '\0';
    bytes[strcspn(bytes, "\n")] = '\0';
    const char *start = bytes + 2 + strspn(bytes + 2, " \t");
    memcpy(line, start, strlen(start) + 1);
    return line[0] != '\0';
}

bool program_is_script(const char *path)
{
    char line[longest_line];
    bool is_script;
    return is_python_script(path) || read_first_line(path, line, &is_script);
}

/* Returns the length of the interpreter's path, and what `env` is asked to look for in *by_env (NULL: it is
 * not env, or has options). */
static size_t split_line(const char *line, const char **by_env)
{
    static const char env[] = "/env";
    size_t len = strcspn(line, " \t");
    bool is_env = len >= strlen(env) && memcmp(line + len - strlen(env), env, strlen(env)) == 0;
    const char *word = line + len + strspn(line + len, " \t");
    *by_env = is_env && *word && *word != '-' && !strchr(word, '=') ? word : NULL;
    return len;
}

char *program_find_interpreter(const char *path)
{
    char line[longest_line];
    const char *by_env;
    bool is_script;
    if (!read_first_line(path, line, &is_script))
        return NULL;
    size_t len = split_line(line, &by_env);
    const char *split = strstr(line, "env -S "); /* which splits what follows into words */
    const char *word = by_env ? by_env : split ? split + strlen("env -S ") : "";
    CLEANUP(memory_free) char *name = memory_copy_bytes(word, strcspn(word, " \t"));
    char *found = *name ? path_find_program(name) : NULL;
    return found ? found : memory_copy_bytes(line, len);
}

static bool check_first_line(const char *path, const char *words, struct error *err)
{
    char line[longest_line];
    const char *by_env;
    bool is_script, has_line = read_first_line(path, line, &is_script);
    if (!is_script && is_python_script(path))
        return error_set(
            err, ERROR_USAGE,
            "%s names no interpreter in its first line (#!/usr/bin/env python3), so a shell would "
            "read it; add that line, or write: -- python3 %s",
            words, path);
    if (!has_line)
        return true;
    size_t len = strlen(line);
    if (line[len - 1] == '\r')
        return error_set(
            err, ERROR_USAGE,
            "the lines of %s end as on Windows, so no interpreter is found for it; convert it with: "
            "sed -i 's/\\r$//' '%s'",
            words, path);
    len = split_line(line, &by_env);
    CLEANUP(memory_free) char *interpreter = memory_copy_bytes(line, len);
    if (access(interpreter, F_OK) < 0)
        return error_set(err, ERROR_USAGE,
                         "%s asks in its first line for the interpreter %s, which is not there; correct that "
                         "line, or name an interpreter: -- INTERPRETER %s …",
                         words, interpreter, path);
    CLEANUP(memory_free) char *name = by_env ? memory_copy_bytes(by_env, strcspn(by_env, " \t")) : NULL;
    CLEANUP(memory_free) char *found = name ? path_find_program(name) : NULL;
    return !name || found ||
           error_set(
               err, ERROR_USAGE,
               "%s asks in its first line for the interpreter %s, which is not on PATH; correct that line, "
               "or name an interpreter: -- INTERPRETER %s …",
               words, name, path);
}

char *program_check(const char *name, const char *stands_for, struct error *err)
{
    CLEANUP(memory_free)
    char *words = stands_for ? text_format("the program '%s' (of '%s')", name, stands_for)
                             : text_format("the program '%s'", name);
    char *path = path_find_program(name);
    if (path && check_first_line(path, words, err))
        return path;
    if (!path)
        explain_not_found(name, words, err);
    free(path);
    return NULL;
}
