#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"

enum { numbers = 512, steps = 200000 };

/* The same operations on a set and on an array of flags. */
static void behaves_as_a_set_of_flags_does(void **state)
{
    (void)state;
    struct number_set set = {0};
    bool model[numbers] = {false};
    size_t count = 0;
    for (uint64_t step = 0; step < steps; step++) {
        uint64_t random = hash_number(7, step);
        /* Far apart, so that hashing matters; the share of removals changes, so that it grows and shrinks. */
        size_t i = random % numbers;
        uint64_t number = i * UINT64_C(0x123456789abcdef);
        bool remove = (random >> 32) % 100 < (step / 5000 % 2 ? 70 : 30);
        if (remove) {
            assert_int_equal(number_set_remove(&set, number), model[i]);
            count -= model[i];
        } else {
            assert_int_equal(number_set_add(&set, number), !model[i]);
            count += !model[i];
        }
        model[i] = !remove;
        assert_int_equal(set.count, count);
        size_t other = (random >> 16) % numbers;
        assert_int_equal(number_set_has(&set, other * UINT64_C(0x123456789abcdef)), model[other]);
    }
    for (size_t i = 0; i < numbers; i++)
        assert_int_equal(number_set_has(&set, i * UINT64_C(0x123456789abcdef)), model[i]);
    number_set_free(&set);
}

static void holds_zero_and_the_largest_number(void **state)
{
    (void)state;
    struct number_set set = {0};
    assert_false(number_set_has(&set, 0));
    assert_false(number_set_remove(&set, 0));
    assert_true(number_set_add(&set, 0));
    assert_true(number_set_add(&set, UINT64_MAX - 1));
    assert_false(number_set_add(&set, 0));
    assert_true(number_set_has(&set, UINT64_MAX - 1));
    assert_true(number_set_remove(&set, 0));
    assert_false(number_set_has(&set, 0));
    assert_true(number_set_has(&set, UINT64_MAX - 1));
    number_set_free(&set);
    assert_false(number_set_has(&set, UINT64_MAX - 1));
}

static void spends_little_memory_on_a_million(void **state)
{
    (void)state;
    struct number_set set = {0};
    for (uint64_t i = 0; i < 1000000; i++)
        assert_true(number_set_add(&set, i));
    assert_int_equal(set.count, 1000000);
    assert_true(set.capacity * sizeof *set.slots <= 17 * set.count);
    number_set_free(&set);
}

static void maps_texts_to_numbers(void **state)
{
    (void)state;
    struct text_map map = {0};
    assert_null(text_map_get(&map, "key", 3));
    for (uint64_t i = 0; i < 5000; i++) {
        CLEANUP(memory_free) char *key = text_format("key%llu", (unsigned long long)i);
        text_map_put(&map, key, strlen(key), i);
    }
    for (uint64_t i = 0; i < 5000; i++) {
        CLEANUP(memory_free) char *key = text_format("key%llu", (unsigned long long)i);
        uint64_t *number = text_map_get(&map, key, strlen(key));
        assert_non_null(number);
        assert_int_equal(*number, i);
    }
    assert_null(text_map_get(&map, "key5000", 7));
    assert_null(text_map_get(&map, "key", 3));
    text_map_free(&map);
}

static void replaces_the_number_of_a_key(void **state)
{
    (void)state;
    struct text_map map = {0};
    text_map_put(&map, "a\0b", 3, 1);
    text_map_put(&map, "a\0b", 3, 2);
    text_map_put(&map, "a\0c", 3, 3);
    text_map_put(&map, "", 0, 4);
    assert_int_equal(map.count, 3);
    assert_int_equal(*text_map_get(&map, "a\0b", 3), 2);
    assert_int_equal(*text_map_get(&map, "a\0c", 3), 3);
    assert_int_equal(*text_map_get(&map, "", 0), 4);
    text_map_free(&map);
}

static void hashes_alike_on_every_machine(void **state)
{
    (void)state;
    assert_true(hash_bytes(0, "furcate", 7) == hash_bytes(0, "furcate", 7));
    assert_false(hash_bytes(0, "furcate", 7) == hash_bytes(1, "furcate", 7));
    assert_false(hash_bytes(0, "a", 1) == hash_bytes(0, "a\0", 2));
    assert_false(hash_bytes(0, "12345678x", 9) == hash_bytes(0, "12345678y", 9));
    assert_true(hash_number(0, 0) == 0);
    /* MurmurHash3's finaliser, fmix64(1). */
    assert_true(hash_number(0, 1) == UINT64_C(0xb456bcfc34c2cb2c));
}

static void adds_and_lists_many_numbers(void **state)
{
    (void)state;
    struct number_set set = {0}, seen = {0};
    uint64_t many[1000], number;
    for (uint64_t i = 0; i < 1000; i++)
        many[i] = hash_number(1, i % 700);
    number_set_reserve(&set, 10);
    number_set_add_all(&set, many, 1000);
    assert_int_equal(set.count, 700);
    for (size_t at = 0; number_set_next(&set, &at, &number);)
        assert_true(number_set_add(&seen, number));
    assert_int_equal(seen.count, 700);
    for (size_t i = 0; i < 1000; i++)
        assert_true(number_set_has(&seen, many[i]));
    number_set_free(&set);
    number_set_free(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(behaves_as_a_set_of_flags_does),
        cmocka_unit_test(holds_zero_and_the_largest_number),
        cmocka_unit_test(spends_little_memory_on_a_million),
        cmocka_unit_test(maps_texts_to_numbers),
        cmocka_unit_test(replaces_the_number_of_a_key),
        cmocka_unit_test(hashes_alike_on_every_machine),
        cmocka_unit_test(adds_and_lists_many_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
