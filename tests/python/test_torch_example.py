"""The PyTorch example, started as its README says."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from conftest import BUILD, PATIENCE

pytest.importorskip("torch")
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def folder(tmp_path):
    """What the example needs of the repository, and `python3` as this Python."""
    shutil.copytree(EXAMPLES / "torch", tmp_path / "examples/torch")
    shutil.copytree(EXAMPLES / "digits/data", tmp_path / "examples/digits/data")
    (tmp_path / "build").mkdir()
    (tmp_path / "build/release").symlink_to(BUILD)
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin/python3"  # no link: a virtual environment is known by the path of its program
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return tmp_path


def test_the_commands_of_the_readme_train_the_grid_and_show_the_best(folder, project):
    [commands] = re.findall(r"```bash\n(.*?)```", (folder / "examples/torch/README.md").read_text(), re.DOTALL)
    environment = {**project.environment, "PATH": f"{folder}/bin:{project.environment['PATH']}"}
    done = subprocess.run(["bash", "-ec", commands], cwd=folder, env=environment, text=True, capture_output=True,
                          timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert "16 of 16 runs are done" in done.stderr
    header, *best = [line.split() for line in done.stdout.splitlines()]
    assert len(best) == 5
    for line in best:
        assert float(line[header.index("val_accuracy")]) > 0.97
        assert float(line[header.index("test_accuracy")]) > 0.95
    assert best[0][header.index("family")] == "cnn"
