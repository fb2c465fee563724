/* The runner's side: reading a config, running its plan. */
#include "module.h"

#include <limits.h>
#include <stdlib.h>

#include "base/memory.h"
#include "config/fault.h"
#include "device/device.h"
#include "run/run.h"

static enum config_use use_for(int for_fork)
{
    return for_fork ? CONFIG_FOR_FORK : CONFIG_FOR_PROGRAM;
}

static PyObject *raise_faults(PyObject *module, const struct faults *faults)
{
    struct text text = {0};
    faults_add_text(faults, &text);
    PyErr_SetString(module_state(module)->config_error, text_get(&text));
    text_free(&text);
    return NULL;
}

PyObject *core_read_config(PyObject *module, PyObject *arguments)
{
    PyObject *path;
    int for_fork;
    if (!PyArg_ParseTuple(arguments, "O&p:read_config", PyUnicode_FSConverter, &path, &for_fork))
        return NULL;
    struct faults *faults = faults_create(PyBytes_AsString(path));
    struct config *config = config_read(PyBytes_AsString(path), use_for(for_fork), faults);
    PyObject *dict = NULL;
    if (config) {
        struct value *value = config_as_value(config);
        dict = convert_from_value(value);
        value_unref(value);
        config_unref(config);
    } else {
        raise_faults(module, faults);
    }
    faults_destroy(faults);
    Py_DECREF(path);
    return dict;
}

static PyObject *read_run(PyObject *module, PyObject *path,
                          struct value *(*read)(const char *path, struct error *err))
{
    PyObject *bytes;
    struct error err = {0};
    if (!PyUnicode_FSConverter(path, &bytes))
        return NULL;
    struct value *value = read(PyBytes_AsString(bytes), &err);
    Py_DECREF(bytes);
    if (!value)
        return raise_error(module_state(module)->config_error, &err);
    PyObject *dict = convert_from_value(value);
    value_unref(value);
    return dict;
}

PyObject *core_read_run(PyObject *module, PyObject *path)
{
    return read_run(module, path, fork_read_keys);
}

PyObject *core_read_fork_run(PyObject *module, PyObject *path)
{
    return read_run(module, path, fork_read_config);
}

/* The words of a list, for as long as `kept`, a list of bytes, lives. */
static char **take_words(PyObject *list, PyObject *kept)
{
    Py_ssize_t count = PyList_Size(list);
    char **words = memory_new((size_t)count + 1, sizeof *words);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *bytes = NULL;
        bool ok = PyUnicode_FSConverter(PyList_GetItem(list, i), &bytes) && PyList_Append(kept, bytes) == 0;
        if (ok)
            words[i] = PyBytes_AsString(bytes);
        Py_XDECREF(bytes);
        if (!ok)
            return free(words), NULL;
    }
    return words;
}

/* Sets *count to -1 for None: the runner is to look for GPUs itself. */
static int *take_indices(PyObject *list, int *count)
{
    *count = list == Py_None ? -1 : (int)PyList_Size(list);
    int *indices = memory_new((size_t)(*count > 0 ? *count : 1), sizeof *indices);
    for (int i = 0; i < *count; i++) {
        long index = PyLong_AsLong(PyList_GetItem(list, i));
        indices[i] = index < INT_MIN ? INT_MIN : index > INT_MAX ? INT_MAX : (int)index; /* no GPU has such */
    }
    return indices;
}

/* Without the interpreter's lock: a thread of the script goes on meanwhile. */
static int run_plan(const struct runner_options *options)
{
    int status;
    Py_BEGIN_ALLOW_THREADS status = runner_main(options);
    Py_END_ALLOW_THREADS return status;
}

PyObject *core_run_plan(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *path, *program, *gpus;
    int for_fork, lists_data_dir, shows_gpu;
    PyObject *script_plan;
    const char *random_state;
    if (!PyArg_ParseTuple(arguments, "O&O!OpppO&s:run_plan", PyUnicode_FSConverter, &path, &PyList_Type,
                          &program, &gpus, &for_fork, &lists_data_dir, &shows_gpu, PyUnicode_FSConverter,
                          &script_plan, &random_state))
        return NULL;
    struct runner_options options = {
        .config_path = PyBytes_AsString(path),
        .use = use_for(for_fork),
        .lists_data_dir = lists_data_dir,
        .shows_gpu = shows_gpu,
        .can_serve = true, /* warm.py */
        .script_plan = PyBytes_AsString(script_plan),
        .random_state = random_state,
    };
    PyObject *kept = PyList_New(0);
    CLEANUP(memory_free) int *indices = take_indices(gpus, &options.gpu_count);
    CLEANUP(memory_free) char **words = kept && !PyErr_Occurred() ? take_words(program, kept) : NULL;
    options.gpu_indices = indices;
    options.program = words;
    PyObject *status = words ? PyLong_FromLong(run_plan(&options)) : NULL;
    Py_XDECREF(kept);
    Py_DECREF(path);
    Py_DECREF(script_plan);
    return status;
}

PyObject *core_gpu_indices(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    struct device_list devices = {0};
    device_find(&devices);
    device_choose_visible(&devices);
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < devices.count; i++) {
        PyObject *index = PyLong_FromLong(devices.items[i].index);
        if (!index || PyList_Append(list, index) < 0)
            Py_CLEAR(list);
        Py_XDECREF(index);
    }
    device_list_free(&devices);
    return list;
}
