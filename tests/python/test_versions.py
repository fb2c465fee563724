"""The one extension in every CPython at hand, from 3.9 on."""

import csv
import pathlib
import shutil
import subprocess
import sys

import pytest

from conftest import APP, RUN


def interpreters():
    """One path of each version, of those on PATH and those of pyenv."""
    found = {}
    for minor in range(9, 20):
        candidates = [shutil.which(f"python3.{minor}"),
                      *pathlib.Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python")]
        for path in filter(None, candidates):
            version = [str(path), "-c", "import sys; print(sys.implementation.name, sys.version_info[1])"]
            said = subprocess.run(version, capture_output=True, text=True).stdout
            if said.split() == ["cpython", str(minor)]:
                found.setdefault(minor, str(path))
    return found or {sys.version_info[1]: sys.executable}


@pytest.mark.parametrize("python", interpreters().values(), ids=[f"3.{minor}" for minor in interpreters()])
def test_trains_with(project, python):
    project.script(APP + RUN)
    done = subprocess.run([python, "train.py"], cwd=project.root, env=project.environment, capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr + project.errors()
    with open(project.logs / "run_data.csv", newline="") as file:
        assert [row["run_train_loss"] for row in csv.DictReader(file)] == ["0.125", "0.125"]
