"""furcate.Fork and furcate.run, with no framework."""

import inspect
import json
import math
import os
import signal
import subprocess
import sys

import pytest

import furcate
from conftest import APP, BUILD, RUN

# The methods of the first furcate, in the order of their call.
METHODS = {
    "get_available_gpu_indices": [],
    "set_visible_gpus": [],
    "get_filepaths": [],
    "get_datasets": ["train_fp", "test_fp", "valid_fp"],
    "get_model": [],
    "model_summary": ["model"],
    "get_metrics": [],
    "get_optimizer": [],
    "get_loss": [],
    "model_compile": ["model", "optimizer", "loss", "metrics"],
    "get_callbacks": [],
    "model_fit": ["model", "train_set", "epochs", "valid_set", "callbacks", "verbose"],
    "model_save": ["model"],
    "model_evaluate": ["model", "test_set"],
    "save_metric": ["run_results", "history", "metric"],
    "plot_metric": ["history", "metric"],
    "save_history": ["history", "out_file"],
    "plot": ["metric", "epochs", "train_metrics", "val_metrics"],
    "preprocess": ["record"],
    "train_preprocess": ["record"],
    "test_preprocess": ["record"],
    "valid_preprocess": ["record"],
}


@pytest.mark.parametrize("name", METHODS)
def test_methods_take_what_those_of_the_first_furcate_took(name):
    assert list(inspect.signature(getattr(furcate.Fork, name)).parameters) == ["self", *METHODS[name]]


def test_leaves_the_documented_tree(project):
    project.train(APP + RUN)
    assert sorted(path.name for path in project.logs.iterdir() if path.is_dir()) == \
        ["example0_foo_bs32", "example1_foo_bs64"]
    wanted = {"accuracy.jpg", "example0.err", "example0.log", "history.json", "run_data.json", "model.txt"}
    assert wanted <= {path.name for path in project.directory().iterdir()}
    assert project.read("model.txt") == "32" and project.read("model.txt", 1) == "64"
    assert (project.directory() / "accuracy.jpg").read_bytes()[:3] == b"\xff\xd8\xff"


def test_stores_the_last_epoch_of_each_metric(project):
    project.train(APP + RUN)
    row = project.rows()[0]
    assert (row["run_train_loss"], row["run_val_loss"], row["run_train_accuracy"]) == ("0.125", "0.25", "0.875")
    assert row["run_epochs"] == "3" and row["batch_size"] == "32"
    assert project.json("run_data.json")["meta"]["data"]["train_loss"] == 0.125
    assert project.json("history.json")["loss"] == [0.5, 0.25, 0.125]
    assert [json.loads(line)["step"] for line in project.read("metrics.jsonl").splitlines()] == [1, 2, 3]


def test_runs_nothing_that_is_finished_again(project):
    project.train(APP + RUN)
    before = project.read("metrics.jsonl")
    done = project.train()
    assert "Everything is done: 2 of 2" in done.stderr and project.read("metrics.jsonl") == before


def test_calls_the_methods_in_their_order(project):
    calls = "".join(f"""
    def {name}(self, *arguments):
        print("CALL {name}", len(arguments))
        return super().{name}(*arguments)
""" for name in METHODS if not name.endswith("preprocess"))
    project.write(batch_size=32)
    (project.root / "foo/example.test").write_text("")
    project.train(APP.replace("return train_fp, None, None", "return train_fp, test_fp, valid_fp") + """
    def model_evaluate(self, model, test_set):
        return [0.5, 0.75]

class Loud(App):
""" + calls + RUN.replace("App(", "Loud("))
    called = [line.split()[1] for line in project.read("example0.log").splitlines() if line.startswith("CALL")]
    once = [name for name in METHODS if not name.endswith("preprocess")
            and name not in ("get_available_gpu_indices", "save_metric", "plot_metric", "plot", "save_history")]
    assert called == [*once, *["save_metric", "plot_metric", "plot"] * 2, "save_history"]


def test_reads_config_keys_as_attributes(project):
    project.write(batch_size=32, layers=[[64, 64]], rate=1e-3, name=None, flag=True, nested={"a": [1, "b"]})
    project.train(APP + """
    def get_optimizer(self):
        print([self.layers, self.rate, self.name, self.flag, self.nested, self.learning_rate, self.gpu_id])
""" + RUN)
    assert "[[64, 64], 0.001, None, True, {'a': [1, 'b']}, 0.001, -1]" in project.read("example0.log")


@pytest.mark.parametrize("data_dir", ["gs://bucket/x", "no/folder/x", "config.json"])
def test_with_a_get_filepaths_of_its_own_data_dir_may_be_anything(project, data_dir):
    project.write(batch_size=32, data_dir=data_dir)
    project.train(APP + """
    def get_filepaths(self):
        print("from", self.data_dir)
        return [], [], []
""" + RUN)
    assert f"from {data_dir}" in project.read("example0.log")


def test_the_default_get_filepaths_needs_a_folder(project):
    project.write(data_dir="s3://bucket/x")
    project.script(APP + RUN)
    done = project.run()
    assert done.returncode == 2 and "define get_filepaths in the program" in done.stderr
    with pytest.raises(ValueError, match="the data_dir 's3://bucket/x' is no folder of this machine; define"):
        furcate.Fork(project.root / "config.json").get_filepaths()


@pytest.mark.parametrize("name, framework", [
    ("tf", "tf"), ("TensorFlow", "tf"), ("keras", "tf"), ("tf2", "tf"), ("torch", "torch"), ("PyTorch", "torch"),
    ("none", "none"), (None, "none"),
])
def test_a_framework_has_the_names_people_know_it_by(project, name, framework):
    project.write(framework=name)
    assert furcate.Fork(project.root / "config.json")._framework() == framework


def test_the_model_is_an_attribute_unless_a_key_has_its_name(project):
    text = APP + "    def get_loss(self): print('model is', self.model)\n" + RUN
    project.write(batch_size=32)
    project.train(text)
    assert "model is {'loss': 1.0}" in project.read("example0.log")
    project.write(batch_size=64, model="cnn")
    project.train(text)
    assert "model is cnn" in project.read("example1.log", 1)


def test_names_the_key_that_was_most_likely_meant(project):
    project.write(batch_size=32)
    project.script(APP + "    def get_loss(self): return self.batch_sise\n" + RUN)
    assert project.run().returncode == 1
    assert "AttributeError: the config has no key 'batch_sise': did you mean 'batch_size'?" in project.errors()


@pytest.mark.parametrize("name", ["get_datasets", "get_model"])
def test_a_missing_method_is_named_before_anything_is_started(project, name):
    project.script(APP.replace(f"def {name}", "def unused") + RUN)
    done = project.run()
    assert done.returncode == 1
    assert f"NotImplementedError: App has no {name}(): define it; it must return" in done.stderr
    assert not project.logs.exists()


@pytest.mark.parametrize("name", ["model_fit", "model_save"])
def test_a_missing_method_of_a_run_is_named(project, name):
    project.write(batch_size=32)
    project.script(APP.replace(f"def {name}", "def unused") + RUN)
    done = project.run()
    assert done.returncode == 1 and f"App has no {name}(): define it; it must return" in done.stderr


def test_an_exception_is_told_where_it_is_looked_for(project):
    project.script(APP + "    def get_loss(self): return {}['absent']\n" + RUN)
    done = project.run()
    assert done.returncode == 1 and "KeyError: 'absent'" in done.stderr
    assert "Traceback" in project.read("example0.err") and "in get_loss" in project.read("example0.err")
    assert not (project.directory() / "run_data.json").exists()


@pytest.mark.parametrize("result, numbers, columns", [
    ("[0.5, 0.75]", "[0.5, 0.75]", {"run_test_loss": "0.5", "run_test_accuracy": "0.75"}),
    ("{'loss': 0.5, 'f1': 1}", "[0.5, 1.0]", {"run_test_loss": "0.5", "run_test_f1": "1.0"}),
    ("0.25", "[0.25]", {"run_test_loss": "0.25"}),
])
def test_keeps_what_the_evaluation_returns(project, result, numbers, columns):
    project.write(batch_size=32)
    project.train(APP.replace("return train_fp, None, None", "return train_fp, ['test'], None") +
                  f"    def model_evaluate(self, model, test_set): return {result}\n" + RUN)
    row = project.rows()[0]
    assert json.loads(row["run_results"]) == json.loads(numbers)
    assert {key: row[key] for key in columns} == columns or \
        {key: float(row[key]) for key in columns} == {key: float(text) for key, text in columns.items()}


def test_save_metric_may_add_what_it_likes(project):
    project.write(batch_size=32)
    project.train(APP + """
    def save_metric(self, run_results, history, metric):
        assert run_results["total_time"] >= 0 and run_results["start_time_string"]
        run_results["best_" + metric] = min(history[metric])
        run_results["total_time"] = "no"
""" + RUN)
    row = project.rows()[0]
    assert row["run_best_loss"] == "0.125" and row["run_total_time"] != "no"


def test_gives_paths_sorted_and_by_prefix(project):
    project.write(batch_size=32)
    project.train(APP.replace("return train_fp", "print(train_fp, test_fp, valid_fp); return train_fp") + RUN)
    assert "['foo/example.train.0', 'foo/example.train.1'] [] ['foo/example.valid']" in project.read("example0.log")


def test_a_method_may_report_itself_and_return_no_history(project):
    project.write(batch_size=32)
    project.train(APP.split("    def model_fit")[0] + """
    def model_fit(self, model, train_set, epochs, valid_set, callbacks, verbose):
        for epoch in range(epochs):
            furcate.report(epoch + 1, accuracy=epoch / 10, loss=1)

    def model_save(self, model):
        pass
""" + RUN)
    assert project.rows()[0]["run_train_accuracy"] == "0.2" and project.rows()[0]["run_epochs"] == "3"
    assert project.json("history.json") == {"accuracy": [0, 0.1, 0.2], "loss": [1, 1, 1]}


def test_takes_the_config_of_the_command_line(project):
    (project.root / "other.json").write_text((project.root / "config.json").read_text().replace("64", "128"))
    project.script(APP + RUN)
    project.train(None, "train.py", "--config", "other.json", "--own-option")
    assert [row["batch_size"] for row in project.rows()] == ["32", "128"]


def test_goes_on_behind_run(project):
    project.train(APP + RUN + "    print('after run')\n")
    assert project.read("example0.log").endswith("after run\n")


def test_a_bad_config_is_shown_and_ends_with_2(project):
    (project.root / "config.json").write_text('{"data_name": "x", "data_dir": "foo", "batch_size": [], "epochs": 1}')
    project.script(APP + RUN)
    done = project.run()
    assert done.returncode == 2 and "config.json:1:" in done.stderr and "Traceback" not in done.stderr


def test_a_bad_config_that_is_read_is_an_exception(tmp_path):
    path = tmp_path / "config.json"
    path.write_text("{'data_name': 'x'}")
    with pytest.raises(furcate.ConfigError, match="data_dir"):
        furcate.Fork(str(path)).data  # noqa: B018
    assert issubclass(furcate.ConfigError, ValueError)


@pytest.mark.parametrize("before", ["", "import threading\nthreading.Thread(target=threading.Event().wait, "
                                        "daemon=True).start()\n"], ids=["one thread", "two threads"])
def test_an_interrupt_ends_all_runs(project, before):
    project.script(before + APP.replace("loss = [", """
        import signal, os
        print(os.getpid(), flush=True)
        signal.pause()
        loss = [""", 1) + RUN)
    process = project.start()
    try:
        logs = [project.logs / f"example{i}_foo_bs{size}/example{i}.log" for i, size in ((0, 32), (1, 64))]
        while not all(path.exists() and path.read_text().endswith("\n") for path in logs):
            assert process.poll() is None, process.stderr.read()
    finally:
        process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 130
    for path in logs:
        assert not os.path.exists(f"/proc/{path.read_text().split()[-1]}")


def test_a_script_from_stdin_cannot_be_executed_again(project):
    done = subprocess.run([sys.executable, "-"], input=APP + RUN, cwd=project.root, env=project.environment, text=True,
                          capture_output=True)
    assert done.returncode == 1 and "each run executes this script again, so it must be a file" in done.stderr
    assert not project.logs.exists()


def test_a_script_of_the_command_line_can_be(project):
    done = project.run("-c", "exec('''" + APP + "''')\nApp('config.json').run()")
    assert done.returncode == 0, done.stderr + project.errors()


def test_runs_a_function(project):
    project.script("""
import furcate

def train(config):
    furcate.report(1, loss=1.0)
    furcate.report(2, loss=0.5)
    assert config.batch_size == config["batch_size"]
    return {"accuracy": config.batch_size / 100}

furcate.run("config.json", train)
""")
    (project.root / "config.json").write_text('{"batch_size": [32, 64], "meta": {"allow_cpu": true}}')
    project.train()
    assert [row["run_accuracy"] for row in project.rows()] == ["0.32", "0.64"]
    assert project.rows()[0]["run_loss"] == "0.5"


@pytest.mark.parametrize("start", ["spawn", "fork"])
@pytest.mark.parametrize("ending", [
    "    def get_loss(self): show()\n" + RUN, "\nfurcate.run('config.json', lambda config: {'loss': show()})\n",
], ids=["Fork", "function"])
def test_a_script_gets_its_own_arguments_as_they_are(project, start, ending):
    words = ["--overrides", '{"a": 1}', "{i}", "{batch_size}", "{{", "{*}", "{", ""]
    project.write(meta={"start": start}, batch_size=32)
    project.train("import sys\ndef show(): return print(sys.argv[1:]) or 1\n" + APP + ending, "train.py", *words)
    assert project.read("example0.log") == str(words) + "\n"


TWO_PLANS = """
import furcate

for name in ("a.json", "b.json"):
    furcate.run(name, lambda config, name=name: {"of_" + name[0]: config.batch_size})
print("rows", [len(open(f"{name}/run_data.csv").readlines()) - 1 for name in "ab"])
"""


@pytest.mark.parametrize("start", ["spawn", "auto"])
def test_a_script_runs_several_plans_one_after_the_other(project, start):
    """And what stands behind them is executed once all is done, and in no run."""
    for name, sizes in (("a", [1, 2]), ("b", [3, 4, 5])):
        (project.root / f"{name}.json").write_text(json.dumps(
            {"batch_size": sizes, "log_dir": name, "meta": {"allow_cpu": True, "start": start}}))
    assert project.train(TWO_PLANS).stdout == "rows [2, 3]\n"
    for name, sizes in (("a", "12"), ("b", "345")):
        project.logs = project.root / name
        assert {(row["batch_size"], row[f"run_of_{name}"]) for row in project.rows()} == {(i, i + ".0") for i in sizes}
        assert set("ab") - set(name) != {column[len("run_of_"):] for column in project.rows()[0] if "of_" in column}


def test_two_forks_of_a_script_train_their_own_config(project):
    project.write(batch_size=[1, 2], log_dir="logs")
    (project.root / "config.json").rename(project.root / "a.json")
    project.write(batch_size=[3], log_dir="others")
    (project.root / "config.json").rename(project.root / "b.json")
    project.train(APP + """
class Other(App):
    def get_model(self):
        return {"loss": 64.0}

App("a.json").run()
Other("b.json").run()
""")
    assert {row["run_train_loss"] for row in project.rows()} == {"0.125"}
    project.logs = project.root / "others"
    assert [row["run_train_loss"] for row in project.rows()] == ["8.0"]


@pytest.mark.parametrize("start", ["spawn", "fork"])
def test_only_the_process_that_was_started_is_the_runner(project, start):
    """In no run of any plan, wherever it has changed to."""
    project.write(batch_size=[1], log_dir="logs", meta={"start": start})
    (project.root / "config.json").rename(project.root / "a.json")
    project.write(batch_size=[2], log_dir="others", meta={"start": start})
    (project.root / "config.json").rename(project.root / "b.json")
    project.train(APP.replace('return {"loss": 1.0}', """
        import os
        os.chdir("/")
        return {"loss": 1.0}""") + """
app = App("a.json")
app.run()
if app.is_runner():
    open("guarded", "a").write("x")
App("b.json").run()
""")
    assert (project.root / "guarded").read_text() == "x" and (project.root / "others/run_data.csv").exists()


def test_a_script_may_change_to_its_own_folder(project):
    folder = project.root / "code"
    folder.mkdir()
    (project.root / "config.json").rename(folder / "config.json")
    (project.root / "foo").rename(folder / "foo")
    (folder / "train.py").write_text("import os\nos.chdir(os.path.dirname(os.path.abspath(__file__)))\n" + APP + RUN)
    done = project.run("code/train.py")
    assert done.returncode == 0, done.stderr
    project.logs = folder / "logs"
    assert len(project.rows()) == 2


def test_a_folder_may_have_a_name_that_is_no_utf_8(project):
    folder = os.fsencode(project.root) + b"/b\xe4"
    os.mkdir(folder)
    with open(folder + b"/train.py", "w") as out:
        out.write("import furcate\nfurcate.run('c.json', lambda config: furcate.report(1, loss=config.x))\n")
    with open(folder + b"/c.json", "w") as out:
        out.write('{"x": [1, 2], "meta": {"allow_cpu": true}}')
    done = subprocess.run([sys.executable, "train.py"], cwd=folder, env=project.environment, capture_output=True)
    assert done.returncode == 0 and b"2 of 2 runs are done" in done.stderr


@pytest.mark.parametrize("closed", ["<&-", ">&-"])
def test_a_script_may_be_started_without_standard_files(project, closed):
    project.script(APP + RUN)
    done = subprocess.run(["sh", "-c", f"exec {sys.executable} train.py {closed}"], cwd=project.root,
                          env=project.environment, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    assert len(project.rows()) == 2


def test_a_script_that_a_run_starts_says_that_it_does_nothing(project):
    project.write(batch_size=[1])
    (project.root / "other.json").write_text('{"size": [1, 2], "meta": {"allow_cpu": true}}')
    project.script("import furcate\nfurcate.run('other.json', lambda config: {})\n", "inner.py")
    project.train("""
import subprocess, sys, furcate
furcate.run("config.json", lambda config: {"status": subprocess.call([sys.executable, "inner.py"])})
""")
    assert "nothing is done for other.json: this process was started by a run of" in project.errors()


def test_a_worker_without_a_guard_does_not_begin_anew(project):
    project.write(batch_size=[1])
    project.script("""
import concurrent.futures, multiprocessing, furcate

def train(config):
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, spawn) as pool:
        return {"sum": sum(pool.map(abs, [1, 2]))}

furcate.run("config.json", train)
""")
    assert project.run().returncode == 1
    assert "a worker process of a run began a run of its own; that belongs behind if __name__" in project.errors()


@pytest.mark.parametrize(("key", "start"), [("preprocess", APP), ("plot", APP), ("data", APP)])
def test_a_key_that_would_be_no_attribute_is_refused(project, key, start):
    project.write(**{key: [1, 2]})
    project.script(start + RUN)
    done = project.run()
    assert done.returncode == 2 and f"self.{key} is a name of Fork" in done.stderr and not project.logs.exists()


def test_an_attribute_of_the_script_that_hides_a_key_is_told(project):
    project.write(dropout=[0.1, 0.2], batch_size=32)
    assert "App.dropout of the script goes before the config's key 'dropout'" in project.train(
        APP + "    dropout = 0.5\n" + RUN).stderr


def test_what_a_property_raises_is_not_taken_for_a_key_that_is_not_there():
    class Faulty(furcate.Fork):
        def __init__(self):
            self.twice = 2 * self.epochs  # before there is a config

        @property
        def faulty(self):
            return (1).real_name

    with pytest.raises(ValueError, match="no config file"):
        Faulty()
    with pytest.raises(AttributeError, match="'int' object has no attribute 'real_name'"):
        Faulty.__new__(Faulty).faulty  # noqa: B018


def test_keras_on_another_backend_is_not_taken_for_tensorflow(project):
    (project.root / "keras.py").write_text("")
    project.train("import keras\n" + APP + RUN)
    assert len(project.rows()) == 2


def indices(expression):
    """An App whose get_available_gpu_indices returns that."""
    return APP + f"    def get_available_gpu_indices(self): return {expression}\n" + RUN


def stub(gpus=2):
    """What the runner finds on a machine of so many GPUs."""
    return {"LD_LIBRARY_PATH": str(BUILD / "tests/stubs"), "FURCATE_STUB_GPUS": str(gpus)}


@pytest.mark.parametrize("expression, gpu_ids, slots", [
    ("[0, 0]", {"0"}, "Running on 2 GPU slots"),
    ("['1', '0']", {"0", "1"}, "Running on 2 GPU slots"),
    ("[1]", {"1"}, "Running on 1 GPU slot"),
    ("(0, 0, 1, 1)", {"0", "1"}, "Running on 4 GPU slots"),
    ("[-1] * 4", {"-1"}, "Running on 4 CPU slots"),
    ("['-1']", {"-1"}, "Running on 1 CPU slot"),
])
@pytest.mark.parametrize("known", [True, False])
def test_each_index_that_the_script_returns_is_a_slot(project, expression, gpu_ids, slots, known):
    """Also on a machine without NVML and nvidia-smi."""
    project.write(batch_size=list(range(1, 9)), meta={"start": "spawn"})
    project.train(indices(expression), **(stub() if known else {}))
    assert {row["gpu_id"] for row in project.rows()} <= gpu_ids
    assert slots in (project.logs / "furcate.log").read_text()
    assert len(project.rows()) == 8


@pytest.mark.parametrize("meta, slots", [({"max_threads": 1}, "Running on 1 GPU slot"),
                                         ({"max_threads": 9}, "Running on 4 GPU slots"),
                                         ({"gpus": [1]}, "Running on 2 GPU slots")])
def test_the_config_chooses_among_the_indices(project, meta, slots):
    project.write(meta=meta)
    done = project.train(indices("[0, 1, 0, 1]"), **stub())
    assert slots in done.stderr
    if "gpus" in meta:
        assert {row["gpu_id"] for row in project.rows()} == {"1"}


@pytest.mark.parametrize("call, told", [
    ("furcate.run({'batch_size': [1, 2]}, print)", "but a value of type dict was given; write the keys to a file"),
    ("furcate.run(['config.json'], print)", "but a value of type list was given; write the keys to a file"),
    ("furcate.Fork({'batch_size': [1, 2]})", "but a value of type dict was given; write the keys to a file"),
    ("furcate.run(print, 'config.json')", "are swapped: write furcate.run(\"config.json\", function)"),
    ("furcate.run(print, pathlib.Path('config.json'))", "are swapped: write furcate.run(\"config.json\", function)"),
    ("furcate.run('config.json', None)", "a value of type NoneType was given"),
])
def test_what_is_no_path_of_a_config_is_refused_with_the_way_out(project, call, told):
    project.script(f"import pathlib\nimport furcate\n{call}\n")
    done = project.run()
    assert done.returncode == 1 and "TypeError: " in done.stderr and told in done.stderr


@pytest.mark.parametrize("expression, message, meta", [
    ("[0, -1]", "returned [0, -1]: these are GPUs and CPU slots (-1), which do not go together", {}),
    ("[-2]", "returned [-2]: -2 is no GPU", {}),
    ("[0, 7]", "returned [0, 7]: there is no GPU 7; this machine has 2, counted from 0", {}),
    ("[2**40]", "there is no GPU", {}),
    ("[-1] * 2", "returned [-1, -1]: these are CPU slots, which config.json does not allow", {"allow_cpu": False}),
    ("['first']", "it returned 'first' in ['first']", {}),
    ("[0, 1.5]", "it returned 1.5 in [0, 1.5]", {}),
    ("[True]", "it returned True in [True]", {}),
])
def test_indices_that_make_no_sense_are_refused_with_the_value(project, expression, message, meta):
    project.write(meta=meta)
    project.script(indices(expression))
    done = project.run(**stub())
    assert done.returncode in (1, 3)
    assert message in done.stderr
    assert not (project.logs / "run_data.csv").exists()


SHOWS = """
    def set_visible_gpus(self):
        import os
        {first}
        print("seen:", os.environ.get("CUDA_VISIBLE_DEVICES", "unset"), os.environ["CUDA_DEVICE_ORDER"], self.gpu_id)
"""


@pytest.mark.parametrize("start", ["spawn", "fork"])
@pytest.mark.parametrize("given, first, seen", [
    ({}, "pass", "unset PCI_BUS_ID 1"),
    ({"CUDA_VISIBLE_DEVICES": "0,1"}, "pass", "0,1 PCI_BUS_ID 1"),
    ({"CUDA_VISIBLE_DEVICES": "0,1"}, "super().set_visible_gpus()", "1 PCI_BUS_ID 1"),
])
def test_a_scripts_own_set_visible_gpus_finds_the_users_environment(project, start, given, first, seen):
    project.write(batch_size=32, meta={"gpus": [1], "start": start})
    project.train(APP + SHOWS.format(first=first) + RUN, **stub(), **given)
    assert "seen: " + seen in project.read("example0.log")


def test_without_one_the_environment_shows_the_runs_gpu_alone(project):
    project.write(batch_size=32, meta={"gpus": [1]})
    shows = "    def get_model(self):\n        import os\n" \
        "        print('seen:', os.environ['CUDA_VISIBLE_DEVICES'])\n        return {'loss': 1.0}\n"
    project.train(APP + shows + RUN, **stub(), CUDA_VISIBLE_DEVICES="0,1")
    assert "seen: 1\n" in project.read("example0.log")


FUNCTION = "import furcate\nfurcate.run('config.json', lambda config: {})\n"


@pytest.mark.parametrize("returned", [".9", "'good'", "[0.9]", "(0.9, 1)"])
def test_a_run_is_done_where_its_function_returns_no_metrics_by_name(project, returned):
    project.write(batch_size=32)
    done = project.train(FUNCTION.format(returned))
    assert len(project.rows()) == 1
    fault = f"the function of furcate.run() returned {eval(returned)!r}, of which nothing is kept: "
    assert project.errors() == f"furcate: {fault}return metrics by name, a dict\n"
    assert f"\n1 run did not report all that it has: example0: {fault}" in done.stderr


@pytest.mark.parametrize("value", ["'high'", "None", "[1, 2]", "object()", "10**400", "{'train': 0.5}"])
def test_what_a_function_returns_that_is_no_number_is_left_out(project, value):
    project.write(batch_size=32)
    done = project.train(FUNCTION.format(f"{{'note': {value}, 'accuracy': 0.5}}"))
    row = project.rows()[0]
    assert row["run_accuracy"] == "0.5" and "run_note" not in row
    assert project.errors() == "furcate: 'note' is not reported: it is no number\n"
    assert "example0: 'note' is not reported: it is no number; see " in done.stderr


@pytest.mark.parametrize("name", ["''", "'a\\nb'", "'a\\0b'"])
def test_a_name_that_no_metric_can_have_loses_no_training_of_a_function(project, name):
    project.write(batch_size=32)
    done = project.train(FUNCTION.format(f"{{{name}: 0.25, 'accuracy': 0.5}}"))
    assert project.rows()[0]["run_accuracy"] == "0.5"
    assert f"furcate: {eval(name)!r} is not reported: it " in project.errors() and "1 run did not report" in done.stderr


@pytest.mark.parametrize("name", ["total_time", "epochs", "step", "time", "id", "name", "attempts", "results"])
def test_a_function_s_metric_with_a_name_of_furcate_s_own_gets_another_column(project, name):
    project.write(batch_size=32)
    project.train(FUNCTION.format(f"{{'{name}': 0.25, 'accuracy': 0.5}}"))
    row = project.rows()[0]
    assert (row["run_metric_" + name], row["run_accuracy"]) == ("0.25", "0.5")


def test_a_metric_called_time_takes_the_place_of_no_other(project):
    project.write(batch_size=32)
    project.train(FUNCTION.format("{'time': 0.25, 'metric_time': 0.5}"))
    assert project.rows()[0]["run_metric_time"] == "0.5"
    assert project.errors() == "furcate: 'time' is not reported: every report has a time of its own\n"


def test_faults_of_an_attempt_that_was_repeated_are_not_counted(project):
    project.write(batch_size=32, meta={"retries": 1, "allow_cpu": True})
    done = project.train("""
import furcate, os
def train(config):
    if os.environ["FURCATE_ATTEMPT"] == "1":
        furcate.report(1, note="high")
        raise SystemExit(1)
    return {"accuracy": 0.5}
furcate.run("config.json", train)
""")
    assert "furcate: 'note' is not reported" in project.errors() and "did not report" not in done.stderr


def test_any_script_can_report(project):
    project.write(batch_size=32)
    project.script("""
import furcate
assert furcate.config().batch_size == 32
furcate.report(1, loss=0.5)
open(furcate.run_dir() + "/mine", "w").close()
""")
    done = subprocess.run([BUILD / "furcate", "run", "config.json", "--", sys.executable, "train.py"], cwd=project.root,
                          env=project.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + project.errors()
    assert project.rows()[0]["run_loss"] == "0.5" and (project.directory() / "mine").exists()


def test_a_script_started_by_hand_goes_on_with_a_notice(project):
    project.script("import furcate\nfor i in range(3): furcate.report(i + 1, loss=1)\n"
                   "print(furcate.config(), furcate.run_dir())")
    done = project.train()
    assert done.stderr.count("report() does nothing") == 1 and done.stdout.startswith("{} " + str(project.root))


def test_importing_it_imports_nothing_heavy(project):
    done = project.run("-c", "import sys, furcate; print([m for m in ('numpy', 'pandas', 'matplotlib', 'torch', "
                             "'tensorflow', 'json.tool', 'asyncio') if m in sys.modules])")
    assert done.stdout == "[]\n"


def test_without_gnuplot_and_matplotlib_the_run_goes_on(project):
    project.write(batch_size=32)
    (project.root / "matplotlib.py").write_text("raise ImportError('no matplotlib')")
    project.train(APP + RUN, PATH=str(project.root))
    assert project.errors().count("no plots: ") == 1 and not (project.directory() / "loss.jpg").exists()


def test_matplotlib_draws_where_gnuplot_is_not(project):
    pytest.importorskip("matplotlib")
    project.write(batch_size=32)
    project.train(APP + RUN, PATH=str(project.root))
    assert (project.directory() / "accuracy.jpg").read_bytes()[:3] == b"\xff\xd8\xff"


FAILS_ONCE = """
import furcate, os, sys

def train(config):
    first = os.environ["FURCATE_ATTEMPT"] == "1"
    for step in range(%s):
        furcate.report(step, loss=0.1 if first else 0.9)
    if first:
        os._exit(1)
    %s

furcate.run("config.json", train)
"""


@pytest.mark.parametrize("steps, end, found", [
    ("1, 6 if first else 4", "return {'accuracy': 0.5}", ("0.9", "0.5", "3")),
    ("1 if first else 6, 6 if first else 8", "return {'accuracy': 0.5}", ("0.9", "0.5", "7")),
    ("1, 6 if first else 4", "return None", ("0.9", None, "3")),
    ("1, 6 if first else 1", "return {'accuracy': 0.5}", (None, "0.5", "1")),
])
def test_the_results_of_a_function_are_those_of_its_last_attempt(project, steps, end, found):
    project.write(batch_size=[1], meta={"retries": 1})
    project.train(FAILS_ONCE % (steps, end))
    [row] = project.rows()
    assert (row.get("run_loss"), row.get("run_accuracy"), row["run_epochs"]) == found


def test_the_results_of_a_function_belong_to_the_last_step_whatever_else_it_wrote(project):
    project.write(batch_size=[1])
    project.train("""
import furcate, os

def train(config):
    with open(os.environ["FURCATE_METRICS"], "a") as file:
        file.write('{"loss": 0.3}\\n{"loss": 0.2}\\n[]\\n{\\'a\\': 1}\\n{"step": 7, "loss": 0.1}\\n')
    return {"accuracy": 0.5, "loss": 0.05}

furcate.run("config.json", train)
""")
    [row] = project.rows()
    assert (row["run_loss"], row["run_accuracy"], row["run_epochs"]) == ("0.05", "0.5", "7")


def test_steps_of_a_function_may_be_of_any_size(project):
    project.write(batch_size=[1])
    project.train("import furcate\nfurcate.run('config.json', lambda config: furcate.report(10**15 + 1, loss=0.5) or "
                  "{'accuracy': 0.9})\n")
    [row] = project.rows()
    assert (row["run_loss"], row["run_accuracy"], row["run_epochs"]) == ("0.5", "0.9", str(10**15 + 1))


def test_steps_of_a_fork_may_be_of_any_size(project):
    fit = """
    def model_fit(self, *_):
        for step in 10**9, 2 * 10**9, 3 * 10**9:
            furcate.report(step, loss=1e9 / step)
        furcate.report(2 * 10**9, val_loss=0.75)
"""
    project.train(APP[:APP.index("    def model_fit")] + fit + APP[APP.index("    def model_save"):] + RUN)
    row = project.rows()[0]
    assert (float(row["run_train_loss"]), row["run_val_loss"], row["run_epochs"]) == (1 / 3, "0.75", "3000000000")
    history = project.json("history.json")
    assert history["step"] == [10**9, 2 * 10**9, 3 * 10**9] and history["loss"][:2] == [1, 0.5]
    assert math.isnan(history["val_loss"][0]) and history["val_loss"][1:] == [0.75]
    assert list(project.logs.glob("*/loss.jpg"))


BEST = {"metric": "val_loss", "mode": "min", "of": "best"}
REPORTS = """
    def model_fit(self, *_):
        for step, loss in enumerate((0.5, float("nan"), 0.1, 0.9), 1):
            furcate.report(step, loss=1, val_loss=loss)
"""
RETURNS = "    def model_fit(self, *_):\n        return {'loss': [1] * 4, 'val_loss': [0.5, float('nan'), 0.1, 0.9]}\n"


@pytest.mark.parametrize("fit", [REPORTS, RETURNS], ids=["reported", "returned"])
def test_the_best_step_of_a_fork_is_kept_where_the_objective_asks_for_it(project, fit):
    project.write(batch_size=[1], meta={"objective": BEST})
    project.train(APP[:APP.index("    def model_fit")] + fit + APP[APP.index("    def model_save"):] + RUN)
    [row] = project.rows()
    assert (row["run_val_loss"], row["run_best_val_loss"], row["run_best_val_loss_step"]) == ("0.9", "0.1", "3")
    best = subprocess.run([BUILD / "furcate", "best"], cwd=project.root, capture_output=True, text=True)
    assert best.stdout.split()[:2] == ["name", "best_val_loss"] and "0.1" in best.stdout, best.stderr
    assert "meta.objective" not in (project.logs / "furcate.log").read_text()


def test_the_best_step_of_a_function_is_kept_where_the_objective_asks_for_it(project):
    project.write(batch_size=[1], meta={"objective": {**BEST, "mode": "max"}})
    project.train("""
import furcate

def train(config):
    for step in range(1000, 4000, 1000):
        furcate.report(step, val_loss=5000 - step)
    return {"test_loss": 1}

furcate.run("config.json", train)
""")
    [row] = project.rows()
    assert [row[f"run_{name}"] for name in ("val_loss", "best_val_loss", "best_val_loss_step")] == \
        ["2000.0", "4000.0", "1000"]


def test_an_objective_that_no_fork_reports_is_told_of_once(project):
    project.write(meta={"objective": {"metric": "val_acc", "mode": "max"}})
    done = project.train(APP + RUN)
    log = (project.logs / "furcate.log").read_text()
    told = "no value of val_acc (meta.objective) was reported, only train_accuracy, train_loss, val_loss;"
    assert log.count(told) == 1
    assert "2 runs reported no value of meta.objective's metric" in done.stderr


def test_a_helper_of_a_framework_that_is_not_there_is_told(project):
    project.script("import sys\nsys.modules['tensorflow'] = None\n" + APP +
                   "    def get_loss(self): return self.gen_tfrecord_dataset([], None)\n" + RUN)
    assert "'gen_tfrecord_dataset' is of furcate.tf, which cannot be imported: " in project.run().stderr


SMI = """#!/bin/sh
echo "$*" > asked
cat <<END
0, GPU-aaaa, 46 %, 24220 MiB, 6055 MiB, 18165 MiB, 550.54.15, TITAN RTX, [N/A], Enabled, Disabled, 60
1, GPU-bbbb, 33 %, [N/A], [N/A], [N/A], 550.54.15, TITAN RTX, 0320, Disabled, Enabled, 54
END
exit STATUS
"""


def gpu_stats(project, status):
    """What the script prints of the GPUs, and what is logged."""
    path = project.root / "nvidia-smi"
    if status is not None:
        path.write_text(SMI.replace("STATUS", str(status)))
        path.chmod(0o755)
    done = project.run("-c", """
import furcate
for gpu in furcate.get_gpu_stats():
    print(gpu.id, gpu.uuid, gpu.name, gpu.util, gpu.memory_util, gpu.memory_used, gpu.memory_total, gpu.memory_free,
          gpu.temperature, gpu.driver, gpu.serial, gpu.display_mode, gpu.display_active, sep="|")
""", PATH=f"{project.root}:/bin" if status is not None else str(project.root))
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines(), done.stderr


def test_lists_the_gpus_as_the_first_furcate_did(project):
    lines, errors = gpu_stats(project, 0)
    assert errors == "" and "--format=csv,noheader" in (project.root / "asked").read_text()
    assert lines == ["0|GPU-aaaa|TITAN RTX|46 %|0.25|6055 MiB|24220 MiB|18165 MiB|60|550.54.15|[N/A]|Enabled|Disabled",
                     "1|GPU-bbbb|TITAN RTX|33 %|nan|[N/A]|[N/A]|[N/A]|54|550.54.15|0320|Disabled|Enabled"]


def test_lists_no_gpus_where_nvidia_smi_is_not_or_fails(project):
    assert gpu_stats(project, None)[0] == [] and "nvidia-smi does not answer" in gpu_stats(project, None)[1]
    lines, errors = gpu_stats(project, 9)
    assert lines == [] and "nvidia-smi ended with 9: 0, GPU-aaaa" in errors
