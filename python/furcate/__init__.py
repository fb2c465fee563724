"""One config file whose arrays span a grid; one training run per permutation; every GPU busy.

Subclass :class:`Fork`, or call :func:`run` with a function, or let ``furcate run`` start any script and use
:func:`config`, :func:`report` and :func:`run_dir` in it. No framework is imported before the script does.
"""

from furcate import _core
from furcate._core import ConfigError
from furcate.fork import Fork
from furcate.function import run
from furcate.script import Config, config, report, run_dir

__version__: str = _core.version
__all__ = ["Config", "ConfigError", "Fork", "config", "report", "run", "run_dir"]
