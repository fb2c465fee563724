"""One config file whose arrays span a grid; one training run per permutation; every GPU busy.

Subclass :class:`Fork`, or call :func:`run` with a function, or let ``furcate run`` start any script and use
:func:`config`, :func:`report` and :func:`run_dir` in it. No framework is imported before the script does.
"""

import importlib
from typing import Any

from furcate import _core
from furcate._core import ConfigError
from furcate.fork import Fork
from furcate.function import run
from furcate.script import Config, config, report, run_dir

__version__: str = _core.version
__all__ = ["GPU", "Config", "ConfigError", "Fork", "config", "get_gpu_stats", "report", "run", "run_dir"]


def __getattr__(name: str) -> Any:
    """furcate.tf, furcate.torch and furcate.furcate_tf, which import a framework, and what few scripts need, when they
    are first named."""
    if name in ("tf", "torch", "furcate_tf"):
        return importlib.import_module("furcate." + name)
    if name in ("GPU", "get_gpu_stats"):
        return getattr(importlib.import_module("furcate.gpu"), name)
    raise AttributeError(f"module 'furcate' has no attribute '{name}'")
