"""Programs that put anything at the names of files into their run directory: nothing hangs, nothing outside is touched, and
no other run is affected."""

import itertools
import signal

import pytest

import hostile
from sample import attacks
from support import until

# Commands that put something at $at, in a shell. $outside is a folder of precious files.
KINDS = {
    "fifo": 'mkfifo "$at"',
    "link to a file": 'ln -s "$outside/precious.txt" "$at"',
    "link to a folder": 'ln -s "$outside/folder" "$at"',
    "link to nothing": 'ln -s "$outside/not_there" "$at"',
    "link to a fifo": 'ln -s "$outside/fifo" "$at"',
    "endless": 'ln -s /dev/zero "$at"',
    "full": 'ln -s /dev/full "$at"',
    "folder": 'mkdir -p "$at/in/it"',
    "hard link": 'ln "$outside/precious.txt" "$at"',
    "terabyte": 'truncate -s 1T "$at"',
    "unreadable": 'echo text > "$at"; chmod 0 "$at"',
}
ENDS = ["exit 0", "exit 1", "[ $FURCATE_ATTEMPT = 2 ]"]
NAMES = ["$FURCATE_NAME.log", "$FURCATE_NAME.err", "metrics.jsonl", "run_data.json", "furcate_run_data.json", "furcate.json",
         "config.json", "furcate_config.json", "run_data.json.new", "furcate.json.new"]


@pytest.fixture
def outside(project):
    project.write({"x": [1, 2, 3], "meta": {"max_threads": 1, "order": "config"}})
    return hostile.make_precious(project.root)


def puts(project, outside, kind, name, rest):
    """A program that puts it there in its run with x = 2."""
    return project.script("puts", f'outside={outside}\nat="$FURCATE_RUN_DIR{"/" * bool(name)}{name}"\n[ $1 = 2 ] || exit 0\n'
                                  f'rm -rf "$at"\n{KINDS[kind]}\n{rest}\n')


def check_that_only_the_run_suffers(project, outside, kind, name, end):
    """The second of three runs puts it there; twice started, the others have their rows, and nothing outside changes."""
    before = hostile.picture_of(outside)
    project.write({"x": [1, 2, 3], "meta": {"max_threads": 1, "order": "config", "retries": int("ATTEMPT" in end)}})
    program = puts(project, outside, kind, name, end)
    for start in range(2):
        done = project.furcate("run", "config.json", "--", program, "{x}")
        assert done.returncode in (0, 1), done.stderr
        assert {"1", "3"} <= set(project.values("x")), done.stderr
        assert hostile.picture_of(outside) == before
    assert end != "exit 0" or project.values("x") == ["1", "2", "3"]


@attacks("what", itertools.product(NAMES, KINDS, ENDS), 9)
def test_something_odd_for_a_file(project, outside, what):
    name, kind, end = what
    check_that_only_the_run_suffers(project, outside, kind, name, end)


@attacks("what", itertools.product([kind for kind in KINDS if kind not in ("terabyte", "unreadable")], ENDS), 5)
def test_something_odd_for_the_run_directory(project, outside, what):
    kind, end = what
    check_that_only_the_run_suffers(project, outside, kind, "", end)


@attacks("kind", [kind for kind in KINDS if kind != "unreadable"], 3)
def test_something_odd_for_the_directory_of_a_coming_run(project, outside, kind):
    before = hostile.picture_of(outside)
    program = puts(project, outside, kind, "../config2_x3", "exit 0")
    project.run(program, "{x}")
    assert project.values("x") == ["1", "2", "3"]
    assert hostile.picture_of(outside) == before


@attacks("name", NAMES[:4], 2)
@attacks("end", ["exit 0", "exit 1"])
def test_a_fifo_keeps_no_stop_waiting(project, outside, name, end):
    """Also where a run executes when furcate is told to stop."""
    program = puts(project, outside, "fifo", name, f'touch "$FURCATE_TEST/ready"; trap "{end}" TERM; while :; do sleep .01; done')
    runner = project.start(program, "{x}")
    until((project.root / "ready").exists)
    runner.send(signal.SIGTERM)
    assert runner.wait() == 143
