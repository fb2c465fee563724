"""Attempts that run out of memory: by what they print, and by what the kernel reports of its killer."""

import os
import pathlib
import sqlite3
import tempfile

import pytest

import groups
from support import SANITIZED

GREEDY = """import sys
blocks = []
print("taking memory", file=sys.stderr, flush=True)
while True:
    blocks.append(b"x" * (1 << 20))
"""
LIMIT = 192 << 20  # bytes


def limited_group():
    """A control group with so much memory, of either version, and the file that processes enter it by."""
    version_1 = pathlib.Path("/sys/fs/cgroup/memory")
    for parent, limit in ((groups.own_group(), "memory.max"), (version_1, "memory.limit_in_bytes")):
        try:
            folder = pathlib.Path(tempfile.mkdtemp(prefix="furcate-test-", dir=parent))
        except (OSError, TypeError):
            continue
        try:
            (folder / limit).write_text(str(LIMIT))
            return folder
        except OSError:
            folder.rmdir()
    return None


@pytest.fixture
def limited(project):
    """furcate in a group with little memory."""
    folder = limited_group()
    if not folder or SANITIZED:
        pytest.skip("needs a control group that limits memory, and a build without AddressSanitizer")
    project.executable = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', folder / "cgroup.procs", *project.executable]
    yield project
    os.rmdir(folder)


def attempts(project):
    with sqlite3.connect(project.logs / "furcate.db") as database:
        return database.execute("SELECT exit_status, signal, reason, cpu_seconds, peak_memory FROM attempts").fetchall()


def test_a_kill_for_want_of_memory_is_known_from_the_kernel(limited):
    limited.write(batch_size=[1])
    done = limited.furcate("run", "config.json", "--", limited.python("greedy", GREEDY))
    assert done.returncode == 1
    assert "signal 9 (Killed), out of memory (ended by the kernel)" in done.stderr
    assert "taking memory" in done.stderr
    [(_, number, reason, cpu, peak)] = attempts(limited)
    assert number == 9 and "out of memory" in reason
    assert cpu > 0 and 64 << 20 < peak < 2 * LIMIT, "what is shared counts too"


def test_a_killed_child_is_known_by_the_exit_status_of_its_shell(limited):
    limited.write(batch_size=[1])
    greedy = limited.python("greedy", GREEDY)
    program = limited.script("train", f"exec 2> /dev/null\n{greedy}\nexit $?\n")
    done = limited.furcate("run", "config.json", "--", program)
    assert "exit status 137, out of memory (ended by the kernel)" in done.stderr


def test_a_killed_child_is_known_by_what_its_shell_prints(limited):
    limited.write(batch_size=[1])
    greedy = limited.python("greedy", GREEDY)
    done = limited.furcate("run", "config.json", "--", limited.script("train", f"{greedy} || exit 3\n"))
    assert "exit status 3, out of memory (" in done.stderr  # a counter of the slot tells that too, in other words


def test_somebodys_kill_is_none_for_want_of_memory(limited):
    limited.write(batch_size=[1])
    done = limited.furcate("run", "config.json", "--", limited.script("train", "kill -KILL $$\n"))
    assert "signal 9 (Killed)\n" in done.stderr


def test_a_kill_is_not_blamed_on_one_before_the_attempt(limited):
    """The first run ends well, though a child of it was killed for want of memory."""
    limited.write(batch_size=[1, 2], meta={"max_threads": 1, "order": "config"})
    greedy = limited.python("greedy", GREEDY)
    program = limited.script("train", f"[ $1 = 2 ] && kill -KILL $$\n{greedy} 2> /dev/null\n[ $? = 137 ]\n")
    done = limited.furcate("run", "config.json", "--", program, "{batch_size}")
    assert limited.values() == ["1"]
    assert "signal 9 (Killed)\n" in done.stderr


@pytest.mark.parametrize("slots", [1, 2])
def test_each_that_is_killed_is_told(limited, slots):
    limited.write(batch_size=[1, 2], meta={"max_threads": slots})
    done = limited.furcate("run", "config.json", "--", limited.python("greedy", GREEDY))
    reasons = [reason for _, _, reason, _, _ in attempts(limited)]
    assert reasons == 2 * ["signal 9 (Killed), out of memory (ended by the kernel)"], done.stderr


def test_what_a_program_prints_is_enough(project):
    project.write(batch_size=[1, 2], meta={"retries": 0})
    done = project.furcate("run", "config.json", "--", project.script("train", "echo MemoryError >&2; exit 1\n"))
    assert done.stderr.count("exit status 1, out of memory") == 4, "in the log's echo and in the list of failures"
