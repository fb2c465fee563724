#include "config/words.h"

#include <string.h>

#include "base/text.h"
#include "config/keys.h"

enum { most_shown = 3 };

struct words {
    struct faults *faults;
    struct text path; /* the keys that lead to the value, joined by points */
    size_t found;
    struct value_place next; /* of the first that is not shown */
};

/* Returns whether the value is such a word, unquoted, and nothing else is wrong with it. */
static bool is_word(const struct words *words, const struct value *value, bool *truth)
{
    return value_is_unquoted(value) && value_is_truth_word(value, truth) &&
           !faults_are_at(words->faults, value_place(value));
}

static void warn(const struct words *words, const char *verb, const struct value *value, bool truth)
{
    const char *word = value_text(value), *path = text_get(&words->path), *boolean = truth ? "true" : "false";
    struct value_place place = value_place(value);
    if (place.source == 0)
        fault_add(words->faults, FAULT_WARNING, place,
                  "'%s' %s the string \"%s\"; for a boolean write %s, or quote it", path, verb, word,
                  boolean);
    else /* the shell takes the outer quotes */
        fault_add(words->faults, FAULT_WARNING, place,
                  "'%s' %s the string \"%s\"; for a boolean write %s, for the string '\"%s\"'", path, verb,
                  word, boolean, word);
}

static void count(struct words *words, const char *verb, const struct value *value)
{
    bool truth;
    if (!is_word(words, value, &truth))
        return;
    words->found++;
    if (words->found <= most_shown)
        warn(words, verb, value, truth);
    else if (words->found == most_shown + 1)
        words->next = value_place(value);
}

/* Returns whether y and n may be meant as booleans among the items, as in [y, n] and not in [x, y, z]. */
static bool are_truths(const struct value *array)
{
    bool truth;
    for (size_t i = 0; i < value_count(array); i++)
        if (value_kind(value_item(array, i)) != VALUE_BOOL &&
            !value_is_truth_word(value_item(array, i), &truth))
            return false;
    return true;
}

static void visit(struct words *words, const char *verb, const struct value *value);

static void visit_items(struct words *words, const struct value *array) // NOLINT(misc-no-recursion)
{
    bool with_letters = are_truths(array);
    for (size_t i = 0; i < value_count(array); i++) {
        const struct value *item = value_item(array, i);
        if (with_letters || value_kind(item) != VALUE_STRING || value_text_len(item) > 1)
            visit(words, "holds", item);
    }
}

static void visit_members(struct words *words, const struct value *object) // NOLINT(misc-no-recursion)
{
    size_t len = words->path.len;
    for (size_t i = 0; i < value_count(object); i++) {
        text_addf(&words->path, ".%s", value_key(object, i));
        visit(words, "is", value_item(object, i));
        text_cut(&words->path, len);
    }
}

/* At most as deep as the file. */
static void visit(struct words *words, const char *verb,
                  const struct value *value) // NOLINT(misc-no-recursion)
{
    if (value_kind(value) == VALUE_ARRAY)
        visit_items(words, value);
    else if (value_kind(value) == VALUE_OBJECT)
        visit_members(words, value);
    else
        count(words, verb, value);
}

/* Leaves out what is a string by its meaning, such as a data_dir named "on". */
static void visit_keys(struct words *words, const struct value *keys)
{
    for (size_t i = 0; i < value_count(keys); i++) {
        const char *key = value_key(keys, i);
        if (strcmp(key, "meta") == 0 || config_keys_takes_word(key))
            continue;
        text_add(&words->path, key);
        visit(words, "is", value_item(keys, i));
        text_cut(&words->path, 0);
    }
}

void config_words_check(const struct value *root, struct faults *faults)
{
    struct words words = {.faults = faults};
    const struct value *meta = value_get(root, "meta");
    const struct value *entries = meta ? value_get(meta, "exclude_configs") : NULL;
    visit_keys(&words, root);
    for (size_t i = 0; entries && value_kind(entries) == VALUE_ARRAY && i < value_count(entries); i++)
        visit_keys(&words, value_item(entries, i));
    if (words.found > most_shown)
        fault_add(faults, FAULT_WARNING, words.next,
                  "%zu more of yes, no, on and off that are strings, from here on; for booleans write true "
                  "or false, or quote them",
                  words.found - most_shown);
    text_free(&words.path);
}
