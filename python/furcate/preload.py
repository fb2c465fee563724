"""``python -m furcate.preload MODULES``: imports modules, and runs a script in each fork.

It is what ``furcate run --preload MODULES CONFIG -- python train.py`` starts, once for all runs. The script knows
nothing of it: each run executes it from its first line.
"""

import importlib
import os
import random
import runpy
import sys
from typing import List, Tuple

from furcate import warm


def split_command(command: List[str]) -> Tuple[str, List[str]]:
    """The kind of what a Python command line executes, "-m", "-c" or "file", and the words from its name on.

    Raises SystemExit for a command line that executes nothing.
    """
    words = iter(range(1, len(command)))
    for i in words:
        word = command[i]
        if word in ("-m", "-c"):
            return word, command[i + 1:]
        if word[:2] in ("-m", "-c"):
            return word[:2], [word[2:], *command[i + 1:]]
        if word in ("-X", "-W"):
            next(words, None)
        elif not word.startswith("-"):
            return "file", command[i:]
    raise SystemExit(f"furcate: nothing to execute in: {' '.join(command)}")


def execute(command: List[str]) -> None:
    """Executes a Python command line in this interpreter, as a fresh one would."""
    kind, words = split_command(command)
    sys.argv = words if kind == "file" else [kind, *words[1:]]
    if kind == "file":
        sys.path[0] = os.path.dirname(os.path.realpath(words[0]))
        runpy.run_path(words[0], run_name="__main__")
    elif kind == "-m":
        sys.path[0] = os.getcwd()
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = ""
        main = sys.modules["__main__"].__dict__
        main.pop("__file__", None)
        exec(compile(words[0], "<string>", "exec"), main)


def reseed() -> None:
    """Random numbers as in a fresh interpreter: others in each run, unless the script seeds them."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def main() -> None:
    """Imports the modules of the command line, separated by commas, and waits for runs."""
    for name in sys.argv[1].split(","):
        importlib.import_module(name)
    command = warm.become_run()
    if command is None:
        raise SystemExit("furcate: furcate run --preload starts this module; it does nothing by itself")
    reseed()
    execute(command)


if __name__ == "__main__":
    main()
