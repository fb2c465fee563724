"""What ran is written down: command, program, place and commit of each start, and whether the code was another."""

import json
import os
import subprocess
import sys

import pytest

from support import BUILD, FURCATE, GATED, until
from test_digits import EXAMPLE


def start_of(project, k):
    """meta.run.start of the run with that value of k."""
    files = [json.loads(path.read_text()) for path in project.logs.glob("*/run_data.json")]
    return next(file["meta"]["run"]["start"] for file in files if file["k"] == k)


def git(folder, *arguments):
    done = subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=a@b", *arguments], cwd=folder, check=True,
                          capture_output=True, text=True)
    return done.stdout.strip()


def test_each_start_is_written_down(project):
    project.write({"k": [1]})
    train = project.script("train", "true")
    project.run("./train", "--k", "{k}", "--token", "abc")
    project.write({"k": [1, 2]})
    project.run(train, "{k}")
    start = start_of(project, 1)
    assert start["command"] == [str(FURCATE), "run", "config.json", "--", "./train", "--k", "{k}", "--token", "abc"]
    assert start["program"] == ["./train", "--k", "{k}", "--token", "abc"]
    assert os.path.samefile(start["interpreter"], "/bin/sh")
    assert (start["directory"], start["config"]) == (str(project.root), str(project.config))
    assert start["host"] == os.uname().nodename
    assert start["furcate"] in project.furcate("--version").stdout
    assert start["commit"] is None
    assert start_of(project, 2)["program"] == [train, "{k}"]
    assert start_of(project, 2)["time"] > start["time"]
    rows = project.query("SELECT id, command, program, interpreter, directory, config, host, user, git_commit, version "
                         "FROM starts ORDER BY id")
    assert [(row[0], json.loads(row[1]), json.loads(row[2]), *row[3:]) for row in rows] == [
        (number, *(start[key] for key in ("command", "program", "interpreter", "directory", "config", "host", "user",
                                          "commit", "furcate")))
        for number, start in enumerate([start, start_of(project, 2)])]
    assert [(run, number, json.loads(command)) for run, number, command in
            project.query("SELECT run_id, start_id, command FROM attempts ORDER BY run_id")] == [
        (0, 0, ["./train", "--k", "1", "--token", "abc"]), (1, 1, [train, "2"])]
    assert "start" not in json.loads(project.rows()[0]["meta"]).get("run", {})


def test_the_start_is_also_in_what_a_fork_program_writes(project):
    project.write({"data_name": "digits", "data_dir": str(EXAMPLE / "data"), "batch_size": 64, "epochs": 1,
                   "hidden_sizes": [[8]], "dropout": 0.1, "optimizer_name": "Adam"})
    program = BUILD / "examples/digits/digits"
    done = subprocess.run([program, "--config", "config.json"], cwd=project.root, env=project.environment,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    start = json.loads(next(project.logs.glob("*/run_data.json")).read_text())["meta"]["run"]["start"]
    assert start["command"] == [str(program), "--config", "config.json"]
    assert start["interpreter"] == str(program)
    planned = project.furcate("plan", "config.json", "--limit", "0", "--", "true").stdout
    assert "1 done, 0 left" in planned
    assert "run_data.csv" not in planned, "what a Fork fills in makes no other runs"


def loose(folder):
    pass


def packed(folder):
    git(folder, "pack-refs", "--all")


def detached(folder):
    git(folder, "checkout", "-q", "--detach")


@pytest.mark.parametrize("state", [loose, packed, detached])
def test_the_commit_is_that_of_the_script(project, state):
    code = project.root / "code"
    (code / "inner").mkdir(parents=True)
    git(code, "init", "-q", ".")
    project.script("code/inner/train", "true")
    git(code, "add", ".")
    git(code, "commit", "-q", "-m", "first")
    state(code)
    project.write({"k": [1]})
    project.run("code/inner/train")
    assert start_of(project, 1)["commit"] == git(code, "rev-parse", "HEAD")


def test_the_commit_is_that_of_a_worktree_of_its_own(project):
    first, second = project.root / "first", project.root / "second"
    first.mkdir()
    git(first, "init", "-q", ".")
    git(first, "commit", "-q", "--allow-empty", "-m", "first")
    git(first, "worktree", "add", "-q", "-b", "other", str(second))
    git(second, "commit", "-q", "--allow-empty", "-m", "second")
    git(first, "pack-refs", "--all")
    project.script("second/train", "true")
    project.write({"k": [1]})
    project.run("second/train")
    assert start_of(project, 1)["commit"] == git(second, "rev-parse", "HEAD") != git(first, "rev-parse", "HEAD")


def repository(folder, name):
    (folder / name).mkdir(parents=True)
    git(folder / name, "init", "-q", ".")
    git(folder / name, "commit", "-q", "--allow-empty", "-m", name)
    return git(folder / name, "rev-parse", "HEAD")


@pytest.fixture
def shims(project):
    """A version manager that is a git repository, with a shell script as python3 first on PATH."""
    commit = repository(project.root, "versions")
    project.script("versions/python3", f'#!/usr/bin/env bash\nexec {sys.executable} "$@"\n')
    project.environment["PATH"] = f"{project.root / 'versions'}:{project.environment['PATH']}"
    project.write({"k": [1]})
    return commit


@pytest.mark.parametrize("program", ["python3", "{root}/versions/python3"], ids=["by name", "by path"])
def test_a_shell_script_on_path_is_the_interpreter_and_not_the_script(project, shims, program):
    commit = repository(project.root, "code")
    (project.root / "code/train.py").touch()
    project.run(program.format(root=project.root), "-u", "code/train.py", "{k}")
    start = start_of(project, 1)
    assert start["interpreter"] == str(project.root / "versions/python3")
    assert start["commit"] == commit != shims


def test_the_commit_of_a_module_is_that_of_its_file(project, shims):
    commit = repository(project.root, "mine")
    (project.root / "mine/train.py").touch()
    project.run("python3", "-m", "mine.train")
    assert start_of(project, 1)["commit"] == commit


def test_without_a_script_the_commit_is_that_of_the_working_directory(project, shims):
    project.run("python3", "-c", "pass")
    assert start_of(project, 1)["commit"] is None
    git(project.root, "init", "-q", ".")
    git(project.root, "commit", "-q", "--allow-empty", "-m", "here")
    project.write({"k": [1, 2]})
    project.run("python3", "-c", "pass")
    assert start_of(project, 2)["commit"] == git(project.root, "rev-parse", "HEAD")


def test_a_file_that_a_script_is_given_is_not_the_script(project):
    code, data = repository(project.root, "code"), repository(project.root, "data")
    project.script("code/train", "true")
    (project.root / "data/x.csv").touch()
    project.write({"k": [1]})
    project.run("code/train", "data/x.csv")
    assert start_of(project, 1)["commit"] == code != data


# --- edited code ---

def test_an_edit_of_the_script_while_the_grid_runs_is_told_once(project):
    project.write({"k": [1, 2, 3]}, meta={"max_threads": 1, "order": "config"})
    script = project.root / "gated"
    runner = project.start(project.gated())
    project.until_waiting(1)
    script.write_text(script.read_text() + "# edited\n")
    assert project.let_all_go(runner) == 0
    assert project.log().count(f"{script} was edited: runs that start from now on execute the new code") == 1
    codes = [code for _, code in project.query("SELECT run_id, code FROM attempts ORDER BY run_id")]
    assert codes[0] != codes[1] == codes[2]


def append(path):
    return f"echo '# edited' >> {path}"


def replace(path):
    return f"cp -p {path} new && echo '# edited' >> new && mv new {path}"


@pytest.mark.parametrize("edit", [append, replace])
@pytest.mark.parametrize("file, command", [
    ("train.sh", ["./train.sh"]),
    ("train.sh", ["sh", "train.sh"]),
    ("train.sh", ["env", "VAR=1", "sh", "-u", "train.sh"]),
    ("pk.py", [sys.executable, "-m", "pk"]),
    ("pk/__main__.py", [sys.executable, "-m", "pk"]),
])
def test_an_edit_by_the_first_of_short_runs_is_told(project, edit, file, command):
    project.write({"k": [1, 2, 3, 4]}, meta={"max_threads": 1, "order": "config"})
    (project.root / "pk").mkdir()
    once = f"[ -e edited ] || {{ touch edited; {edit(file)}; }}"
    if file.endswith(".py"):
        (project.root / file).write_text(f"import os\nos.system({once!r})\n")
    else:
        project.script(file, f"{once}; exit\n")
    project.run(*command)
    assert f"{project.root / file} was edited: runs that start from now on execute the new code" in project.log()
    codes = [code for _, code in project.query("SELECT run_id, code FROM attempts ORDER BY run_id")]
    assert codes[0] != codes[1] == codes[2] == codes[3]


def test_a_command_of_a_shell_is_in_the_record_and_has_no_script_to_be_edited(project):
    project.write({"k": [1, 2]})
    project.script("train.py", "true\n")
    project.run("sh", "-c", "echo train.py {k} >> train.py")
    assert "edited" not in project.log()
    assert start_of(project, 1)["program"] == ["sh", "-c", "echo train.py {k} >> train.py"]
    commands = [json.loads(command) for command, in project.query("SELECT command FROM attempts ORDER BY run_id")]
    assert [command[-1] for command in commands] == [f"echo train.py {k} >> train.py" for k in (1, 2)]


def test_a_script_that_is_away_while_the_grid_runs_was_not_edited(project):
    project.write({"k": [1, 2]}, meta={"max_threads": 1, "fail_fast": False})
    project.script("train.sh", GATED)
    runner = project.start("sh", "train.sh")
    directory = project.until_waiting(1)[0]
    (project.root / "train.sh").rename(project.root / "away")
    project.let_go(directory)
    until(lambda: f"No run can be started now: cannot read {project.root}/train.sh" in project.log(), "the hold")
    (project.root / "away").rename(project.root / "train.sh")
    assert project.let_all_go(runner) == 0
    assert "was edited" not in project.log()


def test_rows_of_code_that_was_edited_since_are_counted_at_the_start(project):
    project.write({"k": [1, 2]})
    train = project.root / "train"
    project.script("train", "true\n")
    assert "were made" not in project.run("sh", "train").stderr + project.run("sh", "train").stderr
    train.touch()
    assert "were made" not in project.run("sh", "train").stderr
    train.write_text("true # better\n")
    project.write({"k": [1, 2, 3]})
    for done in (2, 3):
        told = project.run("sh", "train").stderr
        assert f"2 of {done} finished runs of this plan were made before {train} was edited; they go on to count" in told
    project.csv.write_text("".join(line for line in project.csv.read_text().splitlines(keepends=True)
                                   if not line.startswith(("1,", "2,"))))
    assert "were made" not in project.run("sh", "train").stderr
    assert "were made" not in project.run("sh", "train").stderr
    assert "3 of 3 finished runs of this plan were made by another program or script" in project.run("true").stderr


def test_a_config_that_is_given_to_the_program_is_no_code(project):
    project.write({"k": [1]})
    project.script("train", "true\n")
    project.run("sh", "train", "config.json")
    project.write({"k": [1, 2]})
    assert "were made" not in project.run("sh", "train", "config.json").stderr
