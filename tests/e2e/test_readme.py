"""What the README shows is what is there, and does what it says."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from support import BUILD, FURCATE, SANITIZED

ROOT = pathlib.Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
# These set up a machine. script/demo and script/test are what people and CI type; pip's are those of python/test_install.py.
SETTING_UP = ["script/demo", "script/test", "script/build && sudo cmake --install build/release && sudo ldconfig",
              "script/bootstrap build python", "python3 -m venv venv && . venv/bin/activate", "pip install ."]
# The newcomer's script.
TRAIN = """import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--bs", type=int)
parser.add_argument("--lr", type=float)
given = parser.parse_args()
print(f"batch size {given.bs}, learning rate {given.lr}")
"""


def blocks(language):
    return [text for name, text in re.findall(r"^```(\w*)\n(.*?)^```$", README, re.S | re.M) if name == language]


def commands(program=""):
    """The lines of all shell blocks, without comments, that begin with a program's name."""
    lines = [re.sub(r"\s+#.*", "", line) for block in blocks("bash") for line in block.splitlines()]
    return [line for line in lines if line.startswith(program)]


@pytest.fixture
def newcomer(project):
    """An empty folder with the README's config and a script, on a machine with two GPUs."""
    config, = blocks("json")
    project.config.write_text(config)
    (project.root / "train.py").write_text(TRAIN)
    project.environment |= {"FURCATE_STUB_GPUS": "2", "PATH": f"{FURCATE.parent}:{project.environment['PATH']}"}
    return project


def type_in(folder, line, **environment):
    done = subprocess.run(["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    return done.stdout


def test_the_c_example_is_the_one_that_is_built_and_has_under_40_lines():
    example, = blocks("c")
    assert example == (ROOT / "examples/line/line.c").read_text()
    assert len(example.splitlines()) < 40


def test_the_two_commands_and_every_linked_file_are_there():
    scripts = commands("script/")
    assert scripts[:2] == ["script/demo", "script/test"]
    links = re.findall(r"\]\(([^)#]+)", README)
    missing = [name for name in [line.split()[0] for line in scripts] + links if not (ROOT / name).exists()]
    assert links and not missing


def test_every_command_is_run_by_a_test_or_sets_up_a_machine():
    assert set(commands()) == {*SETTING_UP, *commands("furcate "), *commands("cc ")}


def test_the_first_grid_runs_as_it_is_typed(newcomer):
    plan, run = commands("furcate ")
    assert "6 permutations" in type_in(newcomer.root, plan, **newcomer.environment)
    type_in(newcomer.root, run, **newcomer.environment)
    printed = {path.read_text().strip() for path in newcomer.logs.glob("*/*.log")}
    assert printed == {f"batch size {size}, learning rate {rate}" for size in (32, 64) for rate in (0.1, 0.01, 0.001)}
    assert len(newcomer.rows()) == 6


def test_the_tree_is_what_runs_leave(newcomer):
    tree = next(block for block in blocks("") if block.startswith("logs/")).splitlines()
    type_in(newcomer.root, commands("furcate run ")[0], **newcomer.environment)
    folder = newcomer.logs
    for line in tree[1:-1]:
        name = line.split("-- ")[1]
        folder = newcomer.logs if line.startswith("|--") else folder
        assert (folder / name).exists(), f"{name} in {sorted(path.name for path in folder.iterdir())}"
        folder = folder / name if name.endswith("/") else folder


@pytest.mark.skipif(SANITIZED, reason="the printed line links no sanitizer")
def test_the_c_program_is_compiled_and_started_as_it_is_typed(newcomer, tmp_path):
    prefix, folder = tmp_path / "usr", tmp_path / "line"
    subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, capture_output=True)
    library = next(prefix.rglob("libfurcate.so")).parent
    environment = {**os.environ, "PKG_CONFIG_PATH": str(library / "pkgconfig"), "LD_LIBRARY_PATH": str(library)}
    shutil.copytree(ROOT / "examples/line", folder)
    (folder / "line.c").write_text(blocks("c")[0])
    line, = commands("cc ")
    type_in(folder, f"{line} && ./line", **environment)
    assert len(list(folder.glob("logs/*/run_data.json"))) == 6
