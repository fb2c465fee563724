"""Metrics, results and their history, of whatever framework."""

import math
import re
from collections.abc import Mapping, Sequence, Set
from typing import Any, Dict, Iterable, List, Optional, Tuple

_MOST_COLUMNS = 20  # of results that have no names: more are the predictions, say


def metric_name(metric: Any) -> str:
    """The name of a metric: itself for a string, else its name, its __name__, or its class in snake_case."""
    if isinstance(metric, str):
        return metric
    for attribute in ("name", "__name__"):
        name = getattr(metric, attribute, None)
        if isinstance(name, str) and name:
            return name
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(metric).__name__).lower()


def _as_mapping(history: Any) -> Optional[Dict[str, Any]]:
    """What a history object or a dict has by key; a pandas DataFrame counts as one. None for anything else."""
    values = getattr(history, "history", history)
    if isinstance(values, Mapping) or (hasattr(values, "keys") and hasattr(values, "__getitem__")):
        return {str(key): values[key] for key in values.keys()}
    return None


def history_values(history: Any, reported: Dict[str, List[float]]) -> Dict[str, List[float]]:
    """A history as lists of numbers by metric, one an epoch: Keras' History, a dict, or None for what was reported."""
    values = _as_mapping(history)
    if values is None:
        return reported
    return {key: list(items) for key, items in values.items() if _is_list(items)}


def history_document(history: Any, reported: Dict[str, List[float]]) -> Any:
    """What history.json is to hold: all that the history has, as far as JSON can hold it."""
    values = _as_mapping(history)
    if values is None:
        values = reported if history is None or (reported and not _is_list(history)) else history
    return plain(values)


def _is_list(items: Any) -> bool:
    if isinstance(items, (str, bytes)):
        return False
    return isinstance(items, Sequence) or (hasattr(items, "__array__") and len(getattr(items, "shape", [1])) > 0)


def plain(thing: Any) -> Any:
    """A thing as JSON can hold it: lists and numbers for arrays and tensors, text for what is nothing else."""
    if thing is None or isinstance(thing, (bool, str)):
        return thing
    if isinstance(thing, (int, float)):
        return float(thing) if isinstance(thing, float) else int(thing)
    if isinstance(thing, Mapping):
        return {str(key): plain(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple, Set)):
        return [plain(item) for item in thing]
    for method in ("tolist", "numpy"):
        if callable(getattr(thing, method, None)):
            return plain(getattr(thing, method)())
    number = as_number(thing)
    return str(thing) if number is None else number


def as_number(value: Any) -> Optional[float]:
    """None for what is no number, as where an epoch had no validation."""
    try:
        return float(value)
    except Exception:  # each library has its own for an array of several, for instance
        return None


def as_curve(values: Optional[Iterable[Any]]) -> Optional[List[float]]:
    """Numbers, NaN for what is none."""
    if values is None:
        return None
    numbers = map(as_number, values)
    return [math.nan if number is None else number for number in numbers]


def is_there(dataset: Any) -> bool:
    """Whether a test set is to be evaluated: not when it is None, false, or has no items. One of no clear truth is."""
    if dataset is None:
        return False
    try:
        if len(dataset) == 0:
            return False
    except Exception:
        pass  # it has no length, or does not know it yet
    if hasattr(dataset, "__array__"):
        return True  # the truth of an array is that of its one item
    try:
        return bool(dataset)
    except Exception:
        return True


def named_results(results: Any, metrics: List[Any]) -> List[Tuple[Optional[str], Any]]:
    """What model_evaluate returned as pairs of a name and a result: a dict as it is, a number as the loss, a list as
    loss and metrics. None for a name: it is to be no column."""
    if isinstance(results, Mapping):
        return [(str(key), _number_or_self(value)) for key, value in results.items()]
    if results is None:
        return []
    items = _items(results)
    if items is None:
        number = None if isinstance(results, str) else as_number(results)
        return [("result", results) if number is None else ("loss", number)]
    names: List[Optional[str]] = ["loss", *map(metric_name, metrics)]
    if len(names) != len(items):
        names = [str(i) if len(items) <= _MOST_COLUMNS else None for i in range(len(items))]
    return list(zip(names, map(_number_or_self, items)))


def _items(results: Any) -> Optional[List[Any]]:
    """The items of a list, or of an array with one dimension; None for anything else."""
    if isinstance(results, (list, tuple)):
        return list(results)
    return list(results) if hasattr(results, "__array__") and len(getattr(results, "shape", ())) == 1 else None


def _number_or_self(value: Any) -> Any:
    number = None if isinstance(value, (str, bytes)) else as_number(value)
    return value if number is None else number
