#pragma once
#include <stdbool.h>
#include <stddef.h>

/*
 * The candidate a person most likely meant by `word`: the one at the least optimal-string-alignment distance
 * (Damerau 1964), case aside, when that is small beside the word's length; else NULL. Borrowed from
 * candidates.
 */
const char *nearest_word(const char *word, const char *const *candidates, size_t count);
/* Whether one is the other but for two letters at most, in a short word one; case aside. Stricter: where most
 * words are not meant to be any of the candidates. */
bool nearest_is_typo(const char *word, const char *other);
