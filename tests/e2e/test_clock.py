"""A wall clock that is set while runs execute: no time is negative or absurd, and nothing waits by it."""

import datetime
import os

import pytest

from clock import Clock
from support import BUILD, until

HOUR, TEN_YEARS = 3600, 10 * 365 * 86400


@pytest.fixture
def clock(project):
    return Clock(project)


def now():
    return datetime.datetime.now().timestamp()


@pytest.mark.parametrize("seconds", [-HOUR, TEN_YEARS])
def test_times_in_rows_are_those_that_it_took(project, clock, seconds):
    project.write(batch_size=[1, 2], meta={"max_threads": 1})
    runner = project.start(project.gated())
    [first] = project.until_waiting(1)
    started = now()
    clock.set(seconds)
    project.let_go(first)
    assert project.let_all_go(runner) == 0
    ended = now()
    rows = sorted(project.rows(), key=lambda row: row["run_id"])
    for row in rows:
        start, end, total = (float(row[f"run_{name}"]) for name in ("start_time", "end_time", "total_time"))
        assert 0 <= total <= ended - started + 60
        assert start <= end
    assert float(rows[0]["run_start_time"]) <= started
    assert abs(float(rows[1]["run_start_time"]) - (ended + seconds)) < 60, "the shim works"


def test_estimates_do_not_jump_with_it(project, clock):
    project.write(batch_size=[1, 2, 3, 4], meta={"max_threads": 1})
    runner = project.start(project.gated())
    for seconds in (TEN_YEARS, -HOUR):
        [directory] = project.until_waiting(1)
        clock.set(seconds)
        project.let_go(directory)
        until(lambda: directory not in project.waiting(), "its end")
    assert project.let_all_go(runner) == 0
    lines = [line for line in runner.stderr.splitlines() if "est. total time remaining" in line]
    assert len(lines) == 4
    for line in lines:
        took, left = line.split(" finished - ")[1].split(" - ")[0], line.rpartition(": ")[2]
        assert all("d" not in text and "h" not in text for text in (took, left)), line


def test_a_timeout_is_not_by_it(project, clock):
    project.write(batch_size=[1], meta={"timeout": "20m"})
    runner = project.start(project.gated())
    [directory] = project.until_waiting(1)
    clock.set(TEN_YEARS)
    project.write(batch_size=[1], meta={"timeout": "21m"})  # lets it look how much is left
    until(lambda: "The plan is now" in runner.stderr, "the edit")
    assert project.let_all_go(runner) == 0, runner.stderr
    assert project.values() == ["1"] and directory.exists()


def test_a_fork_program_measures_its_own_time(project, clock):
    data = project.root / "data"
    data.mkdir()
    os.mkfifo(data / "line.train.csv")
    project.write({"data_name": "line", "data_dir": "data", "batch_size": 1, "epochs": [1]})
    project.executable = [BUILD / "examples/line/line"]
    started = now()
    runner = project.start_furcate("--config", "config.json")
    with open(data / "line.train.csv", "w", encoding="ascii") as writer:
        clock.set(-HOUR)
        writer.write("1,2\n")
    assert runner.wait() == 0, runner.stderr
    [row] = project.rows()
    start, end, total = (float(row[f"run_{name}"]) for name in ("start_time", "end_time", "total_time"))
    assert 0 < total <= now() - started and start <= end


def test_what_is_refused_for_long_is_reminded_of(project, clock):
    project.write(batch_size=[1])
    program = project.script("train", "exit 0\n")
    with open(program, "a", encoding="utf-8"):  # while it is open for writing it cannot be executed
        runner = project.start(program)
        until(lambda: "cannot be started now" in runner.stderr, "a refused start")
        clock.set(660, 660)
        until(lambda: "Starts are still refused, for 11m" in runner.stderr, "the reminder")
    assert runner.wait() == 0
    assert runner.stderr.count("still refused") == 1
    assert "Runs are started again, after 1" in runner.stderr
