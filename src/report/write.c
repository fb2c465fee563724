#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "report/report.h"

/* Returns whether a crash of the machine left a line without its end; a report must not be glued to it. */
static bool ends_torn(int fd)
{
    struct stat info;
    char last;
    return fstat(fd, &info) == 0 && info.st_size > 0 && pread(fd, &last, 1, info.st_size - 1) == 1 &&
           last != '\n';
}

static bool check_name(const char *name, struct error *err)
{
    if (strcmp(name, "step") == 0 || strcmp(name, "time") == 0)
        return error_set(
            err, ERROR_USAGE,
            "a metric cannot be called '%s': reports have a %s of their own; choose another name", name,
            name);
    return true;
}

static bool append(const char *path, const struct text *line, struct error *err)
{
    CLEANUP(file_close_fd) int fd = folder_open_path(path, O_RDWR | O_APPEND | O_CREAT);
    CLEANUP(text_free) struct text whole = {0};
    if (fd < 0)
        return folder_error(err, errno, "cannot report metrics to %s", path);
    text_addf(&whole, "%s%s\n", ends_torn(fd) ? "\n" : "", text_get(line));
    if (!file_write_all(fd, whole.data, whole.len))
        return error_system(err, errno, "cannot report metrics to %s", path);
    return true;
}

bool report_write(const char *path, int64_t step, const struct report_metric *metrics, size_t count,
                  struct error *err)
{
    CLEANUP(text_free) struct text line = {0};
    text_addf(&line, "{\"step\": %lld, \"time\": %.6f", (long long)step, clock_wall());
    for (size_t i = 0; i < count; i++) {
        if (!check_name(metrics[i].name, err))
            return false;
        text_add(&line, ", ");
        text_add_json_string(&line, metrics[i].name, strlen(metrics[i].name));
        text_add(&line, ": ");
        text_add_number(&line, metrics[i].value);
    }
    text_add_char(&line, '}');
    return append(path, &line, err);
}

bool report_write_fault(const char *path, const char *text, struct error *err)
{
    CLEANUP(text_free) struct text line = {0};
    text_add(&line, "{\"fault\": ");
    text_add_json_string(&line, text, strlen(text));
    text_add_char(&line, '}');
    return append(path, &line, err);
}
