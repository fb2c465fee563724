#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loss.h"
#include "mlp.h"
#include "model_file.h"
#include "optimizer.h"

enum { ROWS = 7, INPUTS = 5, CLASSES = 3 };

static const size_t sizes[] = {INPUTS, 8, 6, CLASSES};
static const uint8_t labels[ROWS] = {0, 1, 2, 2, 1, 0, 1};

static struct mlp *make_mlp(uint64_t seed)
{
    struct random random = {seed};
    struct mlp *mlp = mlp_create(sizes, sizeof sizes / sizeof *sizes, ROWS);
    assert_non_null(mlp);
    mlp_initialize(mlp, &random);
    for (size_t i = 0; i < (size_t)ROWS * INPUTS; i++)
        mlp_inputs(mlp)[i] = random_normal(&random);
    return mlp;
}

/* The mean loss of the batch; the same seed drops the same values. */
static double mean_loss(struct mlp *mlp, float dropout, float *gradient)
{
    struct random random = {99};
    const float *scores = mlp_forward_training(mlp, ROWS, dropout, &random);
    return loss_cross_entropy.evaluate(scores, labels, ROWS, CLASSES, gradient) / ROWS;
}

static double numerical_gradient(struct mlp *mlp, float dropout, size_t parameter)
{
    static const float step = 2e-3f;
    float kept = mlp->parameters[parameter];
    mlp->parameters[parameter] = kept + step;
    double above = mean_loss(mlp, dropout, NULL);
    mlp->parameters[parameter] = kept - step;
    double below = mean_loss(mlp, dropout, NULL);
    mlp->parameters[parameter] = kept;
    return (above - below) / (2 * (double)step);
}

static void check_gradient(float dropout)
{
    struct mlp *mlp = make_mlp(5);
    double largest = 0;
    mean_loss(mlp, dropout, mlp_score_gradient(mlp));
    mlp_backward(mlp, ROWS, dropout);
    for (size_t i = 0; i < mlp->parameter_count; i++) {
        assert_float_equal(mlp->gradient[i], numerical_gradient(mlp, dropout, i), 1e-3);
        largest = fmax(largest, fabs((double)mlp->gradient[i]));
    }
    assert_true(largest > 0.05);
    mlp_destroy(mlp);
}

static void is_the_slope_of_the_loss(void **state)
{
    (void)state;
    check_gradient(0);
}

static void is_the_slope_of_the_loss_with_dropout(void **state)
{
    (void)state;
    check_gradient(0.4f);
}

static void every_optimizer_brings_the_loss_down(void **state)
{
    (void)state;
    static const char *const names[] = {"SGD", "Momentum", "RMSProp", "Adam"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct problem problem = {0};
        struct mlp *mlp = make_mlp(7);
        struct optimizer *optimizer = optimizer_create(names[i], 0.02f, &problem);
        assert_non_null(optimizer);
        assert_true(optimizer_bind(optimizer, mlp->parameter_count));
        double first = mean_loss(mlp, 0, NULL);
        for (int step = 0; step < 200; step++) {
            mean_loss(mlp, 0, mlp_score_gradient(mlp));
            mlp_backward(mlp, ROWS, 0);
            optimizer_step(optimizer, mlp->parameters, mlp->gradient);
        }
        assert_true(mean_loss(mlp, 0, NULL) < first / 2);
        optimizer_destroy(optimizer);
        mlp_destroy(mlp);
    }
}

static void names_the_optimizers_there_are(void **state)
{
    (void)state;
    struct problem problem = {0};
    assert_null(optimizer_create("Adan", 0.1f, &problem));
    assert_string_equal(problem.text, "optimizer_name is 'Adan': use one of SGD, Momentum, RMSProp, Adam");
}

static void a_saved_model_comes_back_and_a_damaged_one_is_refused(void **state)
{
    (void)state;
    char path[] = "/tmp/test-digits-XXXXXX";
    struct problem problem = {0};
    struct mlp *mlp = make_mlp(3);
    close(mkstemp(path));
    assert_true(model_write(path, mlp, &problem));

    struct mlp *back = model_read(path, ROWS, &problem);
    assert_non_null(back);
    assert_int_equal(back->layer_count, mlp->layer_count);
    assert_int_equal(memcmp(back->parameters, mlp->parameters, mlp->parameter_count * sizeof(float)), 0);

    FILE *file = fopen(path, "r+b");
    assert_int_equal(fseek(file, 60, SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, 60, SEEK_SET), 0);
    fputc(byte ^ 1, file);
    fclose(file);
    assert_null(model_read(path, ROWS, &problem));
    assert_non_null(strstr(problem.text, "its checksum is wrong"));
    unlink(path);
    mlp_destroy(mlp);
    mlp_destroy(back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_slope_of_the_loss),
        cmocka_unit_test(is_the_slope_of_the_loss_with_dropout),
        cmocka_unit_test(every_optimizer_brings_the_loss_down),
        cmocka_unit_test(names_the_optimizers_there_are),
        cmocka_unit_test(a_saved_model_comes_back_and_a_damaged_one_is_refused),
    };
    return cmocka_run_group_tests_name("gradient", tests, NULL, NULL);
}
