"""SIGTSTP and SIGCONT stop the attempts and let them go on; a terminal that goes stops the runner, unless detached."""

import os
import pathlib
import pty
import re
import signal
import sqlite3
import time

import pytest

import groups
from support import is_alive, until
from test_stop import STUBBORN

# Works without end, in itself and in a daemon of its own, until the file `enough` is in the run directory.
BUSY = """#!/bin/sh
cd "$FURCATE_RUN_DIR"
work() { while [ ! -e enough ]; do sleep 0.01; done; }
(setsid sh -c 'echo $$ > daemon; while [ ! -e enough ]; do sleep 0.01; done' &)
while [ ! -s daemon ]; do sleep 0.005; done
echo $$ > pid.new; mv pid.new pid
work
"""


def state(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def start(project, count=2, **meta):
    project.write(batch_size=list(range(1, count + 1)), meta={"max_threads": 2, **meta})
    runner = project.start(project.script("busy", BUSY))
    directories = until(lambda: len(found := sorted(project.logs.glob("*/pid"))) == 2 and found, "two runs")
    return runner, [path.parent for path in directories]


def processes(directories):
    return [int((directory / name).read_text()) for directory in directories for name in ("pid", "daemon")]


def are_frozen(furcate, pids):
    """In a control group, or each stopped; "D" is a shell that waits for a child stopped between vfork and exec."""
    frozen = ["frozen 1" in (group / "cgroup.events").read_text() for group in groups.groups_left([furcate])]
    return any(frozen) or all(state(pid) in "TD" for pid in pids)


def pause(runner, directories):
    runner.send(signal.SIGTSTP)
    until(lambda: state(runner.pid) == "T", "the stop of furcate")
    until(lambda: are_frozen(runner.pid, processes(directories)), "the stop of the attempts")


def let_end(project):
    for path in project.logs.glob("*/"):
        (path / "enough").touch()


def test_a_pause_stops_whole_trees_and_they_go_on_after_it(project, held):
    runner, directories = start(project)
    pause(runner, directories)
    let_end(project)
    assert all(map(is_alive, processes(directories)))
    assert not project.csv.exists()
    runner.send(signal.SIGCONT)
    assert runner.wait() == 0
    assert project.values() == ["1", "2"]
    assert "Paused" in project.log() and "go on" in project.log()


def test_nothing_is_started_in_a_pause(project, held):
    runner, directories = start(project, count=3)
    (directories[0] / "enough").touch()
    until(lambda: len(list(project.logs.glob("*/pid"))) == 3, "the third run")
    pause(runner, directories[1:])
    runner.send(signal.SIGCONT)
    until(lambda: "go on" in project.log(), "the end of the pause")
    let_end(project)
    assert runner.wait() == 0
    assert project.values() == ["1", "2", "3"]


def test_a_timeout_does_not_run_in_a_pause(project, held):
    runner, directories = start(project, timeout=3)
    pause(runner, directories)
    time.sleep(3.2)  # longer than the timeout: the time itself is what is tested
    runner.send(signal.SIGCONT)
    until(lambda: "go on" in project.log(), "the end of the pause")
    let_end(project)
    assert runner.wait() == 0, runner.stderr


def test_a_timeout_goes_on_after_a_pause(project, held):
    runner, directories = start(project, timeout=1, kill_grace=0.1)
    pause(runner, directories)
    runner.send(signal.SIGCONT)
    assert runner.wait() == 1
    assert "timed out after 1 s" in runner.stderr


def test_the_grace_waits_in_a_pause(project, held):
    project.write(batch_size=[1], meta={"timeout": 0.2, "kill_grace": 2})
    runner = project.start(project.script("stubborn", STUBBORN))
    asked = until(lambda: list(project.logs.glob("*/asked")), "SIGTERM at the program")
    runner.send(signal.SIGTSTP)
    until(lambda: state(runner.pid) == "T", "the stop of furcate")
    time.sleep(2.2)  # longer than the grace: the time itself is what is tested
    assert is_alive(int((asked[0].parent / "pid").read_text()))
    runner.send(signal.SIGCONT)
    assert runner.wait() == 1
    with sqlite3.connect(project.logs / "furcate.db") as database:
        assert database.execute("SELECT seconds > 2 FROM attempts").fetchone() == (1,)


@pytest.mark.parametrize("number, status", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stop_in_a_pause_ends_all(project, held, number, status):
    runner, directories = start(project)
    pause(runner, directories)
    runner.send(number)
    runner.send(signal.SIGCONT)  # as a shell does behind it
    assert runner.wait() == status
    assert not any(map(is_alive, processes(directories)))


def test_a_stop_in_a_pause_reaches_the_programs(project, held):
    project.write(batch_size=[1, 2], meta={"max_threads": 2, "kill_grace": 3600})
    trap = "trap 'touch asked; exit 1' TERM\n"
    runner = project.start(project.script("busy", BUSY.replace("work() {", trap + "work() {")))
    until(lambda: len(list(project.logs.glob("*/pid"))) == 2, "two runs")
    directories = [path.parent for path in project.logs.glob("*/pid")]
    pause(runner, directories)
    os.kill(project.holders()[0], signal.SIGTERM)  # the guardian is stopped
    until(lambda: all((directory / "asked").exists() for directory in directories), "SIGTERM at the programs")
    runner.send(signal.SIGCONT)
    assert runner.wait() == 143


def test_a_kill_in_a_pause_ends_all(project, held):
    runner, directories = start(project)
    pids = processes(directories)
    pause(runner, directories)
    runner.kill()
    until(lambda: not any(map(is_alive, pids)), "the end of the attempts")


def test_the_end_of_the_terminal_stops_like_sigterm(project):
    runner, directories = start(project)
    runner.send(signal.SIGHUP)
    assert runner.wait() == 143
    assert not any(map(is_alive, processes(directories)))


# --- a real terminal ---

def ignores(pid, number):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return bool(int(re.search(r"SigIgn:\s*([0-9a-f]+)", status)[1], 16) >> (number - 1) & 1)


TRAPPING = """#!/bin/sh
cd "$FURCATE_RUN_DIR"
trap 'echo x >> asked; [ -e twice ] && exit 7; touch asked_once' TERM
echo $$ > pid.new; mv pid.new pid
while :; do sleep 0.01; done
"""


class Shell:
    """furcate in the foreground of a terminal of its own."""

    def __init__(self, project, *program, before=()):
        pid, self.fd = pty.fork()
        if pid == 0:
            os.chdir(project.root)
            command = [*before, *project.command(["run", "config.json", "--", *program])]
            os.execvpe(command[0], command, project.environment)
        self.pid = pid

    def type(self, text):
        os.write(self.fd, text.encode())

    def read_rest(self):
        written = b""
        while True:
            try:
                part = os.read(self.fd, 65536)
            except OSError:
                return written.decode()
            written += part

    def status(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_an_interrupt_at_the_terminal_counts_once(project):
    """Attempts get one SIGTERM and their grace; the second ^C ends them."""
    project.write(batch_size=[1], meta={"kill_grace": 3600})
    shell = Shell(project, project.script("trapping", TRAPPING))
    until(lambda: list(project.logs.glob("*/pid")), "the run")
    directory = next(project.logs.glob("*/"))
    shell.type("\x03")
    until((directory / "asked_once").exists, "SIGTERM at the program")
    assert is_alive(int((directory / "pid").read_text()))
    until(lambda: shell.type("\x03") or not is_alive(int((directory / "pid").read_text())), "the end by a further ^C")
    written = shell.read_rest()
    assert shell.status() == 130
    assert (directory / "asked").read_text() == "x\n"
    assert "another such signal, a second or more from now, ends them at once" in written


def test_a_terminal_that_is_closed_stops_the_runner_and_its_attempts(project):
    project.write(batch_size=[1])
    shell = Shell(project, project.script("busy", BUSY))
    pids = processes(until(lambda: [p.parent for p in project.logs.glob("*/pid")], "the run"))
    os.close(shell.fd)
    assert shell.status() == 143
    assert not any(map(is_alive, pids))


def test_with_nohup_it_goes_on_when_the_terminal_is_closed(project):
    project.write(batch_size=[1, 2], meta={"max_threads": 2})
    shell = Shell(project, project.gated(), before=["nohup"])
    directories = project.until_waiting(2)
    runner, guardian = project.holders()
    assert all(ignores(pid, signal.SIGHUP) for pid in (runner, guardian))
    assert all(ignores(int((directory / "pid").read_text()), signal.SIGHUP) for directory in directories)
    os.close(shell.fd)
    os.kill(runner, signal.SIGHUP)  # as a session that ends sends it to all of a process group
    for directory in directories:
        project.let_go(directory)
    assert shell.status() == 0
    assert project.values() == ["1", "2"]
    assert "Stopping" not in project.log()


def test_what_a_script_starts_in_the_background_hears_no_interrupt(project):
    """A shell without job control ignores SIGINT for it, so that ^C ends the script alone."""
    project.write(batch_size=[1])
    command = " ".join(project.command(["run", "config.json", "--", project.gated()]))
    runner = project.start_command("/bin/sh", "-c", f"{command} & wait $!")
    directory = project.until_waiting(1)[0]
    for pid in project.holders():
        assert ignores(pid, signal.SIGINT) and not ignores(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGINT)
    project.let_go(directory)
    assert runner.wait() == 0
    assert project.values() == ["1"]


def test_attempts_can_be_ended_where_furcate_ignores_sigterm(project):
    project.write(batch_size=[1], meta={"timeout": 0.5, "kill_grace": 3600})
    command = " ".join(project.command(["run", "config.json", "--", project.gated()]))
    runner = project.start_command("/bin/sh", "-c", f"trap '' TERM; exec {command}")
    project.until_waiting(1)
    runner.send(signal.SIGTERM)
    assert runner.wait() == 1
    assert "timed out" in runner.stderr and "Stopping" not in runner.stderr


@pytest.mark.parametrize("number, name", [(signal.SIGINT, "SIGINT (^C)"), (signal.SIGTERM, "SIGTERM"),
                                          (signal.SIGHUP, "SIGHUP (the terminal was closed)")])
def test_the_line_that_tells_a_stop_names_its_cause(project, number, name):
    runner, directories = start(project)
    runner.send(number)
    assert runner.wait() == (130 if number == signal.SIGINT else 143)
    assert f"Stopping after {name}: " in runner.stderr


def test_the_shells_own_job_control_works(project):
    """^Z gives the prompt back, fg goes on."""
    project.write(batch_size=[1])
    project.script("busy", BUSY)
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(project.root)
        os.execvpe("bash", ["bash", "--norc", "--noediting", "-i"], {**project.environment, "PS1": "prompt> "})
    command = " ".join(project.command(["run", "config.json", "--", "./busy"]))
    os.write(fd, f"{command}\n".encode())
    until(lambda: list(project.logs.glob("*/pid")), "the run")
    directory, guardian = next(project.logs.glob("*/")), project.holders()[1]
    os.write(fd, b"\x1a")
    written = ""
    while not re.search(r"Stopped.*prompt> ", written, re.S):
        written += os.read(fd, 65536).decode()
    until(lambda: are_frozen(guardian, processes([directory])), "the stop of the attempt")
    os.write(fd, b"fg\n")
    until(lambda: not are_frozen(guardian, processes([directory])), "the end of the pause")
    (directory / "enough").touch()
    os.write(fd, b"exit $?\n")
    while True:
        try:
            written += os.read(fd, 65536).decode()
        except OSError:
            break
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, written
    assert project.values() == ["1"]


# --- in the background ---

def detach(project, *program):
    return project.furcate("run", "--detach", "config.json", "--", *program)


def test_detached_it_goes_on_without_the_terminal(project):
    project.write(batch_size=[1, 2], meta={"max_threads": 2})
    done = detach(project, project.gated())
    assert done.returncode == 0, done.stderr
    runner, guardian = project.holders()
    assert f"to stop it: kill {guardian}" in done.stderr
    waiting = project.until_waiting(2)
    assert os.getsid(guardian) == guardian
    assert os.readlink(f"/proc/{guardian}/fd/2") == str(project.logs / "furcate.log")
    os.kill(guardian, signal.SIGHUP)
    os.kill(runner, signal.SIGHUP)
    for directory in waiting:
        project.let_go(directory)
    until(lambda: not is_alive(guardian), "the end")
    assert project.values() == ["1", "2"]
    assert "2 of 2 runs are done" in project.log()
    assert project.log().count("Running on") == 1


def test_detached_it_is_stopped_by_the_pid_it_told(project):
    project.write(batch_size=[1, 2], meta={"max_threads": 2})
    detach(project, project.gated())
    pids = [int((directory / "pid").read_text()) for directory in project.until_waiting(2)]
    guardian = project.holders()[1]
    os.kill(guardian, signal.SIGTERM)
    until(lambda: not is_alive(guardian), "the end")
    assert not any(map(is_alive, pids))


def test_what_prevents_a_start_is_said_before_it_is_detached(project):
    project.write(batch_size=[])
    done = detach(project, "/bin/true")
    assert done.returncode == 2
    assert "batch_size" in done.stderr


def test_detached_a_second_runner_is_refused(project):
    project.write(batch_size=[1])
    detach(project, project.gated())
    directory = project.until_waiting(1)[0]
    guardian = project.holders()[1]
    again = detach(project, "/bin/true")
    assert again.returncode == 2
    assert f"(pid {guardian})" in again.stderr
    project.let_go(directory)
    until(lambda: not is_alive(guardian), "the end")
