"""A log dir that becomes read-only while runs execute."""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess

import pytest

from support import until

STOPS = "could not be started"
UNSTORED = "Results cannot be stored"
REASON = "Read-only file system (mount it for writing again)"


def test_results_wait_and_all_goes_on_once_it_is_writable(project, disk):
    project.write(batch_size=[1, 2, 3, 4], meta={"max_threads": 2})
    runner = project.start(project.gated())
    first, second = project.until_waiting(2)
    project.until_started(2)
    disk.make_read_only()
    project.let_go(first)
    until(lambda: STOPS in runner.stderr and UNSTORED in runner.stderr, "both messages")
    assert REASON in runner.stderr
    assert project.waiting() == [second], "what executes goes on"
    project.let_go(second)
    until(lambda: runner.stderr.count("finished") == 2, "the second end")
    disk.make_writable()
    assert project.let_all_go(runner) == 0, runner.stderr
    assert project.values() == ["1", "2", "3", "4"]
    assert "Results are stored again" in runner.stderr


def test_it_stops_when_no_result_would_be_lost(project, disk):
    project.write(batch_size=[1, 2], meta={"max_threads": 1})
    program = project.script("train", f"{project.gated()}\nexit 5\n")
    runner = project.start(program)
    [first] = project.until_waiting(1)
    project.until_started(1)
    disk.make_read_only()
    project.let_go(first)
    assert runner.wait() == 1
    assert "furcate: cannot make the folder" in runner.stderr and REASON in runner.stderr
    assert UNSTORED not in runner.stderr


@pytest.fixture
def image(project, disk):
    """A file system that the kernel turns read-only as it does after disk errors, in the place of the log dir."""
    path = project.root / "image"
    with path.open("wb") as file:
        file.truncate(8 << 20)
    if not shutil.which("mkfs.ext4", path="/usr/sbin:/sbin:/usr/bin"):
        pytest.skip("needs mkfs.ext4")
    subprocess.run(["mkfs.ext4", "-q", path], check=True, env={"PATH": "/usr/sbin:/sbin:/usr/bin"})
    try:
        disk.run("mount", "-o", "loop", path, disk.place)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"a disk image cannot be mounted here: {error.stderr}")
    return path


def test_a_disk_with_errors_loses_nothing_silently(project, disk, image):
    project.write(batch_size=[1, 2], meta={"max_threads": 1})
    program = project.gated()
    runner = project.start(program)
    [first] = project.until_waiting(1)
    project.until_started(1)
    disk.run("sh", "-c", f"mount -o remount,abort {shlex.quote(str(disk.place))} || true")
    project.let_go(first)
    until(lambda: STOPS in runner.stderr and UNSTORED in runner.stderr, "both messages")
    runner.send(signal.SIGINT)
    assert runner.wait() == 130
    assert "the results of 1 run could not be stored" in runner.stderr
    disk.run("umount", disk.place)
    disk.run("mount", "-o", "loop", image, disk.place)
    assert project.let_all_go(project.start(program)) == 0
    assert project.values() == ["1", "2"]


def test_a_disk_that_is_mounted_over_for_a_while_is_waited_for(project, disk):
    project.write(batch_size=[1, 2], meta={"max_threads": 1})
    gate = project.root / "go"
    os.mkfifo(gate)
    runner = project.start(project.script("train", 'read -r _ < "$FURCATE_TEST/go" || true\n'))

    def let_go():
        with contextlib.suppress(OSError):  # nobody reads yet
            os.close(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
            return True
    until(lambda: list(project.logs.glob("example0*/config.json")), "the first run")
    disk.run("mount", "-t", "tmpfs", "-o", "ro", "none", disk.place)
    until(let_go, "the first run, which reads")
    until(lambda: UNSTORED in runner.stderr, "the message")
    assert "Read-only file system" in runner.stderr
    disk.run("umount", disk.place)
    until(let_go, "the second run, which reads")
    assert runner.wait() == 0, runner.stderr
    assert project.values() == ["1", "2"]
    assert "replaced" not in runner.stderr
