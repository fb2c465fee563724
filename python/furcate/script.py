"""What a script that a runner started knows of its run, whatever it is written with."""

import os
from typing import Any, Dict, Mapping, SupportsFloat

from furcate import _core
from furcate.history import as_number
from furcate.tell import tell

_told: set = set()


# What a config has as attributes of the run where no key of the user's has the name.
_OF_THE_RUN = {"log_dir": ("FURCATE_RUN_DIR", str), "gpu_id": ("FURCATE_GPU", int)}


class Config(dict):
    """The config of a run: a dict of the user's keys, which are attributes too.

    ``log_dir`` and ``gpu_id`` are the run directory and the GPU, -1 on the CPU, unless the config has such keys.
    """

    def __getattr__(self, key: str) -> Any:
        if key in self:
            return self[key]
        variable, kind = _OF_THE_RUN.get(key, ("", str))
        if variable in os.environ:
            return kind(os.environ[variable])
        raise AttributeError(missing_key(self, key))

    def __setattr__(self, key: str, value: Any) -> None:
        self[key] = value


def missing_key(keys: dict, key: str) -> str:
    """Says that a config lacks a key, and which one may have been meant."""
    import difflib

    if key == "model":
        return "there is no self.model yet: run() sets it once get_model has returned one, or set it yourself"
    near = difflib.get_close_matches(key, list(keys), 1)
    remedy = f"did you mean '{near[0]}'?" if near else "add it"
    return f"the config has no key '{key}': {remedy}"


def _told_too_early(what: str) -> None:
    """In the warm process: ends it, so that runs are spawned, which can be told."""
    if _core.is_server():
        raise SystemExit(f"furcate: {what} was called before furcate.Fork() or furcate.run(), where all runs are one "
                         "process yet")


def _tell_once(what: str) -> None:
    if what not in _told:
        _told.add(what)
        tell(f"{what}: no runner started this script (furcate run CONFIG -- python3 …)")


def add_fault(text: str) -> None:
    """Notes what went wrong and does not end the run, once: for the runner, and outside of a Fork on stderr too."""
    if text in _told:
        return
    _told.add(text)
    if not _core.add_fault(text, os.environ.get("FURCATE_METRICS")):
        tell(text)


# Each report has a step and a time of its own.
_RENAMED = {"step": "metric_step", "time": "metric_time"}


def reportable(metrics: Mapping[Any, Any]) -> Dict[str, float]:
    """Returns the metrics that can be reported, and tells of the others: no training is to be lost by a name, or by
    what is no number."""
    numbers: Dict[str, float] = {}
    for key, value in metrics.items():
        number, name = as_number(value), _RENAMED.get(str(key), str(key))
        fault = "it is no number" if number is None else _core.find_name_fault(name)
        if fault or number is None:
            add_fault(f"{key!r} is not reported: {fault}")
        elif name != str(key) and name not in metrics:
            add_fault(f"{key!r} is reported as {name!r}: every report has a {key} of its own")
            numbers[name] = number
        elif name != str(key):
            add_fault(f"{key!r} is not reported: every report has a {key} of its own")
        else:
            numbers[name] = number
    return numbers


def config() -> Config:
    """The config of this run, one value for each key that its user wrote; empty, with a notice, when no runner started
    the script.

    Raises ConfigError when the run's config.json cannot be read.
    """
    path = os.environ.get("FURCATE_CONFIG")
    _told_too_early("config()")
    if not path:
        _tell_once("config() is empty")
        return Config()
    return Config(_core.read_run(path))


def run_dir() -> str:
    """The run directory, absolute; the working directory, with a notice, when no runner started the script."""
    directory = os.environ.get("FURCATE_RUN_DIR")
    _told_too_early("run_dir()")
    if not directory:
        _tell_once("run_dir() is the working directory")
        return os.getcwd()
    return directory


def report(step: int, **metrics: SupportsFloat) -> None:
    """Reports metrics of one step, such as an epoch, to metrics.jsonl of the run.

    step     a whole number, counts from 0 or 1
    metrics  numbers by name, also a framework's: "loss" and "accuracy" of training, "val_loss" of validation

    What is no number, or has a name that no metric can have, is left out and told of once: a training is not lost by
    it. Reports nothing, with a notice, when no runner started the script. Raises ValueError for a step below 0, OSError
    when the file cannot be written.
    """
    path = os.environ.get("FURCATE_METRICS")
    _told_too_early("report()")
    _core.report(step, reportable(metrics), path)  # without a path it only checks: faults show when tried by hand
    if not path:
        _tell_once("report() does nothing")
