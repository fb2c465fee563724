/* The end of a run's .err, and the last lines of that. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attempt_mark.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "store/store.h"

enum { most_lines = 5, most_bytes = 1000, window = 8192 };

struct line {
    const char *start;
    size_t len;
};

/* What a terminal would show of a line that was written over itself, as progress bars are. */
static struct line visible(const char *start, const char *end)
{
    while (end > start && (end[-1] == '\r' || end[-1] == ' '))
        end--;
    const char *over = memrchr(start, '\r', (size_t)(end - start));
    start = over ? over + 1 : start;
    return (struct line){start, (size_t)(end - start)};
}

/* What follows the last header. */
static const char *after_header(const char *text, size_t len)
{
    const char *end = text + len;
    while (end > text) {
        const char *newline = memrchr(text, '\n', (size_t)(end - text));
        const char *start = newline ? newline + 1 : text;
        if (attempt_mark_is_header(start, (size_t)(end - start)))
            return *end ? end + 1 : end;
        end = newline ? newline : text;
    }
    return text;
}

char *store_read_output(const struct run *run, const char *ending)
{
    char text[window + 1];
    CLEANUP(memory_free) char *path = text_format("%s/%s.%s", run->directory, run->name, ending);
    CLEANUP(file_close_fd) int fd = folder_open_path(path, O_RDONLY);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) < 0)
        return memory_copy_text("");
    ssize_t got = pread(fd, text, window, info.st_size > window ? info.st_size - window : 0);
    size_t len = got > 0 ? (size_t)got : 0;
    for (size_t i = 0; i < len; i++)
        text[i] = text[i] ? text[i] : ' ';
    text[len] = '\0';
    return memory_copy_text(after_header(text, len));
}

/* Goes back from the end. Returns how many lines it found, the last one first. */
static int find_lines(const char *text, struct line lines[most_lines])
{
    int count = 0;
    const char *end = text + strlen(text);
    while (end > text && count < most_lines) {
        const char *newline = memrchr(text, '\n', (size_t)(end - text));
        struct line line = visible(newline ? newline + 1 : text, end);
        if (line.len > 0)
            lines[count++] = line;
        end = newline ? newline : text;
    }
    return count;
}

/* The last bytes of the text, from a whole UTF-8 character on. */
static char *keep_end(struct text *text)
{
    const char *start = text_get(text);
    if (text->len > most_bytes)
        start += text->len - most_bytes;
    while (((unsigned char)*start & 0xc0) == 0x80)
        start++;
    return memory_copy_text(start);
}

char *store_error_tail(const char *errors)
{
    struct line lines[most_lines];
    int count = find_lines(errors, lines);
    CLEANUP(text_free) struct text tail = {0};
    while (count-- > 0) {
        text_add_bytes(&tail, lines[count].start, lines[count].len);
        text_add(&tail, count > 0 ? "\n" : "");
    }
    return keep_end(&tail);
}
