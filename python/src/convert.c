/* Config values as Python objects, and back. */
#include "module.h"

#include <string.h>

#include "base/memory.h"

static PyObject *convert_array(const struct value *value)
{
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < value_count(value); i++) {
        PyObject *item = convert_from_value(value_item(value, i));
        if (!item || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

static PyObject *convert_object(const struct value *value)
{
    PyObject *dict = PyDict_New();
    for (size_t i = 0; dict && i < value_count(value); i++) {
        const char *text = value_key(value, i);
        PyObject *key = PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "surrogateescape");
        PyObject *item = key ? convert_from_value(value_get(value, text)) : NULL;
        if (!item || PyDict_SetItem(dict, key, item) < 0)
            Py_CLEAR(dict);
        Py_XDECREF(item);
        Py_XDECREF(key);
    }
    return dict;
}

PyObject *convert_from_value(const struct value *value)
{
    switch (value_kind(value)) {
    case VALUE_NULL:
        Py_RETURN_NONE;
    case VALUE_BOOL:
        return PyBool_FromLong(value_bool(value));
    case VALUE_INT:
        return PyLong_FromString(value_text(value), NULL, 10);
    case VALUE_FLOAT:
        return PyFloat_FromDouble(value_float(value));
    case VALUE_STRING:
        return PyUnicode_DecodeUTF8(value_text(value), (Py_ssize_t)value_text_len(value), "surrogateescape");
    case VALUE_ARRAY:
        return convert_array(value);
    case VALUE_OBJECT:
        return convert_object(value);
    }
    Py_RETURN_NONE;
}

PyObject *convert_to_text(PyObject *object, const char **text)
{
    PyObject *string = PyObject_Str(object);
    PyObject *bytes = string ? PyUnicode_AsEncodedString(string, "utf-8", "surrogateescape") : NULL;
    Py_XDECREF(string);
    *text = bytes ? PyBytes_AsString(bytes) : NULL;
    return bytes;
}

bool convert_to_double(PyObject *object, const char *what, double *number)
{
    PyObject *converted = PyNumber_Float(object);
    if (!converted) {
        PyObject *type = (PyObject *)Py_TYPE(object);
        PyErr_Format(PyExc_TypeError, "%s is to be a number, and is %R of type %R", what, object, type);
        return false;
    }
    *number = PyFloat_AsDouble(converted);
    Py_DECREF(converted);
    return true;
}

static struct value *from_text(PyObject *object)
{
    const char *text;
    PyObject *bytes = convert_to_text(object, &text);
    if (!bytes)
        return NULL;
    struct value *value = value_new_string(text, (size_t)PyBytes_Size(bytes));
    Py_DECREF(bytes);
    return value;
}

static struct value *from_integer(PyObject *object)
{
    const char *text;
    PyObject *integer = PyNumber_Index(object);
    PyObject *bytes = integer ? convert_to_text(integer, &text) : NULL;
    struct value *value = bytes ? value_new_plain(text, strlen(text)) : NULL;
    Py_XDECREF(bytes);
    Py_XDECREF(integer);
    return value;
}

static struct value *from_items(PyObject *object)
{
    PyObject *iterator = PyObject_GetIter(object);
    struct value *array = iterator ? value_new_array() : NULL;
    for (PyObject *item; array && (item = PyIter_Next(iterator));) {
        struct value *value = convert_to_value(item);
        Py_DECREF(item);
        if (value)
            value_array_add(array, value);
        else
            value_cleanup(&array);
    }
    if (PyErr_Occurred())
        value_cleanup(&array);
    Py_XDECREF(iterator);
    return array;
}

static bool set_item(struct value *object, PyObject *key, PyObject *item)
{
    const char *text;
    PyObject *bytes = convert_to_text(key, &text);
    struct value *value = bytes ? convert_to_value(item) : NULL;
    if (value)
        value_object_set(object, text, value);
    Py_XDECREF(bytes);
    return value;
}

/* Of a copy: what is converted may change the dict. */
static struct value *from_dict(PyObject *dict)
{
    PyObject *items = PyDict_Items(dict);
    struct value *object = items ? value_new_object() : NULL;
    for (Py_ssize_t i = 0; object && i < PyList_Size(items); i++) {
        PyObject *item = PyList_GetItem(items, i);
        if (!set_item(object, PyTuple_GetItem(item, 0), PyTuple_GetItem(item, 1)))
            value_cleanup(&object);
    }
    Py_XDECREF(items);
    return object;
}

/* False for an interrupt or an exit, which is to go on. */
static bool clear_fault(void)
{
    if (!PyErr_ExceptionMatches(PyExc_Exception))
        return false;
    PyErr_Clear();
    return true;
}

/* Arrays and numbers of NumPy and the frameworks. */
static struct value *from_other(PyObject *object)
{
    if (PyIndex_Check(object)) {
        struct value *value = from_integer(object);
        if (value || !clear_fault()) /* an array has __index__, and refuses */
            return value;
    }
    const char *method = PyObject_HasAttrString(object, "tolist")  ? "tolist"
                         : PyObject_HasAttrString(object, "numpy") ? "numpy"
                                                                   : NULL;
    PyObject *plain = method ? PyObject_CallMethod(object, method, NULL) : PyNumber_Float(object);
    if (!plain && !clear_fault())
        return NULL;
    bool helps = plain && Py_TYPE(plain) != Py_TYPE(object);
    struct value *value = helps ? convert_to_value(plain) : from_text(object);
    Py_XDECREF(plain);
    return value;
}

static bool is_sequence(PyObject *object)
{
    return PyList_Check(object) || PyTuple_Check(object) || PyAnySet_Check(object);
}

static struct value *from_container(PyObject *object)
{
    if (Py_EnterRecursiveCall(" while a result is stored"))
        return NULL;
    struct value *value = PyDict_Check(object)  ? from_dict(object)
                          : is_sequence(object) ? from_items(object)
                                                : from_other(object);
    Py_LeaveRecursiveCall();
    return value;
}

struct value *convert_to_value(PyObject *object)
{
    if (object == Py_None)
        return value_new_null();
    if (PyBool_Check(object))
        return value_new_bool(object == Py_True);
    if (PyUnicode_Check(object))
        return from_text(object);
    if (PyFloat_Check(object))
        return value_new_float(PyFloat_AsDouble(object));
    if (PyLong_Check(object))
        return from_integer(object);
    return from_container(object);
}
