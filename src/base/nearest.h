#pragma once
#include <stddef.h>

/*
 * The candidate a person most likely meant by `word`: the one at the least optimal-string-alignment distance
 * (Damerau 1964), case aside, when that is small beside the word's length; else NULL. Borrowed from
 * candidates.
 */
const char *nearest_word(const char *word, const char *const *candidates, size_t count);
