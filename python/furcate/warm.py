"""A warm interpreter, which becomes a run in each of its forks.

The runner starts the script once to that end. It imports what it imports, and stops where it would make its Fork:
each run is a fork from there on, so that a framework is imported once for all of them.
"""

import gc
import json
import os
import sys
from typing import Dict, List, Optional

from furcate import _core, random_state

# The state of the random number generators where this process would have become a run; {} in a run.
started_with: Dict[str, str] = {}

_PACKAGES = {"site-packages", "dist-packages"}  # folders


def own_sources() -> List[bytes]:
    """The files of the modules that are the user's: neither of the standard library nor installed as packages."""
    library = os.path.dirname(os.__file__) + os.sep
    paths = set()
    for module in list(sys.modules.values()):
        path = getattr(module, "__dict__", {}).get("__file__")
        if isinstance(path, str) and not path.startswith(library) and not _PACKAGES.intersection(path.split(os.sep)):
            paths.add(os.fsencode(os.path.abspath(path)))
    return sorted(paths)


def become_run() -> Optional[List[str]]:
    """Returns in each run that is forked from here, with the run's command line; at once, with None, in a process
    that the runner has not started for that. Raises SystemExit when no more runs are wanted."""
    if not _core.is_server():
        if not started_with and "FURCATE_CONFIG" not in os.environ:
            started_with.update(random_state.fingerprints())
        return None
    generators = random_state.Keeper(json.loads(os.environ.get("FURCATE_RANDOM_STATE", "{}")))
    sys.stdout.flush()  # else each run would write it again
    sys.stderr.flush()
    sources = own_sources()
    # What is there already is garbage in no run; a collector that looked through it would copy its pages.
    gc.collect()
    gc.freeze()
    served = _core.serve(sources)
    if served is None:
        raise SystemExit(0)
    command, environment = served
    os.environ.clear()
    for entry in environment:
        key, _, value = os.fsdecode(entry).partition("=")
        os.environ[key] = value
    generators.restore()
    return [os.fsdecode(word) for word in command]
