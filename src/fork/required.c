/* The methods a program must bring. */
#include "fork/fork.h"

#include "base/memory.h"
#include "base/text.h"

bool fork_check_methods(const struct furcate_ops *ops, struct error *err)
{
    const struct {
        const char *name;
        bool given;
        const char *duty;
    } required[] = {
        {"get_datasets", ops->get_datasets, "fills in the train, test and valid datasets from their files"},
        {"get_model", ops->get_model, "returns the model, built and ready to be compiled"},
        {"model_fit", ops->model_fit, "trains the model and calls furcate_report() once an epoch"},
        {"model_save", ops->model_save, "saves the trained model to furcate_log_dir()"},
    };
    static const char message[] = "this program's struct furcate_ops lacks required methods; set each to a "
                                  "function that does this:";
    CLEANUP(text_free) struct text missing = {0};
    text_add(&missing, message);
    for (size_t i = 0; i < sizeof required / sizeof *required; i++)
        if (!required[i].given)
            text_addf(&missing, "\n    .%s: %s", required[i].name, required[i].duty);
    return missing.len == sizeof message - 1 || error_set_lines(err, ERROR_USAGE, text_get(&missing));
}
