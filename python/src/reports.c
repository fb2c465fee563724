/* What a script reports, and pictures of it. */
#include "module.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/report.h"

/* Metrics of one report; `names` keeps what their names point into. */
struct metrics {
    struct furcate_metric *items;
    size_t count;
    PyObject *names;
};

static void metrics_free(struct metrics *metrics)
{
    free(metrics->items);
    Py_XDECREF(metrics->names);
}

/* Returns why a report cannot have this name; else NULL. */
static const char *find_name_fault(PyObject *bytes)
{
    const char *name = PyBytes_AsString(bytes);
    return strlen(name) < (size_t)PyBytes_Size(bytes) ? "it holds a NUL; rename it"
                                                      : config_metric_find_report_fault(name);
}

static bool check_name(PyObject *key, PyObject *bytes)
{
    const char *fault = find_name_fault(bytes);
    if (fault)
        PyErr_Format(PyExc_ValueError, "%R cannot be a metric: %s", key, fault);
    return !fault;
}

static bool add_metric(struct metrics *metrics, PyObject *key, PyObject *value)
{
    struct furcate_metric *metric = &metrics->items[metrics->count];
    PyObject *bytes = convert_to_text(key, &metric->name);
    bool ok = bytes && check_name(key, bytes) && PyList_Append(metrics->names, bytes) == 0 &&
              convert_to_double(value, metric->name, &metric->value);
    Py_XDECREF(bytes);
    metrics->count += ok;
    return ok;
}

static bool take_metrics(struct metrics *metrics, PyObject *dict)
{
    PyObject *key, *value;
    metrics->items = memory_new((size_t)PyDict_Size(dict) + 1, sizeof *metrics->items);
    metrics->names = PyList_New(0);
    for (Py_ssize_t at = 0; metrics->names && PyDict_Next(dict, &at, &key, &value);)
        if (!add_metric(metrics, key, value))
            return false;
    return metrics->names;
}

static bool write_report(const char *path, int64_t step, const struct metrics *metrics, struct error *err)
{
    CLEANUP(memory_free) struct report_metric *copies = memory_new(metrics->count + 1, sizeof *copies);
    for (size_t i = 0; i < metrics->count; i++)
        copies[i] = (struct report_metric){metrics->items[i].name, metrics->items[i].value};
    return report_write(path, step, copies, metrics->count, err);
}

/* Returns a whole number as an int, also a float such as 3.0: a new reference. NULL for anything else. */
static PyObject *as_whole(PyObject *object)
{
    PyObject *whole = PyNumber_Index(object);
    if (whole || PyUnicode_Check(object) || PyBytes_Check(object))
        return whole;
    PyErr_Clear();
    PyObject *number = PyNumber_Float(object);
    whole = number ? PyNumber_Long(number) : NULL;
    if (whole && PyObject_RichCompareBool(whole, number, Py_EQ) != 1)
        Py_CLEAR(whole);
    Py_XDECREF(number);
    return whole;
}

static bool take_step(PyObject *object, long long *step)
{
    PyObject *whole = as_whole(object), *kind = whole ? PyExc_ValueError : PyExc_TypeError;
    *step = whole ? PyLong_AsLongLong(whole) : -1; /* also -1 for one of more than 64 bits */
    Py_XDECREF(whole);
    PyErr_Clear();
    if (*step < 0)
        PyErr_Format(kind, "step must be a whole number from 0 or 1 on, but is %R", object);
    return *step >= 0;
}

PyObject *core_report(PyObject *module, PyObject *arguments)
{
    struct furcate_fork *fork = module_state(module)->fork;
    struct error err = {0};
    long long step;
    PyObject *first, *dict, *path;
    CLEANUP(metrics_free) struct metrics metrics = {0};
    if (!PyArg_ParseTuple(arguments, "OO!O:report", &first, &PyDict_Type, &dict, &path) ||
        !take_step(first, &step) || !take_metrics(&metrics, dict))
        return NULL;
    if (fork && !furcate_report(fork, step, metrics.items, metrics.count)) {
        err = fork->failure;
        fork->failure = (struct error){0}; /* it is the exception's from here on */
        return raise_error(PyExc_ValueError, &err);
    }
    if (fork || path == Py_None)
        Py_RETURN_NONE;
    PyObject *bytes;
    if (!PyUnicode_FSConverter(path, &bytes))
        return NULL;
    bool written = write_report(PyBytes_AsString(bytes), step, &metrics, &err);
    Py_DECREF(bytes);
    if (!written)
        return raise_error(err.kind == ERROR_USAGE ? PyExc_ValueError : PyExc_OSError, &err);
    Py_RETURN_NONE;
}

PyObject *core_last_step(PyObject *module, PyObject *arguments)
{
    struct error err = {0};
    PyObject *path;
    int64_t step;
    int attempts;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O&i:last_step", PyUnicode_FSConverter, &path, &attempts))
        return NULL;
    bool read = report_last_step(PyBytes_AsString(path), attempts, &step, &err);
    Py_DECREF(path);
    if (!read)
        return raise_error(PyExc_OSError, &err);
    return PyLong_FromLongLong(step > 1 ? step : 1);
}

PyObject *core_find_name_fault(PyObject *module, PyObject *name)
{
    const char *text;
    (void)module;
    PyObject *bytes = convert_to_text(name, &text);
    if (!bytes)
        return NULL;
    const char *fault = find_name_fault(bytes);
    Py_DECREF(bytes);
    if (!fault)
        Py_RETURN_NONE;
    return PyUnicode_FromString(fault);
}

/* A fault that cannot be written is on stderr nevertheless. */
static void write_fault(PyObject *path, const char *line)
{
    struct error ignored;
    PyObject *bytes;
    if (path != Py_None && PyUnicode_FSConverter(path, &bytes)) {
        report_write_fault(PyBytes_AsString(bytes), line, &ignored);
        Py_DECREF(bytes);
    }
}

PyObject *core_add_fault(PyObject *module, PyObject *arguments)
{
    struct furcate_fork *fork = module_state(module)->fork;
    PyObject *text, *path;
    const char *line;
    if (!PyArg_ParseTuple(arguments, "OO:add_fault", &text, &path))
        return NULL;
    PyObject *bytes = convert_to_text(text, &line);
    if (!bytes)
        return NULL;
    if (fork)
        fork_add_fault(fork, "%s", line);
    else
        write_fault(path, line);
    Py_DECREF(bytes);
    return PyErr_Occurred() ? NULL : PyBool_FromLong(fork != NULL);
}

static PyObject *list_of(const double *values, size_t count)
{
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *number = PyFloat_FromDouble(values[i]);
        if (!number || PyList_Append(list, number) < 0)
            Py_CLEAR(list);
        Py_XDECREF(number);
    }
    return list;
}

/* Takes the list over; false when there is none, or no room for it. */
static bool put_list(PyObject *dict, const char *name, PyObject *list)
{
    bool put = list && PyDict_SetItemString(dict, name, list) == 0;
    Py_XDECREF(list);
    return put;
}

static PyObject *list_of_steps(const int64_t *steps, size_t count)
{
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *number = PyLong_FromLongLong(steps[i]);
        if (!number || PyList_Append(list, number) < 0)
            Py_CLEAR(list);
        Py_XDECREF(number);
    }
    return list;
}

static bool put_curves(PyObject *dict, struct history *history)
{
    size_t count;
    const int64_t *steps = history_steps(history, &count);
    bool put = !steps || put_list(dict, "step", list_of_steps(steps, count));
    for (size_t i = 0; put && i < history_metric_count(history); i++) {
        const char *name = history_metric_name(history, i);
        const double *values = history_values(history, name, &count);
        put = put_list(dict, name, list_of(values, count));
    }
    return put;
}

PyObject *core_reported(PyObject *module, PyObject *unused)
{
    (void)unused;
    const struct furcate_fork *fork = module_state(module)->fork;
    PyObject *dict = PyDict_New();
    if (dict && fork && !put_curves(dict, fork->history))
        Py_CLEAR(dict);
    return dict;
}

/* The numbers of a list, NaN up to `count`; *curve is NULL for None. */
static bool take_curve(PyObject *list, Py_ssize_t count, double **curve)
{
    *curve = NULL;
    if (list == Py_None)
        return true;
    *curve = memory_new((size_t)count + 1, sizeof **curve);
    for (Py_ssize_t i = 0; i < count; i++) {
        (*curve)[i] = (double)NAN;
        if (i < PyList_Size(list) &&
            !convert_to_double(PyList_GetItem(list, i), "a value of a curve", *curve + i))
            return false;
    }
    return true;
}

static Py_ssize_t length_of(PyObject *list)
{
    return list == Py_None ? 0 : PyList_Size(list);
}

PyObject *core_plot(PyObject *module, PyObject *arguments)
{
    (void)module;
    struct error err = {0};
    PyObject *path, *epochs, *train, *valid;
    const char *metric;
    CLEANUP(memory_free) double *epoch_axis = NULL;
    CLEANUP(memory_free) double *train_curve = NULL;
    CLEANUP(memory_free) double *valid_curve = NULL;
    if (!PyArg_ParseTuple(arguments, "O&sOOO:plot", PyUnicode_FSConverter, &path, &metric, &epochs, &train,
                          &valid))
        return NULL;
    Py_ssize_t count = length_of(train) > length_of(valid) ? length_of(train) : length_of(valid);
    bool taken = count >= 0 && !PyErr_Occurred() && take_curve(epochs, count, &epoch_axis) &&
                 take_curve(train, count, &train_curve) && take_curve(valid, count, &valid_curve);
    const struct report_curves curves = {(size_t)count, epoch_axis, train_curve, valid_curve};
    bool ok = false;
    if (taken) {
        Py_BEGIN_ALLOW_THREADS ok = report_plot(PyBytes_AsString(path), metric, &curves, &err);
        Py_END_ALLOW_THREADS
    }
    Py_DECREF(path);
    if (!taken)
        return NULL;
    if (ok)
        Py_RETURN_NONE;
    return PyUnicode_FromString(err.text);
}
