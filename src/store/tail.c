/* The last lines of a run's .err. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "store/store.h"

enum { most_lines = 5, most_bytes = 1000, window = 8192 };

/* The end of the file, at most `window` bytes. */
static size_t read_end(const char *path, char bytes[window])
{
    CLEANUP(file_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) < 0)
        return 0;
    ssize_t got = pread(fd, bytes, window, info.st_size > window ? info.st_size - window : 0);
    return got > 0 ? (size_t)got : 0;
}

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

static bool is_header(struct line line)
{
    static const char begin[] = "--- attempt ";
    return line.len > sizeof begin && memcmp(line.start, begin, sizeof begin - 1) == 0 &&
           memcmp(line.start + line.len - 4, " ---", 4) == 0;
}

/* Goes back from the end. Returns how many lines it found, the last one first. */
static int find_lines(const char *bytes, size_t len, struct line lines[most_lines])
{
    int count = 0;
    const char *end = bytes + len;
    while (end > bytes && count < most_lines) {
        const char *newline = memrchr(bytes, '\n', (size_t)(end - bytes));
        struct line line = visible(newline ? newline + 1 : bytes, end);
        if (is_header(line))
            break;
        if (line.len > 0)
            lines[count++] = line;
        end = newline ? newline : bytes;
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

char *store_error_tail(const struct run *run)
{
    char bytes[window];
    struct line lines[most_lines];
    CLEANUP(memory_free) char *path = text_format("%s/%s.err", run->directory, run->name);
    int count = find_lines(bytes, read_end(path, bytes), lines);

    CLEANUP(text_free) struct text tail = {0};
    while (count-- > 0) {
        text_add_bytes(&tail, lines[count].start, lines[count].len);
        text_add(&tail, count > 0 ? "\n" : "");
    }
    return keep_end(&tail);
}
