"""What a script that a runner started knows of its run, whatever it is written with."""

import os
import sys
from typing import Any, Dict, Mapping, SupportsFloat

from furcate import _core
from furcate.history import as_number

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
        print(f"furcate: {what}: no runner started this script (furcate run CONFIG -- python3 …)", file=sys.stderr)


def add_fault(text: str) -> None:
    """Notes what went wrong and does not end the run: for the runner in a Fork, else on stderr."""
    if not _core.add_fault(text) and text not in _told:
        _told.add(text)
        print(f"furcate: {text}", file=sys.stderr)


def numbers_only(metrics: Mapping[str, Any]) -> Dict[str, float]:
    """Returns the metrics that are numbers; of the others it tells that they are not reported."""
    numbers = {name: as_number(value) for name, value in metrics.items()}
    for name, number in numbers.items():
        if number is None:
            add_fault(f"{name!r} is not reported: it is no number")
    return {name: number for name, number in numbers.items() if number is not None}


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

    step     counts from 1
    metrics  numbers by name, also a framework's: "loss" and "accuracy" of training, "val_loss" of validation

    Reports nothing, with a notice, when no runner started the script. Raises TypeError for what is no number,
    ValueError for a step or a name that cannot be, OSError when the file cannot be written.
    """
    path = os.environ.get("FURCATE_METRICS")
    _told_too_early("report()")
    _core.report(step, metrics, path)  # without a path it checks only: a fault is to show when tried by hand
    if not path:
        _tell_once("report() does nothing")
