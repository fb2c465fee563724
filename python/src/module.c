#include "module.h"

struct module_state *module_state(PyObject *module)
{
    return PyModule_GetState(module);
}

void take_exception(PyObject **exception)
{
    PyObject *type, *traceback;
    PyErr_Fetch(&type, exception, &traceback);
    PyErr_NormalizeException(&type, exception, &traceback);
    if (*exception && traceback)
        PyException_SetTraceback(*exception, traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
}

PyObject *raise_error(PyObject *type, const struct error *err)
{
    PyErr_SetString(type, err->text);
    return NULL;
}

static PyMethodDef functions[] = {
    {"train", core_train, METH_VARARGS,
     "train(fork, path)\n--\n\n"
     "Takes the run whose config.json is at `path` through the methods of `fork`. What a method raises is\n"
     "raised; run_data.json is then not there."},
    {"report", core_report, METH_VARARGS,
     "report(step, metrics, path)\n--\n\n"
     "Reports numbers of one step to the run that is trained, else to the metrics.jsonl at `path`."},
    {"last_step", core_last_step, METH_VARARGS,
     "last_step(path, attempts)\n--\n\n"
     "Returns the last step that this attempt, the number `attempts`, has reported in the metrics.jsonl at "
     "`path`, 1 when there is none."},
    {"find_name_fault", core_find_name_fault, METH_O,
     "find_name_fault(name)\n--\n\n"
     "Returns why a metric cannot have this name, None when it can."},
    {"add_fault", core_add_fault, METH_VARARGS,
     "add_fault(text, path)\n--\n\n"
     "Notes what went wrong in the run that is trained and does not end it, once. Where none is, adds it to "
     "the metrics.jsonl at `path`, unless that is None, and returns False."},
    {"reported", core_reported, METH_NOARGS,
     "reported()\n--\n\n"
     "Returns what the run that is trained has reported: a dict of lists, one number a step. Where the\n"
     "steps are far apart the list \"step\" has those there are."},
    {"plot", core_plot, METH_VARARGS,
     "plot(path, metric, epochs, train, valid)\n--\n\n"
     "Saves a JPEG of two curves over the epochs with gnuplot: lists of numbers, as long as the longer "
     "curve, "
     "or None.\n"
     "Returns why it could not be made, or None."},
    {"run_plan", core_run_plan, METH_VARARGS,
     "run_plan(path, program, gpu_indices, for_fork, lists_data_dir, shows_gpu, script_plan, "
     "random_state)\n--\n\n"
     "Runs what is left of a config's plan; `program` is a list of words, gpu_indices a list or None.\n"
     "Returns the exit status of furcate(1)."},
    {"read_config", core_read_config, METH_VARARGS,
     "read_config(path, for_fork)\n--\n\n"
     "A config file as a dict, defaults filled in. Raises ConfigError with all that is wrong with it."},
    {"read_run", core_read_run, METH_O,
     "read_run(path)\n--\n\n"
     "The config of a run as a dict, as it was written. Raises ConfigError."},
    {"read_fork_run", core_read_fork_run, METH_O,
     "read_fork_run(path)\n--\n\n"
     "The config of a run as a dict, with defaults, log_dir, gpu_id and meta. Raises ConfigError."},
    {"gpu_indices", core_gpu_indices, METH_NOARGS,
     "gpu_indices()\n--\n\n"
     "The indices of this machine's GPUs, of those in CUDA_VISIBLE_DEVICES when it is set."},
    {"is_server", core_is_server, METH_NOARGS,
     "is_server()\n--\n\n"
     "Whether the runner has started this process to be forked for each run."},
    {"serve", core_serve, METH_O,
     "serve(sources)\n--\n\n"
     "Forks this process whenever the runner asks for a run, until one of the files `sources` is edited.\n"
     "Returns in each fork, with the run's command line and environment as lists of bytes, and at the end\n"
     "None."},
    {0},
};

static int execute(PyObject *module)
{
    struct module_state *state = module_state(module);
    state->config_error = PyErr_NewExceptionWithDoc("furcate.ConfigError",
                                                    "A config that cannot be used; the text says what to do.",
                                                    PyExc_ValueError, NULL);
    if (!state->config_error)
        return -1;
    Py_INCREF(state->config_error);
    if (PyModule_AddObject(module, "ConfigError", state->config_error) < 0) {
        Py_DECREF(state->config_error);
        return -1;
    }
    return PyModule_AddStringConstant(module, "version", furcate_version());
}

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    Py_VISIT(module_state(module)->config_error);
    return 0;
}

static int clear(PyObject *module)
{
    Py_CLEAR(module_state(module)->config_error);
    return 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, execute}, {0}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "furcate._core",
    .m_doc = "furcate's core, in C.",
    .m_size = sizeof(struct module_state),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
};

PyMODINIT_FUNC PyInit__core(void);
PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&definition);
}
