"""Notebooks: the one of examples/notebook, whose code runs on a table that a grid left, and scripts that are started
from a prompt or a cell."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from conftest import APP, RUN

NOTEBOOK = pathlib.Path(__file__).resolve().parents[2] / "examples/notebook/results.ipynb"


FUNCTION = "import furcate\nfurcate.run('config.json', lambda config: {'size': config.batch_size})\n"
REFUSAL = "each run executes this script again, so it must be a file"


def at_a_prompt(project, *lines, words=("-i",)):
    """What a person gets who types these lines; its end is that of stdin."""
    return subprocess.run([sys.executable, *words], input="\n".join(lines) + "\n", cwd=project.root, text=True,
                          env=project.environment, capture_output=True)


@pytest.mark.parametrize("script", [FUNCTION, APP + RUN], ids=["function", "Fork"])
def test_a_script_that_a_prompt_executes_as_its_main_module_is_refused(project, script):
    """As %run does."""
    project.script(script)
    done = at_a_prompt(project, "import runpy", "runpy.run_path('train.py', run_name='__main__')")
    assert REFUSAL in done.stderr and "!python3 train.py" in done.stderr and not project.logs.exists()


def test_a_prompt_after_a_script_is_refused_and_the_script_is_not(project):
    project.script(FUNCTION)
    done = at_a_prompt(project, "furcate.run('config.json', print)", words=("-i", "train.py"))
    assert "2 of 2 runs are done" in done.stderr and REFUSAL in done.stderr


@pytest.mark.parametrize(("words", "variables"), [(["-i"], {}), (["-u", "-i"], {}), ([], {"PYTHONINSPECT": "1"})])
@pytest.mark.parametrize("start", ["spawn", "fork"])
def test_a_run_that_fails_fails_also_where_its_script_is_to_be_inspected(project, words, variables, start):
    project.write(batch_size=[1, 2], meta={"start": start})
    project.environment.update(variables)
    project.script(FUNCTION.replace("{'size'", "1 / 0 and {'size'"))
    done = at_a_prompt(project, words=(*words, "train.py"))
    assert "2 runs failed" in done.stderr and "ZeroDivisionError" in done.stderr


def test_a_script_that_another_one_executes_is_executed_by_each_run(project):
    project.script(FUNCTION)
    project.script("import runpy\nrunpy.run_path('train.py', run_name='__main__')\n", "outer.py")
    project.train(None, "outer.py")
    assert len(project.rows()) == 2


def notebook_names(project, monkeypatch, folder=None):
    """The names that the notebook's cells leave, executed in a folder."""
    pytest.importorskip("pandas")
    monkeypatch.chdir(folder or project.root)
    cells = [cell for cell in json.loads(NOTEBOOK.read_text())["cells"] if cell["cell_type"] == "code"]
    names: dict = {}
    for cell in cells:
        assert cell["outputs"] == []
        exec("".join(cell["source"]), names)
    return names


def test_every_cell_runs_on_a_table_of_two_axes(project, monkeypatch):
    project.write(learning_rate=[0.1, 0.01])
    project.train(APP.replace('"accuracy": [', '"val_accuracy": [0.5] * epochs, "accuracy": [') + RUN)
    monkeypatch.setitem(os.environ, "FURCATE_LOGS", str(project.logs))
    names = notebook_names(project, monkeypatch)
    assert names["axes"] == ["batch_size", "learning_rate"]
    assert names["table"].shape == (2, 2)


@pytest.mark.parametrize("below", [".", "examples/notebook"])
def test_the_table_is_found_from_the_root_and_from_the_notebook_s_folder(project, monkeypatch, below):
    project.write(learning_rate=[0.1, 0.01])
    project.train(APP.replace('"accuracy": [', '"val_accuracy": [0.5] * epochs, "accuracy": [') + RUN)
    (project.root / "examples/notebook").mkdir(parents=True)
    monkeypatch.delenv("FURCATE_LOGS", raising=False)
    assert notebook_names(project, monkeypatch, project.root / below)["table"].shape == (2, 2)


def test_the_picture_shows_differences_that_are_small(project, monkeypatch):
    project.write(learning_rate=[0.1, 0.01])
    accuracy = "[0.96 + self.learning_rate / 10 + self.batch_size / 1e4] * epochs"
    project.train(APP.replace('"accuracy": [', f'"val_accuracy": {accuracy}, "accuracy": [') + RUN)
    monkeypatch.setitem(os.environ, "FURCATE_LOGS", str(project.logs))
    low, high = notebook_names(project, monkeypatch)["limits"]
    assert 0.96 < low < 0.9642 and 0.9764 < high < 0.98
