"""What scripts find of their config: a Fork all that it needs, whoever started it, and any other its user's keys."""

import json
import sys

import pytest

from conftest import APP, BUILD, EXAMPLE, RUN

FURCATE = str(BUILD / "furcate")
SHOW = "    def model_summary(self, model):\n        import json; print(json.dumps(self.data))\n"
KEYS = {**EXAMPLE, "batch_size": 32}


@pytest.fixture(params=[[], ["--preload", "json"]], ids=["spawned", "preloaded"])
def wrapped(project, request):
    project.command = [FURCATE, "run", *request.param, "config.json", "--", sys.executable, "train.py"]
    return project


def test_a_wrapped_app_trains_with_the_users_keys_its_defaults_and_its_run(wrapped):
    wrapped.write(batch_size=[32], shape=[[2, 2]], meta={"retries": 1})
    wrapped.train(APP + SHOW + RUN)
    directory = wrapped.directory()
    assert wrapped.json("config.json") == {**KEYS, "shape": [2, 2]}
    data = json.loads(wrapped.read("example0.log"))
    assert {key: data[key] for key in KEYS} == KEYS
    assert [data[key] for key in ("shape", "learning_rate", "train_prefix", "seed")] == \
        [[2, 2], 0.001, "example.train", 42]
    assert (data["log_dir"], data["gpu_id"], data["meta"]["retries"]) == (str(directory), -1, 1)
    run = data["meta"]["run"]
    assert (run["id"], run["name"], run["label"], run["attempt"]) == (0, "example0", "foo", 1)
    assert (directory / "model.txt").read_text() == "32"
    row, = wrapped.rows()
    assert float(row["run_train_accuracy"]) == 0.875 and "learning_rate" not in row
    assert "Everything is done" in wrapped.run().stderr


def test_what_a_wrapped_app_adds_to_its_config_becomes_columns_and_its_defaults_do_not(wrapped):
    wrapped.write(batch_size=[32])
    wrapped.train(APP + "    def get_loss(self):\n        self.data['flops'] = 1000\n" + RUN)
    row, = wrapped.rows()
    assert row["flops"] == "1000" and not set(row) & {"learning_rate", "train_prefix", "verbose", "seed"}


def test_a_wrapped_app_without_a_required_key_names_it(wrapped):
    config = {key: value for key, value in EXAMPLE.items() if key != "epochs"}
    (wrapped.root / "config.json").write_text(json.dumps({**config, "meta": {"allow_cpu": True}}))
    wrapped.script(APP + RUN)
    assert wrapped.run().returncode == 1
    assert "'epochs' is missing; add \"epochs\": 50" in wrapped.errors()


def test_a_run_of_an_app_can_be_started_again_by_hand(wrapped):
    wrapped.write(batch_size=[32])
    wrapped.train(APP + RUN)
    directory = wrapped.directory()
    (directory / "model.txt").unlink()
    wrapped.command = [sys.executable, "train.py"]
    for variables in ({"FURCATE_CONFIG": str(directory / "config.json")}, {"FURCATE_RUN_DIR": str(directory)}):
        done = wrapped.run(**{"FURCATE_CONFIG": str(directory / "config.json"), **variables})
        assert done.returncode == 0, done.stderr
        assert (directory / "model.txt").read_text() == "32"
        (directory / "model.txt").unlink()


def test_an_app_may_save_a_config_json_of_its_model(project):
    project.write(batch_size=[32], meta={"retries": 1})
    project.train(APP + """
    def get_model(self):
        import os
        path = self.log_dir + "/config.json"
        with open(path, "w") as out:
            out.write('{"model_type": "bert"}')
        if os.environ["FURCATE_ATTEMPT"] == "1":
            raise SystemExit("no")
        return {"loss": 1.0}
""" + RUN)
    assert project.json("config.json") == {"model_type": "bert"}
    assert project.json("furcate_config.json")["meta"]["run"]["attempt"] == 2
    assert project.rows()[0]["batch_size"] == "32"


# Saves what a model's config may be, where furcate has put the run's.
SAVE = """
import os
with open(os.environ.get("FURCATE_RUN_DIR", ".") + "/config.json", "w") as out:
    out.write('{"model_type": "bert", "lr": 0.99, "batch_size": 7}')
"""


def test_a_script_gets_its_keys_after_it_has_saved_a_config_json_of_its_own(wrapped):
    (wrapped.root / "config.json").write_text(json.dumps({"lr": [3e-5, 5e-5], "meta": {"allow_cpu": True}}))
    wrapped.train(SAVE + "import furcate\nprint(dict(furcate.config()))\nfurcate.report(1, loss=furcate.config().lr)\n")
    assert sorted(row["run_loss"] for row in wrapped.rows()) == ["3e-05", "5e-05"]
    assert wrapped.read("config0.log") == "{'lr': 3e-05}\n"
    assert wrapped.json("config.json")["model_type"] == "bert"


def test_a_function_gets_its_keys_after_it_has_saved_a_config_json_of_its_own(project):
    config = {"lr": [3e-5, 5e-5], "meta": {"allow_cpu": True, "start": "spawn"}}
    (project.root / "config.json").write_text(json.dumps(config))
    again = 'def train(config):\n' + SAVE.replace("\n", "\n    ") + '\n    return {"loss": furcate.config().lr}\n'
    project.train("import furcate\n" + again + 'furcate.run("config.json", train)\n')
    assert sorted(row["run_loss"] for row in project.rows()) == ["3e-05", "5e-05"]


@pytest.mark.parametrize("is_wrapped", [False, True], ids=["own runner", "wrapped"])
def test_an_app_gets_its_keys_after_its_script_has_saved_a_config_json(project, is_wrapped):
    project.write(batch_size=[32], meta={"start": "spawn"})
    script = "import os\nif 'FURCATE_RUN_DIR' in os.environ:" + SAVE.replace("\n", "\n    ") + "\n" + APP + RUN
    if is_wrapped:
        project.command = [FURCATE, "run", "config.json", "--", sys.executable, "train.py"]
    project.train(script)
    assert (project.directory() / "model.txt").read_text() == "32"
    assert project.rows()[0]["batch_size"] == "32"


# Fails when its config has more than its user's keys.
STRICT = """
import json, os, sys
import furcate

def train(config):
    assert set(config) == {"model", "lr", "seed"}, set(config)
    assert (config.model, config["seed"], config.seed) == ("m", None, None)
    assert (config.log_dir, config.gpu_id) == (os.environ["FURCATE_RUN_DIR"], -1)
    assert not any(hasattr(config, key) for key in ("epochs", "meta", "learning_rate", "name", "id", "data_name"))
    json.dumps(config)
    return {"loss": config.lr}
"""


@pytest.mark.parametrize("start", ["auto", "spawn"])
def test_a_function_gets_the_users_keys_alone(project, start):
    config = {"model": "m", "lr": [3e-5, 5e-5], "seed": None, "meta": {"allow_cpu": True, "start": start}}
    (project.root / "config.json").write_text(json.dumps(config))
    project.train(STRICT + 'furcate.run("config.json", train)\n')
    assert sorted(row["run_loss"] for row in project.rows()) == ["3e-05", "5e-05"]


def test_a_script_gets_the_users_keys_alone(wrapped):
    config = {"model": "m", "lr": [3e-5, 5e-5], "seed": None, "meta": {"allow_cpu": True}}
    (wrapped.root / "config.json").write_text(json.dumps(config))
    wrapped.train(STRICT + "train(furcate.config())\n")
    assert len(wrapped.rows()) == 2


def test_keys_of_the_user_go_before_what_the_config_has_of_its_run(wrapped):
    config = {"log_dir": "logs", "gpu_id": [7], "meta": {"allow_cpu": True}}
    (wrapped.root / "config.json").write_text(json.dumps(config))
    wrapped.train("import furcate\nc = furcate.config()\nprint(dict(c), c.log_dir, c.gpu_id)\n")
    assert wrapped.read("config0.log") == "{'log_dir': 'logs', 'gpu_id': 7} logs 7\n"


@pytest.mark.parametrize("content", ['{"model_type": "bert"}', "text"])
@pytest.mark.parametrize("is_wrapped", [False, True], ids=["own runner", "wrapped"])
def test_an_app_may_save_a_run_data_json_of_its_own(project, is_wrapped, content):
    project.write(batch_size=[32])
    if is_wrapped:
        project.command = [FURCATE, "run", "config.json", "--", sys.executable, "train.py"]
    done = project.train(APP + f"""
    def get_model(self):
        with open(self.log_dir + "/run_data.json", "w") as out:
            out.write({content!r})
        return {{"loss": 1.0}}
""" + RUN)
    assert "writes furcate_run_data.json next to it" in done.stderr
    assert project.read("run_data.json") == content
    assert project.json("furcate_run_data.json")["meta"]["run"]["id"] == 0
    row, = project.rows()
    assert float(row["run_train_accuracy"]) == 0.875
    assert "Everything is done" in project.run().stderr
