"""Metrics and their history, of whatever framework."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Dict, Iterable, List, Optional


def metric_name(metric: Any) -> str:
    """The name of a metric: itself for a string, else its name, its __name__, or its class in snake_case."""
    if isinstance(metric, str):
        return metric
    for attribute in ("name", "__name__"):
        name = getattr(metric, attribute, None)
        if isinstance(name, str) and name:
            return name
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(metric).__name__).lower()


def history_values(history: Any, reported: Dict[str, List[float]]) -> Dict[str, List[float]]:
    """A history as lists of numbers by metric, one an epoch: Keras' History, a dict, or None for what was reported."""
    values = getattr(history, "history", history)
    if isinstance(values, Mapping):
        return {str(key): list(items) for key, items in values.items() if _is_list(items)}
    return reported


def _is_list(items: Any) -> bool:
    return not isinstance(items, (str, bytes)) and (isinstance(items, Sequence) or hasattr(items, "__array__"))


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


def named_results(results: Any, metrics: List[Any]) -> Dict[str, float]:
    """What model_evaluate returned, by name: a dict as it is, a number as the loss, a list as loss and metrics."""
    if isinstance(results, Mapping):
        return dict(results)
    if results is None:
        return {}
    if not isinstance(results, (list, tuple)):
        return {"loss": results}
    names = ["loss", *map(metric_name, metrics)]
    if len(names) != len(results):
        names = [str(i) for i in range(len(results))]
    return dict(zip(names, results))
