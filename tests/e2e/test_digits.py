"""The digits example: a Fork program in C, as its users start it."""

import json
import pathlib
import re
import subprocess

import pytest

from support import BUILD

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples/digits"
FILES = ["accuracy.jpg", "config.json", "digits{id}.err", "digits{id}.log", "furcate.json", "history.json", "loss.jpg", "metrics.jsonl",
         "model.bin", "run_data.json"]
EPOCHS = 3


@pytest.fixture
def trained(project):
    """Four runs of a small network, started as a program of its own."""
    project.write({"data_name": "digits", "data_dir": str(EXAMPLE / "data"), "batch_size": [32, 64], "epochs": EPOCHS,
                   "hidden_sizes": [[8]], "dropout": 0.1, "optimizer_name": "Adam", "learning_rate": [0.01, 0.003]},
                  meta={"objective": {"metric": "val_accuracy", "mode": "max"}})
    done = start(project)
    assert done.returncode == 0, done.stderr
    return project


def start(project, *arguments):
    return subprocess.run([BUILD / "examples/digits/digits", "--config", "config.json", *arguments], cwd=project.root,
                          env=project.environment, capture_output=True, text=True, timeout=120)


def directories(project):
    return [(int(row["run_id"]), project.root / row["log_dir"], row) for row in project.rows()]


def test_every_run_leaves_the_tree_of_the_spec(trained):
    assert len(trained.rows()) == 4
    for number, directory, row in directories(trained):
        assert sorted(path.name for path in directory.iterdir()) == sorted(name.format(id=number) for name in FILES)
        assert directory.name == f"digits{number}_data_bs{row['batch_size']}_lr{row['learning_rate'].replace('.', '-')}"


def test_the_plots_are_jpeg_pictures(trained):
    for path in trained.logs.glob("*/*.jpg"):
        picture = path.read_bytes()
        assert picture.startswith(b"\xff\xd8\xff") and picture.endswith(b"\xff\xd9")
        assert len(picture) > 2000
    assert len(list(trained.logs.glob("*/*.jpg"))) == 8


def test_history_has_every_epoch(trained):
    for _, directory, row in directories(trained):
        history = json.loads((directory / "history.json").read_text())
        assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
        assert {len(values) for values in history.values()} == {EPOCHS}
        assert float(row["run_train_accuracy"]) == history["accuracy"][-1]
        assert float(row["run_val_loss"]) == history["val_loss"][-1]
        assert int(row["run_epochs"]) == EPOCHS


def test_run_data_json_has_the_results_of_the_row(trained):
    for number, directory, row in directories(trained):
        data = json.loads((directory / "run_data.json").read_text())
        assert str(data["batch_size"]) == row["batch_size"]
        assert data["meta"]["run"]["id"] == number
        assert data["meta"]["data"]["val_accuracy"] == float(row["run_val_accuracy"])
        assert json.loads(row["run_results"]) == [float(row["run_test_loss"]), float(row["run_test_accuracy"])]


def test_the_saved_model_scores_what_the_table_says(trained):
    test_set = next((EXAMPLE / "data").glob("digits.test*"))
    for _, directory, row in directories(trained):
        scored = subprocess.run([BUILD / "examples/digits/digits-score", directory / "model.bin", test_set],
                                capture_output=True, text=True, env=trained.environment)
        assert scored.returncode == 0, scored.stderr
        accuracy = re.search(r"accuracy ([0-9.]+)", scored.stdout)[1]
        assert accuracy == f"{float(row['run_test_accuracy']):.4f}"


def test_the_networks_have_learned(trained):
    """Ten digits: chance is a tenth."""
    assert max(float(row["run_test_accuracy"]) for row in trained.rows()) > 0.5


def test_a_second_start_has_nothing_to_do(trained):
    before = trained.csv.read_bytes()
    done = start(trained)
    assert done.returncode == 0
    assert "Everything is done" in done.stderr
    assert trained.csv.read_bytes() == before


def test_a_run_repeats_to_the_last_digit(trained):
    before = {(row["batch_size"], row["learning_rate"]): row["run_results"] for row in trained.rows()}
    trained.csv.unlink()
    assert start(trained).returncode == 0
    assert {(row["batch_size"], row["learning_rate"]): row["run_results"] for row in trained.rows()} == before


def test_furcate_best_knows_its_objective(trained):
    done = trained.furcate("best", "--path")
    best = max(trained.rows(), key=lambda row: float(row["run_val_accuracy"]))
    found = next(row for row in trained.rows() if row["log_dir"] == done.stdout.strip())
    assert found["run_val_accuracy"] == best["run_val_accuracy"]


def test_a_run_that_fails_says_why_in_its_err(project):
    project.write({"data_name": "digits", "data_dir": str(EXAMPLE / "data"), "batch_size": 32, "epochs": 1,
                   "hidden_sizes": [[8]], "dropout": 0.1, "optimizer_name": ["Nadir"]})
    done = start(project)
    assert done.returncode == 1
    assert "Nadir" in (project.logs / "digits0_data/digits0.err").read_text()
    assert "Nadir" in done.stderr
    assert not project.csv.exists() or project.rows() == []
