"""The TensorFlow example, started as its README says."""

import pathlib
import re
import subprocess
import sys

import pytest

from conftest import BUILD

pytest.importorskip("tensorflow")
ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_the_commands_of_the_example_train_its_grid(project):
    """All but those that install: this Python has what they bring."""
    [commands] = re.findall(r"```bash\n(.*?)```", (ROOT / "examples/tensorflow/README.md").read_text(), re.DOTALL)
    lines = [line for line in commands.splitlines() if "pip install" not in line and "-m venv" not in line]
    commands = "\n".join(lines).replace("build/venv/example/bin/python", sys.executable)
    commands = commands.replace("build/venv/example/bin/furcate", str(BUILD / "furcate"))
    for name in ("tensorflow", "digits/data"):
        subprocess.run(["cp", "-r", "--parents", f"examples/{name}", project.root], cwd=ROOT, check=True)
    done = subprocess.run(["bash", "-ec", commands], cwd=project.root, env=project.environment, text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    assert "7 of 7 runs are done" in done.stderr
    header, best = (line.split() for line in done.stdout.splitlines()[:2])
    assert float(best[header.index("val_accuracy")]) > 0.9
