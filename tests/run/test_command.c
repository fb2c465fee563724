/* The command line of an attempt: finding the program, and what the braces in its arguments stand for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "plan/plan.h"
#include "run/command.h"

static const char config_text[] = "data_name: example\n"
                                  "data_dir: foo/\n"
                                  "learning_rate: [0.0001, 1e-2]\n"
                                  "layers: [[64, 64], [128]]\n"
                                  "optimizer: [{name: sgd, momentum: 0.9}]\n"
                                  "title: 'two words'\n"
                                  "note: null\n"
                                  "model: {size: 3, parts: [{name: stem}, head], a.b: dotted}\n"
                                  "model.size: top\n"
                                  "shell: [sh, dash]\n"
                                  "use-bn: [true]\n"
                                  "freeze: [false]\n"
                                  "decay: [null]\n"
                                  "shift: [-1]\n"
                                  "empty: [[]]\n"
                                  "block: [{kind: x, rate: 1}, {kind: y}, {kind: z, rate: 3}]\n"
                                  "slot: [7]\n"
                                  "meta: {exclude_configs: [{shell: gone}]}\n";

struct command_fixture {
    char folder[64];
    char *config_path;
    struct config *config;
    struct plan *plan;
    struct run run; /* the permutation with each axis' first value */
};

static int set_up(void **state)
{
    struct error err;
    struct command_fixture *fixture = memory_new(1, sizeof *fixture);
    strcpy(fixture->folder, "/tmp/furcate-command-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    fixture->config_path = text_format("%s/config.yaml", fixture->folder);
    assert_true(folder_write_path(fixture->config_path, config_text, sizeof config_text - 1, &err));
    struct faults *faults = faults_create(fixture->config_path);
    fixture->config = config_read(fixture->config_path, CONFIG_FOR_PROGRAM, faults);
    assert_non_null(fixture->config);
    fixture->plan = plan_create(fixture->config, faults);
    assert_non_null(fixture->plan);
    faults_destroy(faults);
    fixture->run = (struct run){
        .directory = (char *)"/logs/example0_foo",
        .keys = plan_permutation(fixture->plan, 0),
        .gpu_id = 3,
    };
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct command_fixture *fixture = *state;
    CLEANUP(memory_free) char *program = text_format("%s/train", fixture->folder);
    value_unref(fixture->run.keys);
    plan_unref(fixture->plan);
    config_unref(fixture->config);
    unlink(fixture->config_path);
    unlink(program);
    rmdir(fixture->folder);
    free(fixture->config_path);
    free(fixture);
    return 0;
}

#define WORDS(...) ((char *const[]){(char *)"/bin/true", __VA_ARGS__, NULL})

/* The arguments behind the program, joined by "|"; free() it. */
static char *filled_in(const struct command_fixture *fixture, char *const *words, bool literal)
{
    struct error err = {0};
    struct text joined = {0};
    struct command *command = command_create(words, literal, &err);
    assert_non_null(command);
    assert_true(command_check(command, fixture->plan, &err));
    char **arguments = command_arguments(command, fixture->config, &fixture->run);
    assert_string_equal(arguments[0], "/bin/true");
    for (char **argument = arguments + 1; *argument; argument++)
        text_addf(&joined, "%s%s", argument > arguments + 1 ? "|" : "", *argument);
    command_free_arguments(arguments);
    command_unref(command);
    return text_take(&joined);
}

static void fills_in_values_as_they_were_written(void **state)
{
    static const struct {
        const char *word, *argument;
    } cases[] = {
        {"{learning_rate}", "0.0001"},
        {"lr={learning_rate},t={title}.", "lr=0.0001,t=two words."},
        {"{layers}", "[64, 64]"},
        {"{optimizer}", "{\"name\": \"sgd\", \"momentum\": 0.9}"},
        {"{note}", "null"},
        {"{data_dir}", "foo/"},
        {"{optimizer.name}", "sgd"},
        {"{optimizer.momentum}", "0.9"},
        {"{layers.0}", "64"},
        {"{model.parts.0.name}", "stem"},
        {"{model.parts.0}", "{\"name\": \"stem\"}"},
        {"{model.a.b}", "dotted"},
        {"{model.size}", "top"},
        {"{shell}{block.kind}", "shx"},
        {"{slot}", "7"},
        {"{data_name}", "example"},
        {"{config}", "/logs/example0_foo/config.json"},
        {"{log_dir}/model", "/logs/example0_foo/model"},
        {"cuda:{gpu_id}", "cuda:3"},
        {"{{title}", "{title}"},
        {"{{title}}", "{title}"},
        {"{{{title}}}", "{two words}"},
        {"{{\"a\": {{\"b\": {note}}}}}", "{\"a\": {\"b\": null}}"},
        {"a}}b", "a}b"},
        {"a}b", "a}b"},
        {"{{{title}", "{two words"},
        {"plain $HOME 'x'", "plain $HOME 'x'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(memory_free) char *argument = filled_in(*state, WORDS((char *)cases[i].word), false);
        assert_string_equal(argument, cases[i].argument);
    }
}

static void keeps_an_empty_argument(void **state)
{
    CLEANUP(memory_free)
    char *arguments = filled_in(*state, WORDS((char *)"", (char *)"b", (char *)""), false);
    assert_string_equal(arguments, "|b|");
}

static void writes_every_axis_for_a_star(void **state)
{
    CLEANUP(memory_free)
    char *arguments = filled_in(*state, WORDS((char *)"a", (char *)"{*}", (char *)"z"), false);
    assert_string_equal(arguments, "a|--learning_rate=0.0001|--layers=[64, 64]|"
                                   "--optimizer={\"name\": \"sgd\", \"momentum\": 0.9}|--shell=sh|"
                                   "--use-bn=true|--freeze=false|--decay=null|--shift=-1|--empty=[]|"
                                   "--block={\"kind\": \"x\", \"rate\": 1}|--slot=7|z");
}

static void writes_flags_as_argparse_takes_them(void **state)
{
    CLEANUP(memory_free)
    char *arguments = filled_in(*state, WORDS((char *)"a", (char *)"{flags}", (char *)"z"), false);
    assert_string_equal(arguments,
                        "a|--learning_rate=0.0001|--layers|64|64|"
                        "--optimizer={\"name\": \"sgd\", \"momentum\": 0.9}|--shell=sh|"
                        "--use-bn|--shift=-1|--empty|--block={\"kind\": \"x\", \"rate\": 1}|--slot=7|z");
}

static void fills_in_the_slot_where_no_key_has_its_name(void **state)
{
    struct command_fixture *fixture = *state;
    struct error err;
    struct faults *faults = faults_create("c.json");
    struct config *config = config_read_text("c.json", "{\"k\": 1}", 8, CONFIG_FOR_PROGRAM, faults);
    assert_non_null(config);
    struct command *command =
        command_create(WORDS((char *)"{slot}", (char *)"p={slot}{gpu_id}"), false, &err);
    fixture->run.slot_index = 5;
    char **arguments = command_arguments(command, config, &fixture->run);
    assert_string_equal(arguments[1], "5");
    assert_string_equal(arguments[2], "p=53");
    command_free_arguments(arguments);

    char *directory = fixture->run.directory;
    fixture->run.directory = NULL;
    arguments = command_arguments(command, config, &fixture->run);
    assert_string_equal(arguments[2], "p={slot}{gpu_id}");
    fixture->run.directory = directory;
    command_free_arguments(arguments);
    command_unref(command);
    config_unref(config);
    faults_destroy(faults);
}

static void finds_the_program_of_each_value(void **state)
{
    struct command_fixture *fixture = *state;
    struct error err = {0};
    struct command *command = command_create((char *const[]){(char *)"/bin/{shell}", NULL}, false, &err);
    assert_non_null(command);
    assert_true(command_check(command, fixture->plan, &err));
    CLEANUP(memory_free) char *found = command_find_program(command, fixture->config, &fixture->run, &err);
    assert_string_equal(found, "/bin/sh");
    assert_false(command_check_preload(command, &err));
    command_unref(command);

    command = command_create((char *const[]){(char *)"{optimizer.name}{shell}", NULL}, false, &err);
    assert_false(command_check(command, fixture->plan, &err));
    assert_non_null(strstr(err.text, "'sgdsh' (of '{optimizer.name}{shell}') is not on PATH"));
    command_unref(command);
}

static void leaves_the_arguments_of_a_fork_program_alone(void **state)
{
    CLEANUP(memory_free)
    char *arguments = filled_in(*state, WORDS((char *)"{title}", (char *)"{", (char *)"{{"), true);
    assert_string_equal(arguments, "{title}|{|{{");
}

static void names_the_argument_that_is_wrong_and_the_remedy(void **state)
{
    static const struct {
        const char *word;
        const char *said[3];
    } cases[] = {
        {"--lr={learnign_rate}", {"'--lr={learnign_rate}'", "config.yaml", "did you mean {learning_rate}?"}},
        {"{zebra_crossing}",
         {"{zebra_crossing}", "config.yaml",
          "add the key, or write {{ and }} for braces that are meant as such"}},
        {"x{title", {"'x{title'", "never closes it", "meant as such write 'x{{title'"}},
        {"{title{note}", {"'{title{note}'", "never closes it", "write '{{title{note}'"}},
        {"{}", {"'{}'", "names {}", "write '{{}}'"}},
        {"{\"a\": 1}", {"names {\"a\": 1}", "is no key", "write '{{\"a\": 1}}'"}},
        {"{\"a\": {\"t\": {title}}}", {"never closes it", "write '{{\"a\": {{\"t\": {title}}}}}'", "such"}},
        {"{print $1}", {"names {print $1}", "is no key", "write '{{print $1}}'"}},
        {"{a: 'b'}", {"names {a: 'b'}", "is no key", "write {{ and }} for braces"}},
        {"{seed}", {"{seed}", "is no key of", "add the key"}},
        {"{train_prefix}", {"{train_prefix}", "is no key of", "add the key"}},
        {"--all={*}", {"'--all={*}'", "several arguments", "an argument of its own"}},
        {"x{flags}", {"'{flags}' in 'x{flags}'", "several arguments", "an argument of its own"}},
        {"{otpimizer.name}", {"{otpimizer.name}", "is no key", "did you mean {optimizer.name}?"}},
        {"{optimizer.rate}", {"nowhere in the config", "{optimizer.name}, {optimizer.momentum}", ""}},
        {"{optimizer.name.x}", {"nowhere in the config", "{optimizer.name} is a string", "nothing in it"}},
        {"{optimizer.}", {"names {optimizer.}", "there are {optimizer.name}", ""}},
        {"{model.parts.2}", {"nowhere", "there are {model.parts.0}, {model.parts.1}", ""}},
        {"{model.parts.x}", {"nowhere", "there are {model.parts.0}, {model.parts.1}", ""}},
        {"{learning_rate.x}", {"nowhere", "{learning_rate} is a float, with nothing in it", ""}},
        {"--m={block.rate}", {"'--m={block.rate}'", "one value of block", "{\"kind\": \"y\"}"}},
        {"{layers.1}", {"'{layers.1}'", "one value of layers", "[128]"}},
    };
    const struct command_fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct command *command = command_create(WORDS((char *)cases[i].word), false, &err);
        assert_false(command_check(command, fixture->plan, &err));
        assert_int_equal(err.kind, ERROR_USAGE);
        for (size_t j = 0; j < 3; j++)
            if (!strstr(err.text, cases[i].said[j]))
                fail_msg("'%s' is not in: %s", cases[i].said[j], err.text);
        command_unref(command);
    }
}

static void looks_for_the_program_on_the_path(void **state)
{
    struct command_fixture *fixture = *state;
    struct error err = {0};
    CLEANUP(memory_free) char *program = text_format("%s/train", fixture->folder);
    CLEANUP(memory_free) char *path = text_format("/nowhere:%s:/bin", fixture->folder);
    CLEANUP(memory_free) char *old = memory_copy_text(getenv("PATH"));
    assert_true(folder_write_path(program, "", 0, &err));
    assert_int_equal(chmod(program, 0755), 0);
    setenv("PATH", path, 1);
    struct command *command = command_create((char *const[]){(char *)"train", NULL}, false, &err);
    setenv("PATH", old, 1);
    assert_non_null(command);
    CLEANUP(memory_free) char *found = command_find_program(command, fixture->config, &fixture->run, &err);
    assert_string_equal(found, program);
    command_unref(command);
}

static void asks_nothing_of_a_value_that_is_excluded(void **state)
{
    (void)state;
    static const char text[] =
        "{\"opt\": [{\"n\": 1}, {\"m\": 2}], \"k\": [1, 2], \"meta\": {\"exclude_configs\": "
        "[{\"opt\": {\"m\": 2}}]}}";
    struct error err = {0};
    struct faults *faults = faults_create("c.json");
    struct config *config = config_read_text("c.json", text, strlen(text), CONFIG_FOR_PROGRAM, faults);
    struct plan *plan = plan_create(config, faults);
    assert_non_null(plan);
    struct command *command = command_create(WORDS((char *)"{opt.n}"), false, &err);
    assert_true(command_check(command, plan, &err));
    command_unref(command);
    command = command_create(WORDS((char *)"{opt.m}"), false, &err);
    assert_false(command_check(command, plan, &err));
    command_unref(command);
    plan_unref(plan);
    config_unref(config);
    faults_destroy(faults);
}

static void refuses_what_no_argument_can_hold(void **state)
{
    (void)state;
    static const char text[] = "{\"k\": [1, \"a\\u0000b\"], \"c\": [1, 2]}";
    static const char *const words[] = {"{k}", "{*}", "{flags}"};
    struct error err = {0};
    struct faults *faults = faults_create("c.json");
    struct config *config = config_read_text("c.json", text, strlen(text), CONFIG_FOR_PROGRAM, faults);
    struct plan *plan = plan_create(config, faults);
    assert_non_null(plan);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct command *command = command_create(WORDS((char *)words[i]), false, &err);
        assert_false(command_check(command, plan, &err));
        assert_non_null(strstr(err.text, "would hold a NUL character, of a value of k: \"a\\u0000b\""));
        command_unref(command);
    }
    struct command *command = command_create(WORDS((char *)"{c}{config}"), false, &err);
    assert_true(command_check(command, plan, &err));
    command_unref(command);
    plan_unref(plan);
    config_unref(config);
    faults_destroy(faults);
}

static void check_refusal(const char *program, const char *said)
{
    struct error err = {0};
    assert_null(command_create((char *const[]){(char *)program, NULL}, false, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    if (!strstr(err.text, program) || !strstr(err.text, said))
        fail_msg("neither '%s' nor '%s' may be missing in: %s", program, said, err.text);
}

static void says_what_to_do_about_a_program_that_cannot_start(void **state)
{
    struct command_fixture *fixture = *state;
    struct error err;
    CLEANUP(memory_free) char *program = text_format("%s/train", fixture->folder);
    assert_true(folder_write_path(program, "", 0, &err));
    check_refusal(program, "chmod +x");
    check_refusal("furcate-no-such-program", "not on PATH");
    check_refusal("/nowhere/train", "check its path");
    check_refusal("/tmp", "folder");

    CLEANUP(memory_free) char *before = getcwd(NULL, 0);
    assert_int_equal(chdir(fixture->folder), 0);
    check_refusal("train", "write ./train");
    assert_int_equal(chdir(before), 0);
}

static void check_first_line(const struct command_fixture *fixture, const char *content, const char *said)
{
    struct error err = {0};
    CLEANUP(memory_free) char *program = text_format("%s/train", fixture->folder);
    assert_true(folder_write_path(program, content, strlen(content), &err));
    assert_int_equal(chmod(program, 0755), 0);
    if (said) {
        check_refusal(program, said);
        return;
    }
    struct command *command = command_create((char *const[]){program, NULL}, false, &err);
    assert_non_null(command);
    command_unref(command);
}

static void looks_for_the_interpreter_of_a_script(void **state)
{
    check_first_line(*state, "#!/nowhere/python9 -u\nx", "interpreter /nowhere/python9, which is not there");
    check_first_line(*state, "#!  /nowhere/python9", "interpreter /nowhere/python9, which is not there");
    check_first_line(*state, "#!/usr/bin/env no-such-python\n", "no-such-python, which is not on PATH");
    check_first_line(*state, "#!/bin/sh\r\necho\r\n", "as on Windows");
    check_first_line(*state, "#!/bin/sh -e\n", NULL);
    check_first_line(*state, "#!/usr/bin/env sh\n", NULL);
    check_first_line(*state, "#!/usr/bin/env -S no-such-python -u\n", NULL);
    check_first_line(*state, "#!/usr/bin/env A=1 no-such-python\n", NULL);
    check_first_line(*state, "#!\n", NULL);
    check_first_line(*state, "echo\n", NULL);

    const struct command_fixture *fixture = *state;
    struct error err;
    CLEANUP(memory_free) char *script = text_format("%s/train.py", fixture->folder);
    assert_true(folder_write_path(script, "import os\n", 10, &err));
    check_refusal(script, "write: -- python3 /tmp/");
    assert_int_equal(chmod(script, 0755), 0);
    check_refusal(script, "names no interpreter in its first line (#!/usr/bin/env python3)");
    unlink(script);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fills_in_values_as_they_were_written),
        TEST(keeps_an_empty_argument),
        TEST(writes_every_axis_for_a_star),
        TEST(writes_flags_as_argparse_takes_them),
        TEST(fills_in_the_slot_where_no_key_has_its_name),
        TEST(finds_the_program_of_each_value),
        TEST(asks_nothing_of_a_value_that_is_excluded),
        TEST(refuses_what_no_argument_can_hold),
        TEST(leaves_the_arguments_of_a_fork_program_alone),
        TEST(names_the_argument_that_is_wrong_and_the_remedy),
        TEST(looks_for_the_program_on_the_path),
        TEST(says_what_to_do_about_a_program_that_cannot_start),
        TEST(looks_for_the_interpreter_of_a_script),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
