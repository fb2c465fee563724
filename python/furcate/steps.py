"""What the pipeline in C asks of a Fork between its methods."""

import random
import sys
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from furcate import _core, adapters
from furcate.history import as_number, history_values, is_there, metric_name, named_results, plain
from furcate.tell import tell


def _report(step: int, numbers: Dict[str, float]) -> List[str]:
    """Reports the numbers of a step, without those whose names cannot be. Returns why these cannot."""
    try:
        _core.report(step, numbers, None)
        return []
    except ValueError as fault:
        if len(numbers) < 2:
            return [str(fault)]
    return [fault for key, number in numbers.items() for fault in _report(step, {key: number})]


def _is_other(value: Any, given: Any) -> bool:
    return value is not given and plain(value) != plain(given)


class Steps:
    """The base of Fork. None of it is to be overridden."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def _set_seed(self) -> None:
        random.seed(self.seed)
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(self.seed % 2**32)
        self._seeded = adapters.seed(self.seed)

    def _show_log(self) -> None:
        """Shows what the app logs, once something has imported logging: to import it for nothing takes time."""
        if "logging" in sys.modules:
            from furcate import run_log

            run_log.configure()

    def _has_test_set(self, test_set: Any) -> bool:
        self._evaluates = is_there(test_set)
        if not self._evaluates and test_set is not None:
            tell("the test set is empty: model_evaluate is not called")
        return self._evaluates

    def _is_verbose(self) -> bool:
        return not isinstance(self.verbose, (int, float)) or self.verbose >= 1

    def _metric_names(self, metrics: List[Any]) -> List[str]:
        return [metric_name(metric) for metric in metrics]

    def _named_results(self, results: Any, metrics: List[Any]) -> List[Tuple[Optional[str], Any]]:
        return named_results(results, metrics)

    def _fitted(self, history: Any) -> Optional[str]:
        """Reports a history whose epochs nobody has reported: they are what tells how the run went. Returns why it
        cannot, or None."""
        values = history_values(history, {})
        if _core.reported():
            return None
        if not values:
            return None if history is None else f"{type(history).__name__} has no lists by key"
        faults: List[str] = []
        for i in range(max(map(len, values.values()))):
            numbers = {key: as_number(items[i]) for key, items in values.items() if i < len(items)}
            faults += _report(i + 1, {key: number for key, number in numbers.items() if number is not None})
        return faults[0] if faults else None

    def _print_exception(self, exception: BaseException) -> str:
        """Prints it with its traceback; returns what it is in one line."""
        import traceback

        traceback.print_exception(type(exception), exception, exception.__traceback__)
        text = "".join(traceback.format_exception_only(type(exception), exception))
        return " ".join(text.split())[:300]

    def _update_data(self, kept: Dict[str, Any]) -> Dict[str, Any]:
        """Returns self.meta["data"], the run's results, with what furcate keeps there."""
        data = self.meta.get("data")
        if not isinstance(data, dict):
            data = self.meta["data"] = {}
        data.update(kept)
        return data

    def _added_keys(self) -> Dict[str, Any]:
        """Returns what the app has added to self.data. Tells of other changes, which are not kept."""
        for key, value in self._given.items():
            if key != "meta" and _is_other(self.data.get(key), value):
                tell(f"self.data['{key}'] is {self.data.get(key)!r} now; run_data.csv keeps the config's "
                     f"value, {value!r}")
        for key, value in self.meta.items():
            if key != "data" and _is_other(value, self._given["meta"].get(key)):
                tell(f"self.meta['{key}'] is {value!r} now, which is not kept: what is put into self.data "
                     "is a column of its name")
        return {key: value for key, value in self.data.items() if key not in self._given}
