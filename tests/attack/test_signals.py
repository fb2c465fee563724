"""Signals as terminals, scripts and batch systems send them."""

import contextlib
import os
import signal
import sys
import tempfile

import pytest

import groups
from clock import Clock
from sample import ALL, attacks
from support import BUILD, needs_package, until


@pytest.mark.parametrize("held", ["group"], indirect=True)
@attacks("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_guardian_and_runner_at_once_is_one_request(project, held, number):
    """Such as systemd, Slurm and pkill send."""
    project.write(batch_size=[1], meta={"kill_grace": 30})
    saves = project.script("saves", "trap 'touch \"$FURCATE_TEST/asked\"; while [ ! -e \"$FURCATE_TEST/may_save\" ]; do "
                                    "sleep .01; done; touch \"$FURCATE_TEST/saved\"; exit 0' TERM INT\n"
                                    "touch \"$FURCATE_TEST/ready\"\nwhile :; do sleep .01; done\n")
    runner = project.start(saves)
    until((project.root / "ready").exists)
    other = project.runner_pid()
    runner.send(number)
    os.kill(other, number)
    until((project.root / "asked").exists)
    (project.root / "may_save").touch()
    runner.wait()
    assert (project.root / "saved").exists()


# --- a stop of everything ---

@contextlib.contextmanager
def freezer(project):
    """A control group for a furcate and all that it starts, as a container's or a batch system's."""
    if not groups.can_make_groups():
        pytest.skip("this process may make no control group")
    group = groups.own_group() / os.path.basename(tempfile.mkdtemp(prefix="furcate-test-", dir=groups.own_group()))
    project.executable = ["sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', group, *project.executable]
    try:
        yield group
    finally:
        set_frozen(group, False)
        (group / "cgroup.kill").write_text("1")
        for runner in project.runners:
            runner.wait()
        until(lambda: "populated 0" in (group / "cgroup.events").read_text())
        for path in sorted(group.glob("**/"), reverse=True):
            path.rmdir()


def set_frozen(group, frozen):
    (group / "cgroup.freeze").write_text(str(int(frozen)))
    until(lambda: f"frozen {int(frozen)}" in (group / "cgroup.events").read_text())


def stopped_by_freezing(project, group):
    set_frozen(group, True)
    yield
    set_frozen(group, False)


def stopped_by_signals(project, group):
    """As a batch system stops a job, guardian and all."""
    pids = [int(pid) for path in group.glob("**/cgroup.procs") for pid in path.read_text().split()]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    yield
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


STOPS = {"frozen": stopped_by_freezing, "stopped": stopped_by_signals}
everywhere = pytest.mark.parametrize("how", STOPS if ALL else ["frozen"])  # e2e.failure has the other


def stop_for_long(clock, project, group, how):
    """More than ten minutes by furcate's clock."""
    stop = contextlib.contextmanager(how)
    with stop(project, group):
        clock.set(0, 1000)


@everywhere
def test_time_in_which_everything_stood_still_is_not_the_runs(project, held, how):
    clock = Clock(project)
    project.write(batch_size=[1], meta={"timeout": 100})
    with freezer(project) as group:
        runner = project.start(project.gated())
        project.until_waiting(1)
        stop_for_long(clock, project, group, STOPS[how])
        assert project.let_all_go(runner) == 0
        assert "timed out" not in runner.stderr


@everywhere
def test_time_in_which_everything_stood_still_is_not_the_graces(project, how):
    clock = Clock(project)
    project.write(batch_size=[1], meta={"kill_grace": 100})
    saves = project.script("saves", "trap 'touch \"$FURCATE_TEST/asked\"; while [ ! -e \"$FURCATE_TEST/may_save\" ]; do "
                                    "sleep .01; done; touch \"$FURCATE_TEST/saved\"; exit 0' TERM\n"
                                    "touch \"$FURCATE_TEST/ready\"\nwhile :; do sleep .01; done\n")
    with freezer(project) as group:
        runner = project.start(saves)
        until((project.root / "ready").exists)
        runner.send(signal.SIGTERM)
        until((project.root / "asked").exists)
        stop_for_long(clock, project, group, STOPS[how])
        (project.root / "may_save").touch()
        assert runner.wait() == 143
        assert (project.root / "saved").exists()


# --- ignored at the start ---

FUNCTION = """import os, time
import furcate
def train(config):
    with open(os.path.join(os.environ["FURCATE_RUN_DIR"], "ready"), "w") as file:
        file.write(str(os.getpid()))
    while not os.path.exists(os.path.join(os.environ["FURCATE_TEST"], "open")):
        time.sleep(0.005)
    return {"accuracy": 1.0}
raise SystemExit(furcate.run("config.json", train))
"""


def family(pid):
    """The process and all that descend from it."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            children = file.read().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in family(int(child)))]


@needs_package
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_what_was_ignored_at_the_start_of_a_python_script_stays_so(project, start):
    """By nohup and by a script that starts it with "&": for the runner, the fork server and its forks."""
    project.write({"x": [1, 2]}, meta={"start": start, "max_threads": 2})
    script = project.script("train.py", f"#!{sys.executable}\n{FUNCTION}")
    runner = project.start_command("/bin/sh", "-c", f"trap '' HUP INT; exec {sys.executable} {script}",
                                   PYTHONPATH=str(BUILD / "python"))
    until(lambda: len(list(project.logs.glob("*/ready"))) == 2)
    told = family(runner.pid)
    assert len(told) >= 4
    for number in signal.SIGHUP, signal.SIGINT:
        for pid in told:
            os.kill(pid, number)
    (project.root / "open").touch()
    assert runner.wait() == 0, runner.stderr
    assert project.values("x") == ["1", "2"]
    assert "Stopping" not in project.log()
