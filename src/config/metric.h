/* meta.metrics and meta.objective: names of metrics, and the expressions that find them. */
#pragma once
#include "config/fault.h"
#include "config/value.h"

/* Adds the faults of names that cannot be a column, and of malformed expressions. NULL: there are none. */
void config_metric_check_all(const struct value *metrics, struct faults *faults);
/* Warns of an objective that is most likely one of the metrics, misspelt. Both may be NULL. */
void config_metric_check_objective(const struct value *objective, const struct value *metrics,
                                   struct faults *faults);
