"""A run goes on in its own directory, whatever copies of it and links to it stand next to it."""

import csv
import shutil
import subprocess

import pytest

from test_identity import line, read, run_directory, write

# Goes on with its checkpoint, and fails until the test has opened.
TRAINS = """cd "$FURCATE_RUN_DIR" || exit 1
echo $FURCATE_ATTEMPT >> checkpoint
{then}
[ -e "$FURCATE_TEST/open" ]
"""
# Many, since folders are listed in no order.
NAMES = ["a.bak", "bert0 copy", "bert1_backup", "latest", *(f"bert0.{i}" for i in range(20))]


def copy(directory):
    for name in NAMES:
        shutil.copytree(directory, directory.with_name(name))


def link(directory):
    for name in NAMES:
        directory.with_name(name).symlink_to(directory.name)


def fail_once(project, then=""):
    write(project, {"data_name": "bert", "lr": [0.1]})
    program = project.script("train", TRAINS.format(then=then))
    assert project.furcate("run", "config.json", "--", program).returncode == 1
    (project.root / "open").touch()
    return program, project.logs / "bert0"


@pytest.mark.parametrize("make", [copy, link])
def test_a_run_goes_on_in_its_own_directory(project, make):
    program, directory = fail_once(project)
    make(directory)
    done = project.run(program)
    assert (directory / "checkpoint").read_text() == "1\n2\n"
    assert project.rows()[0]["log_dir"] == "logs/bert0"
    told = "is a copy of bert0; it is left as it is" if make == copy else "is a symbolic link, and furcate follows none"
    assert f"{project.logs}/latest {told}" in project.log()
    if make == copy:
        assert all((project.logs / name / "checkpoint").read_text() == "1\n" for name in NAMES)
        assert all(read(project.logs / name / "furcate.json")["meta"]["run"]["attempt"] == 1 for name in NAMES)
    assert done.returncode == 0


def test_so_does_one_whose_program_has_copied_it(project):
    copies = "".join(f'cp -r . "../{name}"\n' for name in NAMES)
    program, directory = fail_once(project, f'if [ $FURCATE_ATTEMPT = 1 ]; then {copies} fi')
    project.run(program)
    assert (directory / "checkpoint").read_text() == "1\n2\n"
    assert [(project.logs / name / "checkpoint").read_text() for name in NAMES] == ["1\n"] * len(NAMES)


def test_a_renamed_directory_is_the_runs(project):
    program, directory = fail_once(project)
    directory.rename(directory.with_name("mine"))
    project.run(program)
    assert run_directory(project).name == "mine"
    assert (run_directory(project) / "checkpoint").read_text() == "1\n2\n"


def test_copies_from_before_the_end_do_not_keep_a_deleted_row(project):
    program, directory = fail_once(project)
    copy(directory)
    project.run(program)
    with open(project.csv, newline="") as file:
        header = next(csv.reader(file))
    project.csv.write_text(",".join(header) + "\n")
    project.run(program)
    assert project.values("run_id") == ["1"]
    assert all((project.logs / name / "checkpoint").read_text() == "1\n" for name in NAMES)


def test_a_fork_goes_on_in_its_own_directory(project):
    program = line(project)
    data = project.root / "data/line.train.csv"
    data.unlink()
    fork = {"cwd": project.root, "env": project.environment, "capture_output": True}
    assert subprocess.run([program], **fork).returncode == 1
    directory = run_directory(project)
    copy(directory)
    data.write_text("1,2\n")
    assert subprocess.run([program], **fork).returncode == 0
    assert read(directory / "run_data.json")["meta"]["run"]["attempt"] == 2
    assert not any((project.logs / name / "run_data.json").exists() for name in NAMES)
