"""run_data.csv under a living runner: sorted, replaced, torn or made unusable. No row is false or doubled, and once the
table is right again, or away, a further start completes it."""

import contextlib
import csv
import io
import os
import random
import shutil
import signal
import subprocess

import pytest

from sample import attacks
from support import BUILD, SANITIZED, until

VALUES = ["1", "2", "3", "4"]


def cells(project):
    return list(csv.reader(io.StringIO(project.csv.read_text(), newline="")))


def write(project, rows, **dialect):
    beside = project.logs / "beside.csv"
    with beside.open("w", newline="") as file:
        csv.writer(file, **{"lineterminator": "\n", **dialect}).writerows(rows)
    beside.rename(project.csv)


def replace(project, content):
    project.csv.unlink()
    project.csv.write_bytes(content)


def link_to(target):
    def put(project):
        project.csv.unlink()
        project.csv.symlink_to(target)
    return put


def fifo(project):
    project.csv.unlink()
    os.mkfifo(project.csv)


def folder(project):
    project.csv.unlink()
    project.csv.mkdir()


def edit_in_place(project):
    """As sed -i does, by way of another file."""
    text = project.csv.read_text()
    replace(project, text.replace("\n", "\r\n").encode())


def immutable(project):
    if not shutil.which("chattr") or subprocess.run(["chattr", "+i", project.csv], capture_output=True).returncode:
        pytest.skip("needs chattr, the right to use it, and a file system that knows it")


def loop(project):
    project.csv.unlink()
    project.csv.symlink_to("other")
    (project.logs / "other").symlink_to("run_data.csv")


# With the rows kept: the runner goes on with them.
KEEPS = {
    "sorted": lambda project: write(project, cells(project)[:1] + sorted(cells(project)[1:], reverse=True)),
    "columns reversed": lambda project: write(project, [row[::-1] for row in cells(project)]),
    "a further column": lambda project: write(project, [row + ["note"] for row in cells(project)]),
    "all quoted": lambda project: write(project, cells(project), quoting=csv.QUOTE_ALL),
    "a BOM": lambda project: replace(project, b"\xef\xbb\xbf" + project.csv.read_bytes()),
    "CRLF": edit_in_place,
    "no newline at the end": lambda project: replace(project, project.csv.read_bytes().rstrip(b"\n")),
    "blank lines": lambda project: replace(project, project.csv.read_bytes().replace(b"\n", b"\n\n")),
    "NULs at the end": lambda project: replace(project, project.csv.read_bytes() + b"\0" * 5000),
    "another inode": lambda project: replace(project, project.csv.read_bytes()),
    "mode 000": lambda project: project.csv.chmod(0),
    "old times": lambda project: os.utime(project.csv, (0, 0)),
}
# With the rows lost, or nothing that can be read.
LOSES = {
    "deleted": lambda project: project.csv.unlink(), "emptied": lambda project: os.truncate(project.csv, 0),
    "header alone": lambda project: replace(project, project.csv.read_bytes().partition(b"\n")[0] + b"\n"),
    "torn": lambda project: os.truncate(project.csv, project.csv.stat().st_size - 30),
    "random bytes": lambda project: replace(project, random.Random(0).randbytes(5000)),
    "UTF-16": lambda project: replace(project, project.csv.read_text().encode("utf-16")),
    "NULs": lambda project: replace(project, b"\0" * 3000),
    "an open quote": lambda project: replace(project, project.csv.read_bytes() + b'"open'),
    "another table": lambda project: replace(project, b"a,b\n1,2\n"),
    "FIFO": fifo, "folder": folder, "/dev/null": link_to("/dev/null"), "/dev/full": link_to("/dev/full"),
    "/dev/zero": link_to("/dev/zero"), "a link to nowhere": link_to("nowhere/at/all"), "a loop": loop,
    "immutable": immutable,
}


def make_right(project, good):
    """What its user does at last: the good table back, as it was before."""
    if shutil.which("chattr"):
        subprocess.run(["chattr", "-i", project.csv], capture_output=True)
    if project.csv.is_dir() and not project.csv.is_symlink():
        shutil.rmtree(project.csv)
    with contextlib.suppress(FileNotFoundError):
        project.csv.unlink()
    (project.logs / "other").unlink(missing_ok=True)
    if good:
        project.csv.write_bytes(good)


def with_one_row(project, **environment):
    """A runner whose second run waits, while the row of the first is there."""
    project.write(batch_size=[1, 2, 3, 4], meta={"max_threads": 1, "order": "config"})
    program = project.script("program", f'[ $1 = 1 ] || exec {project.gated()}\n')
    runner = project.start(program, "{batch_size}", **environment)
    project.until_waiting(1)
    until(lambda: project.csv.exists() and len(project.rows()) == 1, "a row")
    return runner


def values(project):
    """Of the rows; a line of NULs is none."""
    return sorted(row["batch_size"] for row in project.rows() if row["batch_size"])


def said(runner):
    return runner.errors.read_text(errors="replace")


def end(project, runner):
    """It ends by itself, or waits until it can store results, and is told to stop."""
    (project.root / "open").touch()
    for directory in project.waiting():
        project.let_go(directory)
    until(lambda: runner.is_over() or "cannot be stored" in said(runner), "an end, or that results wait")
    status = runner.wait() if runner.is_over() else runner.send_until_over(signal.SIGTERM)
    assert status in (0, 1, 2, 143), said(runner)
    assert "signal 11" not in said(runner) and "signal 6" not in said(runner)
    return status


@pytest.mark.skipif(SANITIZED, reason="the slow disk has to come before the sanitizers' own")
@pytest.mark.parametrize("name", ["another inode", "sorted"])
def test_a_copy_that_is_put_in_place_while_a_row_is_synced_has_it_once(project, name):
    slow = {"LD_PRELOAD": str(BUILD / "tests/libslow-sync-shim.so"), "FURCATE_SYNC_MS": "100"}
    runner = with_one_row(project, **slow)
    KEEPS[name](project)
    assert end(project, runner) == 0, said(runner)
    assert values(project) == VALUES


@attacks("name", KEEPS, 3)
def test_a_table_that_was_edited_goes_on(project, name):
    runner = with_one_row(project)
    KEEPS[name](project)
    assert end(project, runner) == 0, said(runner)
    assert values(project) == VALUES
    assert "4 of 4 runs are" in project.run("true").stderr


@attacks("name", LOSES, 4)
def test_a_table_that_is_spoilt_is_completed_once_it_is_away(project, name):
    runner = with_one_row(project)
    good = project.csv.read_bytes()
    LOSES[name](project)
    try:
        status = end(project, runner)
        assert status == 0 or said(runner).strip()
        assert project.start("true").wait() in (0, 2)
    finally:
        make_right(project, b"" if name in ("deleted", "torn") else good)
    project.run("true")
    assert values(project) == VALUES
    assert len({row["run_id"] for row in project.rows()}) == 4
