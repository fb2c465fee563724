/* What a key may hold: tables of rules, and the faults of an object that breaks them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/fault.h"
#include "config/value.h"

struct rules {
    const struct rule *items;
    size_t count;
};

struct rule {
    const char *key;
    /* The part of the value that is not as wanted, for its place in the file; NULL: it is good. */
    const struct value *(*find_bad)(const struct rule *rule, const struct value *value);
    const char *wanted;        /* "a positive integer", for messages */
    const char *example;       /* a good value, as in the file */
    const char *initial;       /* the default, plain or "[]"; NULL: none */
    int64_t least, most;       /* of config_rule_int */
    const char *const *names;  /* of config_rule_one_of; NULL at the end */
    bool required, never_axis; /* an axis: an array of good values */
    bool is_ours;         /* a key of meta that nobody has for his own: outside of meta it is misplaced */
    bool is_fixed;        /* a key of meta that a running furcate does not follow when it is edited */
    struct rules members; /* of an object */
};

#define RULES(table)                                                                                         \
    {                                                                                                        \
        (table), sizeof(table) / sizeof *(table)                                                             \
    }
#define RANGE(low, high) .least = (low), .most = (high)

/* Checks for the tables: each returns what is bad in the value, NULL for nothing. */
typedef const struct value *rule_check(const struct rule *rule, const struct value *value);
rule_check config_rule_any, config_rule_bool;
rule_check config_rule_int;      /* within the rule's range */
rule_check config_rule_number;   /* finite, 0 or more */
rule_check config_rule_duration; /* seconds, or "2h30m" */
rule_check config_rule_string;
rule_check config_rule_filled; /* a string that is not empty */
rule_check config_rule_name;   /* one word that can be part of a file name */
rule_check config_rule_folder; /* a path without ~, which only shells know */
rule_check config_rule_one_of; /* one of the rule's names */
rule_check config_rule_object;
rule_check config_rule_objects; /* an array of them */
rule_check config_rule_program; /* an array of strings; the first is not empty */
rule_check config_rule_devices; /* an array of indices and UUIDs, at least one */
rule_check config_rule_strings; /* an object of strings that are not empty */

/* The index of a string among the names; -1. */
int config_rule_find_name(const char *const *names, const struct value *value);
/* Whether a byte may stand in a name. */
bool config_rule_is_name_byte(char c);

const struct rule *config_rule_find(struct rules rules, const char *key);
/* The rule with the name nearest to `key` whose key the object (NULL: any) does not give; NULL when none is
 * near. */
const struct rule *config_rule_nearest(struct rules rules, const char *key, const struct value *object);
/* Whether the object has an unknown key that is most likely this rule's, misspelt. */
bool config_rule_is_misspelt(struct rules rules, const struct rule *rule, const struct value *object);
/* Adds the fault of a value that breaks its rule. `prefix`: "meta." for the keys of meta. */
void config_rule_check(const struct rule *rule, const char *prefix, const struct value *value,
                       struct faults *faults);
/* Adds the faults of an axis: an array of values each of which has to keep the rule. */
void config_rule_check_axis(const struct rule *rule, const struct value *axis, struct faults *faults);
/* Returns whether the i-th key of the object has no value in the file, which was told when it was read. */
bool config_rule_is_left_out(const struct value *object, size_t i, const struct faults *faults);
/* Checks an object all of whose keys are known: unknown, missing and bad ones. `place`: of the object. */
void config_rule_check_all(struct rules rules, const char *prefix, const struct value *object,
                           struct faults *faults);
/* The object's keys that have a rule, then the defaults of the rest, in depth. One reference. */
struct value *config_rule_complete(struct rules rules, const struct value *object);
/* The rule's default as a value; NULL: it has none. One reference. */
struct value *config_rule_initial(const struct rule *rule);
/* A number of seconds from a good duration. */
double config_rule_seconds(const struct value *duration);
