"""A training function in place of a class."""

import os
import reprlib
from typing import Callable, Mapping, Optional

from furcate import _core, launch, script, warm


def run(config: launch.Path, function: Callable[[script.Config], Optional[Mapping[str, float]]]) -> None:
    """Calls ``function(config)`` once for each permutation of a config, each in a process of its own.

    config    path of the config, whatever --config of its own the script has; none of the keys that Fork requires
              need be in it
    function  gets the run's config, and returns its final metrics by name, or None. They become the columns
              of run_data.csv that :func:`furcate.report` would give; the function may report steps as well. What
              cannot be kept is left out, with a line on stderr and in the summary: the run is done nevertheless

    Returns when every run is done. Raises SystemExit with furcate's exit status when not all are. A run ends here,
    so that what stands behind is not executed in it; in a run of another config nothing is done. Raises, in a run,
    what the function raises.
    """
    if callable(config) and not callable(function):
        raise TypeError("the arguments of furcate.run() are swapped: write furcate.run(\"config.json\", function)")
    launch.check_path(config)
    if not callable(function):
        raise TypeError("function is called with the config of each run, but a value of type "
                        f"{type(function).__name__} was given")
    if launch.is_other_plan(config):
        launch.tell_if_nested(config)
        return
    warm.become_run()
    if not os.environ.get("FURCATE_CONFIG"):
        launch.run_plan(config, warm.random_state_if_runner(), for_fork=False)
        return
    launch.refuse_worker()
    _train(function)
    raise SystemExit(0)


def _train(function: Callable[[script.Config], Optional[Mapping[str, float]]]) -> None:
    metrics = function(script.config())
    path = os.environ.get("FURCATE_METRICS")
    if metrics is None:
        return
    if not isinstance(metrics, Mapping):
        script.add_fault(f"the function of furcate.run() returned {reprlib.repr(metrics)}, of which nothing is kept: "
                         "return metrics by name, a dict")
        return
    numbers = script.reportable(metrics)
    if numbers:
        step = _core.last_step(path, int(os.environ.get("FURCATE_ATTEMPT", "0"))) if path else 1
        _core.report(step, numbers, path)
