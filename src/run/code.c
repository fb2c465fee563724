#include "run/code.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/path.h"
#include "run/command.h"
#include "run/program.h"
#include "run/runner.h"

/* --- the files --- */

/* Returns the file's path; NULL: there is no such file. */
static const char *note(struct code *code, const char *path)
{
    CLEANUP(memory_free) char *absolute = file_absolute(path);
    CLEANUP(text_free) struct text normal = {0};
    file_add_normal_path(&normal, absolute, strlen(absolute));
    return edited_note(&code->files, text_get(&normal));
}

/* Notes the file of the working directory that "python3 -m package.module" executes, and returns its path;
 * NULL: there is none. */
static const char *note_module(struct code *code, const char *module)
{
    CLEANUP(memory_free) char *path = memory_copy_text(module);
    for (char *dot = path; (dot = strchr(dot, '.'));)
        *dot = '/';
    CLEANUP(memory_free) char *file = text_format("%s.py", path);
    CLEANUP(memory_free) char *main_file = text_format("%s/__main__.py", path);
    const char *noted = note(code, file), *main_noted = note(code, main_file);
    return main_noted ? main_noted : noted;
}

/* Notes all files among the arguments, and returns the first that is no option; NULL: there is none. */
static const char *note_arguments(struct code *code, char *const *words, const char *config_path)
{
    const char *first = NULL;
    for (size_t i = 1; words[i]; i++) {
        const char *noted = NULL;
        if (strcmp(words[i], "-m") == 0 && words[i + 1])
            noted = note_module(code, words[i + 1]);
        else if (!file_is_same_path(words[i], config_path))
            noted = note(code, words[i]);
        if (!first && (words[i][0] != '-' || strcmp(words[i], "-m") == 0))
            first = noted;
    }
    return first;
}

/* Returns whether the program is found on PATH by its name, or would be. */
static bool is_on_path(const char *name, const char *program)
{
    CLEANUP(memory_free) char *base_name = file_base_name(program);
    CLEANUP(memory_free) char *found = path_find_program(base_name);
    return !strchr(name, '/') || (found && strcmp(found, program) == 0);
}

/* A program on PATH is an interpreter or a launcher, also where it is a shell script, such as pyenv's
 * python3: the script is what it is given. */
static void find_files(struct code *code, const struct command *command, const char *config_path)
{
    struct stat info;
    char *const *words = command_words(command);
    CLEANUP(memory_free) char *program = path_find_program(words[0]);
    CLEANUP(memory_free) char *interpreter = program ? program_find_interpreter(program) : NULL;
    const char *noted = program ? note(code, program) : NULL;
    if (interpreter)
        note(code, interpreter);
    bool is_script = interpreter && !is_on_path(words[0], program);
    if (program)
        code->interpreter = file_absolute(is_script ? interpreter : program);
    const char *argument = note_arguments(code, words, config_path);
    code->script = is_script ? noted : argument ? argument : strchr(words[0], '/') ? noted : NULL;
    code->is_read = !is_script && argument && program_is_script(argument);
    code->has_content = code->script && stat(code->script, &info) == 0 && info.st_size > 0;
}

/* --- their content --- */

/* Hashes the content; of a large file, which is data rather than code, the size and time. */
static uint64_t hash_file(const struct edited_file *file)
{
    enum { largest = 4 << 20 };
    struct error ignored;
    CLEANUP(text_free) struct text content = {0};
    int64_t size = file->info.st_size, time = file->info.st_mtim.tv_sec;
    if (size <= largest && file_read(file->path, &content, &ignored))
        return hash_bytes(0, text_get(&content), content.len);
    return hash_number(hash_number(0, (uint64_t)size), (uint64_t)time);
}

static void read_files(struct code *code)
{
    uint64_t all = 0;
    text_clear(&code->list);
    for (size_t i = 0; i < code->files.files.count; i++) {
        const struct edited_file *file = &code->files.files.items[i];
        uint64_t hash = hash_file(file);
        all = hash_number(hash_bytes(all, file->path, strlen(file->path)), hash);
        text_add(&code->list, i ? ", " : "{");
        text_add_json_string(&code->list, file->path, strlen(file->path));
        text_addf(&code->list, ": \"%016" PRIx64 "\"", hash);
    }
    text_add(&code->list, code->list.len ? "}" : "{}");
    code->hash = (int64_t)(all | 1); /* 0 stands for none */
}

void code_open(struct code *code, const struct command *command, const char *config_path)
{
    find_files(code, command, config_path);
    read_files(code);
}

void code_free(struct code *code)
{
    edited_clear(&code->files);
    text_free(&code->list);
    free(code->interpreter);
}

const char *code_interpreter(const struct code *code)
{
    return code->interpreter;
}

const char *code_script(const struct code *code)
{
    return code->script;
}

char *code_find_edited(const struct code *code, const char *list)
{
    struct error ignored;
    const char *now = text_get(&code->list);
    CLEANUP(value_cleanup) struct value *files = config_parse("code", now, strlen(now), &ignored);
    CLEANUP(value_cleanup) struct value *others = config_parse("code", list, strlen(list), &ignored);
    for (size_t i = 0; files && others && i < value_count(files); i++) {
        const struct value *other = value_get(others, value_key(files, i));
        if (other && !value_equal(other, value_item(files, i)))
            return memory_copy_text(value_key(files, i));
    }
    return NULL;
}

bool code_is_there(const struct code *code, struct error *err)
{
    struct stat info;
    bool is_found = code->script && stat(code->script, &info) == 0 && access(code->script, R_OK) == 0;
    if (code->is_read && !is_found)
        error_system(err, errno, "cannot read %s", code->script);
    else if (code->has_content && is_found && info.st_size == 0) /* a shell would find no fault with that */
        error_system(err, ENOEXEC, "%s is empty", code->script);
    else
        return true;
    err->kind = ERROR_USAGE;
    return false;
}

void code_follow(struct runner *runner)
{
    static const int64_t second_ns = 1000000000;
    struct code *code = &runner->code;
    int64_t now = clock_monotonic(), hash = code->hash;
    if (now < code->next_look)
        return;
    const char *edited = edited_find(&code->files);
    if (!edited)
        return;
    code->next_look = now + second_ns; /* it may be a file that each run adds to */
    edited_renew(&code->files);
    read_files(code);
    if (code->hash == hash)
        return; /* saved as it was */
    bool is_gone = access(edited, F_OK) < 0;
    log_line(runner->log, LOG_WARNING,
             is_gone
                 ? "%s was deleted or moved away: runs that start from now on cannot find it"
                 : "%s was edited: runs that start from now on execute the new code, those before had the "
                   "old one",
             edited);
    store_set_code(runner->store, code->hash, text_get(&code->list));
}
