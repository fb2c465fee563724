#include "base/nearest.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"

enum { longest = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool same(char a, char b)
{
    return ascii_lower(a) == ascii_lower(b);
}

static size_t distance(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len > longest || b_len > longest)
        return longest;
    size_t rows[3][longest + 1]; /* row i in rows[i % 3] */
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *now = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t cost = !same(a[i - 1], b[j - 1]);
            now[j] = least(least(up[j] + 1, now[j - 1] + 1), up[j - 1] + cost);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                now[j] = least(now[j], up2[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

const char *nearest_word(const char *word, const char *const *candidates, size_t count)
{
    const char *best = NULL;
    size_t best_distance = strlen(word) / 3 + 2;
    for (size_t i = 0; i < count; i++) {
        size_t d = distance(word, candidates[i]);
        if (d < best_distance && d < strlen(candidates[i])) {
            best = candidates[i];
            best_distance = d;
        }
    }
    for (size_t i = 0; i < count && !best; i++)
        best = nearest_is_stem(word, candidates[i]) ? candidates[i] : NULL;
    return best;
}

bool nearest_is_typo(const char *word, const char *other)
{
    enum { longest_short = 5 };
    return distance(word, other) <= (strlen(word) > longest_short ? 2 : 1);
}

bool nearest_is_stem(const char *word, const char *other)
{
    enum { shortest = 5 };
    size_t len = strlen(word), shared = 0;
    while (shared < len && other[shared] && same(word[shared], other[shared]))
        shared++;
    bool is_plural = shared + 1 == len && same(word[shared], 'y') && same(other[shared], 'i');
    return len >= shortest && (shared == len || is_plural) && strlen(other) > len;
}
