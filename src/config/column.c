/* The columns of run_data.csv that hold config keys. */
#include <string.h>

#include "config/config.h"

static const char prefix[] = "config_";

/* Looks through the prefix, so that a key "config_run_id" does not get the column of a key "run_id". */
const char *config_column_prefix(const char *key)
{
    const char *rest = key;
    while (strncmp(rest, prefix, sizeof prefix - 1) == 0)
        rest += sizeof prefix - 1;
    bool is_taken = strncmp(rest, "run_", 4) == 0 || strcmp(rest, "gpu_id") == 0;
    return is_taken ? prefix : "";
}
