/* What a key may hold: tables of rules, and the faults of an object that breaks them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "config/fault.h"
#include "config/value.h"

struct rules {
    const struct rule *items;
    size_t count;
};

struct rule {
    const char *key;
    /* The part of the value that is not as wanted, for its place in the file; NULL: it is good. */
    const struct value *(*find_bad)(const struct value *value);
    const char *wanted;        /* "a positive integer", for messages */
    const char *example;       /* a good value, as in the file */
    const char *initial;       /* the default, plain or "[]"; NULL: none */
    bool required, never_axis; /* an axis: an array of good values */
    struct rules members;      /* of an object */
};

/* Checks for the tables: each returns what is bad in the value, NULL for nothing. */
const struct value *config_rule_any(const struct value *value);
const struct value *config_rule_bool(const struct value *value);
const struct value *config_rule_int(const struct value *value);
const struct value *config_rule_positive(const struct value *value); /* an integer, as all below */
const struct value *config_rule_count(const struct value *value);    /* 0 or more, and fits an int */
const struct value *config_rule_number(const struct value *value);
const struct value *config_rule_duration(const struct value *value); /* seconds, or "2h30m" */
const struct value *config_rule_string(const struct value *value);
const struct value *config_rule_filled(const struct value *value); /* a string that is not empty */
const struct value *config_rule_name(const struct value *value);   /* one without '/' besides */
const struct value *config_rule_object(const struct value *value);
const struct value *config_rule_objects(const struct value *value);  /* an array of them, as the next */
const struct value *config_rule_strings(const struct value *value);  /* at least one */
const struct value *config_rule_devices(const struct value *value);  /* indices and UUIDs */
const struct value *config_rule_patterns(const struct value *value); /* an object of strings */

const struct rule *config_rule_find(struct rules rules, const char *key);
/* The rule with the name nearest to `key` whose key the object (NULL: any) does not give; NULL when none is
 * near. */
const struct rule *config_rule_nearest(struct rules rules, const char *key, const struct value *object);
/* Adds the fault of a value that breaks its rule. `prefix`: "meta." for the keys of meta. */
void config_rule_check(const struct rule *rule, const char *prefix, const struct value *value,
                       struct faults *faults);
/* Checks an object all of whose keys are known: unknown, missing and bad ones. `place`: of the object. */
void config_rule_check_all(struct rules rules, const char *prefix, const struct value *object,
                           struct faults *faults);
/* The object's keys that have a rule, then the defaults of the rest, in depth. One reference. */
struct value *config_rule_complete(struct rules rules, const struct value *object);
/* The rule's default as a value; NULL: it has none. One reference. */
struct value *config_rule_initial(const struct rule *rule);
/* A number of seconds from a good duration. */
double config_rule_seconds(const struct value *duration);
