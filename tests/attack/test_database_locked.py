"""furcate.db that another program has locked, as a database browser does with unsaved changes."""

import contextlib
import os
import signal
import sqlite3

import pytest

from clock import Clock
from sample import attacks
from support import until

TOLD = "is locked by another program (a database browser?)"
LOCKS = {
    "immediate": ["BEGIN IMMEDIATE"],
    "exclusive": ["BEGIN EXCLUSIVE"],
    "a change that is not saved": ["BEGIN", "UPDATE runs SET label = 'other'"],
}


@contextlib.contextmanager
def locked(project, lock):
    with contextlib.closing(sqlite3.connect(project.logs / "furcate.db", isolation_level=None, timeout=60)) as database:
        for statement in LOCKS[lock]:
            database.execute(statement)
        yield
        database.execute("ROLLBACK")


def start(project, count=4):
    """Starts a runner whose first run waits."""
    project.write(batch_size=list(range(count)), meta={"max_threads": 1})
    runner = project.start(project.gated())
    project.until_waiting(1)
    project.until_started(1)
    return runner


def until_rows(project, count):
    until(lambda: project.csv.exists() and len(project.rows()) == count, f"{count} rows")


@attacks("lock", LOCKS)
def test_runs_and_rows_go_on_and_are_recorded_when_it_is_free(project, lock):
    runner = start(project)
    with locked(project, lock):
        for count in (1, 2, 3):
            [directory] = project.until_waiting(1)
            project.let_go(directory)
            until_rows(project, count)
            until(lambda: project.waiting() not in ([], [directory]), "the next run")
        until(lambda: TOLD in runner.stderr, "the message")
        assert runner.stderr.count(TOLD) == 1
        assert "delete" not in runner.stderr
    until(lambda: "furcate.db is free again" in runner.stderr, "the end of the wait")
    assert project.let_all_go(runner) == 0, runner.stderr
    assert project.query("SELECT count(*) FROM runs WHERE state = 'finished'") == [(4,)]
    assert project.query("SELECT count(*) FROM attempts WHERE end_time IS NOT NULL") == [(4,)]


def test_a_reader_that_keeps_the_log_from_being_cleared_holds_nothing_up(project):
    runner = start(project)
    with contextlib.closing(sqlite3.connect(project.logs / "furcate.db", isolation_level=None)) as database:
        database.execute("BEGIN")
        assert database.execute("SELECT count(*) FROM runs").fetchone() == (1,)
        assert project.let_all_go(runner) == 0
    assert TOLD not in runner.stderr
    assert project.query("SELECT count(*) FROM runs WHERE state = 'finished'") == [(4,)]


@attacks("lock", LOCKS, sample=1)
def test_a_kill_while_it_is_locked_repeats_nothing(project, lock):
    runner = start(project)
    with locked(project, lock):
        for count in (1, 2):
            [directory] = project.until_waiting(1)
            project.let_go(directory)
            until_rows(project, count)
            until(lambda: project.waiting() not in ([], [directory]), "the next run")
        os.kill(project.runner_pid(), signal.SIGKILL)
        runner.wait()
    before = project.csv.read_text()
    again = project.start(project.gated())
    assert project.let_all_go(again) == 0, again.stderr
    assert project.csv.read_text().startswith(before)
    assert project.values() == ["0", "1", "2", "3"]
    assert len({row["run_id"] for row in project.rows()}) == 4


@attacks("lock", LOCKS, sample=1)
def test_the_end_waits_ten_seconds_for_it_at_most(project, lock):
    clock = Clock(project)
    runner = start(project, 2)
    (project.root / "open").touch()
    with locked(project, lock):
        [directory] = project.until_waiting(1)
        project.let_go(directory)
        until_rows(project, 2)
        until(lambda: TOLD in runner.stderr, "the message")
        clock.set(11, 11)
        assert runner.wait() == 0
    assert "furcate.db is still locked: it lacks" in runner.stderr
    assert "2 of 2 runs are done" in runner.stderr
    done = project.run(project.gated())
    assert "Everything is done" in done.stderr


def test_a_stop_does_not_wait_for_it(project):
    runner = start(project)
    with locked(project, "immediate"):
        runner.send(signal.SIGINT)
        assert runner.wait() == 130
    assert project.let_all_go(project.start(project.gated())) == 0
    assert project.values() == ["0", "1", "2", "3"]


@attacks("lock", LOCKS, sample=1)
def test_a_start_waits_for_it_and_says_so(project, lock):
    project.write(batch_size=[1, 2])
    project.run("/bin/true")
    project.write(batch_size=[1, 2, 3])
    with locked(project, lock):
        runner = project.start("/bin/true")
        until(lambda: TOLD in runner.stderr, "the message")
        assert not runner.is_over()
    assert runner.wait() == 0, runner.stderr
    assert project.values() == ["1", "2", "3"]


@pytest.mark.parametrize("who", ["guardian", "user"])
def test_a_start_that_waits_for_it_can_be_ended(project, who):
    project.write(batch_size=[1, 2])
    project.run("/bin/true")
    project.write(batch_size=[1, 2, 3])
    with locked(project, "immediate"):
        runner = project.start("/bin/true")
        until(lambda: TOLD in runner.stderr, "the message")
        runner.send(signal.SIGKILL if who == "guardian" else signal.SIGINT)
        runner.wait()
    project.run("/bin/true")
    assert project.values() == ["1", "2", "3"]


@attacks("pragma", ["journal_mode=DELETE", "locking_mode=EXCLUSIVE"], sample=1)
def test_a_comparison_with_a_locked_database_says_that_it_is_locked(project, pragma):
    command = ["plan", "config.json", "--against", "logs"]
    project.write(batch_size=[1, 2])
    project.run("/bin/true")
    with contextlib.closing(sqlite3.connect(project.logs / "furcate.db", isolation_level=None, timeout=60)) as database:
        database.execute(f"PRAGMA {pragma}")
        database.execute("BEGIN EXCLUSIVE")
        done = project.furcate(*command)
        database.execute("ROLLBACK")
    assert (done.returncode, done.stdout) == (2, "")
    assert "which tells what config was carried out, is locked by another program (a database browser?)" in done.stderr
    assert project.furcate(*command).returncode == 0
