/*
 * Typed values as a config file holds them. A value is immutable once it is built and counted by reference,
 * so that configs, axes, permutations and runs share it. Numbers keep the text they were written with: 0.0001
 * stays 0.0001 in names, CSV and JSON, and equals 1e-4 all the same. Not for use from two threads at once.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum value_kind {
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,   /* any size */
    VALUE_FLOAT, /* also .inf and .nan */
    VALUE_STRING,
    VALUE_ARRAY,
    VALUE_OBJECT, /* keys in the order of the file, each once */
};

struct value;

/* Where a value stands in its text, from 1; line 0 when it comes from none. */
struct value_place {
    uint32_t line, column;
    uint32_t source; /* 0: the file; else what faults_add_source() returned for the text */
};

/* Makers return a value with one reference. */
struct value *value_new_null(void);
struct value *value_new_bool(bool truth);
struct value *value_new_int(int64_t number);
struct value *value_new_float(double number); /* text: the shortest that reads back */
struct value *value_new_string(const char *bytes, size_t len);
struct value *value_new_array(void);
struct value *value_new_object(void);
/* A plain scalar by the rules of section "Config" of docs: null, true, 12, 1e-3, .inf; else a string. */
struct value *value_new_plain(const char *text, size_t len);

/* Building: `item` is taken over (the caller's reference goes in). Only before the value is shared. Setting a
 * key that is there replaces its value and keeps its position. */
void value_array_add(struct value *array, struct value *item);
void value_object_set(struct value *object, const char *key, struct value *item);
/* The same with a string; with null for NULL. */
void value_object_set_text(struct value *object, const char *key, const char *text);
void value_set_place(struct value *value, struct value_place place);
/* Notes that a string was written without quotes. */
void value_set_unquoted(struct value *string);
void value_set_key_place(struct value *object, const char *key, struct value_place place);

struct value *value_ref(const struct value *value);
void value_unref(struct value *value);
/* For CLEANUP(value_cleanup) struct value *v; leaves NULL behind. */
void value_cleanup(struct value **value);

enum value_kind value_kind(const struct value *value);
/* "an integer", "an array": for messages. */
const char *value_kind_name(enum value_kind kind);
struct value_place value_place(const struct value *value);
bool value_is_unquoted(const struct value *value);
/* Returns whether the text is one of the words that YAML 1.1 takes for a boolean and furcate for a string:
 * yes, no, on, off, y, n in any of their three casings. Sets *truth then. */
bool value_is_truth_word(const struct value *value, bool *truth);
/* A scalar's text: "0.0001", "true", "foo"; "null". "" for arrays and objects. Borrowed; a string may hold
 * NULs, so value_text_len() tells its length in bytes. */
const char *value_text(const struct value *value);
size_t value_text_len(const struct value *value);

bool value_is_number(const struct value *value);
/* Whether the value is an integer within int64_t; sets *number then. 32.0 counts as one. */
bool value_int(const struct value *value, int64_t *number);
/* The number as a double; NaN when it is none. */
double value_float(const struct value *value);
bool value_bool(const struct value *value);

/* Arrays and objects; borrowed. */
size_t value_count(const struct value *value);
const struct value *value_item(const struct value *value, size_t i);
const char *value_key(const struct value *object, size_t i);
struct value_place value_key_place(const struct value *object, size_t i);
const struct value *value_get(const struct value *object, const char *key); /* NULL when it is not there */
/* Returns the value of a key where `object` is one, and has the key, with a value of that kind; else NULL.
 * The object may be NULL. */
const struct value *value_member(const struct value *object, const char *key, enum value_kind kind);
/* Returns the value within arrays and objects that a path of keys and indices leads to: "inner",
 * "layers.0.size". A key that holds dots wins over a path through several. NULL when it leads nowhere;
 * borrowed. */
const struct value *value_reach(const struct value *value, const char *path, size_t len);
/* The key that was most likely meant by `word`, as nearest_word() finds it; NULL: none is near. */
const char *value_nearest_key(const struct value *object, const char *word);

/*
 * Equality across spellings: numbers by their exact decimal value (1e-3 = 0.001, 1 = 1.0; NaN equals NaN),
 * booleans to booleans only, strings to strings only, arrays by element, objects by key in any order. Equal
 * values have equal hashes.
 */
bool value_equal(const struct value *a, const struct value *b);
uint64_t value_hash(const struct value *value);

/* Adds the value as compact JSON: ", " and ": " between items; numbers with their own text where JSON allows
 * it; NaN and Infinity as Python's json writes and reads them. */
void value_add_json(struct text *out, const struct value *value);
/* The same for messages: of more than 100 bytes the beginning, and "…". */
void value_add_json_short(struct text *out, const struct value *value);
/* The same over several lines, indented by two spaces a level; arrays of scalars stay on one line. */
void value_add_json_lines(struct text *out, const struct value *value);
/* The same as a part of such a text, within a line of that level; a whole text begins at 0. */
void value_add_json_part(struct text *out, const struct value *value, int level);
