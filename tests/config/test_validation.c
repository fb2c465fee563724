#include "fixture.h"

static void names_every_missing_key_at_once(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open("{\"meta\": {}}", CONFIG_FOR_FORK);
    assert_null(fixture.config);
    assert_true(fixture_said(&fixture,
                             "config.json: error: 'data_name' is missing; add \"data_name\": \"example\"\n"));
    assert_true(fixture_said(&fixture, "'data_dir' is missing; add"));
    assert_true(fixture_said(&fixture, "'batch_size' is missing; add \"batch_size\": 32"));
    assert_true(fixture_said(&fixture, "'epochs' is missing; add"));
    assert_int_equal(faults_count(fixture.faults, FAULT_ERROR), 4);
    fixture_close(&fixture);
}

static void refuses_wrong_values_of_reserved_keys(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"{\"data_name\": \"a/b\"}",
         "1:15: error: 'data_name' must be one word that can be part of a file name, but is \"a/b\"; write"},
        {"{\"data_name\": \".\"}", "'data_name' must be one word"},
        {"{\"data_name\": \"-x\"}", "'data_name' must be one word"},
        {"{\"data_name\": \"two words\"}", "'data_name' must be one word"},
        {"{\"data_name\": \"a\\u0000b\"}", "'data_name' must be one word"},
        {"{\"data_name\": \"\"}", "but is an empty string"},
        {"{\"data_name\": 2020}", "put it in quotes: \"data_name\": \"2020\""},
        {"{\"data_name\": null}", "write for example \"data_name\": \"example\""},
        {"{\"data_dir\": \"\"}", "'data_dir' must be a path, but is an empty string"},
        {"{\"data_dir\": {}}", "'data_dir' must be a path, but is an object"},
        {"{\"data_dir\": [\"a\", 5]}", "1:20: error: 'data_dir' must be a path, but holds 5"},
        {"{\"batch_size\": \"32\"}", "'batch_size' must be a positive integer, but is \"32\""},
        {"{\"batch_size\": [32, 0]}", "1:21: error: 'batch_size' must be a positive integer, but is 0"},
        {"{\"epochs\": 1.5}", "'epochs' must be a positive integer, but is 1.5"},
        {"{\"epochs\": true}", "'epochs' must be a positive integer, but is true"},
        {"{\"epochs\": null}", "'epochs' must be a positive integer, but is null"},
        {"{\"framework\": \"jax\"}", "'framework' must be \"tf\", \"torch\" or \"none\""},
        {"{\"batch_size\": 9223372036854775808}",
         "but is 9223372036854775808, more than 9223372036854775807; write"},
        {"{\"epochs\": -1}", "'epochs' must be a positive integer, but is -1"},
        {"{\"log_dir\": 5}", "'log_dir' must be a path"},
        {"{\"log_dir\": \"~/logs\"}", "'log_dir' must be a path without ~, which only shells know"},
        {"{\"$schema\": 5}", "'$schema' must be the address of a JSON Schema, but is 5; put it in quotes"},
        {"{\"$schema\": [\"a\"]}", "take it out of the [ ]: \"$schema\": \"a\""},
        {"{\"train_prefix\": 1}", "'train_prefix' must be a string"},
        {"{\"learning_rate\": \"fast\"}", "'learning_rate' must be a finite number, 0 or more"},
        {"{\"learning_rate\": -0.1}", "'learning_rate' must be a finite number, 0 or more, but is -0.1"},
        {"{\"learning_rate\": .inf}", "'learning_rate' must be a finite number"},
        {"{\"learning_rate\": NaN}", "'learning_rate' must be a finite number"},
        {"{\"learning_rate\": 1e999}", "'learning_rate' must be a finite number"},
        {"{\"verbose\": -1}", "'verbose' must be an integer, 0 or more"},
        {"{\"prefetch\": -2}", "'prefetch' must be an integer, 0 or more, or -1 for AUTOTUNE"},
        {"{\"seed\": 9223372036854775808}", "more than 9223372036854775807"},
        {"{\"seed\": 0.5}", "'seed' must be an integer, but is 0.5; write"},
        {"{\"verbose\": \"yes\"}", "'verbose' must be an integer"},
        {"{\"prefetch\": 0.5}", "'prefetch' must be an integer"},
        {"{\"seed\": [1, x]}", "'seed' must be an integer"},
        {"{\"cache\": 1}", "'cache' must be true or false"},
    };
    assert_refused(refusals, COUNT(refusals), CONFIG_FOR_FORK);
}

static void takes_a_framework_by_the_names_people_know_it_by(void **state)
{
    (void)state;
    static const char *const good[] = {"tf",    "torch", "none", "tensorflow", "TensorFlow",
                                       "keras", "Keras", "tf2",  "pytorch",    "PyTorch",
                                       "None",  "null",  "TF"};
    for (size_t i = 0; i < COUNT(good); i++) {
        CLEANUP(memory_free) char *text = text_format("framework: %s", good[i]);
        struct fixture fixture = fixture_open(text, CONFIG_FOR_PROGRAM);
        assert_non_null(fixture.config);
        assert_int_equal(fixture.said.len, 0);
        fixture_close(&fixture);
    }
    static const struct refusal refusals[] = {
        {"framework: 2", "'framework' must be"},
        {"framework: {tf: 2}", "'framework' must be"},
        {"framework: \"torch\\0\"", "'framework' must be"},
        {"framework: mxnet", "'framework' must be \"tf\", \"torch\" or \"none\", but is \"mxnet\""},
    };
    assert_refused(refusals, COUNT(refusals), CONFIG_FOR_FORK);
}

static void refuses_an_empty_axis(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"{\"a\": []}", "1:7: error: 'a' is an empty axis; give it a value, or remove the key"},
        {"{\"batch_size\": []}", "'batch_size' is an empty axis"},
    };
    assert_refused(refusals, COUNT(refusals), CONFIG_FOR_PROGRAM);
}

static void refuses_an_axis_where_one_value_holds_for_all_runs(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"{\"log_dir\": [\"a\", \"b\"]}", "'log_dir' cannot be an axis"},
        {"{\"framework\": [\"tf\"]}", "'framework' cannot be an axis"},
        {"{\"data_name\": [\"a\"]}", "'data_name' cannot be an axis"},
    };
    assert_refused(refusals, COUNT(refusals), CONFIG_FOR_FORK);
    assert_refused(refusals, 1, CONFIG_FOR_PROGRAM);
}

static void refuses_keys_that_no_column_or_attribute_can_have(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"{\"\": 1}", "cannot be a key: it is empty"},
        {"{\"a\\nb\": 1}", "holds a control character; rename it"},
        {"{\"gpu_id\": 0}", "'gpu_id' cannot be a key: furcate gives each run its GPU"},
    };
    assert_refused(refusals, COUNT(refusals), CONFIG_FOR_FORK);
    assert_refused(refusals, 2, CONFIG_FOR_PROGRAM);
}

static void refuses_wrong_values_of_meta(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"{\"meta\": 5}", "'meta' must be an object, but is 5"},
        {"{\"meta\": {\"allow_cpu\": 1}}", "'meta.allow_cpu' must be true or false"},
        {"{\"meta\": {\"max_threads\": 0}}", "'meta.max_threads' must be a positive integer, or -1"},
        {"{\"meta\": {\"max_threads\": -2}}", "'meta.max_threads'"},
        {"{\"meta\": {\"exclude_configs\": {\"a\": 1}}}", "but is an object; wrap it in [ ]"},
        {"{\"meta\": {\"exclude_configs\": [{}, 5]}}",
         "'meta.exclude_configs' must be an array of objects, but holds 5"},
        {"{\"meta\": {\"mem_trace\": true}}", "'meta.mem_trace' must be an object"},
        {"{\"meta\": {\"mem_trace\": {\"enabled\": \"yes\"}}}",
         "'meta.mem_trace.enabled' must be true or false"},
        {"{\"meta\": {\"mem_trace\": {\"delay\": 0}}}", "'meta.mem_trace.delay' must be a duration above 0"},
        {"{\"meta\": {\"mem_trace\": {\"top\": -1}}}", "'meta.mem_trace.top' must be an integer, 0 or more"},
        {"{\"meta\": {\"mem_trace\": {\"trace\": 1.5}}}", "'meta.mem_trace.trace' must be"},
        {"{\"meta\": {\"order\": \"random\"}}", "'meta.order' must be \"spread\", \"shuffle\" or \"config\""},
        {"{\"meta\": {\"retries\": -1}}", "'meta.retries' must be an integer, 0 or more"},
        {"{\"meta\": {\"retries\": 99999999999}}",
         "'meta.retries' must be an integer, 0 or more, but is 99999999999, more than 2147483647; write"},
        {"{\"meta\": {\"timeout\": \"2x\"}}", "'meta.timeout' must be a duration"},
        {"{\"meta\": {\"timeout\": -1}}", "'meta.timeout' must be a duration"},
        {"{\"meta\": {\"kill_grace\": true}}", "'meta.kill_grace' must be a duration"},
        {"{\"meta\": {\"start\": \"now\"}}", "'meta.start' must be \"auto\", \"fork\" or \"spawn\""},
        {"{\"meta\": {\"gpus\": 0}}",
         "'meta.gpus' must be an array of GPU indices or UUIDs, at least one, but is 0; wrap it"},
        {"{\"meta\": {\"gpus\": []}}", "'meta.gpus' must be an array of GPU indices or UUIDs, at least one"},
        {"{\"meta\": {\"gpus\": [-1]}}", "but holds -1"},
        {"{\"meta\": {\"metrics\": {\"a\": 5}}}",
         "'meta.metrics' must be an object of names and regular expressions"},
        {"{\"meta\": {\"objective\": \"loss\"}}", "'meta.objective' must be an object"},
        {"{\"meta\": {\"objective\": {\"metric\": \"loss\"}}}",
         "'meta.objective.mode' is missing; add \"mode\": \"max\""},
        {"{\"meta\": {\"objective\": {\"metric\": \"loss\", \"mode\": \"least\"}}}",
         "'meta.objective.mode' must be"},
        {"{\"meta\": {\"program\": \"python train.py\"}}",
         "give each word its own quotes: \"program\": [\"python\", \"train.py\"]"},
        {"{\"meta\": {\"program\": [\"sleep\", 5]}}",
         "'meta.program' must be an array of strings: a program and its arguments, but holds 5; put it in"},
        {"{\"meta\": {\"program\": [\"\", \"x\"]}}", "'meta.program' must be an array of strings"},
        {"{\"meta\": {\"program\": []}}", "'meta.program' must be"},
    };
    assert_refused(refusals, COUNT(refusals), CONFIG_FOR_PROGRAM);
}

static void refuses_unknown_keys_of_meta_and_names_the_near_one(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"{\"meta\": {\"max_thread\": 1}}",
         "1:11: error: 'meta.max_thread' is no key that furcate knows; did you mean"
         " 'max_threads'?"},
        {"{\"meta\": {\"exclude_config\": [], \"exclude_configs\": []}}", "did you mean 'exclude_configs'?"},
        {"{\"meta\": {\"mem_trace\": {\"delays\": 1}}}",
         "'meta.mem_trace.delays' is no key that furcate knows; did you"},
        {"{\"meta\": {\"retrys\": 1}}", "did you mean 'retries'?"},
        {"{\"meta\": {\"objective\": {\"metric\": \"loss\", \"mode\": \"min\", \"frobnicate\": 1}}}",
         "'meta.objective.frobnicate' is no key that furcate knows; remove it, or use one of metric, mode"},
    };
    assert_refused(refusals, COUNT(refusals), CONFIG_FOR_PROGRAM);
}

static void refuses_a_short_form_of_a_key_of_meta(void **state)
{
    (void)state;
    static const struct {
        const char *config, *said;
    } cases[] = {
        {"{\"meta\": {\"exclude\": [{\"a\": 1}]}}", "did you mean 'exclude_configs'?"},
        {"{\"meta\": {\"retry\": 3}}", "did you mean 'retries'?"},
        {"{\"meta\": {\"allow\": true}}", "did you mean 'allow_cpu'?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture = fixture_open(cases[i].config, CONFIG_FOR_PROGRAM);
        assert_null(fixture.config);
        assert_true(fixture_said(&fixture, cases[i].said));
        fixture_close(&fixture);
    }
}

static void keeps_other_keys_of_meta_and_says_that_they_have_no_effect(void **state)
{
    (void)state;
    struct fixture fixture =
        fixture_open("{\"meta\": {\"notes\": {\"by\": \"me\"}, \"retries\": 1, \"tags\": [1, 2],"
                     " \"owner\": \"me\", \"run\": {}}}",
                     CONFIG_FOR_PROGRAM);
    assert_non_null(fixture.config);
    assert_true(fixture_said(&fixture,
                             "config.json:1:11: warning: 'meta.notes' is no key that furcate knows, so it is "
                             "kept with the runs and has no effect\n"));
    assert_true(fixture_said(&fixture, "warning: 'meta.tags' is no key"));
    assert_true(fixture_said(
        &fixture, "'meta.owner' is no key that furcate knows, so it is kept with the runs and has no "
                  "effect; did you mean 'order'?"));
    assert_int_equal(faults_count(fixture.faults, FAULT_WARNING), 3);
    const struct value *meta = config_meta_value(fixture.config);
    assert_true(is_json(value_get(meta, "notes"), "{\"by\": \"me\"}"));
    assert_true(is_json(value_get(meta, "tags"), "[1, 2]"));
    assert_null(value_get(meta, "run"));
    fixture_close(&fixture);
}

static void warns_of_a_key_nearly_reserved(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open_fork("learning_rates: [1, 2]\nmomentum: 1");
    assert_non_null(fixture.config);
    assert_int_equal(faults_count(fixture.faults, FAULT_WARNING), 1);
    assert_true(fixture_said(&fixture, "warning: 'learning_rates' is none of furcate's keys; did you mean"
                                       " 'learning_rate'?"));
    fixture_close(&fixture);
}

static void takes_every_value_within_the_ranges(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{'data_name': 'caf\xc3\xa9_2.0-b+c', 'log_dir': './~', 'data_dir': '~'}",
        "{'batch_size': 9223372036854775807, 'epochs': 1.0, 'verbose': 0, 'prefetch': -1}",
        "{'learning_rate': [0, 1e300, 5], 'seed': [-9223372036854775808, 9223372036854775807]}",
        "{'meta': {'max_threads': -1, 'timeout': 0, 'kill_grace': 0, 'retries': 2147483647}}",
        "{'meta': {'timeout': '0s', 'gpus': ['0', 1], 'program': ['true', '']}}",
        "{'meta': {'exclude_configs': [], 'metrics': {}, 'mem_trace': {}}}",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct fixture fixture = fixture_open(texts[i], CONFIG_FOR_PROGRAM);
        if (fixture.said.len)
            print_error("%s\n", text_get(&fixture.said));
        assert_int_equal(fixture.said.len, 0);
        fixture_close(&fixture);
    }
}

/* The config is good, and these words are a warning. */
static void assert_warns(const char *text, const char *said)
{
    struct fixture fixture = fixture_open(text, CONFIG_FOR_PROGRAM);
    assert_non_null(fixture.config);
    assert_int_equal(faults_count(fixture.faults, FAULT_WARNING), 1);
    assert_true(fixture_said(&fixture, said));
    fixture_close(&fixture);
}

static void warns_of_a_gpu_named_twice(void **state)
{
    (void)state;
    assert_warns("{\"meta\": {\"gpus\": [0, 1, \"0\"]}}",
                 "1:26: warning: 'meta.gpus' names GPU 0 twice; it is used once, so remove one");
}

static void warns_of_a_key_of_meta_outside_of_it(void **state)
{
    (void)state;
    assert_warns("{\"max_threads\": 2}",
                 "1:2: warning: 'max_threads' is a key of meta, and has no effect outside of it; move it");
    assert_warns("{\"Meta\": {}}", "1:2: warning: 'Meta' is none of furcate's keys; did you mean 'meta'?");
}

static void warns_of_an_object_that_was_meant_as_meta(void **state)
{
    (void)state;
    static const char *const meant[] = {
        "meta_: {retries: 1}",
        "mta: {allow_cpu: true}",
        "mata: {gpus: [0, 1]}",
        "metas: {a: 1}",
        "META: 3",
        "beta: {max_threads: 2}",
        "furcate: {exclude_configs: []}",
        "meta: {}\nextra: {fail_fast: false, timeout: 1, retries: 1}",
    };
    for (size_t i = 0; i < COUNT(meant); i++)
        assert_warns(meant[i], "is none of furcate's keys; did you mean 'meta'?");
}

static void leaves_other_objects_alone(void **state)
{
    (void)state;
    static const char *const fine[] = {
        "beta: {start: 1}",
        "eta: {a: 1}",
        "fetch: {timeout: 3, retries: 2}",
        "trainer: {gpus: 2, metrics: acc}",
        "metadata: {a: 1}",
        "mta: 1",
        "meta: {}\nmetas: {a: 1}",
        "model: {meta: {allow_cpu: 1}}",
    };
    for (size_t i = 0; i < COUNT(fine); i++) {
        struct fixture fixture = fixture_open(fine[i], CONFIG_FOR_PROGRAM);
        assert_string_equal(text_get(&fixture.said), "");
        fixture_close(&fixture);
    }
}

static void leaves_the_users_own_keys_alone(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(
        "{\"dataset_name\": 1, \"num_epochs\": 1, \"step_size\": 1, \"timeout\": 1, \"beta\": 1}",
        CONFIG_FOR_PROGRAM);
    assert_string_equal(text_get(&fixture.said), "");
    fixture_close(&fixture);
}

static void takes_a_misspelt_key_for_the_missing_one(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(
        "{\"data_name\": \"a\", \"data_dir\": \"b\", \"batch_size\": 1, \"num_epochs\": 5}", CONFIG_FOR_FORK);
    assert_null(fixture.config);
    assert_int_equal(faults_count(fixture.faults, FAULT_ERROR), 1);
    assert_true(fixture_said(&fixture, "1:54: error: 'num_epochs' is none of furcate's keys, and 'epochs' is "
                                       "missing; rename it, or add \"epochs\": 50\n"));
    fixture_close(&fixture);
    fixture = fixture_open("{\"meta\": {\"objective\": {\"metrik\": \"loss\", \"mode\": \"min\"}}}",
                           CONFIG_FOR_PROGRAM);
    assert_int_equal(faults_count(fixture.faults, FAULT_ERROR), 1);
    assert_true(fixture_said(&fixture, "did you mean 'metric'?"));
    fixture_close(&fixture);
}

static void tells_all_faults_in_one_pass(void **state)
{
    (void)state;
    struct fixture fixture =
        fixture_open("{\n\"data_name\": 1,\n\"data_dir\": [],\n\"batch_size\": 1, \"batch_size\": 2,\n"
                     "\"gpu_id\": 1,\n\"meta\": {\"retrys\": 1, \"order\": 5}\n}",
                     CONFIG_FOR_FORK);
    assert_null(fixture.config);
    static const char *const said[] = {
        "'epochs' is missing",
        "2:14: error: 'data_name' must be",
        "3:13: error: 'data_dir' is an empty axis",
        "4:18: error: 'batch_size' is given twice, first in line 4; remove one",
        "5:1: error: 'gpu_id' cannot be a key",
        "6:10: error: 'meta.retrys' is no key that furcate knows; did you mean 'retries'?",
        "6:32: error: 'meta.order' must be"};
    for (size_t i = 0; i < COUNT(said); i++)
        assert_true(fixture_said(&fixture, said[i]));
    assert_int_equal(faults_count(fixture.faults, FAULT_ERROR), COUNT(said));
    fixture_close(&fixture);
}

static void reads_on_behind_faults_of_syntax_that_have_a_plain_remedy(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open("{\n"
                                          "  'a': 1\n"
                                          "  'b' 2, 'batch_size': 0,\n"
                                          "  'c': [1,,2], 'gpu_id': 1,\n"
                                          "  'd': \"C:\\data\", 'epochs': 1.5\n"
                                          "  'e': [1, 2}, 'seed': x,\n"
                                          "  'a': 2,\n"
                                          "  'meta': {'retrys': 1\n",
                                          CONFIG_FOR_FORK);
    assert_null(fixture.config);
    static const char *const said[] = {
        "2:9: error: a comma is missing here; add a comma",
        "3:7: error: a ':' is missing between key and value",
        "3:24: error: 'batch_size' must be a positive integer, but is 0",
        "4:11: error: there is a comma too many; remove it",
        "4:16: error: 'gpu_id' cannot be a key",
        "5:11: error: this escape is unknown",
        "5:29: error: 'epochs' must be a positive integer, but is 1.5",
        "5:32: error: a comma is missing here; add a comma",
        "6:13: error: this bracket does not close the one that is open",
        "7:3: error: 'a' is given twice, first in line 2",
        "8:11: error: this bracket is never closed; add '}}' at the end",
        "8:12: error: 'meta.retrys' is no key that furcate knows",
    };
    for (size_t i = 0; i < COUNT(said); i++)
        assert_true(fixture_said(&fixture, said[i]));
    fixture_close(&fixture);
}

static void names_each_key_of_a_template_that_has_no_value(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open("{\n"
                                          "  \"data_name\":   # String.\n"
                                          "  'data_dir':      # String.\n"
                                          "  batch_size:      # Int.\n"
                                          "  \"epochs\": 0     # Int.\n"
                                          "  \"meta\": {\n"
                                          "    \"order\":     # String.\n"
                                          "    \"retries\":   # Int.\n"
                                          "  }\n"
                                          "}\n",
                                          CONFIG_FOR_FORK);
    assert_null(fixture.config);
    static const char *const said[] = {
        "2:3: error: 'data_name' has no value; write one after the ':', and a comma after that",
        "3:3: error: 'data_dir' has no value",
        "4:3: error: 'batch_size' has no value",
        "5:14: error: a comma is missing here",
        "5:13: error: 'epochs' must be a positive integer, but is 0",
        "7:5: error: 'order' has no value",
        "8:5: error: 'meta.retries' must be an integer, 0 or more, but is null",
    };
    for (size_t i = 0; i < COUNT(said); i++)
        assert_true(fixture_said(&fixture, said[i]));
    assert_int_equal(faults_count(fixture.faults, FAULT_ERROR), COUNT(said));
    fixture_close(&fixture);
}

static void says_nothing_of_what_only_follows_from_an_earlier_fault(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"{\"a\": \"abc, \"b\": 2}", "1:14: error: a comma is missing here; add a comma"},
        {"{\"a\": \"x}", "this string is never closed"},
        {"{\"a\": [1, 2, \"b\": 3}\n", "1:20: error: this bracket does not close the one that is open"},
    };
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct fixture fixture = fixture_open(refusals[i].text, CONFIG_FOR_PROGRAM);
        assert_true(fixture_said(&fixture, refusals[i].said));
        assert_int_equal(faults_count(fixture.faults, FAULT_ERROR), 1);
        fixture_close(&fixture);
    }
}

static void stops_naming_faults_of_syntax_at_some_number(void **state)
{
    (void)state;
    CLEANUP(text_free) struct text text = {0};
    text_add(&text, "{");
    for (int i = 0; i < 1000; i++)
        text_addf(&text, "\"k%d\": 1\n", i);
    struct fixture fixture = fixture_open(text.data, CONFIG_FOR_PROGRAM);
    assert_null(fixture.config);
    assert_int_equal(faults_count(fixture.faults, FAULT_ERROR), 20);
    fixture_close(&fixture);
}

static void reports_each_duplicate_against_the_first(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open("a: 1\nb: {c: 1, c: 2}\na: 2\na: 3\n", CONFIG_FOR_PROGRAM);
    assert_null(fixture.config);
    assert_int_equal(faults_count(fixture.faults, FAULT_ERROR), 3);
    assert_true(fixture_said(&fixture, "2:11: error: 'c' is given twice, first in line 2"));
    assert_true(fixture_said(&fixture, "3:1: error: 'a' is given twice, first in line 1"));
    assert_true(fixture_said(&fixture, "4:1: error: 'a' is given twice, first in line 1"));
    fixture_close(&fixture);
}

static void refuses_what_is_no_config_at_all(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"", "is empty; write an object"},
        {"[1]", "a config is an object of keys and values, but this is an array"},
        {"hello", "but this is a string; begin it with '{'"},
    };
    assert_refused(refusals, COUNT(refusals), CONFIG_FOR_FORK);
    struct fixture nul = fixture_open_bytes("{\0}", 3, CONFIG_FOR_PROGRAM);
    assert_true(fixture_said(&nul, "is no UTF-8 text"));
    fixture_close(&nul);
    struct fixture missing = fixture_read("/nonexistent.json", CONFIG_FOR_PROGRAM);
    assert_null(missing.config);
    assert_true(fixture_said(
        &missing, "config.json: error: cannot be read: No such file or directory; check its path"));
    fixture_close(&missing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_every_missing_key_at_once),
        cmocka_unit_test(refuses_wrong_values_of_reserved_keys),
        cmocka_unit_test(takes_a_framework_by_the_names_people_know_it_by),
        cmocka_unit_test(refuses_an_empty_axis),
        cmocka_unit_test(refuses_an_axis_where_one_value_holds_for_all_runs),
        cmocka_unit_test(refuses_keys_that_no_column_or_attribute_can_have),
        cmocka_unit_test(refuses_wrong_values_of_meta),
        cmocka_unit_test(refuses_unknown_keys_of_meta_and_names_the_near_one),
        cmocka_unit_test(refuses_a_short_form_of_a_key_of_meta),
        cmocka_unit_test(keeps_other_keys_of_meta_and_says_that_they_have_no_effect),
        cmocka_unit_test(warns_of_a_key_nearly_reserved),
        cmocka_unit_test(takes_every_value_within_the_ranges),
        cmocka_unit_test(warns_of_a_gpu_named_twice),
        cmocka_unit_test(warns_of_a_key_of_meta_outside_of_it),
        cmocka_unit_test(warns_of_an_object_that_was_meant_as_meta),
        cmocka_unit_test(leaves_other_objects_alone),
        cmocka_unit_test(leaves_the_users_own_keys_alone),
        cmocka_unit_test(takes_a_misspelt_key_for_the_missing_one),
        cmocka_unit_test(tells_all_faults_in_one_pass),
        cmocka_unit_test(reads_on_behind_faults_of_syntax_that_have_a_plain_remedy),
        cmocka_unit_test(names_each_key_of_a_template_that_has_no_value),
        cmocka_unit_test(says_nothing_of_what_only_follows_from_an_earlier_fault),
        cmocka_unit_test(stops_naming_faults_of_syntax_at_some_number),
        cmocka_unit_test(reports_each_duplicate_against_the_first),
        cmocka_unit_test(refuses_what_is_no_config_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
