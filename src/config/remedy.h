/* What to write instead of a bad value. */
#pragma once
#include "config/rule.h"

/* Adds the remedy: how to make a good value of this one where that can be told, else an example.
 *
 * bad      the value, or the part of it that breaks the rule
 * as_axis  whether an array of good values is good as well
 */
void config_remedy_add(struct text *out, const struct rule *rule, const struct value *value,
                       const struct value *bad, bool as_axis);
/* Whether there is more than an example for an axis with this bad value. */
bool config_remedy_exists(const struct rule *rule, const struct value *axis, const struct value *bad);
