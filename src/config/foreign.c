#include "config/foreign.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* --- what describes a parameter in the files of other tools --- */

static bool has(const struct value *object, const char *key)
{
    return value_get(object, key) != NULL;
}

static bool has_array(const struct value *object, const char *key)
{
    const struct value *member = value_get(object, key);
    return member && value_kind(member) == VALUE_ARRAY;
}

static bool is_of_wandb(const struct value *parameter)
{
    return has_array(parameter, "values") || has(parameter, "distribution") ||
           (has(parameter, "min") && has(parameter, "max"));
}

static bool is_of_ray(const struct value *parameter)
{
    return has_array(parameter, "grid_search") && value_count(parameter) == 1;
}

static bool is_of_nni(const struct value *parameter)
{
    return has(parameter, "_type") && has_array(parameter, "_value");
}

static bool is_of_determined(const struct value *parameter)
{
    return has(parameter, "type") &&
           (has_array(parameter, "vals") || (has(parameter, "minval") && has(parameter, "maxval")));
}

static bool is_list(const struct value *parameter)
{
    return value_kind(parameter) == VALUE_ARRAY && value_count(parameter) > 1;
}

static const struct tool {
    const char *said;   /* what the file is */
    const char *holder; /* the key of the object of parameters; NULL: of any name */
    bool (*describes)(const struct value *parameter);
    const char *values, *least, *most; /* members of a parameter; NULL: it is the values */
    bool is_certain;                   /* nobody else writes parameters so */
} tools[] = {
    {"this is a sweep of Weights & Biases", "parameters", is_of_wandb, "values", "min", "max", true},
    {"this is a search space of Ray Tune", NULL, is_of_ray, "grid_search", "", "", true},
    {"this is a search space of NNI", NULL, is_of_nni, "_value", "", "", true},
    {"this is an experiment of Determined", "hyperparameters", is_of_determined, "vals", "minval", "maxval",
     true},
    {"this looks like a matrix of GitHub Actions", "matrix", is_list, NULL, NULL, NULL, false},
    {"this looks like the flags of a Guild file", "flags", is_list, NULL, NULL, NULL, false},
};

/* A parameter that was found, and the tool that has such. */
struct parameter {
    const struct tool *tool;
    const char *name;
    const struct value *value;
    struct value_place place;
};

static const struct tool *find_tool(const char *holder, const struct value *value)
{
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
        const struct tool *tool = &tools[i];
        if ((!tool->holder || strcmp(holder, tool->holder) == 0) && tool->describes(value))
            return tool;
    }
    return NULL;
}

/* Looks for the first parameter in the object, whose key is `holder`, and in those within. At most as deep as
 * the file. */
static bool find_parameter(const char *holder, const struct value *object, // NOLINT(misc-no-recursion)
                           struct parameter *found)
{
    for (size_t i = 0; i < value_count(object); i++) {
        const char *key = value_key(object, i);
        const struct value *value = value_item(object, i);
        const struct tool *tool = find_tool(holder, value);
        if (tool) {
            *found = (struct parameter){tool, key, value, value_key_place(object, i)};
            return true;
        }
        if (value_kind(value) == VALUE_OBJECT && (*holder || strcmp(key, "meta") != 0) &&
            find_parameter(key, value, found))
            return true;
    }
    return false;
}

/* --- how to write it --- */

static void add_example(struct text *out, const char *key, const struct value *values)
{
    text_add(out, "such as ");
    text_add_json_string(out, key, strlen(key));
    text_add(out, ": ");
    value_add_json_short(out, values);
}

/* Adds an example for a range, which has no values but for its two ends. */
static void add_range(struct text *out, const struct parameter *parameter)
{
    const struct value *least = value_get(parameter->value, parameter->tool->least);
    const struct value *most = value_get(parameter->value, parameter->tool->most);
    CLEANUP(value_cleanup) struct value *ends = value_new_array();
    if (least && most) {
        value_array_add(ends, value_ref(least));
        value_array_add(ends, value_ref(most));
        text_add(out, "values to try instead of a range, ");
        add_example(out, parameter->name, ends);
    } else {
        text_add(out, "values to try instead of a distribution, such as \"learning_rate\": [0.1, 0.01]");
    }
}

static void add_remedy(struct text *out, const struct parameter *parameter)
{
    const struct tool *tool = parameter->tool;
    const struct value *values = tool->values ? value_get(parameter->value, tool->values) : parameter->value;
    if (values && value_kind(values) == VALUE_ARRAY) {
        text_add(out, "its values, ");
        add_example(out, parameter->name, values);
    } else {
        add_range(out, parameter);
    }
}

/* Returns whether a key at the top spans the grid, other than the arrays that such files have there. */
static bool has_axis(const struct value *root)
{
    static const char *const others[] = {"meta", "defaults", "command", NULL};
    for (size_t i = 0; i < value_count(root); i++) {
        size_t j = 0;
        while (others[j] && strcmp(others[j], value_key(root, i)) != 0)
            j++;
        if (!others[j] && is_list(value_item(root, i)))
            return true;
    }
    return false;
}

/* --- Hydra --- */

/* Returns whether it is the list of groups that Hydra puts a config together from: {model: resnet}, and
 * _self_. */
static bool is_defaults_list(const struct value *defaults)
{
    bool has_group = false;
    for (size_t i = 0; i < value_count(defaults); i++) {
        const struct value *item = value_item(defaults, i);
        bool is_group = value_count(item) == 1 && value_kind(item) == VALUE_OBJECT &&
                        value_kind(value_item(item, 0)) == VALUE_STRING;
        if (!is_group && value_kind(item) != VALUE_STRING)
            return false;
        has_group = has_group || is_group || strcmp(value_text(item), "_self_") == 0;
    }
    return has_group && value_kind(defaults) == VALUE_ARRAY;
}

/* Returns the index of the key that tells Hydra's configs; the count of keys when there is none. */
static size_t find_hydra(const struct value *root)
{
    size_t i = 0;
    for (; i < value_count(root); i++) {
        const char *key = value_key(root, i);
        const struct value *value = value_item(root, i);
        if ((strcmp(key, "hydra") == 0 && value_kind(value) == VALUE_OBJECT) ||
            strncmp(key, "hydra/", 6) == 0 || (strcmp(key, "defaults") == 0 && is_defaults_list(value)))
            break;
    }
    return i;
}

static const struct value *find_sweep(const struct value *root)
{
    static const char *const path[] = {"hydra", "sweeper", "params"};
    for (size_t i = 0; root && i < sizeof path / sizeof *path; i++)
        root = value_get(root, path[i]);
    return root && value_count(root) > 0 && value_kind(root) == VALUE_OBJECT ? root : NULL;
}

/* Makes an array of "0.1,0.01" or "choice(0.1, 0.01)"; NULL of other expressions. */
static struct value *split(const char *text)
{
    static const char choice[] = "choice(";
    bool is_choice = strncmp(text, choice, sizeof choice - 1) == 0;
    text += is_choice ? sizeof choice - 1 : 0;
    if (!strchr(text, ',') || strchr(text, '('))
        return NULL;
    struct value *values = value_new_array();
    for (text += strspn(text, ", )"); *text; text += strspn(text, ", )")) {
        size_t len = strcspn(text, ", )");
        value_array_add(values, value_new_plain(text, len));
        text += len;
    }
    return values;
}

static void check_hydra(const struct value *root, size_t i, struct faults *faults)
{
    CLEANUP(text_free) struct text example = {0};
    const struct value *sweep = find_sweep(root);
    CLEANUP(value_cleanup) struct value *values = sweep ? split(value_text(value_item(sweep, 0))) : NULL;
    if (values) /* +key adds a key in Hydra */
        add_example(&example, value_key(sweep, 0) + strspn(value_key(sweep, 0), "+"), values);
    fault_add(
        faults, has_axis(root) ? FAULT_WARNING : FAULT_ERROR, value_key_place(root, i),
        "this is a config of Hydra, whose defaults and sweeps furcate does not read. Write each key with its "
        "value, and each key that varies as an array at the top of the file, %s",
        values ? text_get(&example) : "such as \"learning_rate\": [0.1, 0.01]");
}

bool config_foreign_check(const struct value *root, struct faults *faults)
{
    struct parameter found;
    size_t hydra = find_hydra(root);
    if (hydra < value_count(root)) {
        check_hydra(root, hydra, faults);
        return true;
    }
    if (!find_parameter("", root, &found))
        return false;
    CLEANUP(text_free) struct text remedy = {0};
    add_remedy(&remedy, &found);
    fault_add(faults, found.tool->is_certain && !has_axis(root) ? FAULT_ERROR : FAULT_WARNING, found.place,
              "%s, whose parameters furcate does not read. Write each of them at the top of the file as an "
              "array of %s",
              found.tool->said, text_get(&remedy));
    return true;
}
