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
#include "base/memory.h"
#include "plan/plan.h"
#include "run/command.h"

static const char config_text[] = "data_name: example\n"
                                  "data_dir: foo/\n"
                                  "learning_rate: [0.0001, 1e-2]\n"
                                  "layers: [[64, 64], [128]]\n"
                                  "optimizer: [{name: sgd, momentum: 0.9}]\n"
                                  "title: 'two words'\n"
                                  "note: null\n";

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
    assert_true(file_write(fixture->config_path, config_text, sizeof config_text - 1, &err));
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
    assert_true(command_check(command, fixture->config, &err));
    char **arguments = command_arguments(command, fixture->config, &fixture->run);
    assert_string_equal(arguments[0], "/bin/true");
    for (char **argument = arguments + 1; *argument; argument++)
        text_addf(&joined, "%s%s", argument > arguments + 1 ? "|" : "", *argument);
    command_free_arguments(arguments);
    command_destroy(command);
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
        {"{data_name}{train_prefix}", "exampleexample.train"},
        {"{config}", "/logs/example0_foo/config.json"},
        {"{log_dir}/model", "/logs/example0_foo/model"},
        {"cuda:{gpu_id}", "cuda:3"},
        {"{{title}", "{title}"},
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
                                   "--optimizer={\"name\": \"sgd\", \"momentum\": 0.9}|z");
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
        {"{zebra_crossing}", {"{zebra_crossing}", "config.yaml", "add the key, or write {{ for a brace"}},
        {"{seed}", {"{seed}", "config.yaml does not set: it would be 42 in every run", "add the key"}},
        {"{cache}", {"{cache}", "it would be false in every run", "add the key, or name another"}},
        {"{sead}", {"{sead}", "is no key of", "add the key"}},
        {"x{title", {"'x{title'", "never closes it", "write {{ for a brace"}},
        {"{title{note}", {"'{title{note}'", "never closes it", "write {{ for a brace"}},
        {"{}", {"'{}'", "names {}", "write {{ for a brace"}},
        {"--all={*}", {"'--all={*}'", "several arguments", "an argument of its own"}},
    };
    const struct command_fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct command *command = command_create(WORDS((char *)cases[i].word), false, &err);
        assert_false(command_check(command, fixture->config, &err));
        assert_int_equal(err.kind, ERROR_USAGE);
        for (size_t j = 0; j < 3; j++)
            if (!strstr(err.text, cases[i].said[j]))
                fail_msg("'%s' is not in: %s", cases[i].said[j], err.text);
        command_destroy(command);
    }
}

static void looks_for_the_program_on_the_path(void **state)
{
    struct command_fixture *fixture = *state;
    struct error err = {0};
    CLEANUP(memory_free) char *program = text_format("%s/train", fixture->folder);
    CLEANUP(memory_free) char *path = text_format("/nowhere:%s:/bin", fixture->folder);
    CLEANUP(memory_free) char *old = memory_copy_text(getenv("PATH"));
    assert_true(file_write(program, "", 0, &err));
    assert_int_equal(chmod(program, 0755), 0);
    setenv("PATH", path, 1);
    struct command *command = command_create((char *const[]){(char *)"train", NULL}, false, &err);
    setenv("PATH", old, 1);
    assert_non_null(command);
    assert_string_equal(command_path(command), program);
    command_destroy(command);
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
    assert_true(file_write(program, "", 0, &err));
    check_refusal(program, "chmod +x");
    check_refusal("furcate-no-such-program", "not on PATH");
    check_refusal("/nowhere/train", "check its path");
    check_refusal("/tmp", "folder");

    CLEANUP(memory_free) char *before = getcwd(NULL, 0);
    assert_int_equal(chdir(fixture->folder), 0);
    check_refusal("train", "write ./train");
    assert_int_equal(chdir(before), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fills_in_values_as_they_were_written),
        TEST(keeps_an_empty_argument),
        TEST(writes_every_axis_for_a_star),
        TEST(leaves_the_arguments_of_a_fork_program_alone),
        TEST(names_the_argument_that_is_wrong_and_the_remedy),
        TEST(looks_for_the_program_on_the_path),
        TEST(says_what_to_do_about_a_program_that_cannot_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
