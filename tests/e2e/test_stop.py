"""SIGINT and SIGTERM: what executes is ended, what is finished is stored, nothing is left behind."""

import os
import signal

import pytest

from support import SAVES, is_alive, until

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
    assert runner.send_until_over(signal.SIGINT) == 130
    assert not any(map(is_alive, pids))
    assert "another such signal, a second or more from now, ends them at once" in runner.stderr


# Needs a while to save when it gets SIGTERM: until somebody has made the file that it waits for.
SAVING = SAVES + """(directory / "pid.new").write_text(str(os.getpid()))
(directory / "pid.new").rename(directory / "pid")
while True:
    signal.pause()
"""

ONE_REQUEST = {
    "the same twice": [signal.SIGTERM, signal.SIGTERM],
    "of a terminal and a batch system": [signal.SIGINT, signal.SIGHUP, signal.SIGTERM],
    "a terminal that goes": [signal.SIGHUP, signal.SIGTERM],
}


@pytest.mark.parametrize("numbers", ONE_REQUEST.values(), ids=ONE_REQUEST.keys())
def test_what_arrives_within_a_second_is_one_request_whoever_gets_it(project, numbers):
    project.write(batch_size=[1, 2], meta={"max_threads": 2, "kill_grace": 3600})
    runner = project.start(project.python("train.py", SAVING))
    directories = project.until_waiting(2)
    inner = project.runner_pid()
    for number in numbers:
        for pid in (runner.pid, inner):
            os.kill(pid, number)
    until(lambda: all((directory / "asked").exists() for directory in directories), "SIGTERM at the programs")
    (project.root / "may_save").touch()
    assert runner.wait() in (130, 143), "by whichever the kernel delivered first"
    assert all((directory / "saved").exists() for directory in directories)
    assert project.log().count("Stopping after") == 1
    assert project.log().count("stopped") == 2


# By the signal itself, and as shells and programs with a handler of their own do.
ENDS = {"by the signal": "", "as a shell tells it": "trap 'exit 143' TERM INT HUP\n"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("trap", ENDS.values(), ids=ENDS.keys())
def test_an_attempt_that_hears_of_the_stop_before_the_runner_is_stopped_and_not_failed(project, number, trap):
    program = f"{trap}cd \"$FURCATE_RUN_DIR\"\necho $$ > pid.new; mv pid.new pid\nwhile :; do read line; sleep 0.01; done\n"
    project.write(batch_size=[1, 2], meta={"max_threads": 2, "retries": 3, "kill_grace": 3600})
    runner = project.start(project.script("train", program))
    directories = project.until_waiting(2)
    pids = [pid_of(directory) for directory in directories]
    for pid in pids:
        os.kill(pid, number)
    until(lambda: not any(map(is_alive, pids)), "the end of the attempts")
    runner.send(number)
    assert runner.wait() == (130 if number == signal.SIGINT else 143)
    assert "failed" not in runner.stderr
    assert project.log().count(" stopped") == 2


def test_an_attempt_that_is_ended_by_sigterm_alone_has_failed(project):
    project.write(batch_size=[1])
    done = project.furcate("run", "config.json", "--", project.script("train", "kill -TERM $$\n"))
    assert done.returncode == 1
    assert "Thread 0 failed - signal 15 (Terminated) - given up" in done.stderr


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
