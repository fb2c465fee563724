"""Scripts that put Python into a locale: a decimal comma, a Turkish i, a decimal point of two bytes."""

import json
import pathlib
import sys

import pytest

from conftest import APP, RUN

sys.path.append(str(pathlib.Path(__file__).parents[1] / "e2e"))
import locales

RATES = [0.5, 0.001]
ENTER = """
import locale
locale.setlocale(locale.LC_ALL, "")
assert locale.localeconv()["decimal_point"] != "."
"""
FUNCTION = ENTER + """
import threading

import furcate

def train(config):
    assert furcate.config().learning_rate == config.learning_rate
    furcate.report(1, loss=config.learning_rate / 3)
    thread = threading.Thread(target=furcate.report, args=(2,), kwargs={"loss": config.learning_rate / 6})
    thread.start()
    thread.join()
    print(f"size={config.betas[1]}")
    return {"accuracy": 0.12}

furcate.run("config.json", train)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("locales")
    locales.make(folder)
    return folder


@pytest.fixture(params=locales.NAMES)
def inside(project, made, request):
    project.environment |= locales.environment(made, request.param)
    return project


def columns_of(project, *columns):
    return sorted(tuple(float(row[column]) for column in columns) for row in project.rows())


def reports_of(project, i):
    return [json.loads(line) for line in project.read("metrics.jsonl", i).splitlines()]


@pytest.mark.parametrize("start", ["spawn", "fork"])
def test_a_function_gets_and_reports_numbers(inside, start):
    inside.write(learning_rate=RATES, batch_size=32, betas=[[0.9, 0.125]],
                 meta={"start": start, "metrics": {"size": "size=(.*)"}})
    inside.train(FUNCTION)
    assert columns_of(inside, "learning_rate", "run_accuracy", "run_size") == [(0.001, 0.12, 0.125), (0.5, 0.12, 0.125)]
    for i, rate in enumerate(RATES):
        reports = reports_of(inside, i)
        assert [report["loss"] for report in reports if "loss" in report] == [rate / 3, rate / 6]
        assert inside.json("config.json", i)["learning_rate"] == rate


@pytest.mark.parametrize("start", ["spawn", "fork"])
def test_an_app_gets_and_reports_numbers(inside, start):
    inside.write(learning_rate=RATES, batch_size=32, meta={"start": start})
    inside.train(ENTER + APP.replace('{"loss": 1.0}', '{"loss": self.learning_rate}') + RUN)
    assert columns_of(inside, "learning_rate", "run_train_loss", "run_val_loss", "run_train_accuracy") == \
        [(rate, rate / 8, rate / 4, 1 - rate / 8) for rate in sorted(RATES)]
    assert all(0 < float(row["run_total_time"]) < 60 for row in inside.rows())
    for i, rate in enumerate(RATES):
        assert inside.json("history.json", i)["loss"] == [rate / 2, rate / 4, rate / 8]
