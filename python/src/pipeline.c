/* The methods of a Python Fork as the pipeline's functions. */
#include "module.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* The context of the ops. All references are its own. */
struct session {
    PyObject *self;      /* the Fork */
    PyObject *filepaths; /* what get_filepaths returned */
    PyObject *metrics;   /* what get_metrics returned */
    PyObject *names;     /* of these: a list of bytes, which name_texts points into */
    const char **name_texts;
};

static struct session *session_of(const struct furcate_fork *fork)
{
    return furcate_context(fork);
}

/* The exception stays set, and is what train() raises. */
static void *fail(struct furcate_fork *fork)
{
    furcate_fail(fork, "it raised an exception");
    return NULL;
}

/* A new reference; NULL when the method raised. `arguments` is a tuple, and taken over. */
static PyObject *call(struct furcate_fork *fork, const char *name, PyObject *arguments)
{
    PyObject *method = arguments ? PyObject_GetAttrString(session_of(fork)->self, name) : NULL;
    PyObject *result = method ? PyObject_CallObject(method, arguments) : NULL;
    Py_XDECREF(method);
    Py_XDECREF(arguments);
    return result ? result : fail(fork);
}

static bool call_for_nothing(struct furcate_fork *fork, const char *name, PyObject *arguments)
{
    PyObject *result = call(fork, name, arguments);
    Py_XDECREF(result);
    return result;
}

static PyObject *object_or_none(void *object)
{
    return object ? object : Py_None;
}

/* A tuple of three; takes `result` over. */
static PyObject *take_three(struct furcate_fork *fork, const char *name, PyObject *result, const char *wanted)
{
    PyObject *three = result && result != Py_None ? PySequence_Tuple(result) : NULL;
    if (result && (!three || PyTuple_Size(three) != 3)) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "%s must return three things, %s; it returned %R", name, wanted,
                     result);
        Py_CLEAR(three);
        fail(fork);
    }
    Py_XDECREF(result);
    return three;
}

static bool set_visible_gpus(struct furcate_fork *fork)
{
    return call_for_nothing(fork, "set_visible_gpus", PyTuple_New(0));
}

static bool get_filepaths(struct furcate_fork *fork, struct furcate_filepaths *filepaths)
{
    struct session *session = session_of(fork);
    *filepaths = (struct furcate_filepaths){0}; /* get_datasets below has the Python lists */
    session->filepaths = take_three(fork, "get_filepaths", call(fork, "get_filepaths", PyTuple_New(0)),
                                    "the training, test and validation files");
    return session->filepaths;
}

/* The test set is None where there is none. */
static bool get_datasets(struct furcate_fork *fork, const struct furcate_filepaths *filepaths,
                         struct furcate_datasets *datasets)
{
    struct session *session = session_of(fork);
    (void)filepaths;
    Py_INCREF(session->filepaths);
    PyObject *three = take_three(fork, "get_datasets", call(fork, "get_datasets", session->filepaths),
                                 "the training, test and validation set (None where there is none)");
    if (!three)
        return false;
    void **const sets[] = {&datasets->train, &datasets->test, &datasets->valid};
    for (Py_ssize_t i = 0; i < 3; i++) {
        PyObject *set = PyTuple_GetItem(three, i);
        if (set != Py_None) {
            Py_INCREF(set);
            *sets[i] = set;
        }
    }
    Py_DECREF(three);
    return true;
}

static void *get_model(struct furcate_fork *fork)
{
    PyObject *model = call(fork, "get_model", PyTuple_New(0));
    if (model && !call_for_nothing(fork, "_made_model", PyTuple_Pack(1, model)))
        Py_CLEAR(model);
    return model;
}

static void model_summary(struct furcate_fork *fork, void *model)
{
    call_for_nothing(fork, "model_summary", PyTuple_Pack(1, (PyObject *)model));
}

/* The names, as C text, of what get_metrics returned. */
static bool name_metrics(struct furcate_fork *fork)
{
    struct session *session = session_of(fork);
    PyObject *names = call(fork, "_metric_names", PyTuple_Pack(1, session->metrics));
    Py_ssize_t count = names ? PyList_Size(names) : -1;
    session->names = PyList_New(0);
    session->name_texts = memory_new((size_t)(count > 0 ? count : 0) + 1, sizeof *session->name_texts);
    bool ok = names && session->names;
    for (Py_ssize_t i = 0; ok && i < count; i++) {
        PyObject *bytes = convert_to_text(PyList_GetItem(names, i), &session->name_texts[i]);
        ok = bytes && PyList_Append(session->names, bytes) == 0;
        Py_XDECREF(bytes);
    }
    Py_XDECREF(names);
    return ok || fail(fork);
}

static const char *const *get_metrics(struct furcate_fork *fork)
{
    struct session *session = session_of(fork);
    PyObject *result = call(fork, "get_metrics", PyTuple_New(0));
    if (!result)
        return NULL;
    session->metrics = result == Py_None ? PyList_New(0) : PySequence_List(result);
    Py_DECREF(result);
    if (!session->metrics)
        return fail(fork);
    return name_metrics(fork) ? session->name_texts : NULL;
}

static void *get_optimizer(struct furcate_fork *fork)
{
    return call(fork, "get_optimizer", PyTuple_New(0));
}

static void *get_loss(struct furcate_fork *fork)
{
    return call(fork, "get_loss", PyTuple_New(0));
}

static bool model_compile(struct furcate_fork *fork, void *model, void *optimizer, void *loss,
                          const char *const *metrics)
{
    (void)metrics;
    return call_for_nothing(fork, "model_compile",
                            PyTuple_Pack(4, (PyObject *)model, (PyObject *)optimizer, (PyObject *)loss,
                                         session_of(fork)->metrics));
}

static void *get_callbacks(struct furcate_fork *fork)
{
    return call(fork, "get_callbacks", PyTuple_New(0));
}

static void *model_fit(struct furcate_fork *fork, void *model, void *train_dataset, int64_t epochs,
                       void *valid_dataset, void *callbacks, int64_t verbose)
{
    PyObject *arguments =
        Py_BuildValue("(OOLOOL)", (PyObject *)model, object_or_none(train_dataset), (long long)epochs,
                      object_or_none(valid_dataset), object_or_none(callbacks), (long long)verbose);
    PyObject *history = call(fork, "model_fit", arguments);
    if (history && !call_for_nothing(fork, "_fitted", PyTuple_Pack(1, history)))
        Py_CLEAR(history);
    return history;
}

static bool model_save(struct furcate_fork *fork, void *model)
{
    return call_for_nothing(fork, "model_save", PyTuple_Pack(1, (PyObject *)model));
}

static bool add_results(struct furcate_fork *fork, PyObject *named, struct furcate_results *results)
{
    PyObject *key, *item;
    for (Py_ssize_t at = 0; PyDict_Next(named, &at, &key, &item);) {
        const char *name;
        double number;
        PyObject *bytes = convert_to_text(key, &name);
        bool ok = bytes && convert_to_double(item, name, &number);
        if (ok)
            furcate_add_result(results, name, number);
        Py_XDECREF(bytes);
        if (!ok)
            return fail(fork);
    }
    return true;
}

static bool model_evaluate(struct furcate_fork *fork, void *model, void *test_dataset,
                           struct furcate_results *results)
{
    PyObject *returned =
        call(fork, "model_evaluate", PyTuple_Pack(2, (PyObject *)model, (PyObject *)test_dataset));
    PyObject *named =
        returned ? call(fork, "_named_results", PyTuple_Pack(2, returned, session_of(fork)->metrics)) : NULL;
    bool ok = named && add_results(fork, named, results);
    Py_XDECREF(named);
    Py_XDECREF(returned);
    return ok;
}

/* What get_metrics gave for this name; the name itself for the loss, which it need not list. A new reference.
 */
static PyObject *metric_object(const struct session *session, const char *metric)
{
    for (Py_ssize_t i = 0; session->name_texts[i]; i++)
        if (strcmp(session->name_texts[i], metric) == 0)
            return PySequence_GetItem(session->metrics, i);
    return PyUnicode_FromString(metric);
}

/* Makes the exception the cause of one that names the result. An interrupt is let through. */
static void name_result(PyObject *key)
{
    PyObject *type, *cause, *value, *traceback;
    if (!PyErr_ExceptionMatches(PyExc_Exception))
        return;
    PyErr_Fetch(&type, &cause, &traceback);
    PyErr_NormalizeException(&type, &cause, &traceback);
    PyErr_Format(PyExc_ValueError, "run_results[%R] cannot be stored: %S", key, cause);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    PyException_SetCause(value, cause); /* takes it over */
    PyErr_Restore(type, value, traceback);
}

static bool take_result(PyObject *key, PyObject *item, struct furcate_results *results)
{
    const char *name;
    PyObject *bytes = convert_to_text(key, &name);
    bool taken = bytes && config_result_is_taken(name);
    struct value *value = bytes && !taken ? convert_to_value(item) : NULL;
    if (value)
        value_object_set(results->data, name, value);
    else if (!taken)
        name_result(key);
    Py_XDECREF(bytes);
    return value || taken;
}

/* What the method put into the dict joins the results; what furcate keeps itself stays as it was. */
static bool take_results(PyObject *dict, struct furcate_results *results)
{
    PyObject *items = PyDict_Items(dict);
    bool ok = items;
    for (Py_ssize_t i = 0; ok && i < PyList_Size(items); i++) {
        PyObject *item = PyList_GetItem(items, i);
        ok = take_result(PyTuple_GetItem(item, 0), PyTuple_GetItem(item, 1), results);
    }
    Py_XDECREF(items);
    return ok;
}

static bool save_metric(struct furcate_fork *fork, struct furcate_results *results, void *history,
                        const char *metric)
{
    PyObject *dict = convert_from_value(results->data);
    PyObject *object = metric_object(session_of(fork), metric);
    bool ok = dict && object &&
              call_for_nothing(fork, "save_metric", PyTuple_Pack(3, dict, object_or_none(history), object)) &&
              take_results(dict, results);
    Py_XDECREF(object);
    Py_XDECREF(dict);
    return ok || fail(fork);
}

static bool plot_metric(struct furcate_fork *fork, void *history, const char *metric)
{
    PyObject *object = metric_object(session_of(fork), metric);
    bool ok =
        object && call_for_nothing(fork, "plot_metric", PyTuple_Pack(2, object_or_none(history), object));
    Py_XDECREF(object);
    return ok || fail(fork);
}

static bool write_text(PyObject *file, FILE *out)
{
    const char *text;
    PyObject *content = PyObject_CallMethod(file, "getvalue", NULL);
    PyObject *bytes = content ? convert_to_text(content, &text) : NULL;
    bool ok = bytes && fputs(text, out) != EOF;
    Py_XDECREF(bytes);
    Py_XDECREF(content);
    return ok;
}

static bool save_history(struct furcate_fork *fork, void *history, FILE *out)
{
    PyObject *io = PyImport_ImportModule("io");
    PyObject *file = io ? PyObject_CallMethod(io, "StringIO", NULL) : NULL;
    bool ok = file &&
              call_for_nothing(fork, "save_history", PyTuple_Pack(2, object_or_none(history), file)) &&
              write_text(file, out);
    Py_XDECREF(file);
    Py_XDECREF(io);
    return ok || fail(fork);
}

static void release(struct furcate_objects *objects)
{
    void *const made[] = {objects->datasets.train, objects->datasets.test, objects->datasets.valid,
                          objects->model,          objects->optimizer,     objects->loss,
                          objects->callbacks,      objects->history};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        Py_XDECREF((PyObject *)made[i]);
}

static void session_free(struct session *session)
{
    Py_XDECREF(session->filepaths);
    Py_XDECREF(session->metrics);
    Py_XDECREF(session->names);
    free(session->name_texts);
}

/* Returns whether all went well; else an exception is set. */
static bool train(struct furcate_fork *fork)
{
    if (fork_train(fork))
        return true;
    if (!PyErr_Occurred())
        PyErr_Format(PyExc_RuntimeError, "%s failed: %s", fork->method, fork->failure.text);
    return false;
}

PyObject *core_train(PyObject *module, PyObject *arguments)
{
    struct module_state *state = module_state(module);
    struct error err = {0};
    struct session session = {0};
    const char *path;
    if (!PyArg_ParseTuple(arguments, "Os:train", &session.self, &path))
        return NULL;
    if (state->fork)
        return PyErr_Format(PyExc_RuntimeError, "run() was called within run(); call it once");
    const struct furcate_ops ops = {
        .context = &session,
        .set_visible_gpus = set_visible_gpus,
        .get_filepaths = get_filepaths,
        .get_datasets = get_datasets,
        .get_model = get_model,
        .model_summary = model_summary,
        .get_metrics = get_metrics,
        .get_optimizer = get_optimizer,
        .get_loss = get_loss,
        .model_compile = model_compile,
        .get_callbacks = get_callbacks,
        .model_fit = model_fit,
        .model_save = model_save,
        .model_evaluate = model_evaluate,
        .save_metric = save_metric,
        .plot_metric = plot_metric,
        .save_history = save_history,
    };
    struct furcate_fork *fork = state->fork = fork_create(&ops, path, &err);
    if (!fork)
        return raise_error(state->config_error, &err);
    bool trained = train(fork);
    release(&fork->objects);
    state->fork = NULL;
    fork_destroy(fork);
    session_free(&session);
    if (!trained)
        return NULL;
    Py_RETURN_NONE;
}
