"""Starts trivial runs with furcate and with what people use instead, in the same rounds."""
import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import statistics
import tempfile
from typing import NamedTuple

from measure import BUILD, FURCATE, Figures, measure
from table import peak, print_table, verdict

SLOTS, PROGRAM = 2, "/bin/true"
LEAST_OF_LOOP, IDLE_MEDIAN, IDLE_P99 = 0.9, 0.3e-3, 2e-3


def spawn_loop(folder, runs):
    return [BUILD / "bench/bench-spawn-loop", str(runs), str(SLOTS), folder, PROGRAM]


def furcate(folder, runs):
    config = {"data_name": "bench", "x": list(range(runs)),
              "meta": {"allow_cpu": True, "max_threads": SLOTS, "order": "config"}}
    (folder / "config.json").write_text(json.dumps(config))
    return [FURCATE, "run", "config.json", "--", PROGRAM]


def xargs(folder, runs):
    return ["sh", "-c", f"seq {runs} | xargs -n 1 -P {SLOTS} {PROGRAM}"]


def parallel(folder, runs):
    return ["sh", "-c", f"seq {runs} | parallel -j {SLOTS} --joblog {folder}/joblog --results {folder}/logs {PROGRAM}"]


def task_spooler(folder, runs):
    """-w waits for the last one; the one beside it has just as little to do."""
    return ["sh", "-c", f"export TS_SOCKET={folder}/socket TMPDIR={folder} TS_SLOTS={SLOTS} TS_MAXFINISHED={runs}; "
                        f"for i in $(seq {runs}); do tsp {PROGRAM}; done; tsp -w; tsp -K"]


class Contender(NamedTuple):
    make: callable  # from a folder and a number of runs to a command
    needs: str = "sh"  # a program
    share: float = 1.0  # of the runs


CONTENDERS = {
    "spawn loop, the same files": Contender(spawn_loop),
    "furcate": Contender(furcate),
    "xargs -P, no files": Contender(xargs, "xargs"),
    "GNU parallel --joblog --results": Contender(parallel, "parallel", 0.1),
    "task-spooler": Contender(task_spooler, "tsp", 0.05),
}
LOOP, OURS = list(CONTENDERS)[:2]


class Taken(NamedTuple):
    runs: int
    figures: Figures
    idle: list  # seconds that a slot stood idle before an attempt

    def rate(self):
        return self.runs / self.figures.wall


def idle_times(folder):
    path = folder / "logs/furcate.db"
    if not path.exists():
        return []
    with contextlib.closing(sqlite3.connect(path)) as database:
        return [ns / 1e9 for ns, in database.execute("SELECT idle_ns FROM attempts WHERE idle_ns >= 0")]


def dispatch(contender, where, runs):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="furcate-bench-", dir=where))
    runs = max(1, round(runs * contender.share))
    try:
        figures = measure(contender.make(folder, runs), folder)
        return Taken(runs, figures, idle_times(folder))
    finally:
        shutil.rmtree(folder)


def take_rounds(where, rounds, runs):
    present = {name: each for name, each in CONTENDERS.items() if shutil.which(each.needs)}
    taken = {name: [] for name in present}
    for _ in range(rounds):
        for name, contender in present.items():
            taken[name].append(dispatch(contender, where, runs))
    return taken


def of_loop(rows, loop):
    """The rate as a part of the spawn loop's in the same round."""
    return [each.rate() / base.rate() for each, base in zip(rows, loop)]


def cells(name, rows, loop, is_budgeted):
    rates, ratios = [each.rate() for each in rows], of_loop(rows, loop)
    budget = ["", ""]
    if is_budgeted and name == OURS:
        budget = [f"≥ {LEAST_OF_LOOP} of the loop", verdict(rate=statistics.median(ratios) < LEAST_OF_LOOP)]
    return [name, f"{statistics.median(rates):,.0f}", f"{min(rates):,.0f}-{max(rates):,.0f}",
            f"{statistics.median(ratios):.2f}", f"{min(ratios):.2f}-{max(ratios):.2f}",
            f"{1e6 * statistics.median(each.figures.cpu / each.runs for each in rows):.0f} us", f"{peak([each.figures for each in rows]):.1f} MiB", *budget]


def missing_cells(name):
    return [name, *["-"] * 6, f"{CONTENDERS[name].needs} is not installed", ""]


def print_idle_times(title, rows):
    idle = sorted(seconds for each in rows for seconds in each.idle)
    median, late, worst = statistics.median(idle), idle[len(idle) * 99 // 100], idle[-1]
    print_table(f"A slot between two attempts, {title}", ["", "median", "99 %", "longest", "budget", ""],
                [["idle", *(f"{1000 * each:.3f} ms" for each in (median, late, worst)),
                  f"< {1000 * IDLE_MEDIAN:g} ms median, < {1000 * IDLE_P99:g} ms 99 %",
                  verdict(median=median >= IDLE_MEDIAN, late=late >= IDLE_P99)]])


def print_dispatch(title, where, rounds, runs, is_budgeted):
    taken = take_rounds(where, rounds, runs)
    loop = taken[LOOP]
    print_table(f"{runs} runs, {title} ({where}), {os.uname().release}",
                ["", "runs/s", "min-max", "of the loop", "min-max", "CPU a run", "peak", "budget", ""],
                [cells(name, taken[name], loop, is_budgeted) if name in taken else missing_cells(name)
                 for name in CONTENDERS])
    print_idle_times(title, taken[OURS])
