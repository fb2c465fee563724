"""Whole process trees: what a program has started, wherever that went, is gone before its slot is used again, and when
furcate ends, however it ends. Each test with control groups and by descent."""

import os
import pathlib
import signal

import pytest

import groups
from conftest import is_alive, until

# Each program notes the pids of what it starts in the file `pids` of its run directory, and `ready` when all run.
DAEMON = """#!/usr/bin/env python3
import os, sys, time
def become_daemon():  # the double fork of Stevens, with an environment that says nothing of furcate
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    os.execve("/bin/sh", ["sh", "-c", "echo $$ >> pids; touch ready; exec sleep 600"], {"PATH": os.environ["PATH"]})
os.chdir(os.environ["FURCATE_RUN_DIR"])
become_daemon()
while not os.path.exists("ready"):
    time.sleep(0.005)
"""
MANY = """#!/bin/sh
cd "$FURCATE_RUN_DIR"
i=0
while [ $i -lt 200 ]; do sleep 600 & echo $! >> pids; i=$((i + 1)); done
touch ready
"""
STUBBORN = """#!/bin/sh
cd "$FURCATE_RUN_DIR"
setsid sh -c 'trap "" TERM HUP INT; echo $$ >> pids; touch ready; while :; do sleep 600; done' &
while [ ! -e ready ]; do sleep 0.005; done
"""
CLOSED = """#!/bin/sh
cd "$FURCATE_RUN_DIR"
exec <&- >&- 2>&-
setsid sleep 600 &
echo $! >> pids
touch ready
"""
PROGRAMS = {"daemon": DAEMON, "many": MANY, "stubborn": STUBBORN, "closed": CLOSED}
# The program behind "$1", then a look whether something of an earlier run of this slot is still there.
CHECKED = """#!/bin/sh
for pid in $(cat "$FURCATE_TEST"/logs/*/pids 2>/dev/null); do
    state=$(sed 's/.*) //; s/ .*//' /proc/$pid/stat 2>/dev/null)
    case $state in ''|Z|X) ;; *) echo "$FURCATE_ID finds $pid ($state)" >> "$FURCATE_TEST/found" ;; esac
done
exec "$1"
"""


def pids(project):
    return [int(pid) for file in project.logs.glob("*/pids") for pid in file.read_text().split()]


def script(project, name, end):
    """The program of that name; `end` is what it does when its children execute."""
    text = PROGRAMS[name]
    ends = {"exit": "", "fail": "exit 3\n", "stay": "exec sleep 600\n"}
    if text.startswith("#!/usr/bin"):
        ends = {"exit": "", "fail": "sys.exit(3)\n", "stay": "time.sleep(600)\n"}
    return project.script(name, text + ends[end])


def start(project, name, count, **meta):
    """Runs of the program that stay, up to the moment when all of `count` slots have their whole tree."""
    project.write(batch_size=list(range(1, count + 1)), meta={"max_threads": count, "kill_grace": 0.2, **meta})
    runner = project.start(script(project, name, "stay"))
    until(lambda: len(list(project.logs.glob("*/ready"))) == count, "the whole trees")
    assert pids(project) and all(map(is_alive, pids(project)))
    return runner


def all_gone(project):
    return not any(map(is_alive, pids(project)))


@pytest.mark.parametrize("end", ["exit", "fail"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_slot_is_used_again_when_the_whole_tree_is_gone(project, held, name, end):
    project.write(batch_size=[1, 2, 3], meta={"max_threads": 1})
    check = project.script("check", CHECKED)
    done = project.furcate("run", "config.json", "--", check, script(project, name, end))
    assert done.returncode == (0 if end == "exit" else 1), done.stderr
    assert len(pids(project)) == (600 if name == "many" else 3)
    assert not (project.root / "found").exists(), (project.root / "found").read_text()
    assert all_gone(project)
    assert groups.groups_left(project.pids) == []


def test_what_is_held_together_how_is_in_the_log(project, held):
    project.write(batch_size=[1])
    project.run("/bin/true")
    assert ("held together by descent" in project.log()) == (held == "descent")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_stop_ends_the_whole_trees(project, held, name):
    runner = start(project, name, 2)
    runner.send(signal.SIGTERM)
    assert runner.wait() == 143
    assert all_gone(project)


def test_a_timeout_ends_the_whole_tree(project, held):
    project.write(batch_size=[1], meta={"timeout": 1, "kill_grace": 0.2})
    done = project.furcate("run", "config.json", "--", script(project, "daemon", "stay"))
    assert done.returncode == 1
    assert "timed out after 1 s" in done.stderr
    assert pids(project) and all_gone(project)


def test_trees_of_other_slots_live_on(project, held):
    """The first run ends while the second, with a daemon of its own, executes."""
    project.write(batch_size=[1, 2], meta={"max_threads": 2, "order": "config"})
    wait = 'import glob\nwhile not glob.glob("../*bs2/ready"): time.sleep(0.005)\n'
    ends = project.script("ends", DAEMON + wait)
    stays = project.script("stays", DAEMON + 'while not os.path.exists("go"): time.sleep(0.005)\n')
    program = project.script("either", f'if [ "$1" = 1 ]; then exec {ends}; else exec {stays}; fi\n')
    runner = project.start(program, "{batch_size}")
    until(lambda: len(list(project.logs.glob("*/ready"))) == 2, "the whole trees")
    until(lambda: project.csv.exists() and project.values() == ["1"], "the end of the first run")
    second = next(project.logs.glob("*bs2"))
    assert is_alive(int((second / "pids").read_text()))
    (second / "go").touch()
    assert runner.wait() == 0
    assert all_gone(project)


def runner_of(guardian):
    children = pathlib.Path(f"/proc/{guardian}/task/{guardian}/children").read_text().split()
    return int(children[0])


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("victim", ["guardian", "runner"])
def test_a_kill_of_either_process_ends_the_whole_trees(project, held, victim, name):
    started = start(project, name, 2)
    runner = runner_of(started.pid)
    os.kill(started.pid if victim == "guardian" else runner, signal.SIGKILL)
    until(lambda: all_gone(project), "the end of the trees")
    assert started.wait() == (-signal.SIGKILL if victim == "guardian" else 128 + signal.SIGKILL)
    until(lambda: not is_alive(runner), "the end of the runner")


def test_the_next_start_ends_what_is_left_when_both_were_killed(project, held):
    """By descent it can find only what still has the environment of its run."""
    started = start(project, "stubborn", 2)
    runner = runner_of(started.pid)
    started.send(signal.SIGSTOP)  # so that it cannot see the other die
    os.kill(runner, signal.SIGKILL)
    started.kill()
    until(lambda: not is_alive(runner), "the end of the runner")
    assert all(map(is_alive, pids(project)))
    done = project.furcate("run", "config.json", "--", "/bin/true")
    assert done.returncode == 0, done.stderr
    assert all_gone(project)
    assert project.values() == ["1", "2"]


def test_a_start_right_after_a_kill_waits_until_the_trees_are_gone(project, held):
    started = start(project, "many", 2)
    started.kill()
    check = project.script("check", CHECKED)
    done = project.furcate("run", "config.json", "--", check, "/bin/true")
    assert done.returncode == 0, done.stderr
    assert not (project.root / "found").exists(), (project.root / "found").read_text()
    assert project.values() == ["1", "2"]
