/* Folders of complete runs that have no row in run_data.csv, and shall get none. */
#pragma once
#include "store/internal.h"

/* Finds whether the database has the run of a folder, by an id in its name. Of one that it does not have it
 * cannot be known that its row was deleted: the folder may come from another log dir. */
bool store_rowless_is_known(struct database *database, const char *base_name, bool *is_known,
                            struct error *err);
/* Tells in one line, in the log and on stderr, which runs have no row although they are complete; nothing
 * where there is none. */
void store_rowless_tell(struct log *log, const struct records *records);
