/* Runs that were started and have no row are known by their permutation, not by its hash. */
#include "fixture.h"

#include "base/hash.h"

/* All of the first values and all of the second ones have the same hash (found by Wagner's algorithm for the
 * generalised birthday problem, with lists of 2^22). */
static const char *const keys[] = {"a", "b", "c", "d"};
static const char *const values[2][4] = {{"p2383304", "p3829263", "p1304323", "p1922706"},
                                         {"q2383304", "q3829263", "q1304323", "q1922706"}};

static struct plan *make_colliding_plan(struct fixture *fixture)
{
    CLEANUP(text_free) struct text config = {0};
    text_add(&config, "{data_name: example, data_dir: foo/, batch_size: 32, epochs: 50");
    for (int i = 0; i < 4; i++)
        text_addf(&config, ", %s: [%s, %s]", keys[i], values[0][i], values[1][i]);
    text_add(&config, "}");
    return make_plan(fixture, text_get(&config));
}

static uint64_t rank_of_all(const struct plan *plan, uint32_t choice)
{
    uint64_t rank;
    assert_true(plan_rank(plan, (uint32_t[]){choice, choice, choice, choice}, &rank));
    return rank;
}

/* As src/store/unfinished.c hashes what these four keys add. */
static uint64_t hash_of_all(int choice)
{
    uint64_t sum = 0;
    for (int i = 0; i < 4; i++) {
        CLEANUP(value_cleanup)
        struct value *value = value_new_string(values[choice][i], strlen(values[choice][i]));
        sum += hash_number(hash_bytes(0, keys[i], 1), value_hash(value));
    }
    return sum;
}

/* Starts the run of a permutation; returns its id. */
static int64_t start(struct fixture *fixture, struct store *store, const struct plan *plan, uint64_t rank,
                     int attempt)
{
    struct run *run = start_run(fixture, store, plan, rank);
    int64_t id = run->id;
    assert_int_equal(run->attempt, attempt);
    run_destroy(run);
    return id;
}

static void two_permutations_of_one_hash_are_two_runs(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_colliding_plan(fixture);
    assert_int_equal(hash_of_all(0), hash_of_all(1));
    uint64_t first = rank_of_all(plan, 0), second = rank_of_all(plan, 1);

    struct store *store = open_store(fixture);
    assert_int_equal(start(fixture, store, plan, first, 1), 0);
    store_close(store); /* a crash */
    store = open_store(fixture);
    assert_int_equal(start(fixture, store, plan, second, 1), 1);
    store_close(store);

    store = open_store(fixture);
    assert_int_equal(start(fixture, store, plan, second, 2), 1);
    assert_int_equal(start(fixture, store, plan, first, 2), 0);
    store_close(store);
    plan_unref(plan);
}

static void one_of_them_ends_without_the_other(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_colliding_plan(fixture);
    uint64_t first = rank_of_all(plan, 0), second = rank_of_all(plan, 1);
    struct attempt_end failure = {.start_time = 1, .end_time = 2, .exit_status = 1, .idle_ns = -1};
    struct store *store = open_store(fixture);
    for (int i = 0; i < 2; i++) {
        struct run *run = start_run(fixture, store, plan, i ? second : first);
        store_add_failed(store, run, &failure, "", true);
        run_destroy(run);
    }
    finish_run(fixture, store, plan, first, "{}");
    assert_int_equal(start(fixture, store, plan, first, 1), 2); /* as if its row had been deleted */
    assert_int_equal(start(fixture, store, plan, second, 2), 1);
    store_close(store);
    plan_unref(plan);
}

static void a_permutation_is_the_same_however_it_is_written(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan =
        make_plan(fixture, "{data_name: example, data_dir: foo/, batch_size: 32, epochs: 50, rate: 0.001}");
    struct store *store = open_store(fixture);
    assert_int_equal(start(fixture, store, plan, 0, 1), 0);
    store_close(store);
    plan_unref(plan);

    plan = make_plan(fixture, "{rate: 1e-3, epochs: 50, data_name: example, batch_size: 32, data_dir: foo/}");
    store = open_store(fixture);
    assert_int_equal(start(fixture, store, plan, 0, 2), 0);
    store_close(store);
    plan_unref(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_permutations_of_one_hash_are_two_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_of_them_ends_without_the_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_permutation_is_the_same_however_it_is_written, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
