"""SIGINT and SIGTERM: what executes is ended, what is finished is stored, nothing is left behind."""

import os
import signal

import pytest

from conftest import is_alive, until

# Notes a SIGTERM and goes on.
STUBBORN = """#!/bin/sh
cd "$FURCATE_RUN_DIR"
trap 'touch asked' TERM
mkfifo gate
echo $$ > pid.new; mv pid.new pid
while :; do read line < gate; done
"""


def start(project, program, *values, **meta):
    project.write(batch_size=list(values), meta={"max_threads": 2, "order": "config", **meta})
    runner = project.start(program)
    return runner, project.until_waiting(2)


def pid_of(directory, name="pid"):
    return int((directory / name).read_text())


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_attempts_and_the_next_start_goes_on(project, number, status):
    runner, waiting = start(project, project.gated(), 1, 2, 3, 4)
    project.let_go(waiting[0])
    until(lambda: project.csv.exists() and project.rows(), "the first row")
    pids = [pid_of(directory) for directory in project.until_waiting(2)]
    runner.send(number)
    assert runner.wait() == status
    assert not any(map(is_alive, pids))
    assert project.values() == ["1"]
    assert "the same command goes on where this left off" in runner.stderr
    assert project.let_all_go(project.start(project.gated())) == 0
    assert project.values() == ["1", "2", "3", "4"]
    assert len({row["run_id"] for row in project.rows()}) == 4
    assert len(project.directories()) == 4


def test_programs_may_obey_sigterm_in_their_own_way(project):
    trap = "trap 'touch \"$FURCATE_RUN_DIR/saved\"; exit 7' TERM\n"
    program = project.script("train", f"{trap}{project.gated()} & wait\n")
    runner, waiting = start(project, program, 1, 2)
    runner.send(signal.SIGINT)
    assert runner.wait() == 130
    assert all((directory / "saved").exists() for directory in waiting)


def test_a_program_that_ends_well_only_because_it_was_stopped_is_not_done(project):
    program = project.script("train", f"trap 'exit 0' TERM\n{project.gated()} & wait\n")
    runner, _ = start(project, program, 1, 2)
    runner.send(signal.SIGINT)
    assert runner.wait() == 130
    assert not project.csv.exists() or project.rows() == []


def test_a_program_that_ignores_sigterm_is_killed_after_the_grace(project):
    runner, waiting = start(project, project.script("stubborn", STUBBORN), 1, 2, kill_grace=0.3)
    pids = [pid_of(directory) for directory in waiting]
    runner.send(signal.SIGINT)
    assert runner.wait() == 130
    assert all((directory / "asked").exists() for directory in waiting)
    assert not any(map(is_alive, pids))


def test_a_second_signal_ends_all_at_once(project):
    runner, waiting = start(project, project.script("stubborn", STUBBORN), 1, 2, kill_grace=3600)
    pids = [pid_of(directory) for directory in waiting]
    runner.send(signal.SIGINT)
    until(lambda: all((directory / "asked").exists() for directory in waiting), "SIGTERM at the programs")
    assert all(map(is_alive, pids))
    runner.send(signal.SIGINT)
    assert runner.wait() == 130
    assert not any(map(is_alive, pids))


def test_a_signal_while_a_retry_waits_ends_at_once(project):
    project.write(batch_size=[1], meta={"retries": 9})
    runner = project.start("/bin/false")
    until(lambda: runner.stderr.count("will be tried again") == 2, "the second failure")
    runner.send(signal.SIGTERM)
    assert runner.wait() == 143


WITH_CHILD = """#!/bin/sh
cd "$FURCATE_RUN_DIR"
sleep 600 &
echo $! > child.new; mv child.new child
exec {gated}
"""


def test_children_that_a_program_leaves_are_ended_with_its_run(project):
    project.write(batch_size=[1, 2])
    runner = project.start(project.script("train", WITH_CHILD.format(gated=project.gated())))
    children = [pid_of(directory, "child") for directory in project.until_waiting(2)]
    assert all(map(is_alive, children))
    assert project.let_all_go(runner) == 0
    until(lambda: not any(map(is_alive, children)), "the end of the children")
    assert project.values() == ["1", "2"]


def test_children_are_ended_by_a_stop_too(project):
    runner, waiting = start(project, project.script("train", WITH_CHILD.format(gated=project.gated())), 1, 2)
    children = [pid_of(directory, "child") for directory in waiting]
    runner.send(signal.SIGINT)
    assert runner.wait() == 130
    until(lambda: not any(map(is_alive, children)), "the end of the children")


def test_a_stopped_process_is_ended_too(project):
    program = project.script("train", f"{project.gated()} &\nkill -STOP $$\n")
    runner, waiting = start(project, program, 1, 2)
    runner.send(signal.SIGTERM)
    assert runner.wait() == 143
    assert not any(is_alive(pid_of(directory)) for directory in waiting)


def test_the_signals_of_a_terminal_reach_the_runner_only(project):
    runner, waiting = start(project, project.gated(), 1, 2)
    pids = [pid_of(directory) for directory in waiting]
    assert [os.getpgid(pid) for pid in pids] == pids
    assert [os.getsid(pid) for pid in pids] == pids
    assert project.let_all_go(runner) == 0
