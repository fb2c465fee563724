"""The log dir, or what is in it, goes away at each moment of a start: nothing crashes, and the next start finds all."""

import os
import pathlib
import shutil
import sys

import pytest

from sample import attacks
from support import BUILD, SANITIZED, until

sys.path.append(str(pathlib.Path(__file__).parents[1] / "fault"))
from faults import ONCE, Kind, Page  # noqa: E402

pytestmark = pytest.mark.skipif(SANITIZED, reason="the library with the faults has to come before the sanitizers' own")

VALUES = ["1", "2", "3"]
POINTS = 440  # the calls of a start at which something else may be found than at the one before
WAITS = ("cannot be stored", "cannot be started now", "cannot be seen yet")


def delete(project, pattern):
    for path in list(project.logs.glob(pattern)):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def move_away(project):
    if project.logs.exists():
        project.logs.rename(project.root / "moved")


def put_a_copy(project):
    if project.logs.exists():
        shutil.copytree(project.logs, project.root / "copy", ignore=shutil.ignore_patterns("furcate.lock"))
        move_away(project)
        (project.root / "copy").rename(project.logs)


def put_a_file(project):
    move_away(project)
    project.logs.touch()


def put_a_dangling_link(project):
    move_away(project)
    project.logs.symlink_to(project.root / "nowhere")


HARMS = {
    "log-dir-deleted": lambda project: shutil.rmtree(project.logs, ignore_errors=True),
    "log-dir-moved": move_away,
    "copy-put-there": put_a_copy,
    "file-put-there": put_a_file,
    "dangling-link-put-there": put_a_dangling_link,
    "emptied": lambda project: delete(project, "*"),
    **{f"{pattern}-deleted": lambda project, pattern=pattern: delete(project, pattern)
       for pattern in ("furcate.lock", "furcate.db*", "run_data.csv", "furcate.log", "example*")},
}
STATES = ("new", "rows-are-due")
ALL_TRIED = [f"{harm}/{state}/{at}" for harm in HARMS for state in STATES for at in range(1, POINTS + 1)]


class Start:
    """A grid of three values, and a start of it that is held at one of its calls."""

    def __init__(self, project, state):
        self.project = project
        self.program = project.script("program", 'echo "$1" >> "$FURCATE_TEST/done"\n')
        if state == "rows-are-due":
            self.write(VALUES[:2])
            project.run(self.program, "{batch_size}")
            delete(project, "furcate.db*")
            delete(project, "run_data.csv")
        self.write(VALUES)

    def write(self, values):
        self.project.write(batch_size=list(map(int, values)), meta={"max_threads": 2})

    def times_done(self):
        path = self.project.root / "done"
        lines = path.read_text().split() if path.exists() else []
        return {value: lines.count(value) for value in VALUES}

    def values(self):
        return self.project.values() if self.project.csv.exists() else []

    def with_harm(self, at, harm):
        """Returns the exit status of a start whose call of that number waits until the harm is done."""
        page = Page(self.project.root / "page", Kind("hold", ONCE), at)
        runner = self.project.start(self.program, "{batch_size}", FURCATE_FAULT=str(self.project.root / "page"),
                                    LD_PRELOAD=str(BUILD / "tests/fault/libfault.so"))
        until(lambda: page.met or runner.is_over())
        if page.met:
            harm(self.project)
        page.lift()
        until(lambda: runner.is_over() or any(words in runner.stderr for words in WAITS))
        if not runner.is_over():
            self.undo()
        print(page.call, runner.stderr)
        return runner.wait(), runner.stderr

    def undo(self):
        """Clears the way for a log dir."""
        if os.path.lexists(self.project.logs) and not self.project.logs.is_dir():
            self.project.logs.unlink()

    def finish(self):
        """What a further start has to do: all that has no row, and nothing else."""
        rows, done = self.values(), self.times_done()
        self.project.run(self.program, "{batch_size}")
        assert self.values() == VALUES
        again = [value for value in rows if self.times_done()[value] != done[value]]
        assert not again, "a run that had a row was done again"


@attacks("tried", ALL_TRIED, sample=20)
def test_a_start_survives_it_and_the_next_finds_what_is_there(project, tried):
    harm, state, at = tried.split("/")
    start = Start(project, state)
    status, said = start.with_harm(int(at), HARMS[harm])
    assert status in (0, 1, 2) and "signal" not in said, said
    start.undo()
    start.finish()
    if (project.root / "moved").exists():
        project.logs.rename(project.root / "other")
        (project.root / "moved").rename(project.logs)
        start.finish()
