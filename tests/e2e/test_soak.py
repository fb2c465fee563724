"""A runner that has done many runs holds no more memory and no more files than one that has done some."""

import os
import pathlib

from support import SANITIZED, until

RUNS = int(os.environ.get("FURCATE_SOAK", "1500"))  # `script/test soak` makes 20,000
EARLY = max(RUNS // 10, 500)

# The runs whose ids are in `waits` wait for their gate.
PROGRAM = """#!/bin/sh
case " $FURCATE_WAITS " in
*" $FURCATE_ID "*) exec "$FURCATE_GATED" ;;
esac
"""


def memory(pid):
    """KiB of its own, without what it shares with other programs."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def rows(project):
    return project.csv.read_bytes().count(b"\n") - 1 if project.csv.exists() else 0


def until_waits(project, count):
    """The run with this id waits, the rows of all before it are written, and nothing is under way. Returns its
    directory."""
    for some in (*range(0, count, 1000), count):
        until(lambda some=some: rows(project) >= some, f"{some} rows")
    directory = until(lambda: next((path.parent for path in project.logs.glob(f"example{count}_*/pid")), None),
                      f"run {count}")
    until(lambda: is_idle(project.holders()[0]), "the end of the commit")
    return directory


def is_idle(pid):
    """No thread of it executes or waits for the disk."""
    threads = pathlib.Path(f"/proc/{pid}/task").glob("*/stat")
    return all(path.read_text().rpartition(")")[2].split()[0] == "S" for path in threads)


def test_many_runs_leave_nothing_in_the_runner(project):
    project.write(batch_size=list(range(1, 101)), fold=list(range(RUNS // 100)),
                  meta={"max_threads": 1, "order": "config"})
    runner = project.start(project.script("train", PROGRAM), FURCATE_WAITS=f"{EARLY} {RUNS - 1}",
                           FURCATE_GATED=project.gated())
    seen = []
    for count in (EARLY, RUNS - 1):
        directory = until_waits(project, count)
        seen.append([(memory(pid), files(pid)) for pid in project.holders()])
        project.let_go(directory)
    assert runner.wait() == 0
    print(seen)
    for (early, early_files), (late, late_files) in zip(*seen):
        assert late_files == early_files
        assert SANITIZED or late - early < 1024
