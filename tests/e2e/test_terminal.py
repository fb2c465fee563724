"""On a terminal: one live line, log lines that scroll above it, colour for what is bad."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

import pytest

from support import PATIENCE, Runner, until
from narrow_terminal import width_of


class Terminal:
    """A furcate whose stderr is a terminal."""

    def __init__(self, project, *program, columns=0, **environment):
        self.fd, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(project.command(["run", "config.json", "--", *program]), cwd=project.root,
                                        env={**project.environment, "TERM": "xterm", **environment}, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        project.runners.append(Runner(self.process, None))
        self.written = ""

    def read(self):
        """Takes what comes next; false at the end."""
        ready, _, _ = select.select([self.fd], [], [], PATIENCE)
        assert ready, f"no more than {self.written!r} came"
        try:
            part = os.read(self.fd, 65536)
        except OSError:  # how Linux tells that the other side is closed
            part = b""
        self.written += part.decode(errors="replace")
        return part

    def read_until(self, pattern):
        deadline = time.monotonic() + PATIENCE
        while not re.search(pattern, self.written):
            assert self.read() and time.monotonic() < deadline, f"{pattern} is not in {self.written!r}"

    def read_rest(self):
        while self.read():
            pass
        os.close(self.fd)
        self.process.wait(PATIENCE)
        return self.written


def written_by(project, *program, **environment):
    return Terminal(project, *program, **environment).read_rest()


def test_a_live_line_shows_what_is_done_and_what_executes(project):
    project.write(meta={"max_threads": 1})
    terminal = Terminal(project, project.gated())
    project.let_go(project.until_waiting(1)[0])
    terminal.read_until(r"\r\[={10}> {9}\] 1/2 done, 1 running, 0s left \| CPU 0 example1 1s\x1b\[K")
    project.let_go(project.until_waiting(1)[0])
    assert re.search(r"\r\x1b\[K1 CPU slot busy \S+ %\r\n2 of 2 runs are done, 2 of them now, in \ds; results: logs/run_data.csv\r\n$",
                     terminal.read_rest())


def test_the_live_line_says_that_outputs_are_read_when_nothing_executes_any_more(project):
    project.write({"x": [1]}, meta={"metrics": {"loss": "loss {number}"}})
    assert re.search(r"\] 1/1 done, 0 running, reading the output of 1 run",
                     written_by(project, "echo", "loss 1"))


def test_log_lines_scroll_above_it_with_the_time_of_day(project):
    project.write(meta={"max_threads": 1})
    written = written_by(project, "/bin/true")
    assert re.search(r"\r\x1b\[K\d\d:\d\d:\d\d  Thread 1 finished - 0s - 0 configs remaining", written)
    assert "furcate.runner]" not in written
    assert "furcate.runner]" in project.log()


def test_what_is_bad_is_coloured(project):
    project.write()
    assert "\x1b[33mThread 0 failed" in written_by(project, "/bin/false")


def test_no_color_is_honoured(project):
    project.write()
    written = written_by(project, "/bin/false", NO_COLOR="1")
    assert "Thread 0 failed" in written
    assert "\x1b[33m" not in written


@pytest.mark.parametrize("columns", [1, 2, 50, 51, 52, 53, 54, 55, 60, 79, 132])
def test_the_live_line_is_never_longer_than_the_terminal(project, columns):
    project.write({"data_name": "学習率e\u0301", "k": [1, 2, 3, 4]}, meta={"max_threads": 2})
    terminal = Terminal(project, project.gated(), columns=columns)
    project.until_waiting(2)
    terminal.read_until(r"2 running[^\r]*\x1b\[K" if columns > 50 else r"\r[^\r\n]*\x1b\[K\r")
    assert project.let_all_go(project.runners[0]) == 0
    lines = re.findall(r"\r([^\r\n]*)\x1b\[K", terminal.read_rest())
    assert lines and "\ufffd" not in terminal.written
    assert max(map(width_of, lines)) <= columns - 1
    assert columns < 60 or any("学習率" in line for line in lines)


def test_a_dumb_terminal_gets_no_escapes(project):
    project.write()
    written = written_by(project, "/bin/false", TERM="dumb")
    assert "\x1b" not in written and "\r" not in written.replace("\r\n", "")
    assert "furcate.runner] Thread 0 failed" in written


def test_the_live_line_tells_what_the_machine_refuses(project):
    project.write()
    program = project.script("train", "exit 0\n")
    with open(program, "a", encoding="utf-8"):  # while it is open for writing it cannot be executed
        terminal = Terminal(project, program)
        terminal.read_until(r"\r\[> {19}\] 0/2 done, 0 running, starts are refused: Text file busy\x1b\[K")
    assert "2 of 2 runs are done" in terminal.read_rest()
    assert "refused" not in terminal.written.rpartition("\r\x1b[K")[2]


# --- nobody reads ---

def test_a_pipe_that_nobody_reads_keeps_no_slot_waiting(project):
    project.write(batch_size=list(range(1, 201)), meta={"max_threads": 1})
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    process = subprocess.Popen(project.command(["run", "config.json", "--", "/bin/true"]), cwd=project.root,
                               env=project.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=write)
    os.close(write)
    project.runners.append(Runner(process, None))
    until(lambda: project.log().count(" finished - ") == 200, "the last run")
    with os.fdopen(read) as out:
        written = out.read()
    assert process.wait(PATIENCE) == 0
    assert written.count(" finished - ") < 200
    assert re.search(rf"\(\d+ lines were not shown, since this was not read: see {project.logs}/furcate.log\)\n", written)
    assert "200 of 200 runs are done" in written


def until_executes(project, number):
    [directory] = until(lambda: [each for each in project.waiting() if each.name.startswith(f"example{number}_")],
                        f"run {number}")
    return directory


def test_a_terminal_that_is_held_keeps_no_slot_waiting(project):
    project.write(batch_size=[1, 2, 3], meta={"max_threads": 1})
    terminal = Terminal(project, project.gated())
    terminal.read_until("1 running|Running on")
    os.write(terminal.fd, b"\x13")  # Ctrl-S
    for number in range(2):
        project.let_go(until_executes(project, number))
    last = until_executes(project, 2)
    os.write(terminal.fd, b"\x11")
    project.let_go(last)
    written = terminal.read_rest()
    assert f"(2 lines were not shown, since this was not read: see {project.logs}/furcate.log)\r\n" in written
    assert "3 of 3 runs are done" in written
