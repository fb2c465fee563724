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

/* The bytes of a list of them, NULL-terminated and borrowed; PyMem_Free() the array. NULL with an exception.
 */
static char **list_as_words(PyObject *list)
{
    Py_ssize_t count = PyList_Size(list);
    char **words = count < 0 ? NULL : PyMem_Calloc((size_t)count + 1, sizeof *words);
    if (!words && !PyErr_Occurred())
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; words && i < count; i++)
        if (PyBytes_AsStringAndSize(PyList_GetItem(list, i), &words[i], NULL) < 0) {
            PyMem_Free(words);
            return NULL;
        }
    return words;
}

PyObject *core_is_server(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    return PyBool_FromLong(fork_is_server());
}

PyObject *core_serve(PyObject *module, PyObject *sources)
{
    static const struct fork_hooks hooks = {PyOS_BeforeFork, PyOS_AfterFork_Parent, PyOS_AfterFork_Child};
    struct error err = {0};
    char **argv = NULL;
    (void)module;
    char **words = list_as_words(sources);
    if (!words)
        return NULL;
    enum fork_served served = fork_serve(&hooks, words, &argv, &err);
    PyMem_Free(words);
    switch (served) {
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
