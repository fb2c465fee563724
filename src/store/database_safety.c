#include "store/database_safety.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/database_schema.h"

static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
enum { ending_count = sizeof endings / sizeof *endings };

/* --- files --- */

/* Returns whether a journal ends with the name of one that leads several databases (SQLite, pager.c:
 * writeSuperJournal()). Furcate has never more than one. */
static bool names_another(const char *journal)
{
    static const unsigned char magic[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
    unsigned char end[sizeof magic];
    struct stat info;
    CLEANUP(file_close_fd) int fd = folder_open_file(AT_FDCWD, journal, O_RDONLY);
    return fd >= 0 && fstat(fd, &info) == 0 && info.st_size >= (off_t)sizeof end &&
           pread(fd, end, sizeof end, info.st_size - (off_t)sizeof end) == (ssize_t)sizeof end &&
           memcmp(end, magic, sizeof end) == 0;
}

static bool check_file(const char *path, bool is_journal, struct error *err)
{
    struct stat info;
    if (lstat(path, &info) < 0)
        return true; /* not there, or SQLite will say why */
    if (!S_ISREG(info.st_mode))
        return error_set(err, ERROR_SYSTEM, "%s is %s", path,
                         S_ISLNK(info.st_mode) ? "a symbolic link, and furcate follows none within a log dir"
                                               : "not a regular file");
    if (info.st_nlink > 1)
        return error_set(err, ERROR_SYSTEM, "%s has a second name elsewhere (a hard link)", path);
    if (is_journal && names_another(path))
        return error_set(err, ERROR_SYSTEM, "%s names a file that SQLite would delete", path);
    return true;
}

bool database_safety_check_files(const char *path, struct error *err)
{
    for (int i = 0; i < ending_count; i++) {
        CLEANUP(memory_free) char *file = text_format("%s%s", path, endings[i]);
        if (!check_file(file, i == ending_count - 1, err))
            return false;
    }
    return true;
}

void database_safety_detach_files(const char *path)
{
    struct stat info;
    for (int i = 0; i < ending_count; i++) {
        CLEANUP(memory_free) char *file = text_format("%s%s", path, endings[i]);
        bool is_linked = lstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink > 1;
        int fd = is_linked ? folder_open_file(AT_FDCWD, file, O_RDWR) : -1;
        file_close_fd(&fd);
    }
}

/* --- opening --- */

int database_safety_open(const char *path, int flags, sqlite3 **handle)
{
    CLEANUP(memory_free) char *folder = memory_copy_text(path);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    /* SQLITE_OPEN_NOFOLLOW allows no link in all of the path, but the log dir may be reached through one. */
    CLEANUP(memory_free) char *real = realpath(!slash ? "." : *folder ? folder : "/", NULL);
    CLEANUP(memory_free)
    char *direct = real ? file_join(real, slash ? slash + 1 : path) : memory_copy_text(path);
    return sqlite3_open_v2(direct, handle, flags | SQLITE_OPEN_NOFOLLOW, NULL);
}

void database_safety_restrict(sqlite3 *handle)
{
    enum { longest_value = 1 << 28 };
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, longest_value);
}

/* --- its tables --- */

static bool is_one_of(const char *word, size_t len, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == len && ascii_starts_with(word, *words))
            return true;
    return false;
}

/* Returns whether the SQL has names, types and keys only: neither an expression nor a function can be without
 * one of these words or a further character. */
static bool is_plain(const char *sql)
{
    static const char *const active[] = {"as", "check", "collate", "default", "virtual", "references", NULL};
    static const char allowed[] = " ,()\n";
    while (*sql) {
        size_t len = 0;
        while (ascii_is_letter(sql[len]) || ascii_is_digit(sql[len]) || sql[len] == '_')
            len++;
        if (len == 0 && !strchr(allowed, *sql))
            return false;
        if (is_one_of(sql, len, active))
            return false;
        sql += len ? len : 1;
    }
    return true;
}

static bool is_function_free(const char *sql)
{
    const char *bracket = strchr(sql, '(');
    return !bracket || !strchr(bracket + 1, '(');
}

static bool is_harmless(const char *type, const char *name, const char *sql)
{
    static const char *const used[] = {"runs", "attempts", "facts", "texts", "starts", "code", NULL};
    if (strcmp(type, "index") == 0)
        return !*sql || strcmp(sql, SCHEMA_INDEX) == 0 || (is_plain(sql) && is_function_free(sql));
    /* Nothing asks for a table that has another name. */
    return !is_one_of(name, strlen(name), used) || (strcmp(type, "table") == 0 && is_plain(sql));
}

static const char *text_of(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return text ? text : "";
}

bool database_safety_check_schema(sqlite3 *handle)
{
    sqlite3_stmt *statement = NULL;
    bool harmless = sqlite3_prepare_v2(handle, "SELECT type, name, sql FROM sqlite_schema", -1, &statement,
                                       NULL) == SQLITE_OK;
    int code = SQLITE_ROW;
    while (harmless && (code = sqlite3_step(statement)) == SQLITE_ROW)
        harmless = is_harmless(text_of(statement, 0), text_of(statement, 1), text_of(statement, 2));
    harmless = harmless && code == SQLITE_DONE;
    sqlite3_finalize(statement);
    return harmless;
}

/* --- its rows --- */

enum { steps_at_once = 100000 };

static int use_up(void *context)
{
    struct database_effort *effort = context;
    return --effort->left < 0;
}

void database_safety_limit(sqlite3 *handle, struct database_effort *effort, const char *path)
{
    /* A row takes 20 bytes and 20 steps at least: that many for each byte are more than enough. */
    struct stat info;
    CLEANUP(memory_free) char *wal = text_format("%s-wal", path);
    off_t size = lstat(path, &info) == 0 ? (off_t)info.st_blocks * 512 : 0;
    size += lstat(wal, &info) == 0 ? (off_t)info.st_blocks * 512 : 0;
    effort->left = 100 + (long)(20 * size / steps_at_once);
    sqlite3_progress_handler(handle, steps_at_once, use_up, effort);
}

void database_safety_lift_limit(sqlite3 *handle)
{
    sqlite3_progress_handler(handle, 0, NULL, NULL);
}
