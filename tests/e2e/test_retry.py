"""Retries, time limits and edits of them: what a failed run still gets, and what ends one that does not end."""

import sqlite3

from support import until
from test_stop import STUBBORN

FAILURE = "exit status 9"


def write_config(project, *values, **meta):
    project.write(batch_size=list(values), meta={"order": "config", **meta})


def start(project, **meta):
    """Two slots: one run waits for its gate, the other fails until there is a file `good`."""
    write_config(project, 1, 2, max_threads=2, **meta)
    fails = "[ -e good ] || { echo no luck >&2; exit 9; }"
    program = project.script("train", f"if [ $1 = 1 ]; then exec {project.gated()}; fi\n{fails}\n")
    runner = project.start(program, "{batch_size}")
    until_log(project, f"Thread 1 failed - {FAILURE}")
    project.until_waiting(1)
    return runner


def until_log(project, words, times=1):
    return until(lambda: project.log().count(words) >= times, f"'{words}' in the log")


def query(project, sql):
    with sqlite3.connect(project.logs / "furcate.db") as database:
        return database.execute(sql).fetchall()


def is_in_state(project, state):
    return query(project, f"SELECT id FROM runs WHERE id = 1 AND state = '{state}'")


def test_retries_that_are_allowed_later_apply_to_what_was_given_up(project):
    runner = start(project)
    until_log(project, "given up")
    (project.root / "good").touch()
    write_config(project, 1, 2, max_threads=2, retries=1)
    until_log(project, "Thread 1 will be tried again: meta.retries is 1")
    until_log(project, "Thread 1 finished")
    assert project.let_all_go(runner) == 0
    assert [row["run_attempts"] for row in project.rows() if row["run_id"] == "1"] == ["2"]


def test_a_further_attempt_that_is_allowed_later_can_fail_too(project):
    runner = start(project)
    write_config(project, 1, 2, max_threads=2, retries=1)
    until_log(project, f"Thread 1 failed - {FAILURE} - given up", times=2)
    assert project.let_all_go(runner) == 1
    assert runner.stderr.count("1 run failed") == 1


def test_retries_that_are_allowed_no_more_give_up_what_waits(project):
    runner = start(project, retries=9)
    until_log(project, "will be tried again", times=3)  # the next comes in four seconds
    write_config(project, 1, 2, max_threads=2, retries=0)
    until_log(project, "Thread 1 given up: meta.retries is 0")
    until(lambda: is_in_state(project, "failed"), "the state in furcate.db")
    assert project.let_all_go(runner) == 1
    summary = runner.stderr[runner.stderr.index("1 run failed"):]
    assert FAILURE in summary and "no luck" in summary


def test_another_edit_leaves_what_was_given_up_and_what_waits(project):
    runner = start(project)
    write_config(project, 1, 2, 3, max_threads=2)
    until_log(project, "Thread 2 failed")
    assert "will be tried again" not in project.log()
    assert project.let_all_go(runner) == 1
    assert "2 runs failed" in runner.stderr


def test_each_attempt_has_the_whole_time_limit(project):
    write_config(project, 1, retries=1, timeout=0.5)
    done = project.furcate("run", "config.json", "--", "sleep", "600")
    assert done.returncode == 1
    assert query(project, "SELECT attempt, signal, reason, seconds > 0.4 FROM attempts") == [
        (1, 15, "timed out after 0.5 s", 1), (2, 15, "timed out after 0.5 s", 1)]


def test_an_edited_grace_applies_to_what_was_told_to_end(project):
    write_config(project, 1, timeout=0.2, kill_grace=3600)
    runner = project.start(project.script("stubborn", STUBBORN))
    until(lambda: list(project.logs.glob("*/asked")), "SIGTERM at the program")
    write_config(project, 1, timeout=3600, kill_grace=0.2)
    assert runner.wait() == 1
    assert query(project, "SELECT signal, reason FROM attempts") == [(9, "timed out after 0.2 s")]


def test_exit_status_and_signal_of_each_attempt_are_kept(project):
    write_config(project, 1, retries=1)
    program = project.script("train", "[ $FURCATE_ATTEMPT = 1 ] && exit 7\nkill -USR1 $$\n")
    assert project.furcate("run", "config.json", "--", program).returncode == 1
    assert query(project, "SELECT attempt, exit_status, signal, reason FROM attempts") == [
        (1, 7, 0, "exit status 7"), (2, -1, 10, "signal 10 (User defined signal 1)")]
