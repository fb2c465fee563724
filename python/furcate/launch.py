"""Starting the runner from a script: what each run is to execute."""

import itertools
import json
import os
import re
import sys
import types
from typing import Dict, List, Optional, Union

from furcate import _core, warm
from furcate.tell import tell

Path = Union[str, "os.PathLike[str]"]


def check_path(config: object) -> None:
    """Raises TypeError when this is not the path of a config."""
    if not isinstance(config, (str, os.PathLike)):
        raise TypeError("config is the path of a config file, such as \"config.json\", but a value of type "
                        f"{type(config).__name__} was given; write the keys to a file and give its path")


def config_path(given: Optional[Path]) -> str:
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
    check_path(given)
    return os.fspath(given)


def is_other_plan(config: Path) -> bool:
    """Whether this process is a run of another config, or the warm process for its runs: a script may run several,
    one after the other, and each of its runs executes the script up to its own."""
    plan = os.environ.get("FURCATE_PLAN")
    return plan is not None and plan != os.path.abspath(config)


def tell_if_nested(config: Path) -> None:
    """Says that nothing is done for another plan where that is not clear: in a process that a run has started."""
    try:
        with open(f"/proc/{os.getppid()}/comm") as parent:
            started_by = parent.read()
    except OSError:
        return
    if started_by != "furcate-runner\n":
        tell(f"nothing is done for {os.fspath(config)}: this process was started by a run of "
             f"{os.environ['FURCATE_PLAN']}, and knows its config only")


def refuse_worker() -> None:
    """Raises RuntimeError in a process that multiprocessing has started in a run, and that imports the script anew."""
    multiprocessing = sys.modules.get("multiprocessing")
    # While it imports the script it does not know its parent yet.
    if multiprocessing and (multiprocessing.parent_process()
                            or getattr(multiprocessing.current_process(), "_inheriting", False)):
        raise RuntimeError("a worker process of a run began a run of its own; that belongs behind "
                           "if __name__ == '__main__':")


def this_command() -> List[str]:
    """The command that started this script, which starts each of its runs.

    Raises RuntimeError where there is none that could: in a notebook, or for a script read from stdin.
    """
    main = sys.modules["__main__"]
    words = _without_inspection(_original_words())
    has_file = getattr(main, "__file__", "<stdin>") not in (None, "<stdin>") or "-c" in words
    if not has_file or _is_interactive():
        raise RuntimeError(
            "each run executes this script again, so it must be a file: save it as train.py and start it with "
            "'python3 train.py'; in a notebook: !python3 train.py"
        )
    # sys.executable, because the program of a virtual environment is known by its path alone.
    return [sys.executable or words[0], *_found_again(words[1:], main)]


def _is_interactive() -> bool:
    """Whether somebody types into this interpreter: what it was started with does not execute the script then, also
    where %run or runpy made the script its main module."""
    return hasattr(sys, "ps1") or "idlelib.run" in sys.modules


def _without_inspection(words: List[str]) -> List[str]:
    """Without the -i of ``python -i train.py``: a run that has failed would wait for somebody to look, and end well."""
    os.environ.pop("PYTHONINSPECT", None)
    kept, left = words[:1], iter(words[1:])
    for word in left:
        if not word.startswith("-") or word == "-":
            return [*kept, word, *left]
        is_long = word.startswith("--")
        value = None if is_long else re.search("[cmWX]", word)  # those letters have one, in the same word or the next
        letters, argument = (word[:value.start()], word[value.start():]) if value else (word, "")
        shorter = (letters if is_long else letters.replace("i", "")) + argument
        kept += [shorter] if shorter != "-" else []
        if value and value[0] in "cm":
            return [*kept, *left]
        if len(argument) == 1 or word == "--check-hash-based-pycs":
            kept.append(next(left, ""))
    return kept


def _original_words() -> List[str]:
    """What this interpreter was started with; a process may have overwritten what /proc tells."""
    if hasattr(sys, "orig_argv"):
        return list(sys.orig_argv)
    with open("/proc/self/cmdline", "rb") as file:
        return [os.fsdecode(word) for word in file.read().split(b"\0")[:-1]]


def _found_again(words: List[str], main: types.ModuleType) -> List[str]:
    """With the script's path made absolute where the script has changed the directory that it was relative to."""
    path = getattr(main, "__file__", None)
    if not path or not os.path.isfile(path) or sys.argv[0] not in words:
        return words
    i = words.index(sys.argv[0])
    if os.path.exists(words[i]) and os.path.samefile(words[i], path):
        return words
    return [*words[:i], path, *words[i + 1:]] if os.path.basename(words[i]) == os.path.basename(path) else words


def run_plan(config: Path, random_state: Dict[str, str], for_fork: bool, gpus: Optional[List[int]] = None,
             lists_data_dir: bool = False, shows_gpu: bool = False) -> None:
    """Runs what is left of the plan of the config at this path. Raises SystemExit with furcate's exit status when it is
    not 0."""
    program = this_command()
    warm.flush()
    status = _core.run_plan(os.fspath(config), program, gpus, for_fork, lists_data_dir, shows_gpu,
                            os.path.abspath(config), json.dumps(random_state))
    if status:
        raise SystemExit(status)
