"""A fault of one run is that run's: it fails with a word on why, and all others are done."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from sample import attacks
from support import FURCATE, STUBS, USER, Project, until

LONG = 140_000  # the kernel takes no argument of 131,072 bytes or more
TOO_LONG = "could not be started: cannot execute /bin/echo: Argument list too long"
REMEDY = "let the program read it from the run's config.json, whose path {config} and FURCATE_CONFIG name"
# Fails with the value 1 until the test has made the file `ok`.
FAILS = '[ -e "$FURCATE_TEST/ok" ] || [ "$1" != 1 ] || exit 3\necho trained\n'


# --- arguments ---

def long_among(place):
    values = ["b", "c", "d"]
    values[place] = "a" * LONG
    return values


@attacks("place", [0, 1, 2], sample=2)
@pytest.mark.parametrize("command", [["{x}"], ["--x={x}"], ["{*}"], ["-c", "print('{x}')"]], ids=str)
def test_a_value_that_is_too_long_for_an_argument_fails_its_own_run(project, place, command):
    project.write({"x": long_among(place)}, meta={"max_threads": 1, "retries": 3, "order": "config"})
    for _ in range(2):
        done = project.furcate("run", "config.json", "--", "/bin/echo", *command)
        assert done.returncode == 1
        assert project.values("x") == sorted(set("bcd") - {"bcd"[place]})
        assert done.stderr.count(TOO_LONG) == 1, "it is not tried again: it would be as long"
        assert "1 run failed; a further start tries it again" in done.stderr and REMEDY in done.stderr
    assert len(project.directories()) == 3, "the run keeps its folder"
    [failed] = [path for path in project.logs.glob("*/*.err") if path.stat().st_size]
    assert "furcate: cannot execute /bin/echo: Argument list too long" in failed.read_text()


def test_arguments_that_are_too_long_together_fail_their_run(project):
    project.write({"x": ["a", "b" * 100_000]}, meta={"order": "config"})
    done = project.furcate("run", "config.json", "--", "/bin/echo", *["{x}"] * 70)
    assert done.returncode == 1 and TOO_LONG in done.stderr
    assert project.values("x") == ["a"]


def test_the_remedy_works(project):
    project.write({"x": long_among(0)})
    project.run(project.script("train", 'cmp -s "$1" "$FURCATE_CONFIG" && wc -c < "$1"\n'), "{config}")
    assert len(project.csv.read_text().splitlines()) == 1 + 3


@pytest.mark.parametrize("gpus", [0, 2])
def test_a_grid_whose_arguments_are_all_too_long_is_tried_with_few_configs(project, gpus):
    project.environment.update(LD_LIBRARY_PATH=str(STUBS), FURCATE_STUB_GPUS=str(gpus))
    project.write({"x": [letter * LONG for letter in "abcdefgh"]}, meta={"max_threads": 2})
    done = project.furcate("run", "config.json", "--", "/bin/echo", "{x}")
    assert done.returncode == 1
    assert "3 configs in a row failed with the same message" in done.stderr and "set aside" not in done.stderr
    assert len(project.directories()) == 3


def test_without_fail_fast_all_are_tried(project):
    project.write({"x": ["b", *(letter * LONG for letter in "cdefgh"), "i"]}, meta={"fail_fast": False, "order": "config"})
    done = project.furcate("run", "config.json", "--", "/bin/echo", "{x}")
    assert done.returncode == 1 and done.stderr.count(TOO_LONG) == 6
    assert project.values("x") == ["b", "i"]


# --- what stands in a run directory ---

def put_folder(path):
    path.unlink(missing_ok=True)
    path.mkdir()


def put_full_folder(path):
    put_folder(path)
    (path / "checkpoint").touch()


def put_fifo(path):
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def put_dangling_link(path):
    path.unlink(missing_ok=True)
    path.symlink_to("no/where")


def put_endless_link(path):
    path.unlink(missing_ok=True)
    path.symlink_to(path.name)


def failed_once(project, retries=0):
    """Three runs, of which the first has failed and is to be tried again. Returns the program, and the first's folder."""
    project.write({"data_name": "example", "x": [1, 2, 3]}, meta={"max_threads": 1, "order": "config", "retries": retries})
    program = project.script("train", FAILS)
    assert project.furcate("run", "config.json", "--", program, "{x}").returncode == 1
    (project.root / "ok").touch()
    project.write({"data_name": "example", "x": [1, 2, 3, 4]}, meta={"max_threads": 1, "order": "config", "retries": retries})
    return program, project.logs / "example0_x1"


@attacks("name", ["example0.log", "example0.err", "furcate.json.new", "config.json.new"])
@attacks("put", [put_folder, put_full_folder, put_fifo, put_dangling_link, put_endless_link], sample=2)
def test_what_stands_in_a_runs_way_fails_that_run(project, name, put):
    program, directory = failed_once(project)
    put(directory / name)
    done = project.furcate("run", "config.json", "--", program, "{x}")
    expected = ["2", "3", "4"] if done.returncode else ["1", "2", "3", "4"]
    assert project.values("x") == expected
    assert "signal" not in done.stderr and "cannot be started now" not in done.stderr
    if done.returncode:
        assert done.returncode == 1 and f"could not be started: cannot write {directory / name}: " in done.stderr
        assert "which the program has deleted" not in done.stderr
        shutil.rmtree(directory / name) if (directory / name).is_dir() else (directory / name).unlink()
        project.run(program, "{x}")
    assert project.values("x") == ["1", "2", "3", "4"]
    assert {row["run_id"] for row in project.rows()} == {"0", "1", "2", "3"}, "it goes on in its own folder"


def test_a_run_is_tried_again_once_its_way_is_clear(project):
    program, directory = failed_once(project)
    put_folder(directory / "example0.log")
    project.write({"data_name": "example", "x": [1, 2]}, meta={"max_threads": 1, "retries": 20})
    runner = project.start(program, "{x}")
    until(lambda: "will be tried again" in runner.stderr)
    (directory / "example0.log").rmdir()
    assert runner.wait() == 0, runner.stderr
    assert project.values("x") == ["1", "2", "3"]


@pytest.fixture
def other_user():
    """A project of a user who may not do everything, in a folder that he reaches."""
    made = Project(pathlib.Path(tempfile.mkdtemp(prefix="furcate-test-")))
    made.root.chmod(0o777)
    if os.geteuid() == 0:
        made.executable = ["setpriv", f"--reuid={USER}", "--clear-groups", FURCATE]
    try:
        if not shutil.which("setpriv") or made.furcate("--version").returncode:
            pytest.skip("needs setpriv, and a build that others than root can execute")
        yield made
    finally:
        shutil.rmtree(made.root)


@attacks("part, mode", [(".", 0o555), ("example0.log", 0o444), ("example0.err", 0)])
def test_a_run_directory_that_may_not_be_written_to_fails_its_run(other_user, part, mode):
    project = other_user
    program, directory = failed_once(project)
    (directory / part).chmod(mode)
    done = project.furcate("run", "config.json", "--", program, "{x}")
    assert done.returncode == 1
    assert "could not be started: cannot write" in done.stderr and "Permission denied" in done.stderr
    assert project.values("x") == ["2", "3", "4"]
    (directory / part).chmod(0o755)
    project.run(program, "{x}")
    assert project.values("x") == ["1", "2", "3", "4"]


def test_a_folder_that_may_not_be_read_is_told_of(other_user):
    project = other_user
    program, directory = failed_once(project)
    directory.chmod(0)
    project.run(program, "{x}")
    directory.chmod(0o755)
    assert project.values("x") == ["1", "2", "3", "4"]
    assert f"{directory} may not be read: if a run without a row is in it" in project.log()


def test_a_run_directory_that_is_immutable_fails_its_run(project):
    program, directory = failed_once(project)
    if not shutil.which("chattr") or subprocess.run(["chattr", "+i", directory], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("needs chattr, the right to use it, and a file system that knows it")
    try:
        done = project.furcate("run", "config.json", "--", program, "{x}")
    finally:
        subprocess.run(["chattr", "-i", directory], check=True)
    assert done.returncode == 1 and "lsattr shows whether it is immutable" in done.stderr
    assert project.values("x") == ["2", "3", "4"]
