"""What the tests of the Python package share: a folder with a config and a script, run by this same Python."""

import csv
import json
import os
import pathlib
import signal
import subprocess
import sys

import pytest

from forks import Forks

BUILD = pathlib.Path(os.environ["FURCATE_BUILD"]).resolve()
PATIENCE = 120  # seconds until a test gives up waiting; nothing takes so long that works
sys.path.insert(0, str(BUILD / "python"))

EXAMPLE = {"data_name": "example", "data_dir": "foo/", "batch_size": [32, 64], "epochs": 3}

# A model that learns nothing, of no framework: its one number halves with each epoch.
APP = """
import furcate

class App(furcate.Fork):
    def get_datasets(self, train_fp, test_fp, valid_fp):
        return train_fp, None, None

    def get_model(self):
        return {"loss": 1.0}

    def get_metrics(self):
        return ["accuracy"]

    def model_fit(self, model, train_set, epochs, valid_set, callbacks, verbose):
        loss = [model["loss"] / 2**(epoch + 1) for epoch in range(epochs)]
        return {"loss": loss, "val_loss": [2 * x for x in loss], "accuracy": [1 - x for x in loss]}

    def model_save(self, model):
        with open(self.log_dir + "/model.txt", "w") as out:
            out.write(str(self.batch_size))
"""

RUN = """
if __name__ == "__main__":
    App("config.json").run()
"""


def environment():
    """What processes of a test find in theirs."""
    changed = {"PYTHONPATH": str(BUILD / "python"), "LC_ALL": "C.UTF-8", "PATH": f"{BUILD}:{os.environ['PATH']}",
               "TF_CPP_MIN_LOG_LEVEL": "2"}
    left_out = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS")
    return {key: value for key, value in {**os.environ, **changed}.items() if key not in left_out}


class Project:
    """A folder with config.json, a script train.py and a log dir; `command` trains it."""

    def __init__(self, root, command=(sys.executable, "train.py")):
        self.root, self.logs, self.command, self.environment = root, root / "logs", command, environment()
        (root / "foo").mkdir()
        for name in ("example.train.1", "example.train.0", "example.valid", "other"):
            (root / "foo" / name).write_text("")
        self.write()

    def write(self, meta=None, **keys):
        """Writes config.json: the spec's first example, three epochs instead of 50, and further keys."""
        config = {**EXAMPLE, **keys, "meta": {"allow_cpu": True, "fail_fast": False, **(meta or {})}}
        (self.root / "config.json").write_text(json.dumps(config))

    def script(self, text, name="train.py"):
        (self.root / name).write_text(text)

    def start(self, *arguments, **environment):
        command = [sys.executable, *arguments] if arguments else self.command
        return subprocess.Popen(command, cwd=self.root, env={**self.environment, **environment}, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *arguments, **environment):
        """Runs the script to its end, whatever that is."""
        process = self.start(*arguments, **environment)
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
            raise
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def train(self, text=None, *arguments, **environment):
        """Runs a script that is to end well."""
        if text is not None:
            self.script(text)
        done = self.run(*arguments, **environment)
        assert done.returncode == 0, done.stderr + self.errors()
        return done

    def rows(self):
        with open(self.logs / "run_data.csv", newline="") as file:
            return sorted(csv.DictReader(file), key=lambda row: int(row["run_id"]))

    def directory(self, i=0):
        return sorted(path for path in self.logs.iterdir() if path.is_dir())[i]

    def read(self, name, i=0):
        return (self.directory(i) / name).read_text()

    def json(self, name, i=0):
        return json.loads(self.read(name, i))

    def errors(self):
        return "".join(path.read_text() for path in self.logs.glob("*/*.err")) if self.logs.exists() else ""


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture(scope="module")
def forks(request):
    """The process of forks.py; it imports what `IMPORTS` of the test file names."""
    forks = Forks(environment(), request.module.IMPORTS)
    yield forks
    forks.close()


@pytest.fixture
def forked(tmp_path, forks):
    """A project whose runs are forks of a process that all tests of the file share."""
    return Project(tmp_path, [BUILD / "furcate", "run", "config.json", "--", *forks.command])
