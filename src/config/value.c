#include "config/value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/number.h"
#include "base/refs.h"
#include "config/decimal.h"

/* Objects of more keys than this are looked up by hash. */
enum { index_from = 32 };

struct key {
    char *text;
    struct value_place place;
};

struct container {
    struct value **items;
    struct key *keys; /* NULL for an array */
    size_t capacity;
    struct text_map index; /* key to position */
};

struct value {
    refs refs;
    enum value_kind kind;
    struct value_place place;
    bool is_unquoted;
    size_t count;             /* bytes of a scalar's text, or items */
    struct container *inside; /* of arrays and objects */
    char text[];              /* of scalars */
};

static struct value *new_scalar(enum value_kind kind, const char *text, size_t len)
{
    struct value *value = memory_new(1, sizeof *value + len + 1);
    value->refs = 1;
    value->kind = kind;
    value->count = len;
    if (len)
        memcpy(value->text, text, len);
    return value;
}

static struct value *new_container(enum value_kind kind)
{
    struct value *value = new_scalar(kind, "", 0);
    value->inside = memory_new(1, sizeof *value->inside);
    return value;
}

struct value *value_new_null(void)
{
    return new_scalar(VALUE_NULL, "null", 4);
}

struct value *value_new_bool(bool truth)
{
    return truth ? new_scalar(VALUE_BOOL, "true", 4) : new_scalar(VALUE_BOOL, "false", 5);
}

struct value *value_new_int(int64_t number)
{
    CLEANUP(text_free) struct text text = {0};
    text_addf(&text, "%lld", (long long)number);
    return new_scalar(VALUE_INT, text.data, text.len);
}

struct value *value_new_float(double number)
{
    CLEANUP(text_free) struct text text = {0};
    text_add_number(&text, number);
    return new_scalar(VALUE_FLOAT, text.data, text.len);
}

struct value *value_new_string(const char *bytes, size_t len)
{
    return new_scalar(VALUE_STRING, bytes, len);
}

struct value *value_new_array(void)
{
    return new_container(VALUE_ARRAY);
}

struct value *value_new_object(void)
{
    return new_container(VALUE_OBJECT);
}

static const struct word {
    const char *text;
    enum value_kind kind;
    bool truth;
} words[] = {
    {"", VALUE_NULL, false},      {"~", VALUE_NULL, false},     {"null", VALUE_NULL, false},
    {"Null", VALUE_NULL, false},  {"NULL", VALUE_NULL, false},  {"None", VALUE_NULL, false},
    {"true", VALUE_BOOL, true},   {"True", VALUE_BOOL, true},   {"TRUE", VALUE_BOOL, true},
    {"false", VALUE_BOOL, false}, {"False", VALUE_BOOL, false}, {"FALSE", VALUE_BOOL, false},
};

struct value *value_new_plain(const char *text, size_t len)
{
    struct decimal number;
    if (value_decimal_read(text, len, &number))
        return new_scalar(number.is_int ? VALUE_INT : VALUE_FLOAT, text, len);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const struct word *word = &words[i];
        if (strlen(word->text) == len && memcmp(word->text, text, len) == 0)
            return word->kind == VALUE_NULL ? value_new_null() : value_new_bool(word->truth);
    }
    return value_new_string(text, len);
}

static void reserve_item(struct value *value)
{
    struct container *inside = value->inside;
    if (value->count < inside->capacity)
        return;
    inside->capacity = inside->capacity ? 2 * inside->capacity : 4;
    inside->items = memory_resize(inside->items, inside->capacity, sizeof *inside->items);
    if (value->kind == VALUE_OBJECT)
        inside->keys = memory_resize(inside->keys, inside->capacity, sizeof *inside->keys);
}

void value_array_add(struct value *array, struct value *item)
{
    reserve_item(array);
    array->inside->items[array->count++] = item;
}

/* The position of the key; the count when it is not there. */
static size_t find_key(const struct value *object, const char *key)
{
    if (object->count > index_from) {
        const uint64_t *position = text_map_get(&object->inside->index, key, strlen(key));
        return position ? (size_t)*position : object->count;
    }
    size_t i = 0;
    while (i < object->count && strcmp(object->inside->keys[i].text, key) != 0)
        i++;
    return i;
}

/* Keeps the index complete from the moment it is needed. */
static void index_last_key(struct value *object)
{
    size_t from = object->count == index_from + 1 ? 0 : object->count - 1;
    for (size_t i = from; object->count > index_from && i < object->count; i++) {
        const char *key = object->inside->keys[i].text;
        text_map_put(&object->inside->index, key, strlen(key), i);
    }
}

void value_object_set(struct value *object, const char *key, struct value *item)
{
    size_t i = find_key(object, key);
    if (i < object->count) {
        value_unref(object->inside->items[i]);
        object->inside->items[i] = item;
        return;
    }
    reserve_item(object);
    object->inside->keys[object->count] = (struct key){.text = memory_copy_text(key)};
    object->inside->items[object->count++] = item;
    index_last_key(object);
}

void value_object_set_text(struct value *object, const char *key, const char *text)
{
    value_object_set(object, key, text ? value_new_string(text, strlen(text)) : value_new_null());
}

void value_set_place(struct value *value, struct value_place place)
{
    value->place = place;
}

void value_set_unquoted(struct value *string)
{
    string->is_unquoted = true;
}

void value_set_key_place(struct value *object, const char *key, struct value_place place)
{
    size_t i = find_key(object, key);
    if (i < object->count)
        object->inside->keys[i].place = place;
}

struct value *value_ref(const struct value *value)
{
    struct value *counted = (struct value *)value;
    refs_take(&counted->refs);
    return counted;
}

static void free_container(struct value *value)
{
    struct container *inside = value->inside;
    for (size_t i = 0; i < value->count; i++) {
        value_unref(inside->items[i]);
        if (inside->keys)
            free(inside->keys[i].text);
    }
    free(inside->items);
    free(inside->keys);
    text_map_free(&inside->index);
    free(inside);
}

void value_unref(struct value *value)
{
    if (!value || !refs_drop(&value->refs))
        return;
    if (value->inside)
        free_container(value);
    free(value);
}

void value_cleanup(struct value **value)
{
    value_unref(*value);
    *value = NULL;
}

enum value_kind value_kind(const struct value *value)
{
    return value->kind;
}

const char *value_kind_name(enum value_kind kind)
{
    static const char *const names[] = {"null",     "true or false", "an integer", "a float",
                                        "a string", "an array",      "an object"};
    return names[kind];
}

struct value_place value_place(const struct value *value)
{
    return value->place;
}

bool value_is_unquoted(const struct value *value)
{
    return value->is_unquoted;
}

bool value_is_truth_word(const struct value *value, bool *truth)
{
    static const char *const truths[] = {"no",  "No",  "NO",  "off", "Off", "OFF", "n", "N",
                                         "yes", "Yes", "YES", "on",  "On",  "ON",  "y", "Y"};
    enum { count = sizeof truths / sizeof *truths };
    size_t i = 0;
    while (i < count && strcmp(truths[i], value->text) != 0)
        i++;
    *truth = i >= count / 2;
    return value->kind == VALUE_STRING && i < count && strlen(value->text) == value->count;
}

const char *value_text(const struct value *value)
{
    return value->text;
}

size_t value_text_len(const struct value *value)
{
    return value->inside ? 0 : value->count;
}

bool value_is_number(const struct value *value)
{
    return value->kind == VALUE_INT || value->kind == VALUE_FLOAT;
}

bool value_int(const struct value *value, int64_t *number)
{
    struct decimal decimal;
    return value_is_number(value) && value_decimal_read(value->text, value->count, &decimal) &&
           value_decimal_int(&decimal, number);
}

double value_float(const struct value *value)
{
    struct decimal decimal;
    if (!value_is_number(value) || !value_decimal_read(value->text, value->count, &decimal) ||
        decimal.kind == DECIMAL_NAN)
        return (double)NAN;
    if (decimal.kind == DECIMAL_INFINITE)
        return (double)(decimal.negative ? -INFINITY : INFINITY);
    return number_read(value->text, NULL);
}

bool value_bool(const struct value *value)
{
    return value->kind == VALUE_BOOL && value->text[0] == 't';
}

size_t value_count(const struct value *value)
{
    return value->inside ? value->count : 0;
}

const struct value *value_item(const struct value *value, size_t i)
{
    return value->inside->items[i];
}

const char *value_key(const struct value *object, size_t i)
{
    return object->inside->keys[i].text;
}

struct value_place value_key_place(const struct value *object, size_t i)
{
    return object->inside->keys[i].place;
}

const struct value *value_get(const struct value *object, const char *key)
{
    if (object->kind != VALUE_OBJECT)
        return NULL;
    size_t i = find_key(object, key);
    return i < object->count ? object->inside->items[i] : NULL;
}

const struct value *value_member(const struct value *object, const char *key, enum value_kind kind)
{
    const struct value *value = object && object->kind == VALUE_OBJECT ? value_get(object, key) : NULL;
    return value && value->kind == kind ? value : NULL;
}

const char *value_nearest_key(const struct value *object, const char *word)
{
    size_t count = value_count(object);
    CLEANUP(memory_free) const char **keys = memory_new(count, sizeof *keys);
    for (size_t i = 0; i < count; i++)
        keys[i] = value_key(object, i);
    return nearest_word(word, keys, count);
}
