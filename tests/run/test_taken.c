/* What is taken follows an edit of the plan, some at a time. */
#include "../plan/plan_fixture.h"

#include "run/taken.h"

/* An axis of values from `first` on, so many, and one of three. */
static struct fixture open_range(int first, int count)
{
    CLEANUP(text_free) struct text config = {0};
    text_add(&config, "{'data_name': 'x', 'a': [");
    for (int i = 0; i < count; i++)
        text_addf(&config, "%s%d", i ? ", " : "", first + i);
    text_add(&config, "], 'b': [1, 2, 3]}");
    return fixture_open(config.data);
}

/* Every third rank of the plan. */
static void take_some(struct taken *taken, const struct plan *plan)
{
    for (uint64_t rank = 0; rank < plan_count(plan); rank += 3)
        taken_add(taken, rank);
}

/* Whether what is taken of the plan is what was taken of the plan before. */
static void check(const struct taken *taken, struct plan *before, struct plan *now)
{
    struct rank_map *back = rank_map_create(now, before);
    for (uint64_t rank = 0; rank < plan_count(now); rank++) {
        uint64_t earlier;
        bool was_taken = rank_map_find(back, rank, &earlier) && earlier % 3 == 0;
        assert_int_equal(taken_has(taken, rank), was_taken);
    }
    rank_map_destroy(back);
}

static void is_known_at_every_step(void **state)
{
    (void)state;
    struct fixture before = open_range(0, 500), now = open_range(100, 600);
    struct taken taken = {0};
    uint64_t gone = 0, steps = 0;
    take_some(&taken, before.plan);
    assert_int_equal(taken_count(&taken), 500);
    taken_follow(&taken, rank_map_create(before.plan, now.plan), rank_map_create(now.plan, before.plan));
    do {
        check(&taken, before.plan, now.plan);
        assert_int_equal(taken_count(&taken), 500 - gone);
        steps++;
    } while (taken_step(&taken, 7, &gone));
    check(&taken, before.plan, now.plan);
    assert_int_equal(gone, 100);
    assert_int_equal(taken_count(&taken), 400);
    assert_int_equal(steps, (500 + 6) / 7);
    assert_false(taken_step(&taken, 7, &gone));
    assert_int_equal(gone, 100);
    taken_free(&taken);
    fixture_close(&before);
    fixture_close(&now);
}

static void takes_more_while_it_follows(void **state)
{
    (void)state;
    struct fixture before = open_range(0, 100), now = open_range(0, 200);
    struct taken taken = {0};
    uint64_t gone = 0;
    take_some(&taken, before.plan);
    taken_follow(&taken, rank_map_create(before.plan, now.plan), rank_map_create(now.plan, before.plan));
    taken_add(&taken, 400);
    taken_add(&taken, 401);
    taken_remove(&taken, 401);
    assert_true(taken_has(&taken, 400));
    assert_false(taken_has(&taken, 401));
    assert_false(taken_step(&taken, SIZE_MAX, &gone));
    assert_true(taken_has(&taken, 400));
    assert_int_equal(taken_count(&taken), 101);
    taken_free(&taken);
    fixture_close(&before);
    fixture_close(&now);
}

static void can_be_replaced_while_it_follows(void **state)
{
    (void)state;
    struct fixture before = open_range(0, 100), now = open_range(0, 200);
    struct taken taken = {0};
    struct number_set ranks = {0};
    take_some(&taken, before.plan);
    taken_follow(&taken, rank_map_create(before.plan, now.plan), rank_map_create(now.plan, before.plan));
    number_set_add(&ranks, 5);
    taken_replace(&taken, &ranks);
    assert_true(taken_has(&taken, 5));
    assert_false(taken_has(&taken, 3));
    assert_int_equal(taken_count(&taken), 1);
    taken_free(&taken);
    fixture_close(&before);
    fixture_close(&now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_known_at_every_step),
        cmocka_unit_test(takes_more_while_it_follows),
        cmocka_unit_test(can_be_replaced_while_it_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
