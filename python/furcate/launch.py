"""Starting the runner from a script: what each run is to execute."""

import itertools
import json
import os
import sys
from typing import List, Optional

from furcate import _core, warm


def config_path(given: Optional[str]) -> str:
    """The config of the last ``--config FILE`` among the script's arguments, else the one given, as for a program in C
    (src/fork/main.c)."""
    words = iter(sys.argv[1:])
    for word in itertools.takewhile(lambda word: word != "--", words):
        name, equals, value = word.partition("=")
        if name == "--config":
            given = value if equals else next(words, "")
            if not given:
                raise ValueError("--config needs the path of a config file behind it")
    if not given:
        raise ValueError("no config file: give its path to Fork(), or --config FILE on the command line")
    return os.fspath(given)


def this_command() -> List[str]:
    """The command that started this script, which starts each of its runs.

    Raises RuntimeError where there is none that could: in a notebook, or for a script read from stdin.
    """
    main = sys.modules["__main__"]
    with open("/proc/self/cmdline", "rb") as file:
        words = [os.fsdecode(word) for word in file.read().split(b"\0")[:-1]]
    if not getattr(main, "__file__", None) and "-c" not in words:
        raise RuntimeError(
            "each run executes this script anew, so it must be a file: save it as train.py and start it with "
            "'python train.py'; in a notebook: !python train.py"
        )
    # sys.executable, because the program of a virtual environment is known by its path alone.
    return [sys.executable or words[0], *words[1:]]


def run_plan(config: str, for_fork: bool, gpus: Optional[List[int]] = None) -> None:
    """Runs what is left of a config's plan. Raises SystemExit with furcate's exit status when it is not 0."""
    program = this_command()
    sys.stdout.flush()
    sys.stderr.flush()
    random_state = json.dumps(warm.started_with)
    status = _core.run_plan(config_path(config), program, gpus, for_fork, random_state)
    if status:
        raise SystemExit(status)
