/* The plan's own state; private to this folder. */
#pragma once
#include "base/refs.h"
#include "plan/axes.h"
#include "plan/diagram.h"
#include "plan/exclusion.h"

enum { PLAN_DIAGRAM_LIMIT = 64 << 20 };

struct plan {
    refs refs;
    struct config *config;
    struct axes axes;
    struct exclusions exclusions;
    uint64_t product;
    struct diagram *diagram; /* of the product when not exact */
    bool exact;
};
