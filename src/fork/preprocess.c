#include "fork/fork.h"

typedef bool preprocess_function(struct furcate_fork *fork, void *record);

static bool preprocess(struct furcate_fork *fork, preprocess_function *own, void *record)
{
    preprocess_function *chosen = own ? own : fork->ops->preprocess;
    return !chosen || chosen(fork, record);
}

bool furcate_train_preprocess(struct furcate_fork *fork, void *record)
{
    return preprocess(fork, fork->ops->train_preprocess, record);
}

bool furcate_test_preprocess(struct furcate_fork *fork, void *record)
{
    return preprocess(fork, fork->ops->test_preprocess, record);
}

bool furcate_valid_preprocess(struct furcate_fork *fork, void *record)
{
    return preprocess(fork, fork->ops->valid_preprocess, record);
}
