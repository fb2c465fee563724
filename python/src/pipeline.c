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
    PyObject *unsaved; /* what model_save raised; NULL: nothing */
    PyObject *leaving; /* an exit or interrupt after the training, which is to go on at its end; NULL: none */
};

static struct session *session_of(const struct furcate_fork *fork)
{
    return furcate_context(fork);
}

/* Prints an exception with its traceback, and returns it as a line of text: a new reference to bytes. NULL
 * where even that fails, for want of memory for instance. */
static PyObject *print_exception(struct furcate_fork *fork, PyObject *exception)
{
    const char *text;
    PyObject *line =
        exception ? PyObject_CallMethod(session_of(fork)->self, "_print_exception", "O", exception) : NULL;
    PyObject *bytes = line ? convert_to_text(line, &text) : NULL;
    Py_XDECREF(line);
    PyErr_Clear();
    return bytes;
}

/* Keeps what is to be raised at the end of the run. Takes the exception over. */
static void keep_exception(struct furcate_fork *fork, PyObject *exception)
{
    struct session *session = session_of(fork);
    bool leaves = exception && !PyErr_GivenExceptionMatches(exception, PyExc_Exception);
    PyObject **place = leaves                                    ? &session->leaving
                       : strcmp(fork->method, "model_save") == 0 ? &session->unsaved
                                                                 : &exception;
    if (!*place)
        *place = exception;
    else
        Py_XDECREF(exception);
}

/* Clears the exception, and returns it as a line of text, having printed it: a new reference to bytes. */
static PyObject *end_exception(struct furcate_fork *fork)
{
    PyObject *exception;
    take_exception(&exception);
    PyObject *line = print_exception(fork, exception);
    keep_exception(fork, exception);
    return line ? line : PyBytes_FromString("it raised an exception");
}

/* Until the model is trained the exception stays set, and is what train() raises. After that it is told here,
 * and the pipeline goes on. */
static void *fail(struct furcate_fork *fork)
{
    if (!fork->is_trained) {
        furcate_fail(fork, "it raised an exception");
    } else if (PyErr_Occurred()) {
        PyObject *line = end_exception(fork);
        furcate_fail(fork, "%s", line ? PyBytes_AsString(line) : "out of memory");
        Py_XDECREF(line);
    }
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

/* self.meta["data"], with what furcate keeps in the results: a new reference. */
static PyObject *update_data(struct furcate_fork *fork)
{
    PyObject *kept = convert_from_value(fork->results.data);
    PyObject *data = kept ? call(fork, "_update_data", PyTuple_Pack(1, kept)) : fail(fork);
    Py_XDECREF(kept);
    return data;
}

static bool get_filepaths(struct furcate_fork *fork, struct furcate_filepaths *filepaths)
{
    struct session *session = session_of(fork);
    *filepaths = (struct furcate_filepaths){0}; /* get_datasets below has the Python lists */
    PyObject *data = update_data(fork);
    Py_XDECREF(data);
    if (!data)
        return false;
    session->filepaths = take_three(fork, "get_filepaths", call(fork, "get_filepaths", PyTuple_New(0)),
                                    "the training, test and validation files");
    return session->filepaths;
}

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
    PyObject *test = PyTuple_GetItem(three, 1);
    PyObject *has_test = call(fork, "_has_test_set", PyTuple_Pack(1, test));
    void **const sets[] = {&datasets->train, has_test == Py_True ? &datasets->test : NULL, &datasets->valid};
    for (Py_ssize_t i = 0; has_test && i < 3; i++) {
        PyObject *set = PyTuple_GetItem(three, i);
        if (sets[i] && set != Py_None) {
            Py_INCREF(set);
            *sets[i] = set;
        }
    }
    Py_XDECREF(has_test);
    Py_DECREF(three);
    return has_test;
}

static void *get_model(struct furcate_fork *fork)
{
    PyObject *model = call(fork, "get_model", PyTuple_New(0));
    if (model && !call_for_nothing(fork, "_made_model", PyTuple_Pack(1, model)))
        Py_CLEAR(model);
    return model;
}

/* Returns whether self.verbose is 1 or more: a class may define it. */
static bool is_verbose(struct furcate_fork *fork)
{
    PyObject *result = call(fork, "_is_verbose", PyTuple_New(0));
    Py_XDECREF(result);
    return result == Py_True;
}

static void model_summary(struct furcate_fork *fork, void *model)
{
    if (is_verbose(fork))
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

/* The epochs of a history that nobody has reported; no reason to lose the training. */
static void report_history(struct furcate_fork *fork, PyObject *history)
{
    PyObject *told = PyObject_CallMethod(session_of(fork)->self, "_fitted", "O", history);
    PyObject *line = told ? told : end_exception(fork);
    const char *text = NULL;
    PyObject *bytes = line && line != Py_None ? convert_to_text(line, &text) : NULL;
    if (text)
        fork_add_fault(fork, "the history was not reported: %s", text);
    Py_XDECREF(bytes);
    Py_XDECREF(line);
    PyErr_Clear();
}

/* epochs and verbose are what self has, not the config: a class may define them. */
static void *model_fit(struct furcate_fork *fork, void *model, void *train_dataset, int64_t config_epochs,
                       void *valid_dataset, void *callbacks, int64_t config_verbose)
{
    PyObject *self = session_of(fork)->self;
    PyObject *epochs = PyObject_GetAttrString(self, "epochs");
    PyObject *verbose = epochs ? PyObject_GetAttrString(self, "verbose") : NULL;
    PyObject *arguments =
        verbose ? PyTuple_Pack(6, (PyObject *)model, object_or_none(train_dataset), epochs,
                               object_or_none(valid_dataset), object_or_none(callbacks), verbose)
                : NULL;
    PyObject *history = call(fork, "model_fit", arguments);
    (void)config_epochs, (void)config_verbose;
    Py_XDECREF(verbose);
    Py_XDECREF(epochs);
    if (history)
        report_history(fork, history);
    return history;
}

static bool model_save(struct furcate_fork *fork, void *model)
{
    return call_for_nothing(fork, "model_save", PyTuple_Pack(1, (PyObject *)model));
}

/* Leaves out what cannot be kept, and tells of it. */
static void leave_out(struct furcate_fork *fork, const char *what, PyObject *key)
{
    PyObject *line = end_exception(fork), *name = PyObject_Repr(key);
    const char *text = "";
    PyObject *bytes = name ? convert_to_text(name, &text) : NULL;
    PyErr_Clear();
    fork_add_fault(fork, "%s[%s] is left out: %s", what, text,
                   line ? PyBytes_AsString(line) : "out of memory");
    Py_XDECREF(bytes);
    Py_XDECREF(name);
    Py_XDECREF(line);
}

/* `named` is a list of pairs of a name, or None, and a result. */
static void add_results(struct furcate_fork *fork, PyObject *named, struct furcate_results *results)
{
    for (Py_ssize_t i = 0; i < PyList_Size(named); i++) {
        PyObject *pair = PyList_GetItem(named, i);
        PyObject *key = PyTuple_GetItem(pair, 0);
        const char *name = NULL;
        PyObject *bytes = convert_to_text(key, &name);
        struct value *value = bytes ? convert_to_value(PyTuple_GetItem(pair, 1)) : NULL;
        if (value)
            results_add_value(results, key == Py_None ? NULL : name, value);
        else
            leave_out(fork, "the result of model_evaluate", key);
        Py_XDECREF(bytes);
    }
}

static bool model_evaluate(struct furcate_fork *fork, void *model, void *test_dataset,
                           struct furcate_results *results)
{
    if (session_of(fork)->leaving)
        return true;
    PyObject *data = update_data(fork);
    PyObject *returned =
        data ? call(fork, "model_evaluate", PyTuple_Pack(2, (PyObject *)model, (PyObject *)test_dataset))
             : NULL;
    PyObject *named =
        returned ? call(fork, "_named_results", PyTuple_Pack(2, returned, session_of(fork)->metrics)) : NULL;
    if (named)
        add_results(fork, named, results);
    Py_XDECREF(data);
    Py_XDECREF(named);
    Py_XDECREF(returned);
    return named;
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

/* Tells when a result that furcate keeps itself was changed: it stays as it was. */
static void check_kept(struct furcate_fork *fork, const char *name, PyObject *item)
{
    const struct value *kept = value_get(fork->results.data, name);
    CLEANUP(value_cleanup) struct value *value = convert_to_value(item);
    PyErr_Clear();
    if (!kept || !value || !value_equal(kept, value)) /* not as Python compares: there NaN is not NaN */
        fork_add_fault(fork, "run_results['%s'] is furcate's own and stays as it is: use another name", name);
}

static void take_result(struct furcate_fork *fork, PyObject *key, PyObject *item)
{
    const char *name;
    PyObject *bytes = convert_to_text(key, &name);
    if (bytes && results_is_kept(name)) {
        check_kept(fork, name, item);
    } else {
        struct value *value = bytes ? convert_to_value(item) : NULL;
        if (value)
            value_object_set(fork->results.data, name, value);
        else
            leave_out(fork, "run_results", key);
    }
    Py_XDECREF(bytes);
}

/* Adds to the results what a method put into self.meta["data"], which is run_results. */
static void take_results(struct furcate_fork *fork, PyObject *data)
{
    PyObject *items = PyDict_Items(data);
    for (Py_ssize_t i = 0; items && i < PyList_Size(items); i++) {
        PyObject *item = PyList_GetItem(items, i);
        take_result(fork, PyTuple_GetItem(item, 0), PyTuple_GetItem(item, 1));
    }
    if (!items)
        fail(fork);
    Py_XDECREF(items);
}

/* Also keeps what the method added before it raised. */
static bool save_metric(struct furcate_fork *fork, struct furcate_results *results, void *history,
                        const char *metric)
{
    (void)results;
    PyObject *data = update_data(fork);
    PyObject *object = data ? metric_object(session_of(fork), metric) : NULL;
    bool ok = object &&
              call_for_nothing(fork, "save_metric", PyTuple_Pack(3, data, object_or_none(history), object));
    if (data)
        take_results(fork, data);
    Py_XDECREF(object);
    Py_XDECREF(data);
    return ok || fail(fork);
}

static bool plot_metric(struct furcate_fork *fork, void *history, const char *metric)
{
    if (session_of(fork)->leaving)
        return true;
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

/* Takes over what the methods added elsewhere than in save_metric. */
static bool take_additions(struct furcate_fork *fork)
{
    PyObject *data = update_data(fork);
    PyObject *added = data ? call(fork, "_added_keys", PyTuple_New(0)) : NULL;
    if (data)
        take_results(fork, data);
    if (added)
        fork->added = convert_to_value(added);
    Py_XDECREF(added);
    Py_XDECREF(data);
    return (added && fork->added) || fail(fork);
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
    if (!ok)
        fail(fork);
    return take_additions(fork) && ok;
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
    Py_XDECREF(session->unsaved);
    Py_XDECREF(session->leaving);
    free(session->name_texts);
}

static void raise_again(PyObject *exception)
{
    PyObject *type = (PyObject *)Py_TYPE(exception);
    Py_INCREF(type);
    Py_INCREF(exception);
    PyErr_Restore(type, exception, PyException_GetTraceback(exception));
}

/* Returns whether all went well; else an exception is set. */
static bool train(struct furcate_fork *fork)
{
    const struct session *session = session_of(fork);
    bool trained = fork_train(fork);
    PyObject *kept = session->leaving ? session->leaving : trained ? NULL : session->unsaved;
    if (kept && !PyErr_Occurred())
        raise_again(kept);
    else if (!trained && !PyErr_Occurred())
        PyErr_Format(PyExc_RuntimeError, "%s failed: %s", fork->method, fork->failure.text);
    return trained && !kept;
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
    fork->asks_itself = true;
    bool trained = train(fork);
    release(&fork->objects);
    state->fork = NULL;
    fork_destroy(fork);
    session_free(&session);
    if (!trained)
        return NULL;
    Py_RETURN_NONE;
}
