/* A program for `furcate run config.json -- step {step}`. */
#include "step.h"

static void report(const char *line)
{
    FILE *metrics = fopen(getenv("FURCATE_METRICS"), "a");
    fprintf(metrics, "%s\n", line);
    fclose(metrics);
}

int main(int argc, char **argv)
{
    int step = argc > 1 ? atoi(argv[1]) : 0;
    if (step_fails(step)) {
        fprintf(stderr, "fails once\n");
        return 3;
    }
    if (step == STEP_FAILS_ONCE)
        report("{\"late\": 0.25}");
    if (step == STEP_REPORTS)
        report("{\"accuracy\": 0.5}");
    if (step == STEP_COMES_LATE) {
        step_await_row();
        step_leave_process();
    }
    printf("loss: 0.%d\n", step);
    step_finish(step);
    return 0;
}
