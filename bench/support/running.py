"""A plan of 10^9 permutations that runs: starting, finishing, resuming, following an edit. On tmpfs."""
import pathlib
import shutil
import sys
import tempfile

from grid import grid, make_finished, write_config
from measure import FURCATE, alternate, measure
from runner import Runner
from table import FIGURES, Budget, figure_cells, print_table

AXES = 9
RESUME, EDIT = Budget(1.5, 100), Budget(0.100)
# The second run stops the runner, its parent.
STOP_AFTER_ONE = 'if [ "$FURCATE_ID" != 0 ]; then kill -TERM $PPID; exec sleep 600; fi'


def make_folder(parent, rows):
    folder = pathlib.Path(tempfile.mkdtemp(dir=parent))
    make_finished(folder, AXES, rows, max_threads=1)
    return folder


def start(folder):
    with Runner(folder) as runner:
        return runner.wait_attempt()


def start_anew(parent):
    folder = make_folder(parent, 0)
    figures = start(folder)
    shutil.rmtree(folder)
    return figures


def finish_one(parent):
    folder = make_folder(parent, 0)
    figures = measure([FURCATE, "run", "config.json", "--", "/bin/sh", "-c", STOP_AFTER_ONE], folder, expected=(143,))
    rows = (folder / "logs/run_data.csv").read_text().count("\n") - 1
    if rows != 1:
        sys.exit(f"{rows} runs were finished, not 1")
    shutil.rmtree(folder)
    return figures


def edit(folder, rounds):
    """The first axis gets an eleventh value and loses it again."""
    config = (folder / "config.json").read_text()
    longer = write_config(folder / "longer.json", {**grid(AXES), "k0": list(range(11))}, max_threads=1).read_text()
    with Runner(folder) as runner:
        runner.wait_attempt()
        return [runner.save_config(text) for _ in range(rounds) for text in (longer, config)]


def row(title, figures, budget=None):
    return [title, *figure_cells(figures), *([str(budget), budget.judge(figures)] if budget else ["", ""])]


def print_running(_, rounds):
    with tempfile.TemporaryDirectory(prefix="furcate-bench-", dir="/dev/shm") as parent:
        cases = {"start, until the first attempt runs": lambda: start_anew(parent),
                 "start, finish one run, store it, stop": lambda: finish_one(parent)}
        rows = [row(title, figures) for title, figures in alternate(cases, rounds).items()]
        few, many = make_folder(parent, 10), make_folder(parent, 10 ** 6)
        first = start(many)
        rows += [row("resume with 10^6 finished rows, without furcate.db", [first], RESUME),
                 row("resume with 10^6 finished rows", [start(many) for _ in range(rounds)], RESUME),
                 # The first 50 ms are the time that an edit gets to settle.
                 row("edit of an axis to its new plan, 10 finished rows", edit(few, rounds), EDIT),
                 row("edit of an axis to its new plan, 10^6 finished rows", edit(many, rounds), EDIT)]
    print_table(f"To run a plan of 10^{AXES} permutations, on tmpfs, one slot",
                ["", *FIGURES, "budget", ""], rows)
