"""One trial: a small grid with a fault, a further start without, and what must hold after both."""

import csv
import io
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

import pandas

from faults import WORDS, Page

sys.path.append(str(pathlib.Path(__file__).parents[1] / "e2e"))
from groups import all_groups, groups_left

BUILD = pathlib.Path(os.environ["FURCATE_BUILD"]).resolve()
SHARED_MEMORY = pathlib.Path("/dev/shm")
PATIENCE = 60  # seconds
STEPS = [1, 2, 3, 4, 5]
METRICS = {"loss": {step: step / 10 for step in STEPS}, "late": {2: 0.25}, "accuracy": {3: 0.5}}
CONFIG = {"data_name": "e", "data_dir": "foo/", "step": STEPS, "batch_size": 1, "epochs": 1,
          "meta": {"allow_cpu": True, "max_threads": 2, "retries": 1, "order": "config"}}
PROGRAMS = {
    "wrapped": ([BUILD / "furcate", "run", "config.json", "--", BUILD / "tests/fault/step", "{step}"],
                {"metrics": {"loss": "loss: ([0-9.]+)"}}),
    "fork": ([BUILD / "tests/fault/fork-step"], {}),
}
WAITS = ("cannot be stored", "cannot be started now", "cannot be seen yet")
# Calls by which libuv begins to work, and without which it aborts: process/limits.c tries them just before. What fails
# from a call between the two on is not seen by that.
ABORTING = ("pthread_create", "pipe2", "posix_spawnp")


class Broken(Exception):
    """Something that must hold does not."""


def must(holds, what):
    if not holds:
        raise Broken(what)


class Trial:
    """A folder with a grid of the program: "wrapped" or "fork"."""

    def __init__(self, program):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="furcate-crash-", dir=SHARED_MEMORY))
        self.logs, self.csv = self.folder / "logs", self.folder / "logs/run_data.csv"
        self.command, meta = PROGRAMS[program]
        self.pids, self.groups_before = [], set(all_groups())
        (self.folder / "foo").mkdir()
        (self.folder / "foo/e.train").touch()
        config = {**CONFIG, "meta": {**CONFIG["meta"], **meta}}
        (self.folder / "config.json").write_text(json.dumps(config))
        stubs = BUILD / "tests/stubs"
        self.environment = {
            "PATH": f"{stubs / 'bin'}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "FURCATE_STUB_GPUS": "0",
            "LD_LIBRARY_PATH": str(stubs / "absent"), "FURCATE_STEPS": str(self.folder / "steps"),
            **({"FURCATE_FAULT_TRACE": "1"} if "FURCATE_FAULT_TRACE" in os.environ else {})}

    def start(self, name, **environment):
        with (self.folder / name).open("w") as errors:
            process = subprocess.Popen(list(map(str, self.command)), cwd=self.folder, stdin=subprocess.DEVNULL,
                                       env={**self.environment, **environment}, stdout=errors, stderr=errors)
        self.pids.append(process.pid)
        return process

    def start_with_fault(self, page):
        return self.start("faulty.err", FURCATE_FAULT=str(page), LD_PRELOAD=str(BUILD / "tests/fault/libfault.so"))

    def said(self, name):
        return (self.folder / name).read_text(errors="replace")

    # --- what there is ---

    def rows(self):
        """The whole rows, by step; what a kill has left of the last line is none."""
        if not self.csv.exists():
            return {}
        lines = self.csv.read_text().splitlines(keepends=True)
        whole = "".join(line for line in lines if line.endswith("\n"))
        rows = {}
        for row in csv.DictReader(io.StringIO(whole)):
            must(row["step"] not in rows, f"two rows of step {row['step']}")
            rows[row["step"]] = row
        return rows

    def complete(self):
        """The steps that have a whole run_data.json."""
        steps = set()
        for path in self.logs.glob("*/run_data.json"):
            try:
                steps.add(str(json.loads(path.read_text())["step"]))
            except ValueError:
                pass
        return steps

    def finishes(self):
        """How many times each step was done to its end."""
        path = self.folder / "steps"
        lines = path.read_text().splitlines() if path.exists() else []
        return {str(step): sum(line.split()[0] == str(step) for line in lines) for step in STEPS}

    def processes(self):
        """Those that were started here, or by what was."""
        marker = f"FURCATE_STEPS={self.folder}/".encode()
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and marker in (entry / "environ").read_bytes():
                    yield int(entry.name)
            except OSError:
                pass

    def remove(self):
        shutil.rmtree(self.folder)


def wait(trial, process, page=None, at=0):
    """The exit status. A furcate that waits for a lasting cause to be over is told to stop, or sees it over."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None:
        if time.monotonic() > deadline:
            for pid in trial.processes():
                os.kill(pid, signal.SIGKILL)
            raise Broken("it hangs")
        if page and any(words in trial.said("faulty.err") for words in WAITS):
            if at % 2:
                page.lift()
            else:
                process.terminate()
            page = None
        time.sleep(0.005)
    return process.returncode


# --- what must hold ---

def check_faulty_end(trial, kind, page, status):
    """It ended by itself, and said why."""
    if status == 0:
        must(len(trial.rows()) == len(STEPS), "status 0 though not all is done")
        return must(kind.kills or all(count == 1 for count in trial.finishes().values()), "a step was done twice")
    if kind.kills:
        return must(status in (-9, 137), f"status {status}")
    words = [word if isinstance(word, str) else os.strerror(word) for word in WORDS[kind.cause]]
    if status in (134, -6):
        must(kind.cause == "memory" or page.call.split("(")[0] in ABORTING, "it aborts")
        words.append("signal 6 (Aborted)")
    elif status in (139, -11):
        must(kind.cause == "memory", "it crashes")
        words.append("signal 11 (Segmentation fault)")  # libfyaml does not look at what each malloc() returns
    else:
        must(status in (1, 2, 143), f"status {status}")
    must(any(word in trial.said("faulty.err") for word in words), f"status {status} without a word of the cause")


def check_metrics(frame):
    for name, values in METRICS.items():
        found = dict(zip(frame.step, frame.get(f"run_{name}", [])))
        found = {step: value for step, value in found.items() if value == value}
        must(found == values, f"the metric {name} is {found}")


def check_table(trial, excuses=("its row lacks metrics",)):
    frame = pandas.read_csv(trial.csv)
    must(sorted(frame.step) == STEPS, f"rows of the steps {sorted(frame.step)}")
    for column in ("run_id", "run_name", "log_dir"):
        must(frame[column].is_unique, f"{column} is not unique")
    if not any(excuse in trial.said("faulty.err") for excuse in excuses):
        check_metrics(frame)
    return frame


def check_directories(trial, frame):
    for row in frame.itertuples():
        data = json.loads((trial.folder / row.log_dir / "run_data.json").read_text())
        must(data["step"] == row.step and data["meta"]["run"]["id"] == row.run_id, f"run_data.json of {row.log_dir}")
        must(data["meta"]["data"]["end_time"] == row.run_end_time, f"the times in run_data.json of {row.log_dir}")


def check_database(trial, frame):
    must(not list(trial.logs.glob("*.broken*")), "a database was set aside")
    database = sqlite3.connect(trial.logs / "furcate.db")
    try:
        must(database.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "integrity_check fails")
        states = dict(database.execute("SELECT id, state FROM runs"))
        must(set(states.values()) == {"finished"} and set(states) <= set(frame.run_id), f"furcate.db knows {states}")
        next_id, = database.execute("SELECT number FROM facts WHERE name = 'next_id'").fetchone()
        must(next_id > frame.run_id.max(), "an id would be given twice")
    finally:
        database.close()


def check_nothing_left(trial):
    left = list(trial.processes())
    must(not left, f"processes are left: {left}")
    left = [group.name for group in groups_left(trial.pids) if group not in trial.groups_before]
    must(not left, f"control groups are left: {left}")


def check_no_loss(trial, rows, complete, finishes):
    """After a start without a fault; the arguments were there before it."""
    now = trial.rows()
    for step in set(rows) | complete:
        must(trial.finishes()[step] == finishes[step], f"step {step} was done again")
    for step, row in rows.items():
        same = step in now and all(now[step][column] == cell for column, cell in row.items())
        must(same, f"the row of step {step} has changed")
    must(all(trial.finishes().values()), "a row of a run that was never done")


def check_end(trial, rows, complete, finishes):
    check_no_loss(trial, rows, complete, finishes)
    frame = check_table(trial)
    check_directories(trial, frame)
    check_database(trial, frame)
    check_nothing_left(trial)


def carry_out(program, kind, at):
    """Returns (whether the fault was met, the faulty call, what is broken or None, the folder if something is)."""
    trial = Trial(program)
    page = Page(trial.folder / "page", kind, at)
    try:
        status = wait(trial, trial.start_with_fault(trial.folder / "page"), page if kind.lasts else None, at)
        rows, complete, finishes = trial.rows(), trial.complete(), trial.finishes()
        check_faulty_end(trial, kind, page, status)
        must(wait(trial, trial.start("further.err")) == 0, "the further start failed")
        check_end(trial, rows, complete, finishes)
    except Exception as fault:
        for pid in trial.processes():
            os.kill(pid, signal.SIGKILL)
        what = str(fault) if isinstance(fault, Broken) else repr(fault)
        return bool(page.met), page.call, what, trial.folder
    trial.remove()
    return bool(page.met), page.call, None, None


def count_points(program):
    """How many points each cause has in a start without a fault."""
    trial = Trial(program)
    page = Page(trial.folder / "page")
    must(wait(trial, trial.start_with_fault(trial.folder / "page")) == 0, "it fails without a fault")
    check_end(trial, trial.rows(), trial.complete(), trial.finishes())
    trial.remove()
    return page.counts
