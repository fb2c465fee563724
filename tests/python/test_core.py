"""The extension itself: what it converts, and that it keeps nothing alive."""

import gc
import json
import re
import sys

import pytest

import furcate
from furcate import _core, launch


def leaks(function, times=300):
    """Whether each call of a function leaves a block of memory behind, as one reference too many does.

    Caches fill up and are full some day; what leaks goes on.
    """
    return all(growth(function, times) >= times for _ in range(10))


def growth(function, times):
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(times):
        function()
    gc.collect()
    return sys.getallocatedblocks() - before


class Number:
    """As NumPy's and the frameworks' numbers are."""

    def __float__(self):
        return 0.5


class App(furcate.Fork):
    def get_datasets(self, train_fp, test_fp, valid_fp):
        return [1], [2], None

    def get_model(self):
        return object()

    def get_metrics(self):
        return ["accuracy"]

    def model_fit(self, model, train_set, epochs, valid_set, callbacks, verbose):
        return {"loss": [1.0, 2.0], "accuracy": [0.5, Number()]}

    def model_save(self, model):
        pass

    def model_evaluate(self, model, test_set):
        return [1, Number(), 2.5]

    def plot(self, *arguments):
        pass


class Failing(App):
    def get_loss(self):
        raise KeyError("absent")


@pytest.fixture
def run(tmp_path, monkeypatch):
    config = {"data_name": "x", "data_dir": str(tmp_path), "batch_size": 1, "epochs": 2, "verbose": 0, "seed": 1,
              "train_prefix": "a", "test_prefix": "b", "valid_prefix": "c", "log_dir": str(tmp_path), "gpu_id": -1,
              "meta": {"run": {"id": 3, "name": "x3", "label": "", "attempt": 1}}}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    monkeypatch.setenv("FURCATE_CONFIG", str(path))
    monkeypatch.setenv("FURCATE_RUN_DIR", str(tmp_path))
    return path


def test_takes_a_run_through_its_methods(run):
    App().run()
    data = json.loads((run.parent / "run_data.json").read_text())["meta"]["data"]
    assert data["results"] == [1, 0.5, 2.5] and data["train_accuracy"] == 0.5 and data["epochs"] == 2


def test_a_run_leaves_no_references(run):
    assert not leaks(App().run)


def test_a_failed_run_leaves_no_references(run):
    def fail():
        with pytest.raises(KeyError):
            Failing().run()
    assert not leaks(fail)


class Textless:
    def __str__(self):
        raise KeyError("no text")


class Shrinking:
    """Takes itself out of the dict as it is looked at."""

    def __init__(self, results):
        self.results = results

    def __float__(self):
        self.results.clear()
        return 0.5


def results_of(run):
    return json.loads((run.parent / "run_data.json").read_text())["meta"]["data"]


def saves(results):
    """A Fork whose save_metric puts something into the results."""
    class Saving(App):
        def save_metric(self, run_results, history, metric):
            results(run_results)
    return Saving()


def endless():
    items = []
    items.append(items)
    return items


@pytest.mark.parametrize("item, why", [
    (lambda results: "\ud800", "surrogates not allowed"), (lambda results: Textless(), "no text"),
    (lambda results: [1, Textless(), 2], "no text"), (lambda results: (Textless(),), "no text"),
    (lambda results: {"a": {"b": Textless()}, "c": 1}, "no text"), (lambda results: {Textless(): 1}, "no text"),
    (lambda results: results, "recursion"), (lambda results: endless(), "recursion")])
def test_what_cannot_be_stored_is_named_and_left_out(run, item, why):
    saves(lambda results: results.update(mine=item(results), last=1)).run()
    data = results_of(run)
    assert "mine" not in data and data["last"] == 1 and len(data["faults"]) == 1
    assert re.fullmatch(rf"run_results\['mine'\] is left out: .*{why}.*", data["faults"][0])


def test_a_result_may_change_the_dict_that_is_read(run):
    saves(lambda results: results.update(mine={"a": Shrinking(results), "b": 1}, last=1)).run()
    data = results_of(run)
    assert data["mine"] == {"a": 0.5, "b": 1} and data["last"] == 1


def test_a_key_that_cannot_be_stored_is_named(run):
    saves(lambda results: results.update({"\ud800": 1})).run()
    [fault] = results_of(run)["faults"]
    assert fault.startswith(r"run_results['\ud800'] is left out: ") and "surrogates not allowed" in fault


@pytest.mark.skipif(not hasattr(sys, "get_int_max_str_digits"), reason="this Python writes an integer of any size")
def test_an_integer_that_python_does_not_write_is_named(run):
    saves(lambda results: results.update(mine=10**5000)).run()
    [fault] = results_of(run)["faults"]
    assert fault.startswith("run_results['mine'] is left out: ") and "limit" in fault


def test_an_interrupt_while_a_result_is_stored_goes_on_at_the_end(run):
    class Interrupted:
        def __str__(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        saves(lambda results: results.update(mine=Interrupted(), last=1)).run()
    assert results_of(run)["last"] == 1


@pytest.mark.parametrize("fault", [KeyError, KeyboardInterrupt, None])
def test_faults_leave_no_references(run, fault, capfd):
    class Faulty(App):
        def model_evaluate(self, model, test_set):
            if fault:
                raise fault("mine")
            return {"mine": [1, {"a": Textless()}], "a": {1, 2}}

    def fail():
        try:
            Faulty().run()
        except KeyboardInterrupt:
            pass
        capfd.readouterr()
    assert not leaks(fail)
    assert results_of(run)["faults"]


def test_a_model_that_cannot_be_saved_leaves_no_references(run, capfd):
    class Unsaved(App):
        def model_save(self, model):
            raise KeyError("h5py")

    def fail():
        with pytest.raises(KeyError, match="h5py"):
            Unsaved().run()
        capfd.readouterr()
    assert not leaks(fail)


@pytest.mark.skipif(sys.getallocatedblocks() == 0, reason="memory is the C library's, which counts no blocks")
def test_a_leak_is_seen():
    kept = []
    assert leaks(lambda: kept.append(object()), 10)


@pytest.mark.parametrize("call", [
    lambda path: _core.read_run(str(path)),
    lambda path: _core.report(1, {"loss": 1, "accuracy": Number()}, str(path.parent / "metrics.jsonl")),
    lambda path: _core.gpu_indices(),
    lambda path: _core.reported(),
    lambda path: pytest.raises(furcate.ConfigError, _core.read_config, "absent.json", True),
    lambda path: pytest.raises(TypeError, _core.report, 1, {"loss": "high"}, str(path)),
    lambda path: pytest.raises(ValueError, _core.report, 1, {"": 1}, str(path)),
    lambda path: pytest.raises(TypeError, _core.plot, str(path), "loss", [1], [object()], None),
], ids=["read_run", "report", "gpu_indices", "reported", "no config", "no number", "no name", "no curve"])
def test_functions_leave_no_references(run, call):
    assert not leaks(lambda: call(run))


def test_what_is_no_number_is_named(run):
    with pytest.raises(TypeError, match="loss is to be a number, and is 'high'"):
        _core.report(1, {"loss": "high"}, str(run.parent / "metrics.jsonl"))


@pytest.mark.parametrize("name, why", [
    ("", "it is empty; give it a name"), ("a\nb", "it holds a control character"), ("a\0b", "it holds a NUL"),
    ("step", "every report has this key already; rename it"), ("time", "every report has this key already; rename it")])
def test_a_name_that_no_metric_can_have_is_refused(run, name, why):
    class Reporting(App):
        def model_fit(self, model, train_set, epochs, valid_set, callbacks, verbose):
            _core.report(1, {name: 1}, None)

    path = run.parent / "metrics.jsonl"
    with pytest.raises(ValueError, match=re.escape(f"{name!r} cannot be a metric: {why}")):
        _core.report(1, {"loss": 1, name: 1}, str(path))
    with pytest.raises(ValueError, match=re.escape(f"{name!r} cannot be a metric: {why}")):
        Reporting().run()
    assert not path.exists()


def test_a_report_of_a_fork_leaves_out_what_it_cannot_have(run):
    class Reporting(App):
        def model_fit(self, model, train_set, epochs, valid_set, callbacks, verbose):
            for step in (1, 2):
                furcate.report(step, **{"loss": 1 / step, "a\nb": 1, "note": "high", "time": 9.5})

    Reporting().run()
    data = json.loads((run.parent / "run_data.json").read_text())["meta"]["data"]
    assert data["train_loss"] == 0.5 and data["faults"] == [
        "'a\\nb' is not reported: it holds a control character; rename it", "'note' is not reported: it is no number",
        "'time' is reported as 'metric_time': every report has a time of its own"]


def test_the_history_of_a_fork_may_have_a_name_that_is_no_column_of_its_run(run):
    class Counting(App):
        def model_fit(self, model, train_set, epochs, valid_set, callbacks, verbose):
            return {"loss": [2.0, 1.0], "epochs": [1, 2]}

    Counting().run()
    data = json.loads((run.parent / "run_data.json").read_text())["meta"]["data"]
    assert data["epochs"] == 2 and data["train_loss"] == 1.0


@pytest.mark.parametrize("step, error", [(-1, ValueError), (-1.0, ValueError), (2**63, ValueError), (1.5, TypeError),
                                         (float("nan"), TypeError), (float("inf"), TypeError), ("1", TypeError),
                                         (b"1", TypeError), (None, TypeError), ([1], TypeError)])
def test_a_step_that_is_none_is_refused_by_its_name(run, step, error):
    path = run.parent / "metrics.jsonl"
    with pytest.raises(error) as caught:
        _core.report(step, {"loss": 1}, str(path))
    assert str(caught.value) == f"step must be a whole number from 0 or 1 on, but is {step!r}" and not path.exists()


@pytest.mark.parametrize("step", [0, 0.0, 3, 3.0, True, 2**53])
def test_a_step_may_be_0_and_a_whole_float(run, step):
    _core.report(step, {"loss": 1}, str(run.parent / "metrics.jsonl"))
    assert json.loads((run.parent / "metrics.jsonl").read_text())["step"] == int(step)


def test_a_step_may_be_a_number_of_numpy(run):
    numpy = pytest.importorskip("numpy")
    for i, step in enumerate((numpy.int32(1), numpy.float32(2), numpy.array(3), numpy.array([4.0]))):
        _core.report(step, {"loss": 1}, str(run.parent / "metrics.jsonl"))
        assert json.loads((run.parent / "metrics.jsonl").read_text().splitlines()[i])["step"] == i + 1


def test_keeps_integers_of_any_size_and_text_of_any_kind(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"big": 123456789012345678901234567890, "text": "\\u00e9\\ud83d\\ude00", "none": null, "e": 1e-3}')
    assert _core.read_run(str(path)) == {"big": 123456789012345678901234567890, "text": "é😀", "none": None, "e": 0.001}


def test_two_things_are_no_datasets(run):
    class Two(App):
        def get_datasets(self, train_fp, test_fp, valid_fp):
            return 1, 2

    with pytest.raises(TypeError, match="get_datasets must return three things"):
        Two().run()


@pytest.mark.parametrize(("words", "path"), [
    ("", "given.json"), ("--configs a.json", "given.json"), ("-- --config a.json", "given.json"),
    ("--config a.json", "a.json"), ("--lr 3 --config=a.json --config b.json -v", "b.json"),
    ("--config=a=b.json", "a=b.json")])
def test_a_config_on_the_command_line_goes_before_the_script_s(monkeypatch, words, path):
    monkeypatch.setattr(sys, "argv", ["train.py", *words.split()])
    assert launch.config_path("given.json") == path


@pytest.mark.parametrize("word", ["--config", "--config="])
def test_a_config_without_a_path_is_refused(monkeypatch, word):
    monkeypatch.setattr(sys, "argv", ["train.py", word])
    with pytest.raises(ValueError, match="--config needs the path of a config file behind it"):
        launch.config_path("given.json")


@pytest.mark.parametrize(("given", "kept"), [
    ("-i train.py -i", "train.py -i"), ("-ui -W ignore -i train.py", "-u -W ignore train.py"), ("train.py", "train.py"),
    ("-X importtime -i -m train -i", "-X importtime -m train -i"), ("-Wignore -Bim train", "-Wignore -Bm train"),
    ("--check-hash-based-pycs never -i train.py", "--check-hash-based-pycs never train.py"), ("-ic i i", "-c i i"),
    ("-Xdev=i - i", "-Xdev=i - i"), ("-i", "")])
def test_runs_are_not_started_to_be_looked_at(given, kept):
    assert launch._without_inspection(["python", *given.split()]) == ["python", *kept.split()]


def test_a_plot_has_the_epochs_that_it_is_given(run, capsys):
    def picture(epochs):
        path = run.parent / "loss.jpg"
        path.unlink(missing_ok=True)
        furcate.Fork.plot(App(), "loss", epochs, [3.0, 2.0, 1.0], [Number()])
        return path.read_bytes() if path.exists() else None

    assert picture(range(1, 4)) == picture([1, 2, 3, 4]) != picture(range(0, 15, 5))
    assert picture([1, 2]) is None
    assert "no plot of 'loss': 2 epochs for 3 values" in capsys.readouterr().err


def test_a_history_may_lack_numbers(run):
    class Sparse(App):
        plot = furcate.Fork.plot

        def model_fit(self, model, train_set, epochs, valid_set, callbacks, verbose):
            return {"loss": [1.0, 2.0], "val_loss": [None, 0.5], "lr": ["high", "low"], "accuracy": [0.5, Number()]}

    Sparse().run()
    data = json.loads((run.parent / "run_data.json").read_text())["meta"]["data"]
    assert data["val_loss"] == 0.5 and (run.parent / "loss.jpg").exists()
    assert json.loads((run.parent / "history.json").read_text())["val_loss"] == [None, 0.5]


def test_a_name_in_a_history_does_not_lose_the_model(run, capfd):
    class Odd(App):
        def model_fit(self, model, train_set, epochs, valid_set, callbacks, verbose):
            return {"loss": [1.0, 1.0], "a\nb": [2.0, 2.0]}

    Odd().run()
    assert "the history was not reported: 'a\\nb' cannot be a metric" in capfd.readouterr().err
    assert results_of(run)["train_loss"] == 1 and results_of(run)["epochs"] == 2
    assert len(results_of(run)["faults"]) == 1
