"""A program, its interpreter or its script that is away for a moment, as while it is built or installed."""

import signal
import sys

import pytest

from clock import Clock
from sample import attacks
from support import BUILD, GATED, needs_package, until

HELD = "be started now"
AGAIN = "Runs are started again"
PYTHON = "import os\n" + "os.execv('{gated}', ['{gated}'])\n"


class Renamed:
    """Takes a file or folder away, and puts it back."""

    def __init__(self, path):
        self.path, self.aside = path, path.with_name(path.name + ".away")

    def away(self):
        self.path.rename(self.aside)

    def back(self):
        self.aside.rename(self.path)


class Unfinished(Renamed):
    """A file that is there with nothing in it yet."""

    def away(self):
        super().away()
        self.path.touch()
        self.path.chmod(0o755)


class NotExecutable(Renamed):
    def away(self):
        self.path.chmod(0o600)

    def back(self):
        self.path.chmod(0o755)


class Dangling(Renamed):
    """A link whose target is away, as the python3 of a virtual environment that is made again."""

    def __init__(self, path):
        self.link = path
        target = path.with_name("target")
        path.rename(target)
        path.symlink_to(target)
        super().__init__(target)


def program(project):
    return project.root / "gated", [project.gated()]


def interpreter(project):
    shell = project.root / "shell"
    shell.symlink_to("/bin/sh")
    return shell, [project.script("gated", GATED.replace("/bin/sh", str(shell)))]


def folder(project):
    (project.root / "bin").mkdir()
    return project.root / "bin", [project.script("bin/gated", GATED)]


def script(project):
    path = project.root / "train.py"
    path.write_text(PYTHON.format(gated=project.gated()))
    return path, [sys.executable, "train.py"]


def script_without_ending(project):
    project.script("train", "exec ./gated\n")
    project.gated()
    return project.root / "train", ["sh", "train"]


def program_of_a_key(project):
    return project.root / "gated", [str(project.root / project.gated().replace("gated", "{solver}"))]


ATTACKS = [(program, Renamed), (program, Unfinished), (program, NotExecutable), (program, Dangling),
           (interpreter, Renamed), (folder, Renamed), (script, Renamed), (script, Dangling),
           (script_without_ending, Renamed), (program_of_a_key, Renamed), (program_of_a_key, NotExecutable)]


def start(project, what, **keys):
    """Starts three runs of which one at a time executes; returns the runner, the first of them, and the file."""
    project.write(batch_size=[1, 2, 3], solver="gated", meta={"max_threads": 1}, **keys)
    file, command = what(project)
    runner = project.start(*command)
    [first] = project.until_waiting(1)
    return runner, first, file


@attacks("attack", ATTACKS, sample=6)
def test_what_is_away_for_a_moment_is_waited_for(project, attack):
    what, kind = attack
    project.write(batch_size=[1, 2, 3], solver="gated", meta={"max_threads": 1})
    file, command = what(project)
    thing = kind(file)
    runner = project.start(*command)
    [first] = project.until_waiting(1)
    thing.away()
    project.let_go(first)
    until(lambda: HELD in runner.stderr, "the hold")
    assert not runner.is_over()
    thing.back()
    [second] = project.until_waiting(1)
    assert second != first
    assert project.let_all_go(runner) == 0, runner.stderr
    assert project.values() == ["1", "2", "3"]
    assert {row["run_attempts"] for row in project.rows()} == {"1"}
    assert runner.stderr.count(HELD) == 1 and runner.stderr.count(AGAIN) == 1
    assert "again for 10 minutes" in runner.stderr


@attacks("what", [program, script])
def test_a_stop_is_obeyed_while_it_is_away(project, what):
    runner, first, file = start(project, what)
    Renamed(file).away()
    project.let_go(first)
    until(lambda: HELD in runner.stderr, "the hold")
    runner.send(signal.SIGINT)
    assert runner.wait() == 130
    assert len(project.rows()) == 1


@attacks("what", [program, script, program_of_a_key])
def test_what_does_not_come_back_stops_the_runner_with_what_is_done(project, what):
    clock = Clock(project)
    runner, first, file = start(project, what)
    Renamed(file).away()
    project.let_go(first)
    until(lambda: HELD in runner.stderr, "the hold")
    clock.set(601, 601)
    assert runner.wait() == 2
    assert "not be started" in runner.stderr or "No run could be started" in runner.stderr
    assert str(file) in runner.stderr.splitlines()[-1]
    assert len(project.rows()) == 1


@needs_package
def test_a_fork_server_whose_script_is_away_is_warmed_again(project):
    project.write(batch_size=[1, 2, 3], meta={"max_threads": 1})
    path = project.root / "train.py"
    path.write_text(PYTHON.format(gated=project.gated()))
    environment = {"PYTHONPATH": str(BUILD / "python")}
    runner = project.start_furcate("run", "config.json", "--preload", "json", "--", sys.executable, "train.py",
                                   **environment)
    [first] = project.until_waiting(1)
    away = Renamed(path)
    away.away()
    project.let_go(first)
    until(lambda: HELD in runner.stderr, "the hold")
    away.back()
    [_] = project.until_waiting(1)
    assert project.let_all_go(runner) == 0, runner.stderr
    assert project.values() == ["1", "2", "3"]
    assert "Runs are spawned" not in runner.stderr


@pytest.mark.parametrize("word", ["./gone", "no-such-program"])
def test_a_program_that_was_never_there_is_an_error_at_once(project, word):
    project.write(batch_size=[1, 2])
    done = project.furcate("run", "config.json", "--", word)
    assert done.returncode == 2 and HELD not in done.stderr
