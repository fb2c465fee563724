"""A warm interpreter, which becomes a run in each of its forks.

The runner starts the script once to that end. It imports what it imports, and stops where it would make its Fork:
each run is a fork from there on, so that a framework is imported once for all of them.
"""

import gc
import json
import os
import sys
import types
from typing import Dict, List, Optional, Tuple

from furcate import _core, ending, random_state, shared

_PACKAGES = {"site-packages", "dist-packages"}  # folders


def own_modules() -> List[types.ModuleType]:
    """The user's: neither of the standard library nor furcate's nor installed as packages."""
    library, furcate = (os.path.dirname(str(module.__file__)) + os.sep for module in (os, _core))
    found = []
    for module in list(sys.modules.values()):
        path = getattr(module, "__dict__", {}).get("__file__")
        if (isinstance(path, str) and not path.startswith((library, furcate))
                and not _PACKAGES.intersection(path.split(os.sep))):
            found.append(module)
    return found


def own_sources() -> List[bytes]:
    """The files of the user's modules."""
    return sorted({os.fsencode(os.path.abspath(str(module.__file__))) for module in own_modules()})


def random_state_if_runner() -> Dict[str, str]:
    """The state of the random number generators where this process would have become a run; {} in a run."""
    return {} if "FURCATE_CONFIG" in os.environ else random_state.fingerprints(own_modules())


def _refuse(what: str) -> None:
    raise SystemExit(f"furcate: the script made {what} before it became a run, and forks would share it")


def flush() -> None:
    """Writes what was printed; a process may have been started without stdout or stderr."""
    for stream in (sys.stdout, sys.stderr):
        if stream:
            stream.flush()


def _changes_of_environment() -> Dict[str, Tuple[Optional[str], str]]:
    """What this process has set since it was started, as some modules do: before, and now."""
    with open("/proc/self/environ", "rb") as file:
        entries = [os.fsdecode(entry).partition("=") for entry in file.read().split(b"\0")[:-1]]
    before = {name: value for name, _, value in entries}
    return {name: (before.get(name), value) for name, value in os.environ.items() if before.get(name) != value}


def _take_environment(entries: List[Tuple[str, str, str]], changes: Dict[str, Tuple[Optional[str], str]]) -> None:
    """The environment of a run; but where it is that of this process what this process has set goes before."""
    environment = {name: value for name, _, value in entries}
    for name, (before, now) in changes.items():
        if environment.get(name) == before:
            environment[name] = now
    os.environ.clear()
    os.environ.update(environment)


def become_run() -> Optional[List[str]]:
    """Returns in each run that is forked from here, with the run's command line; at once, with None, in a process
    that the runner has not started for that. Raises SystemExit when no more runs are wanted."""
    if not _core.is_server():
        return None
    what = shared.find()
    if what:
        _refuse(what)
    modules = own_modules()
    generators = random_state.Keeper(modules, json.loads(os.environ.get("FURCATE_RANDOM_STATE", "{}")))
    flush()  # else each run would write it again
    sources = own_sources()
    ending.prepare(modules)
    # What is there already is garbage in no run; a collector that looked through it would copy its pages.
    gc.collect()
    gc.freeze()
    changes = _changes_of_environment()
    served = _core.serve(sources)
    if served is None:
        raise SystemExit(0)
    command, environment = served
    _take_environment([os.fsdecode(entry).partition("=") for entry in environment], changes)
    generators.restore()
    return [os.fsdecode(word) for word in command]
