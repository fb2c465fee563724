"""``python3 -m furcate.preload MODULES``: imports modules, and runs a script in each fork.

It is what ``furcate run --preload MODULES CONFIG -- python3 train.py`` starts, once for all runs. The script knows
nothing of it: each run executes it from its first line.
"""

import builtins
import importlib
import os
import re
import runpy
import sys
import types
import zipfile
from typing import List, Tuple, Union

from furcate import warm


def split_command(command: List[str]) -> Tuple[str, List[str]]:
    """The kind of what a Python command line executes, "-m", "-c" or "file", and the words from its name on.

    Raises SystemExit for a command line that executes nothing.
    """
    words = iter(range(1, len(command)))
    for i in words:
        word = command[i]
        if word == "--check-hash-based-pycs":
            next(words, None)
        elif not word.startswith("-") or word == "-":
            return "file", command[i:]
        elif not word.startswith("--"):
            option = re.search("[mcXW]", word)  # those that have a value, in the same word or the next one
            if option and option[0] in "mc":
                value = [word[option.end():]] if option.end() < len(word) else []
                return "-" + option[0], [*value, *command[i + 1:]]
            if option and option.end() == len(word):
                next(words, None)
    raise SystemExit(f"furcate: nothing to execute in: {' '.join(command)}")


def execute(command: List[str]) -> None:
    """Executes a Python command line in this interpreter, as a fresh one would."""
    kind, words = split_command(command)
    sys.argv = words if kind == "file" else [kind, *words[1:]]
    if kind == "-m":
        put_first(os.getcwd())
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        put_first("")
        execute_text(words[0], "<string>")
    elif os.path.isfile(words[0]) and not zipfile.is_zipfile(words[0]):
        path = os.path.abspath(words[0])
        put_first(os.path.dirname(os.path.realpath(path)))
        with open(path, "rb") as file:
            text = file.read()
        execute_text(text, path, __file__=path)
    else:
        runpy.run_path(words[0], run_name="__main__")


def put_first(folder: str) -> None:
    """Where this interpreter's own -m put the working directory; with -I or -P none is put there."""
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        sys.path[0] = folder


def execute_text(text: Union[str, bytes], path: str, **attributes: str) -> None:
    """Executes it as the module __main__. runpy would put another word into sys.argv[0]."""
    main = types.ModuleType("__main__")
    main.__dict__.update(attributes, __builtins__=builtins)
    sys.modules["__main__"] = main
    exec(compile(text, path, "exec"), main.__dict__)


def main() -> None:
    """Imports the modules of the command line, separated by commas, and waits for runs."""
    for name in sys.argv[1].split(","):
        importlib.import_module(name.strip())
    command = warm.become_run()
    if command is None:
        raise SystemExit("furcate: furcate run --preload starts this module; it does nothing by itself")
    execute(command)


if __name__ == "__main__":
    main()
