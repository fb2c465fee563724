/* furcate._core: the C core as furcate's Python files see it. Private to this folder. */
#pragma once
#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/config.h"
#include "fork/fork.h"

/* One for each module object; zeroed at first. */
struct module_state {
    PyObject *config_error;    /* furcate.ConfigError */
    struct furcate_fork *fork; /* the run that train() takes through its methods; NULL: none */
};

struct module_state *module_state(PyObject *module);

/* Python objects of a config value: None, bool, int, float, str, list, dict. A new reference; NULL with an
 * exception set when memory is short. */
PyObject *convert_from_value(const struct value *value);
/* Makes the value of a Python object; what is neither a number, a string, a list, a tuple, a set nor a dict
 * counts by its __index__, as NumPy's and the frameworks' numbers do, then by tolist(), numpy() or __float__,
 * else by str(). NULL with an exception set. */
struct value *convert_to_value(PyObject *object);
/* A number of Python's, or what has __float__. False with an exception set, which names `what`. */
bool convert_to_double(PyObject *object, const char *what, double *number);
/* UTF-8; a new reference to the bytes that *text points into. NULL with an exception set. */
PyObject *convert_to_text(PyObject *object, const char **text);

/* Takes over the exception that is set: *exception is a new reference to it, with its traceback. */
void take_exception(PyObject **exception);

/* Sets an exception of that type with the error's text; returns NULL. */
PyObject *raise_error(PyObject *type, const struct error *err);

/* Functions of the module. */
PyObject *core_train(PyObject *module, PyObject *arguments);
PyObject *core_report(PyObject *module, PyObject *arguments);
PyObject *core_last_step(PyObject *module, PyObject *arguments);
PyObject *core_find_name_fault(PyObject *module, PyObject *name);
PyObject *core_add_fault(PyObject *module, PyObject *arguments);
PyObject *core_reported(PyObject *module, PyObject *unused);
PyObject *core_plot(PyObject *module, PyObject *arguments);
PyObject *core_run_plan(PyObject *module, PyObject *arguments);
PyObject *core_read_config(PyObject *module, PyObject *arguments);
PyObject *core_read_run(PyObject *module, PyObject *path);
PyObject *core_read_fork_run(PyObject *module, PyObject *path);
PyObject *core_gpu_indices(PyObject *module, PyObject *unused);
PyObject *core_is_server(PyObject *module, PyObject *unused);
PyObject *core_serve(PyObject *module, PyObject *sources);
