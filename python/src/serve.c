/* The fork server's side: a warm interpreter that becomes a run in each fork. */
#include "module.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The strings of a NULL-terminated vector as a list of bytes. */
static PyObject *list_of_bytes(char *const *words)
{
    PyObject *list = PyList_New(0);
    for (; list && *words; words++) {
        PyObject *bytes = PyBytes_FromString(*words);
        if (!bytes || PyList_Append(list, bytes) < 0)
            Py_CLEAR(list);
        Py_XDECREF(bytes);
    }
    return list;
}

PyObject *core_is_server(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    return PyBool_FromLong(fork_is_server());
}

PyObject *core_serve(PyObject *module, PyObject *unused)
{
    static const struct fork_hooks hooks = {PyOS_BeforeFork, PyOS_AfterFork_Parent, PyOS_AfterFork_Child};
    struct error err = {0};
    char **argv = NULL;
    (void)module, (void)unused;
    switch (fork_serve(&hooks, &argv, &err)) {
    case FORK_ENDED:
        Py_RETURN_NONE;
    case FORK_FAILED:
        return raise_error(PyExc_OSError, &err);
    case FORK_RUN:
        break;
    }
    PyObject *command = list_of_bytes(argv);
    PyObject *environment = list_of_bytes(environ);
    free(argv);
    PyObject *both = command && environment ? PyTuple_Pack(2, command, environment) : NULL;
    Py_XDECREF(command);
    Py_XDECREF(environment);
    return both;
}
