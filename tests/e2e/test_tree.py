"""Whole process trees: what a program has started, wherever that went, is gone before its slot is used again, and when
furcate ends, however it ends. Each test with control groups and by descent."""

import os
import pathlib
import signal

import pytest

from support import SAVES, is_alive, until

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
    assert project.groups_left() == []


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


# Saves when it gets SIGTERM, as soon as the test has made the file that it waits for.
TRAINING = SAVES + """(directory / "pids").write_text(str(os.getpid()))
(directory / "ready").touch()
while True:
    signal.pause()
"""
# How a program starts its training and is itself ended by SIGTERM at once.
LAUNCHERS = {
    "foreground": "echo $$ > \"$FURCATE_RUN_DIR/launcher\"\n{training}\necho end\n",
    "background": "echo $$ > \"$FURCATE_RUN_DIR/launcher\"\n{training} &\nwait\n",
    "session of its own": "echo $$ > \"$FURCATE_RUN_DIR/launcher\"\nsetsid {training} &\nwait\n",
    "two shells": "echo $$ > \"$FURCATE_RUN_DIR/launcher\"\nsh -c '{training}; echo end'\necho end\n",
}


def write_launcher(project, how):
    return project.script("launcher", LAUNCHERS[how].format(training=project.python("training.py", TRAINING)))


def launch(project, how, **meta):
    """A run in which a launcher trains; returns the runner and the run directory."""
    project.write(batch_size=[1], meta={"kill_grace": 3600, **meta})
    runner = project.start(write_launcher(project, how))
    return runner, until(lambda: list(project.logs.glob("*/ready")), "the training")[0].parent


def until_launcher_ended(directory):
    until((directory / "asked").exists, "SIGTERM at the training")
    until(lambda: not is_alive(int((directory / "launcher").read_text())), "the end of the launcher")


@pytest.mark.parametrize("how", LAUNCHERS)
def test_a_training_whose_launcher_ends_first_keeps_the_rest_of_the_grace(project, held, how):
    runner, directory = launch(project, how)
    runner.send(signal.SIGTERM)
    until_launcher_ended(directory)
    assert not (directory / "saved").exists() and not runner.is_over()
    (project.root / "may_save").touch()
    assert runner.wait() == 143
    assert (directory / "saved").exists()
    assert (directory / "asked").read_text() == "x"
    assert "which was ended" not in runner.stderr


def test_a_training_that_got_the_signal_before_the_runner_keeps_its_grace(project, held):
    """As when systemd ends a control group: each process gets SIGTERM, in any order."""
    runner, directory = launch(project, "background")
    for pid in (int((directory / "launcher").read_text()), int((directory / "pids").read_text())):
        os.kill(pid, signal.SIGTERM)
    until_launcher_ended(directory)
    runner.send(signal.SIGTERM)
    until(lambda: "Stopping" in project.log(), "the stop")
    (project.root / "may_save").touch()
    assert runner.wait() == 143
    assert (directory / "saved").exists()
    assert "failed" not in runner.stderr


def test_a_training_whose_grace_is_over_is_killed_though_its_launcher_has_ended(project, held):
    runner, directory = launch(project, "foreground", kill_grace=0.3)
    runner.send(signal.SIGTERM)
    assert runner.wait() == 143
    assert (directory / "asked").exists() and not (directory / "saved").exists()
    assert all_gone(project)


def test_one_more_signal_kills_a_training_whose_launcher_has_ended(project, held):
    runner, directory = launch(project, "foreground")
    runner.send(signal.SIGTERM)
    until_launcher_ended(directory)
    assert runner.send_until_over(signal.SIGTERM) == 143
    assert all_gone(project)


def test_the_grace_of_a_timeout_belongs_to_the_whole_tree_and_the_slot_waits(project, held):
    project.write(batch_size=[1, 2], meta={"max_threads": 1, "timeout": 0.5, "kill_grace": 3600})
    launcher = write_launcher(project, "foreground")
    runner = project.start(project.script("check", CHECKED), launcher)
    first = until(lambda: list(project.logs.glob("*/ready")), "the first training")[0].parent
    until_launcher_ended(first)
    assert len(project.directories()) == 1
    (project.root / "may_save").touch()
    assert runner.wait() == 1
    assert len(list(project.logs.glob("*/saved"))) == 2
    assert not (project.root / "found").exists()
    assert runner.stderr.count("timed out after 0.5 s") >= 2


LEFT = {
    "one": ("sleep 600 &\n", "left 1 process (sleep 600), which was ended"),
    "a daemon": ("setsid sleep 601 &\n", "left 1 process (sleep 601), which was ended"),
    "five": ("for i in 1 2 3 4 5; do sleep 60$i & done\n", "left 5 processes (sleep 60"),
    "a name with escapes": ("ln -s /bin/sleep \"$(printf 'a\\033[2Jb')\"\n./a*b 600 &\n",
                            "left 1 process (./a\\x1b[2Jb 600), which was ended"),
}


@pytest.mark.parametrize("script, words", LEFT.values(), ids=LEFT.keys())
def test_what_a_program_leaves_is_named_in_log_and_summary(project, held, script, words):
    project.write(batch_size=[1])
    done = project.run(project.script("train", script))
    assert f"example0 {words}" in project.log()
    assert "The programs of 1 run ended while processes that they had started were still executing" in done.stderr
    if "5 processes" in words:
        assert " and 2 more), which were ended" in project.log()


def test_a_program_that_leaves_nothing_is_not_spoken_of(project, held):
    tracker = "from multiprocessing import resource_tracker\nresource_tracker.ensure_running()\n"
    project.write(batch_size=[1, 2, 3, 4, 5])
    shell = project.script("shell", "sleep 0 &\nsleep 0 | sleep 0\nwait\n")
    done = project.run(project.script("train", f"{shell}\nexec {project.python('train.py', tracker)}\n"))
    assert " left " not in project.log()
    assert "still executing" not in done.stderr


def test_zombies_are_not_left(project, held):
    """A child that has ended and was not waited for."""
    project.write(batch_size=[1])
    zombie = "import os, signal\nif os.fork() == 0:\n    os._exit(0)\nos.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)\n"
    project.run(project.python("train.py", zombie))
    assert " left " not in project.log()


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
