"""What comes after the training of a Fork loses nothing of it, whatever it returns or raises."""

import json

import pytest

from conftest import APP, RUN

TESTED = APP.replace("return train_fp, None, None", "return train_fp, ['test'], None")
HISTORY = {"loss": [0.5, 0.25, 0.125], "val_loss": [1.0, 0.5, 0.25], "accuracy": [0.5, 0.75, 0.875]}


def method(name, arguments, body):
    return f"    def {name}(self, {arguments}):\n        {body}\n"


def evaluate(body):
    return method("model_evaluate", "model, test_set", body)


def fit(body):
    return method("model_fit", "model, train_set, epochs, valid_set, callbacks, verbose", body)


def train_one(project, text, status=0):
    """Trains one run; returns what the runner printed."""
    project.write(batch_size=32)
    project.script("import sys\n" + text)
    done = project.run()
    assert done.returncode == status, done.stderr + project.errors()
    return done.stderr


# --- whether there is a test set ---

@pytest.mark.parametrize("test_set", ["[]", "None", "0", "()", "{}", "''", "NoItems()", "numpy.zeros(0)",
                                      "numpy.zeros((0, 3))"])
def test_an_empty_test_set_is_not_evaluated(project, test_set):
    if "numpy" in test_set:
        pytest.importorskip("numpy")
    text = "class NoItems:\n    def __len__(self): return 0\n    def __bool__(self): return True\n" + APP
    if "numpy" in test_set:
        text = "import numpy\n" + text
    train_one(project, text.replace("train_fp, None, None", f"train_fp, {test_set}, None") + evaluate("1 / 0") + RUN)
    assert "run_results" not in {key for key, value in project.rows()[0].items() if value}
    told = "the test set is empty: model_evaluate is not called" in project.errors()
    assert told == (test_set != "None")


@pytest.mark.parametrize("test_set", ["[0]", "Unclear()", "iter([])", "Endless()", "object()", "numpy.zeros(1)",
                                      "numpy.zeros((2, 3))", "numpy.float64(0)"])
def test_a_test_set_whose_truth_is_unclear_is_evaluated(project, test_set):
    text = """
class Unclear:
    def __bool__(self): raise ValueError("ambiguous")

class Endless:
    def __len__(self): raise TypeError("infinite")

""" + APP
    if "numpy" in test_set:
        pytest.importorskip("numpy")
        text = "import numpy\n" + text
    text = text.replace("train_fp, None, None", f"train_fp, {test_set}, None")
    train_one(project, text + evaluate("return 0.5") + RUN)
    assert project.rows()[0]["run_test_loss"] == "0.5" and project.errors() == ""


def test_a_test_set_that_nobody_evaluates_is_seen_before_the_training(project):
    stderr = train_one(project, TESTED + RUN, 1)
    assert "App has no model_evaluate(): define it" in stderr and not (project.directory() / "metrics.jsonl").exists()


def test_a_missing_model_save_is_seen_before_the_training(project):
    stderr = train_one(project, APP.replace("def model_save", "def unused") + RUN, 1)
    assert "App has no model_save(): define it" in stderr and not (project.directory() / "metrics.jsonl").exists()


# --- what is raised ---

FAULTY = {
    "model_evaluate": (evaluate("1 / 0"), "ZeroDivisionError: division by zero"),
    "save_metric": (method("save_metric", "run_results, history, metric", "run_results['best'] = 1; history['f1']"),
                    "KeyError: 'f1'"),
    "plot_metric": (method("plot_metric", "history, metric", "raise MemoryError"), "MemoryError"),
    "plot": (method("plot", "*arguments", "raise OSError('no\\ndisk')"), "OSError: no disk"),
    "save_history": (method("save_history", "history, out_file", "out_file.write('{'); out_file.write(b'')"),
                     "TypeError"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_what_a_method_raises_is_a_fault_and_no_lost_run(project, name):
    body, wanted = FAULTY[name]
    text = TESTED + ("" if name == "model_evaluate" else evaluate("return [0.5, 0.75]")) + body + RUN
    stderr = train_one(project, text)
    fault = f"{name.replace('plot_metric', 'plot').replace('plot', 'plot_metric')} failed: {wanted}"
    assert f"1 run finished with faults after training: example0: {fault}" in stderr
    assert f"; see {project.directory()}/example0.err" in stderr and "1 of 1 run is done" in stderr
    row = project.rows()[0]
    assert json.loads(row["run_faults"])[0].startswith(fault) and row["run_epochs"] == "3"
    assert project.read("model.txt") == "32" and project.json("history.json") == HISTORY
    assert "Traceback" in project.errors() and f"furcate: example0: {fault}" in project.errors()
    if name == "save_metric":
        assert row["run_best"] == "1"
    else:
        assert row["run_train_loss"] == "0.125"


NAN = "float('nan')"


@pytest.mark.parametrize("result, wanted", [
    ("{'loss': NAN}", "[NaN]"), ("[0.5, NAN]", "[0.5, NaN]"), ("NAN", "[NaN]"), ("{'f1': [NAN, 1.0]}", "[[NaN, 1.0]]"),
    ("{'f1': {'a': NAN, 'b': -NAN}}", '[{"a": NaN, "b": NaN}]'),
    ("{'f1': [float('inf'), -0.0, True, None]}", "[[Infinity, -0.0, true, null]]")])
def test_results_that_are_not_finite_are_no_fault(project, result, wanted):
    stderr = train_one(project, TESTED + evaluate(f"return {result.replace('NAN', NAN)}") + RUN)
    row = project.rows()[0]
    assert row["run_results"] == wanted
    assert "run_faults" not in row and "faults" not in stderr and project.errors() == ""


def test_the_summary_counts_the_runs_with_faults(project):
    project.write(batch_size=[1, 2, 3])
    project.script(TESTED + evaluate("return 1 / (self.batch_size - 2)") + RUN)
    assert "1 run finished with faults after training: example" in project.run().stderr
    project.write(batch_size=[5, 6, 7])
    project.script(TESTED + evaluate("return {}[1]") + RUN)
    stderr = project.run().stderr
    assert "3 runs finished with faults after training, e.g. example" in stderr
    assert "is done, with a fault after its training: model_evaluate failed: KeyError: 1" in \
        (project.logs / "furcate.log").read_text()


def test_without_faults_there_is_no_column_for_them(project):
    stderr = train_one(project, TESTED + evaluate("return 0.5") + RUN)
    assert "with faults" not in stderr and "run_faults" not in project.rows()[0]


@pytest.mark.parametrize("body, status", [("sys.exit(0)", 0), ("sys.exit(3)", 3), ("raise KeyboardInterrupt", 1)])
def test_an_exit_or_interrupt_after_the_training_still_keeps_the_run(project, body, status):
    stderr = train_one(project, TESTED + evaluate(body) + method("plot_metric", "history, metric", "1 / 0") + RUN +
                       "    print('after')\n")
    row = project.rows()[0]
    assert row["run_train_loss"] == "0.125" and "finished with faults" in stderr
    assert "model_evaluate failed: " in row["run_faults"] and "plot_metric" not in row["run_faults"]
    assert "after" not in project.read("example0.log")


def test_a_run_whose_model_is_not_saved_is_not_done_and_keeps_its_results(project):
    text = TESTED.replace("out.write(str(self.batch_size))", "{}['h5py']") + evaluate("return 0.5") + RUN
    stderr = train_one(project, text, 1)
    assert "1 run failed" in stderr and "KeyError: 'h5py'" in stderr
    assert not (project.directory() / "run_data.json").exists() and project.json("history.json") == HISTORY
    unsaved = project.directory() / "run_data.unsaved.json"
    assert json.loads(unsaved.read_text())["meta"]["data"]["test_loss"] == 0.5
    unsaved.rename(project.directory() / "run_data.json")
    assert "1 of 1 run is" in project.run().stderr
    assert project.rows()[0]["run_test_loss"] == "0.5" and "model_save failed" in project.rows()[0]["run_faults"]


# --- what is returned ---

@pytest.mark.parametrize("result, column, wanted", [
    ("'good'", "run_test_result", "good"),
    ("{'test': {'acc': 0.9, 'of': [1, 2]}}", "run_test_test", '{"acc": 0.9, "of": [1, 2]}'),
    ("[0.5, numpy.array([1, 2])]", "run_test_accuracy", "[1, 2]"),
    ("numpy.array([0.5, 0.75])", "run_test_accuracy", "0.75"),
    ("numpy.float32(0.5)", "run_test_loss", "0.5"),
    ("numpy.array(0.5)", "run_test_loss", "0.5"),
    ("numpy.array([[3, 1], [0, 4]])", "run_test_result", "[[3, 1], [0, 4]]"),
    ("{'loss': numpy.float64(0.5), 'day': datetime.date(2020, 1, 2)}", "run_test_day", "2020-01-02"),
    ("{'confusion': numpy.array([[3, 1], [0, 4]])}", "run_test_confusion", "[[3, 1], [0, 4]]"),
    ("{'seen': {3}, 1: None}", "run_test_seen", "[3]"),
])
def test_an_evaluation_may_return_what_json_can_hold_in_some_form(project, result, column, wanted):
    pytest.importorskip("numpy")
    train_one(project, "import datetime, numpy\n" + TESTED + evaluate(f"return {result}") + RUN)
    row = project.rows()[0]
    assert row[column] == wanted and row["run_train_loss"] == "0.125" and "run_faults" not in row
    assert project.errors() == ""


def test_thousands_of_predictions_are_no_columns(project):
    train_one(project, TESTED + evaluate("return list(range(1000))") + RUN)
    row = project.rows()[0]
    assert len(json.loads(row["run_results"])) == 1000 and not [key for key in row if key.startswith("run_test_")]


LOOP = """
class Loop(dict):
    pass

class Mute:
    def __str__(self): raise ValueError("no text")

loop = Loop()
loop["itself"] = loop
"""


@pytest.mark.parametrize("thing, why", [("loop", "RecursionError"), ("Mute()", "ValueError: no text")])
def test_what_cannot_be_kept_is_left_out_and_told(project, thing, why):
    train_one(project, LOOP + TESTED + evaluate(f"return {{'odd': {thing}, 'loss': 0.5}}") +
              method("save_metric", "run_results, history, metric", f"run_results.update(odd={thing}, kept=1)") + RUN)
    row = project.rows()[0]
    assert row["run_test_loss"] == "0.5" and row["run_kept"] == "1" and "run_odd" not in row
    faults = json.loads(row["run_faults"])
    assert len(faults) == 2 and faults[0].startswith(f"the result of model_evaluate['odd'] is left out: {why}")
    assert faults[1].startswith(f"run_results['odd'] is left out: {why}")


def test_a_result_that_furcate_keeps_itself_stays_and_is_told(project):
    train_one(project, APP + method("save_metric", "run_results, history, metric", "run_results['epochs'] = 99") + RUN)
    row = project.rows()[0]
    assert row["run_epochs"] == "3" and "run_results['epochs'] is furcate's own and stays as it is" in row["run_faults"]


@pytest.mark.parametrize("history, document", [
    ("None", {}), ("'done'", "done"), ("3", 3), ("[1.5, 0.5]", [1.5, 0.5]),
    ("{'loss': [1, 0.5], 'accuracy': [0.5], 'best': 2}", {"loss": [1, 0.5], "accuracy": [0.5], "best": 2}),
    ("{'loss': numpy.array([1, 0.5]), 'note': {'a': numpy.float32(1)}}", {"loss": [1, 0.5], "note": {"a": 1}}),
    ("{'loss': [numpy.float32(1), None, 'x']}", {"loss": [1, None, "x"]}),
    ("{'loss': numpy.array(0.5), 'matrix': [[1, 2], [3, 4]]}", {"loss": 0.5, "matrix": [[1, 2], [3, 4]]}),
    ("{3: [1], 'loss': []}", {"3": [1], "loss": []}),
])
def test_a_history_may_be_anything(project, history, document):
    pytest.importorskip("numpy")
    train_one(project, "import numpy\n" + APP.split("    def model_fit")[0] + fit(f"return {history}") +
              method("model_save", "model", "open(self.log_dir + '/model.txt', 'w').close()") + RUN)
    assert project.json("history.json") == document and len(project.rows()) == 1
    assert (project.directory() / "model.txt").exists() and "Traceback" not in project.errors()


@pytest.mark.parametrize("history", ["Faulty()", "loop"])
def test_a_history_that_cannot_be_read_loses_no_model(project, history):
    text = LOOP + """
class Faulty:
    @property
    def history(self): raise RuntimeError("gone")

""" + APP.split("    def model_fit")[0] + fit(f"furcate.report(1, loss=0.5); return {history}") + \
        method("model_save", "model", "open(self.log_dir + '/model.txt', 'w').close()") + RUN
    stderr = train_one(project, text)
    assert "1 run finished with faults after training: example0: " in stderr
    assert project.json("history.json") == {"loss": [0.5]} and project.rows()[0]["run_epochs"] == "1"


# --- what an app adds ---

def test_what_is_added_to_the_data_becomes_columns(project):
    train_one(project, APP + """
    def get_loss(self):
        assert self.meta["data"]["start_time_string"] and "end_time" not in self.meta["data"]
        self.data["flops"] = 1000
        self.data["batch_size"] = 33
        self.meta["data"]["parameters"] = 7

    def save_history(self, history, out_file):
        assert self.meta["data"]["total_time"] >= 0 and self.meta["data"]["train_loss"] == 0.125
        self.meta["data"]["late"] = [1, 2]
        super().save_history(history, out_file)
""" + RUN)
    row = project.rows()[0]
    assert row["flops"] == "1000" and row["run_parameters"] == "7" and row["run_late"] == "[1, 2]"
    assert row["batch_size"] == "32" and "self.data['batch_size'] is 33 now; run_data.csv keeps" in project.errors()
    assert project.json("run_data.json")["flops"] == 1000
    assert "Everything is done" in project.run().stderr


def test_the_results_are_one_dict_that_methods_share(project):
    train_one(project, APP + method("save_metric", "run_results, history, metric",
                                    "assert run_results is self.meta['data']; run_results[metric + '_kept'] = 1") + RUN)
    assert project.rows()[0]["run_loss_kept"] == "1" and "run_faults" not in project.rows()[0]


# --- class attributes ---

def test_a_class_attribute_goes_before_the_config(project):
    project.write(batch_size=32, epochs=5)
    summary = method("model_summary", "model", "print('summary')")
    project.script(APP + "    epochs = 2\n    verbose = 0\n" + summary + RUN)
    done = project.run()
    assert project.rows()[0]["run_epochs"] == "2" and project.read("example0.log") == ""
    assert "App.epochs of the script goes before the config's key 'epochs': every run uses the script's, and " \
        "run_data.csv has the config's value, 5" in done.stderr


@pytest.mark.parametrize("line", ["self.epochs = 2", "self.data['epochs'] = 2"])
def test_epochs_are_what_self_has_when_the_training_begins(project, line):
    train_one(project, APP + method("get_loss", "", line) + RUN)
    assert project.rows()[0]["run_epochs"] == "2"


CHANGES = {
    "self.data['opt']['a'] = 2":
        "self.data['opt'] is {'a': 2, 'c': [1]} now; run_data.csv keeps the config's value, {'a': 1, 'c': [1]}",
    "self.data['opt']['c'].append(2)":
        "self.data['opt'] is {'a': 1, 'c': [1, 2]} now; run_data.csv keeps the config's value",
    "self.opt['b'] = 3": "self.data['opt'] is {'a': 1, 'c': [1], 'b': 3} now",
    "self.data['batch_size'] = 64": "self.data['batch_size'] is 64 now; run_data.csv keeps the config's value, 32",
    "del self.data['opt']": "self.data['opt'] is None now",
    "self.meta['mine'] = 6":
        "self.meta['mine'] is 6 now, which is not kept: what is put into self.data is a column of its name",
    "self.meta['retries'] = 6": "self.meta['retries'] is 6 now, which is not kept",
    "self.meta['run']['id'] = 6": "self.meta['run'] is {",
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_method_changes_and_is_not_kept_is_told(project, change):
    project.write(batch_size=32, opt={"a": 1, "c": [1]})
    project.script(TESTED + evaluate(f"{change}; return 0.5") + RUN)
    done = project.run()
    assert done.returncode == 0, done.stderr
    row = project.rows()[0]
    assert json.loads(row["opt"]) == {"a": 1, "c": [1]} and row["batch_size"] == "32"
    assert f"furcate: {CHANGES[change]}" in project.errors() and len(project.errors().splitlines()) == 1


def test_what_a_method_leaves_as_it_was_is_not_told(project):
    project.write(batch_size=32, opt={"a": 1, "c": [1]})
    unchanged = "self.data['opt'] = {'c': (1,), 'a': 1.0}; self.meta['data']['x'] = 1; return 0.5"
    project.script(TESTED + evaluate(unchanged) + RUN)
    assert project.run().returncode == 0 and project.errors() == "" and project.rows()[0]["run_x"] == "1"


# --- logging ---

LOGGING = APP + method("get_loss", "", "logging.debug('unseen'); logging.info('halfway'); "
                                       "logging.getLogger('mine').warning('odd')")


def test_what_an_app_logs_is_in_its_err(project):
    import re

    train_one(project, "import logging\n" + LOGGING + RUN)
    lines = project.read("example0.err").splitlines()
    stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}: "
    assert len(lines) == 2 and re.fullmatch(stamp + r"root\] halfway", lines[0])
    assert re.fullmatch(stamp + r"mine\] odd", lines[1])


def test_logging_that_a_method_imports_is_shown_too(project):
    at_first = "        return train_fp, None"
    train_one(project, LOGGING.replace(at_first, "        global logging\n        import logging\n" + at_first) + RUN)
    assert "root] halfway" in project.read("example0.err")


@pytest.mark.parametrize("before", ["logging.info('before')", "logging.debug('before')", "logging.basicConfig()"])
def test_what_is_logged_before_the_app_hides_nothing(project, before):
    """Each of these makes a handler of the root logger, of which the script knows nothing."""
    train_one(project, f"import logging\n{before}\n" + LOGGING + RUN)
    lines = project.read("example0.err").splitlines()
    assert [line.partition(": ")[2] for line in lines] == ["root] halfway", "mine] odd"]


@pytest.mark.parametrize("setting, wanted", [
    ("logging.basicConfig(level=logging.WARNING, format='own %(message)s')", "own odd\n"),
    ("logging.getLogger().setLevel(logging.ERROR)", ""),
    ("logging.basicConfig(level=logging.ERROR)", ""),
    ("logging.basicConfig(level=logging.INFO)", "INFO:root:halfway\nWARNING:mine:odd\n"),
    ("logging.basicConfig(stream=sys.stdout)", ""),
    ("logging.basicConfig(format='%(message)s')", "odd\n"),
    ("logging.info(1); logging.getLogger().addHandler(logging.NullHandler())", "WARNING:mine:odd\n"),
])
def test_an_app_s_own_logging_is_left_alone(project, setting, wanted):
    train_one(project, f"import logging\n{setting}\n" + LOGGING + RUN)
    assert project.read("example0.err") == wanted


NO_GPUS = method("get_available_gpu_indices", "", "logging.info('none'); return []")


def test_what_the_runner_logs_of_an_app_is_on_the_terminal(project):
    stderr = train_one(project, "import logging\n" + APP + NO_GPUS + RUN)
    assert "root] none\n" in stderr
