#pragma once
#include <stdbool.h>
#include <stddef.h>

/*
 * The candidate a person most likely meant by `word`: the one at the least optimal-string-alignment distance
 * (Damerau 1964), case aside, when that is small compared with the word's length, else the first one that is
 * a longer form of it; NULL when there is neither. Borrowed from candidates.
 */
const char *nearest_word(const char *word, const char *const *candidates, size_t count);
/* Whether one is the other but for two letters at most, in a short word one; case aside. Stricter: where most
 * words are not meant to be any of the candidates. */
bool nearest_is_typo(const char *word, const char *other);
/* Returns true when `other` is a longer form of `word`, of five letters or more: "exclude_configs" of
 * "exclude", "retries" of "retry"; case aside. */
bool nearest_is_stem(const char *word, const char *other);
