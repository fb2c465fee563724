"""furcate.torch: real trainings of small models on the CPU, each as a run of a script."""

import json
import re
import sys
import textwrap
import types

import pytest

from conftest import RUN

torch = pytest.importorskip("torch")
import furcate.torch  # noqa: E402
from furcate import _torch_loop, _torch_metrics, _torch_report, _torch_schedule  # noqa: E402

IMPORTS = ["torch"]
CPU = torch.device("cpu")
KEYS = {"batch_size": 32, "epochs": 3, "learning_rate": 0.05}

# Whether the sum of four numbers is positive. What a test adds stands after it, and wins.
SCRIPT = """
import functools
import os
import torch
import furcate.torch
from torch.utils.data import DataLoader, TensorDataset

def sums(count, seed):
    x = torch.randn(count, 4, generator=torch.Generator().manual_seed(seed))
    return TensorDataset(x, (x.sum(dim=1) > 0).long())

class Base(furcate.torch.Fork):
    def get_datasets(self, train_fp, test_fp, valid_fp):
        return sums(200, 1), sums(50, 2), sums(50, 3)

    def get_model(self):
        return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))

    def get_metrics(self):
        return ["accuracy"]

    def get_optimizer(self):
        return torch.optim.Adam(self.model.parameters(), lr=self.learning_rate)

    def get_loss(self):
        return "cross_entropy"

class App(Base):
    pass
"""


class Trained:
    """What a training left in a project."""

    def __init__(self, project):
        self.root, self.rows, self.directory = project.root, project.rows(), project.directory()
        self.log = project.read("example0.log")
        self.history = project.json("history.json")
        self.reports = [json.loads(line) for line in project.read("metrics.jsonl").splitlines()]

    def found(self, pattern):
        """What a regular expression finds in the lines of the log."""
        return re.findall(f"^{pattern}$", self.log, re.MULTILINE)

    def states(self, *keys):
        """The saved parameters of each run, as one tensor, by the run's values of these config keys."""
        states = {}
        for row in self.rows:
            state = torch.load(self.root / row["log_dir"] / "model.pt")
            values = tuple(row[key] for key in keys)
            states[values] = torch.cat([tensor.flatten() for tensor in state.values()])
        return states


def write(project, methods, script=SCRIPT, **keys):
    """A script whose App has these methods besides those of SCRIPT, and a config with these keys."""
    project.write(**{**KEYS, **keys})
    project.script(script + textwrap.indent(methods, "    ") + RUN)


def trainer(project):
    def run(methods="", **keys):
        write(project, methods, **keys)
        project.train()
        return Trained(project)

    return run


@pytest.fixture
def train(forked):
    return trainer(forked)


@pytest.fixture
def train_alone(project):
    """The same by ``python train.py`` alone, for what depends on the processes."""
    return trainer(project)


@pytest.fixture
def fail(forked):
    """Runs a script that must fail; gives the stderr of the run."""
    def run(methods="", **keys):
        write(forked, methods, **keys)
        assert forked.run().returncode == 1
        return forked.errors()

    return run


# --- a whole run ---


def test_a_model_learns_and_its_row_has_the_results(train_alone):
    trained = train_alone(epochs=10)
    history = trained.history
    assert [len(history[name]) for name in ("loss", "accuracy", "val_loss", "val_accuracy")] == [10] * 4
    assert history["val_loss"][-1] < history["val_loss"][0] / 2
    assert float(trained.rows[0]["run_val_accuracy"]) == pytest.approx(history["val_accuracy"][-1])
    assert history["val_accuracy"][-1] > 0.9
    assert float(trained.rows[0]["run_train_loss"]) == pytest.approx(history["loss"][-1])
    [loss, accuracy] = json.loads(trained.rows[0]["run_results"])
    assert loss < 0.5 and accuracy > 0.8


def test_each_permutation_is_trained(train):
    trained = train(learning_rate=[0.1, 0.01], batch_size=[16, 64])
    assert {(row["learning_rate"], row["batch_size"]) for row in trained.rows} == {
        ("0.1", "16"), ("0.1", "64"), ("0.01", "16"), ("0.01", "64")}
    assert len({row["run_val_loss"] for row in trained.rows}) == 4


def test_every_epoch_is_reported_when_it_is_over(train):
    trained = train("""
def get_callbacks(self):
    class Reader:
        def on_epoch_begin(self, epoch):
            if epoch > 1:
                with open(os.environ["FURCATE_METRICS"]) as lines: print("before", epoch, len(list(lines)))
    return [Reader()]
""")
    assert trained.found("before .*") == ["before 2 1", "before 3 2"]
    assert [report["step"] for report in trained.reports] == [1, 2, 3]
    for report, loss in zip(trained.reports, trained.history["val_loss"]):
        assert report["val_loss"] == pytest.approx(loss)


def test_the_same_seed_gives_the_same_model(train_alone):
    trained = train_alone(seed=[7, 8], repeat=[0, 1], learning_rate=[0, 0.05], deterministic=True)
    states = trained.states("learning_rate", "seed", "repeat")
    for rate in ("0", "0.05"):  # the first weights, and those after training
        assert torch.equal(states[rate, "7", "0"], states[rate, "7", "1"])
        assert not torch.equal(states[rate, "7", "0"], states[rate, "8", "0"])


def test_the_saved_model_is_the_trained_one_and_no_temporary_file_stays(train):
    trained = train()
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    model.load_state_dict(torch.load(trained.directory / "model.pt"))
    x = torch.randn(50, 4, generator=torch.Generator().manual_seed(2))  # the test set
    with torch.no_grad():
        loss = torch.nn.functional.cross_entropy(model(x), (x.sum(dim=1) > 0).long()).item()
    assert loss == pytest.approx(json.loads(trained.rows[0]["run_results"])[0], rel=1e-5)
    assert not list(trained.directory.glob("*.tmp"))


def test_an_epoch_is_a_line_of_the_log(train):
    trained = train(verbose=1)
    number = r"\d+\.\d{4}(e-\d+)?"
    metrics = " - ".join(f"{name}: {number}" for name in ("loss", "accuracy", "val_loss", "val_accuracy"))
    line = rf"Epoch 3/3 - \d+\.\ds - {metrics}"
    assert trained.found(line)


def test_verbose_0_prints_nothing(train):
    assert train(verbose=0).log == ""


def test_the_summary_counts_parameters_and_those_that_are_trained(train):
    trained = train("""
def get_model(self):
    model = super().get_model()
    model[0].bias.requires_grad_(False)
    return model
""")
    assert trained.found("0 +Linear +40")
    assert trained.found("1 +ReLU +0")
    assert trained.found("total +58")
    assert trained.found("trainable +50")


def test_a_cpu_slot_never_touches_cuda(train_alone):
    trained = train_alone("""
def model_save(self, model):
    print("device", self.device, "cuda", torch.cuda.is_initialized())
def _set_seed(self):
    def touched(): raise AssertionError("CUDA was asked for")
    torch.cuda.is_available = touched
    super()._set_seed()
""")
    assert "device cpu cuda False" in trained.log


@pytest.mark.parametrize(("base", "before"), [
    ("furcate.torch.Fork", ""),
    ("furcate.Fork", "import sys; sys.modules['tensorflow'] = None"),  # has a property `device` after get_model only
])
def test_a_device_that_the_script_sets_is_used(train, base, before):
    trained = train(script=before + SCRIPT.replace("(furcate.torch.Fork)", f"({base})"), methods="""
def get_model(self):
    self.device = "meta"
    return super().get_model()
def model_fit(self, model, *rest):
    print("model", next(model.parameters()).device)
    self.device = torch.device("cpu")
    print("own", self.device)
    return {"loss": [0.5], "accuracy": [0.5]}
def get_datasets(self, *paths): return sums(8, 1), None, None
def model_save(self, model): pass
""")
    assert "model meta\nown cpu\n" in trained.log


OWN_TRAINING = """
def model_fit(self, model, train_set, epochs, valid_set, callbacks, verbose):
    print("keys", self.device, self.forward, self.split_batch)
    return {"loss": [0.5], "accuracy": [0.5]}
"""
PLAIN = SCRIPT.replace("(furcate.torch.Fork)", "(furcate.Fork)").replace("import furcate.torch", "import furcate")


def test_a_training_of_the_app_s_own_has_config_keys_of_any_name(train):
    trained = train(OWN_TRAINING, script=PLAIN, device="cpu", forward=[[1, 2]], split_batch="half", stop_training=True)
    assert "keys cpu [1, 2] half" in trained.log and trained.rows[0]["run_test_loss"]
    assert trained.rows[0]["device"] == "cpu" and trained.rows[0]["forward"] == "[1, 2]"


@pytest.mark.parametrize("key", ["device", "forward"])
@pytest.mark.parametrize(("methods", "script"), [("", PLAIN), (OWN_TRAINING, SCRIPT)])
def test_config_keys_with_names_of_furcate_torch_are_refused_where_it_trains(project, key, methods, script):
    write(project, methods, script=script, **{key: "cpu"})
    done = project.run()
    assert done.returncode == 2 and f"self.{key} is a name of Fork" in done.stderr and not project.logs.exists()


def test_methods_called_by_hand_do_what_they_do_in_a_run(project):
    write(project, "", script=PLAIN)
    project.script((project.root / "train.py").read_text() + """
app = App("config.json")
app.model = app.get_model()
app.model_compile(app.model, app.get_optimizer(), app.get_loss(), app.get_metrics())
history = app.model_fit(app.model, sums(200, 1), 2, None, None, 0)
print(len(history.history["loss"]), sorted(app.model_evaluate(app.model, sums(50, 2))), app.gen_dataloader([1]))
""", "by_hand.py")
    text = (project.root / "by_hand.py").read_text().replace(RUN, "")
    project.script(text, "by_hand.py")
    done = project.run("by_hand.py")
    assert done.stdout.startswith("2 ['accuracy', 'loss'] <torch.utils.data"), done.stderr


def test_a_model_that_is_not_made_yet_is_told(project):
    write(project, "", script=PLAIN)
    project.script((project.root / "train.py").read_text().replace(RUN, "") + 'App("config.json").get_optimizer()\n')
    assert "there is no self.model yet: run() sets it once get_model has returned one" in project.run().stderr


BOTH = PLAIN.replace(
    "import torch\n", "import torch, sys, types\nsys.modules['tensorflow'] = types.ModuleType('tf')\n")


def test_helpers_are_there_where_two_frameworks_are_imported(train):
    trained = train("""
def get_datasets(self, train_fp, test_fp, valid_fp):
    print("loader", type(self.gen_dataloader(sums(8, 1))).__name__, self.device)
    return super().get_datasets(train_fp, test_fp, valid_fp)
""", script=BOTH)
    assert "loader DataLoader cpu" in trained.log and len(trained.history["val_accuracy"]) == 3


def test_a_script_that_imports_two_frameworks_is_seeded(train):
    states = train(script=BOTH, trial=[1, 2]).states("trial")
    assert torch.equal(states[("1",)], states[("2",)])


def test_what_callbacks_do_after_the_training_loses_nothing(train):
    trained = train("""
def get_callbacks(self):
    class Odd:
        def on_epoch_end(self, epoch, logs): logs["note"] = "good"
        def on_train_end(self): raise OSError("no disk")
    return [Odd()]
""")
    faults = json.loads(trained.rows[0]["run_faults"])
    assert faults == ["'note' is not reported: it is no number",
                      "a callback failed after the training: OSError: no disk"]
    assert (trained.directory / "model.pt").exists() and trained.history["note"] == ["good"] * 3


@pytest.mark.parametrize("test_set", ["torch.zeros(0, 4)", "torch.utils.data.TensorDataset(torch.zeros(0, 4))"])
def test_an_empty_test_set_is_not_evaluated(train, test_set):
    trained = train(f"def get_datasets(self, *paths): return sums(8, 1), {test_set}, None")
    assert not trained.rows[0].get("run_results")


def test_an_evaluation_may_return_tensors(train):
    trained = train("""
def model_evaluate(self, model, test_set):
    weight = next(model.parameters())
    return {"loss": weight.sum() * 0 + 0.5, "confusion": torch.tensor([[3, 1], [0, 4]]), "none": None}
""")
    row = trained.rows[0]
    assert [row[f"run_test_{name}"] for name in ("loss", "confusion", "none")] == ["0.5", "[[3, 1], [0, 4]]", ""]


@pytest.mark.parametrize("imports", [
    "import furcate",
    "import furcate, sys\nsys.modules['tensorflow'] = None",  # so that only the model tells what it is of
])
def test_a_plain_fork_has_these_defaults_for_a_torch_model(train, imports):
    script = SCRIPT.replace("(furcate.torch.Fork)", "(furcate.Fork)").replace("import furcate.torch", imports)
    assert len(train(script=script).history["val_accuracy"]) == 3


def test_an_own_loop_needs_neither_loss_nor_optimizer_nor_a_module(train):
    trained = train(script=SCRIPT.replace("(furcate.torch.Fork)", "(furcate.Fork)"), methods="""
def get_model(self): return torch.nn.Linear(4, 1), torch.nn.Linear(1, 4)
def get_optimizer(self): pass
def get_loss(self): pass
def model_fit(self, model, train_set, epochs, *rest): return {"loss": [0.5] * epochs, "accuracy": [1.0] * epochs}
def model_evaluate(self, model, test_set): return [0.25, len(model)]
def model_save(self, model): torch.save([part.state_dict() for part in model], self.log_dir + "/both.pt")
""")
    assert trained.history["loss"] == [0.5] * 3
    assert json.loads(trained.rows[0]["run_results"]) == [0.25, 2]
    assert len(torch.load(trained.directory / "both.pt")) == 2


def test_the_default_evaluation_needs_no_optimizer(train):
    trained = train("""
def get_optimizer(self): pass
def model_fit(self, model, train_set, epochs, *rest): return {"loss": [0.5], "accuracy": [0.5]}
""")
    assert len(json.loads(trained.rows[0]["run_results"])) == 2


def test_a_model_that_is_no_module_is_refused(fail):
    error = fail("""
def get_model(self): return object()
def get_optimizer(self): pass
""")
    assert ("TypeError: get_model returned object, and model_fit of furcate.torch.Fork takes a torch.nn.Module: "
            'return one, define model_fit, or write "framework": "none" in the config') in error


@pytest.mark.parametrize(("method", "arguments"), [("model_evaluate", [[]]), ("model_save", [])])
def test_a_model_that_is_no_module_is_neither_evaluated_nor_saved(method, arguments):
    fork = object.__new__(furcate.torch.Fork)
    with pytest.raises(TypeError, match=f"and {method} of furcate.torch.Fork takes a torch.nn.Module"):
        getattr(fork, method)(object(), *arguments)


def test_a_fork_that_has_adopted_them_can_be_pickled(train):
    """As a DataLoader does whose workers are spawned, when its dataset knows the Fork."""
    train("""
def get_model(self):
    import pickle
    self.train_set = [self]
    other = pickle.loads(pickle.dumps(self))
    assert other.train_set == [other]
    self.train_set = other.train_set = None
    assert isinstance(other, furcate.torch.Fork) and type(other).__name__ == "App" and other.data == self.data
    return super().get_model()
""", script=SCRIPT.replace("(furcate.torch.Fork)", "(furcate.Fork)"))


def test_a_config_key_named_model_stays_the_config_s(train):
    states = train("""
def get_model(self):
    return torch.nn.Linear(4, 2, bias=self.model == "biased")
def get_optimizer(self):
    assert self.model in ("plain", "biased")
    return torch.optim.Adam
""", model=["plain", "biased"]).states("model")
    assert (len(states["plain",]), len(states["biased",])) == (8, 10)


# --- optimizer, loss, scheduler ---


@pytest.mark.parametrize("optimizer", [
    "torch.optim.Adam",
    "functools.partial(torch.optim.SGD, lr=0.1, momentum=0.9)",
    "lambda parameters: torch.optim.SGD(parameters, lr=0.1)",
])
def test_an_optimizer_may_be_made_of_the_parameters(train, optimizer):
    losses = train(f"def get_optimizer(self): return {optimizer}").history["loss"]
    assert losses[-1] < losses[0]


TELLS_EPOCHS = """
def get_callbacks(self):
    class Teller:
        def on_epoch_begin(self, epoch): raise AssertionError("an epoch has begun")
    return [Teller()]
"""


def test_an_optimizer_that_is_none_is_refused(fail):
    error = fail(TELLS_EPOCHS + "def get_optimizer(self): return 3")
    assert "TypeError: get_optimizer must return an optimizer" in error


def test_a_loss_that_is_none_is_refused(fail):
    error = fail(TELLS_EPOCHS + "def get_loss(self): pass")
    assert "TypeError: get_loss must return a callable or a name, but returned None" in error


def test_a_loss_that_is_a_module_is_taken(train):
    trained = train("def get_loss(self): return torch.nn.CrossEntropyLoss(weight=torch.ones(2))")
    losses = trained.history["loss"]
    assert losses[-1] < losses[0]


def test_a_misspelled_loss_is_told_with_the_right_one(fail):
    assert "there is no loss 'cross_entrpy'; did you mean 'cross_entropy'?" in fail(
        TELLS_EPOCHS + "def get_loss(self): return 'cross_entrpy'")


def test_a_misspelled_metric_is_told_with_the_right_one(fail):
    assert "there is no metric 'acuracy'; did you mean 'accuracy'?" in fail(
        TELLS_EPOCHS + "def get_metrics(self): return ['acuracy']")


def test_a_scheduler_is_stepped_once_an_epoch(train):
    trained = train("""
def get_scheduler(self, optimizer):
    self.optimizer = optimizer
    return torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.1)
def report_epoch(self, epoch, logs):
    print("rate", self.optimizer.param_groups[0]["lr"])
""", learning_rate=1.0)
    rates = [float(rate) for rate in trained.found("rate (.*)")]
    assert rates == pytest.approx([0.1, 0.01, 0.001])


@pytest.mark.parametrize(("accumulation", "steps"), [(1, 7), (3, 3)])  # of 200 samples, 32 a batch
def test_a_scheduler_is_stepped_with_the_optimizer_where_it_says_so(train, accumulation, steps):
    trained = train("""
def get_optimizer(self):
    class Teller(torch.optim.SGD):
        def step(self, *arguments, **options):
            print("rate", self.param_groups[0]["lr"])
            return super().step(*arguments, **options)
    return Teller(self.model.parameters(), lr=0.1)
def get_scheduler(self, optimizer):
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=3 * self.steps)
    return {"scheduler": scheduler, "interval": "step"}
""", gradient_accumulation=accumulation, steps=steps)

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=3 * steps)
    rates = []
    for _ in range(3 * steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert [float(rate) for rate in trained.found("rate (.*)")] == pytest.approx(rates)


PLATEAU = torch.optim.lr_scheduler.ReduceLROnPlateau(torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1))


@pytest.mark.parametrize(("scheduler", "error"), [
    ({"scheduler": PLATEAU, "interval": "step"}, 'give it the interval "epoch"'),
    ({"scheduler": None, "interval": "batch"}, 'must be "epoch" or "step", but is \'batch\''),
    ({"scheduler": None, "frequency": 2}, r"\['frequency', 'scheduler'\]"),
    ({"interval": "step"}, r"\['interval'\]"),
])
def test_another_plan_for_a_scheduler_is_refused(scheduler, error):
    with pytest.raises(ValueError, match=error):
        _torch_schedule.Schedule(scheduler)


def test_a_step_that_is_left_out_for_an_overflow_is_no_step_of_the_scheduler():
    class Overflows(_torch_loop.Settings):
        def grad_scaler(self):
            scales = iter([4, 2, 2, 2, 2, 4])  # before and after each step; it is lowered for an overflow
            return types.SimpleNamespace(scale=lambda loss: loss, step=lambda optimizer: None,
                                         update=lambda: None, get_scale=lambda: next(scales))

    model, steps = torch.nn.Linear(1, 1), []
    loop = _torch_loop.Loop(model, torch.nn.functional.mse_loss, [], Overflows(CPU),
                            torch.optim.SGD(model.parameters(), lr=0.1), after_step=lambda: steps.append("step"))
    loop.train([(torch.zeros(1, 1), torch.zeros(1, 1))] * 3, 1)
    assert len(steps) == 2


def test_reduce_on_plateau_is_stepped_with_the_validation_loss(train):
    trained = train("""
def get_scheduler(self, optimizer):
    class Told(torch.optim.lr_scheduler.ReduceLROnPlateau):
        def step(self, value): print("told", value)
    return Told(optimizer)
""")
    told = [float(value) for value in trained.found("told (.*)")]
    assert told == pytest.approx(trained.history["val_loss"])


def test_reduce_on_plateau_is_stepped_with_the_loss_without_validation(train):
    trained = train("""
def get_datasets(self, *paths):
    return sums(64, 1), None, None
def get_scheduler(self, optimizer):
    class Told(torch.optim.lr_scheduler.ReduceLROnPlateau):
        def step(self, value): print("told", value)
    return Told(optimizer)
""")
    told = [float(value) for value in trained.found("told (.*)")]
    assert told == pytest.approx(trained.history["loss"])


# --- the loop ---


def test_clipping_bounds_the_norm_of_the_gradients(train):
    trained = train("""
def get_loss(self):
    return lambda outputs, targets: 1000 * torch.nn.functional.cross_entropy(outputs, targets)
def report_epoch(self, epoch, logs):
    print("norm", torch.stack([p.grad.norm() for p in self.model.parameters()]).norm().item())
""", clip_grad_norm=0.5)
    norms = [float(norm) for norm in trained.found("norm (.*)")]
    assert norms == pytest.approx([0.5] * 3, rel=1e-3)


def test_accumulated_gradients_are_those_of_one_large_batch(train):
    states = train("""
def get_optimizer(self): return functools.partial(torch.optim.SGD, lr=0.1)
def get_datasets(self, *paths): return sums(128, 1), None, None
""", batch_size=[64, 16], gradient_accumulation=[1, 4]).states("batch_size", "gradient_accumulation")
    assert torch.allclose(states["64", "1"], states["16", "4"], atol=1e-6)
    assert not torch.allclose(states["64", "1"], states["16", "1"], atol=1e-6)


def test_mixed_precision_computes_in_bfloat16_on_the_cpu(train):
    trained = train("""
def forward(self, model, inputs):
    outputs = super().forward(model, inputs)
    print("type", outputs.dtype)
    return outputs
""", amp=True, epochs=10)
    assert set(trained.found("type (.*)")) == {"torch.bfloat16"}
    assert trained.history["val_accuracy"][-1] > 0.85


def test_an_unknown_precision_is_refused(fail):
    assert "'amp' must be true, false, \"float16\" or \"bfloat16\", but is 'half'" in fail(amp="half")


NAN_IN_EPOCH_2 = """
def get_loss(self):
    self.calls = 0
    def loss(outputs, targets):
        self.calls += self.model.training
        return torch.nn.functional.cross_entropy(outputs, targets) * (float("nan") if self.calls == 10 else 1)
    return loss
"""


def test_a_loss_that_is_no_number_ends_the_run_with_epoch_and_step(fail):
    assert "FloatingPointError: the loss is nan in epoch 2, step 3;" in fail(NAN_IN_EPOCH_2)


def test_a_loss_that_is_no_number_goes_on_when_the_config_allows_it(train):
    history = train(NAN_IN_EPOCH_2, allow_nan=True).history
    assert len(history["loss"]) == 3


@pytest.mark.parametrize("stop", ["return epoch < 2", "self.fork.stop_training = epoch == 2"])
def test_a_callback_ends_the_training_after_an_epoch(train, stop):
    trained = train(f"""
def get_callbacks(self):
    class Stop:
        fork = self
        def on_train_begin(self): print("train begins")
        def on_epoch_begin(self, epoch): print("epoch begins", epoch)
        def on_epoch_end(self, epoch, logs):
            logs["twice"] = 2 * logs["val_loss"]
            {stop}
        def on_train_end(self): print("train ends")
    return [Stop(), object()]
""")
    assert trained.found("(?:train|epoch) .*") == [
        "train begins", "epoch begins 1", "epoch begins 2", "train ends"]
    assert trained.history["twice"] == pytest.approx([2 * loss for loss in trained.history["val_loss"]])
    assert [report["step"] for report in trained.reports] == [1, 2]


def test_the_mean_of_an_epoch_counts_samples_and_not_batches(train):
    history = train("""
def get_datasets(self, *paths):
    x, y = sums(100, 1).tensors
    return [(x[:90], y[:90]), (x[90:], y[90:])], None, [(x[:90], y[:90]), (x[90:], y[90:])]
def get_metrics(self):
    def size(outputs, targets): return len(targets)
    return [size]
""").history
    assert history["size"] == history["val_size"] == pytest.approx([90 * 0.9 + 10 * 0.1] * 3)


def test_batches_may_be_dicts_of_arrays_for_a_model_of_several_inputs(train):
    losses = train("""
def get_datasets(self, *paths):
    x, y = (tensor.numpy() for tensor in sums(64, 1).tensors)
    return [{"left": x[:, :2], "right": x[:, 2:], "label": y}] * 10, None, None
def get_model(self):
    class Both(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(4, 2)
        def forward(self, left, right):
            return self.layer(torch.cat([left, right], dim=1))
    return Both()
""").history["loss"]
    assert losses[-1] < losses[0]


def test_an_iterator_that_is_used_up_is_told(fail):
    error = fail("""
def get_datasets(self, *paths):
    return iter(DataLoader(sums(64, 1), batch_size=8)), None, None
""")
    assert "the training dataset gave no batch in epoch 2; an iterator can be read only once" in error


def test_a_metric_like_those_of_torchmetrics_is_reset_for_each_pass(train):
    history = train("""
def get_metrics(self):
    class SampleCount:
        def __init__(self): self.reset()
        def reset(self): self.count = 0
        def update(self, outputs, targets): self.count += len(targets)
        def compute(self): return torch.tensor(self.count)
    return [SampleCount()]
""").history
    assert history["sample_count"] == [200] * 3
    assert history["val_sample_count"] == [50] * 3


def test_training_data_is_shuffled_anew_each_epoch_and_validation_data_is_not(train):
    trained = train("""
def get_datasets(self, *paths):
    numbers = TensorDataset(torch.arange(6.).reshape(6, 1), torch.zeros(6).long())
    return numbers, None, numbers
def get_model(self): return torch.nn.Linear(1, 2)
def forward(self, model, inputs):
    print("order", model.training, inputs.flatten().int().tolist())
    return model(inputs)
""", batch_size=6, epochs=3)
    assert len(set(trained.found("order True .*"))) > 1
    assert set(trained.found("order False .*")) == {"order False [0, 1, 2, 3, 4, 5]"}


def test_drop_last_drops_of_the_training_data_only(train):
    history = train("""
def get_metrics(self):
    def smallest(outputs, targets): return len(targets)
    return [smallest]
""", batch_size=32, drop_last=True).history
    assert history["smallest"] == [32] * 3
    assert history["val_smallest"] == pytest.approx([(32 * 32 + 18 * 18) / 50] * 3)


def test_workers_load_the_data_by_chances_of_the_seed(train_alone):
    trained = train_alone("""
def get_datasets(self, *paths):
    import numpy, random
    class Chance(torch.utils.data.Dataset):
        def __len__(self): return 4
        def __getitem__(self, i):
            worker = torch.utils.data.get_worker_info().id
            return torch.tensor([worker, random.random(), numpy.random.random(), torch.rand(())]), 0
    return Chance(), None, None
def get_model(self): return torch.nn.Linear(4, 2)
def forward(self, model, inputs):
    print("chance", *inputs.flatten().tolist())
    return super().forward(model, inputs.float())
""", num_workers=2, batch_size=1, epochs=1, repeat=[0, 1])
    logs = trained.root.glob("logs/*/*.log")
    first, second = (re.findall("^chance .*", log.read_text(), re.MULTILINE) for log in logs)
    assert first == second
    rows = [tuple(map(float, line.split())) for line in trained.found("chance (.*)")]
    assert {row[0] for row in rows} == {0, 1}
    assert len({row[1:] for row in rows}) == 4


# --- metrics and losses by themselves ---


def accuracy(outputs, targets, probabilities=False):
    [meter] = _torch_metrics.as_meters(["accuracy"], probabilities, CPU)
    meter.update(torch.tensor(outputs), torch.tensor(targets), 1)
    return meter.compute()


@pytest.mark.parametrize(("outputs", "targets", "right"), [
    ([[1.0, 2.0], [3.0, 1.0]], [1, 1], 0.5),  # class indices
    ([[-1.0], [2.0]], [0, 1], 1.0),  # binary logits (N, 1) for (N,)
    ([0.3, 0.4], [1.0, 0.0], 0.5),  # binary logits (N,)
    ([[1.0, -1.0], [1.0, 1.0]], [[1, 0], [0, 1]], 0.75),  # several labels
    ([[[1.0, 2.0], [2.0, 1.0]]], [[1, 0]], 1.0),  # a class for each pixel: (N, C, L) and (N, L)
])
def test_accuracy_fits_classes_yes_and_no_and_several_labels(outputs, targets, right):
    assert accuracy(outputs, targets) == right


def test_accuracy_of_probabilities_has_its_border_at_a_half():
    assert accuracy([0.3, 0.6], [0, 1]) == 0.5
    assert accuracy([0.3, 0.6], [0, 1], probabilities=True) == 1.0
    assert _torch_metrics.gives_probabilities(_torch_metrics.as_loss("bce"))
    assert _torch_metrics.gives_probabilities(torch.nn.BCELoss())
    assert not _torch_metrics.gives_probabilities(_torch_metrics.as_loss("bce_with_logits"))


@pytest.mark.parametrize(("name", "right"), [
    ("mse", 2.5), ("mae", 1.5), ("top_2_accuracy", None)])
def test_numbers_of_named_metrics(name, right):
    [meter] = _torch_metrics.as_meters([name], False, CPU)
    if name == "top_2_accuracy":
        meter.update(torch.tensor([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]]), torch.tensor([1, 2]), 2)
        assert meter.compute() == 0.5
    else:
        meter.update(torch.tensor([[1.0], [2.0]]), torch.tensor([2.0, 4.0]), 2)
        assert meter.compute() == right


def test_shapes_that_would_be_broadcast_are_refused():
    with pytest.raises(ValueError, match=r"outputs of shape \(2, 3\) do not fit targets of \(2,\)"):
        _torch_metrics.as_loss("mse")(torch.zeros(2, 3), torch.zeros(2))


def test_a_named_loss_takes_a_column_for_a_row_and_whole_numbers():
    assert _torch_metrics.as_loss("mse")(torch.zeros(2, 1), torch.tensor([1, 3])).item() == 5


def test_two_metrics_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two metrics have the name '<lambda>'"):
        _torch_metrics.as_meters([lambda o, t: 0, lambda o, t: 1], False, CPU)


def test_nested_batches_go_to_the_device_in_their_own_shape():
    moved = _torch_loop.to_device({"a": [torch.ones(2), (torch.ones(1), "text")]}, torch.device("meta"))
    assert moved["a"][0].device.type == moved["a"][1][0].device.type == "meta"
    assert isinstance(moved["a"][1], tuple) and moved["a"][1][1] == "text"


# --- loops of one's own ---


def test_report_epochs_sends_the_means_of_a_loop(tmp_path, monkeypatch):
    monkeypatch.setenv("FURCATE_METRICS", str(tmp_path / "metrics.jsonl"))
    loop = furcate.torch.report_epochs(2)
    for epoch in loop:
        epoch.add(3, loss=torch.tensor(1.0))
        epoch.add(1, loss=2.0)
        epoch.set(val_loss=epoch.number)
    assert loop.history == {"loss": [1.25, 1.25], "val_loss": [1.0, 2.0]}
    reports = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    numbers = [(report["step"], report["loss"], report["val_loss"]) for report in reports]
    assert numbers == [(1, 1.25, 1), (2, 1.25, 2)]


def test_the_lightning_callback_sends_the_metrics_of_each_epoch(tmp_path, monkeypatch):
    monkeypatch.setenv("FURCATE_METRICS", str(tmp_path / "metrics.jsonl"))

    metrics = {"val_loss": torch.tensor(0.5), "text": "no number"}
    trainer = types.SimpleNamespace(current_epoch=4, is_global_zero=True, callback_metrics=metrics)
    furcate.torch.LightningReport().on_train_epoch_end(trainer, None)
    trainer.is_global_zero = False
    furcate.torch.LightningReport().on_train_epoch_end(trainer, None)
    [report] = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert report["step"] == 5 and report["val_loss"] == 0.5 and "text" not in report


def test_the_lightning_callback_is_a_callback_of_the_lightning_that_is_installed(tmp_path, monkeypatch):
    (tmp_path / "pytorch_lightning.py").write_text("class Callback: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    import pytorch_lightning

    assert issubclass(_torch_report.lightning_report_class(), pytorch_lightning.Callback)
    del sys.modules["pytorch_lightning"]


def test_a_script_that_has_computed_before_it_makes_its_fork_trains(project):
    """Where that started OpenMP's threads a fork would wait for them forever."""
    project.write(batch_size=[8, 16], meta={"max_threads": 1}, epochs=1)
    project.script("""
import torch, furcate
torch.nn.functional.softmax(torch.rand(2000, 2000), 1)

def train(config):
    return {"sum": float(torch.nn.functional.softmax(torch.rand(2000, 2000), 1).sum())}

furcate.run("config.json", train)
""")
    done = project.run(OMP_NUM_THREADS="2")
    assert done.returncode == 0, done.stderr
    assert "libgomp" in (project.logs / "furcate.log").read_text()


@pytest.mark.parametrize(("seed", "different"), [("", 3), ("torch.manual_seed(1)", 1)])
def test_forked_runs_draw_numbers_of_their_own_unless_the_script_has_seeded(project, seed, different):
    project.write(batch_size=[8, 16, 32], meta={"start": "fork"})
    project.script(f"""
import torch, furcate
torch.rand(1)
{seed}

def draw(config):
    return {{"drawn": float(torch.rand(1, dtype=torch.double))}}

furcate.run("config.json", draw)
""")
    project.train()
    assert len({row["run_drawn"] for row in project.rows()}) == different
    assert "fork server" in (project.logs / "furcate.log").read_text()
