/* Words as a person can paste them into a shell. */
#pragma once
#include "base/text.h"

/* Adds a word, in quotes where sh, bash, zsh or fish would take it for something else. A word with control
 * characters is written as $'…', which bash, zsh and ksh read, so that it does nothing to the terminal. */
void shell_add_word(struct text *out, const char *word);
