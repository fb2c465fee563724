"""The notebook of examples/notebook: its code runs on a table that a grid left."""

import json
import os
import pathlib

import pytest

from conftest import APP, RUN

pytest.importorskip("pandas")
NOTEBOOK = pathlib.Path(__file__).resolve().parents[2] / "examples/notebook/results.ipynb"


def test_every_cell_runs_on_a_table_of_two_axes(project, monkeypatch):
    project.write(learning_rate=[0.1, 0.01])
    project.train(APP.replace('"accuracy": [', '"val_accuracy": [0.5] * epochs, "accuracy": [') + RUN)
    monkeypatch.setitem(os.environ, "FURCATE_LOGS", str(project.logs))
    cells = [cell for cell in json.loads(NOTEBOOK.read_text())["cells"] if cell["cell_type"] == "code"]
    names: dict = {}
    for cell in cells:
        assert cell["outputs"] == []
        exec("".join(cell["source"]), names)
    assert names["axes"] == ["batch_size", "learning_rate"]
    assert names["table"].shape == (2, 2)
