#include <math.h>

#include "base/folder.h"
#include "report_fixture.h"

/* Reads width and height from the frame header of a JPEG (ITU-T T.81, B.2.2); 0 when it is none. */
static void read_size(const struct fixture *fixture, int *width, int *height)
{
    struct error err;
    struct text picture = {0};
    *width = *height = 0;
    assert_true(file_read(fixture->path, &picture, &err));
    const unsigned char *bytes = (const unsigned char *)picture.data;
    assert_true(picture.len > 1000 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff);
    for (size_t i = 2; i + 9 < picture.len && bytes[i] == 0xff;
         i += 2 + (size_t)bytes[i + 2] * 256 + bytes[i + 3])
        if (bytes[i + 1] == 0xc0 || bytes[i + 1] == 0xc2) {
            *height = bytes[i + 5] * 256 + bytes[i + 6];
            *width = bytes[i + 7] * 256 + bytes[i + 8];
            break;
        }
    text_free(&picture);
}

static void assert_plots(struct fixture *fixture, const char *metric, const double *train,
                         const double *valid, size_t count)
{
    struct error err = {0};
    int width, height;
    unlink(fixture->path);
    const struct report_curves curves = {.count = count, .train = train, .valid = valid};
    if (!report_plot(fixture->path, metric, &curves, &err))
        fail_msg("%s", err.text);
    read_size(fixture, &width, &height);
    assert_int_equal(width, 1200);
    assert_int_equal(height, 800);
}

static void saves_a_jpeg(void **state)
{
    static const double train[] = {0.1, 0.5, 0.7}, valid[] = {0.2, NAN, 0.6};
    assert_plots(*state, "accuracy", train, valid, 3);
    assert_plots(*state, "accuracy", train, NULL, 3);
    assert_plots(*state, "accuracy", NULL, valid, 3);
    assert_plots(*state, "accuracy", train, valid, 1);
}

static void saves_a_picture_without_a_finite_value(void **state)
{
    static const double values[] = {NAN, INFINITY, -INFINITY};
    assert_plots(*state, "loss", values, values, 3);
    assert_plots(*state, "loss", NULL, NULL, 0);
}

static void takes_values_of_any_size(void **state)
{
    static const double values[] = {1e308, -1e308, 5, 0, 5e-324};
    assert_plots(*state, "loss", values, values, 5);
}

static void saves_a_picture_over_any_epochs(void **state)
{
    struct fixture *fixture = *state;
    static const double axes[][3] = {{0, 5, 10}, {0.5, 1, 1.5}, {3, 3, 3}, {3, 1, 2}, {-1e300, 0, 1e300}};
    static const double values[] = {0.1, 0.5, 0.7};
    for (size_t i = 0; i < sizeof axes / sizeof *axes; i++) {
        struct error err = {0};
        const struct report_curves curves = {.count = 3, .epochs = axes[i], .train = values};
        if (!report_plot(fixture->path, "loss", &curves, &err))
            fail_msg("%s", err.text);
    }
}

static void saves_a_million_epochs(void **state)
{
    size_t count = 1000000;
    double *values = memory_new(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (double)(i % 1000);
    assert_plots(*state, "loss", values, NULL, count);
    free(values);
}

static void runs_nothing_that_a_name_says(void **state)
{
    struct fixture *fixture = *state;
    static const double values[] = {1, 2};
    char *name = text_format("a_b' ; system('touch %s/x') #`touch %s/x`\n\\\"{/*@é", fixture->folder,
                             fixture->folder); /* a file x would keep the folder from being removed */
    assert_plots(fixture, name, values, NULL, 2);
    free(name);
}

static const double points[] = {1, 2};
static const struct report_curves two_points = {.count = 2, .train = points, .valid = points};

static void keeps_the_picture_of_before_when_it_fails(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    struct text content = {0};
    char *path = memory_copy_text(getenv("PATH"));
    put(fixture, "before");
    setenv("PATH", "", 1);
    assert_false(report_plot(fixture->path, "loss", &two_points, &err));
    setenv("PATH", path, 1);
    assert_int_equal(err.kind, ERROR_SYSTEM);
    assert_non_null(strstr(err.text, "gnuplot is not on PATH; install it"));
    assert_true(file_read(fixture->path, &content, &err));
    assert_string_equal(content.data, "before");
    text_free(&content);
    free(path);
}

static void repeats_what_gnuplot_says(void **state)
{
    struct fixture *fixture = *state;
    static const char script[] = "#!/bin/sh\necho 'line 1:' >&2\necho ' no such terminal' >&2\nexit 3\n";
    struct error err = {0};
    char *path = memory_copy_text(getenv("PATH"));
    char *stub = file_join(fixture->folder, "gnuplot");
    assert_true(folder_write_path(stub, script, sizeof script - 1, &err));
    char *command = text_format("chmod +x %s", stub);
    assert_int_equal(system(command), 0);
    setenv("PATH", fixture->folder, 1);
    assert_false(report_plot(fixture->path, "loss", &two_points, &err));
    setenv("PATH", path, 1);
    assert_non_null(strstr(err.text, "(exit status 3): line 1: no such terminal"));
    unlink(stub);
    free(command);
    free(stub);
    free(path);
}

static void names_a_folder_that_is_not_there(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    char *path = file_join(fixture->path, "loss.jpg");
    assert_false(report_plot(path, "loss", &two_points, &err));
    assert_non_null(strstr(err.text, path));
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(saves_a_jpeg),
        fixture_test(saves_a_picture_without_a_finite_value),
        fixture_test(takes_values_of_any_size),
        fixture_test(saves_a_picture_over_any_epochs),
        fixture_test(saves_a_million_epochs),
        fixture_test(runs_nothing_that_a_name_says),
        fixture_test(keeps_the_picture_of_before_when_it_fails),
        fixture_test(repeats_what_gnuplot_says),
        fixture_test(names_a_folder_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
