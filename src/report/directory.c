#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "report/report.h"

bool report_read_directory(struct history *history, const char *directory, const char *name, int attempts,
                           const struct value *metrics, struct report_faults *faults, struct error *err)
{
    CLEANUP(memory_free) char *path = file_join(directory, "metrics.jsonl");
    bool done = history_read(history, path, attempts, faults, err);
    if (!metrics)
        return done;
    CLEANUP(memory_free) char *log = text_format("%s/%s.log", directory, name);
    CLEANUP(memory_free) char *errors = text_format("%s/%s.err", directory, name);
    done &= report_scan_output(history, log, metrics, faults, err);
    return report_scan_output(history, errors, metrics, faults, err) && done;
}
