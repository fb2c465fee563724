"""Fork: the methods of a training run, which furcate calls in order, once for each permutation of a config."""

import copy
import itertools
import json
import operator
import os
import re
import sys
from typing import IO, Any, Dict, List, Optional, Sequence, Tuple, Type

from furcate import _core, adapters, launch, picture, warm
from furcate._core import ConfigError
from furcate.history import as_curve, history_document, history_values, metric_name
from furcate.script import missing_key
from furcate.steps import Steps
from furcate.tell import tell

__all__ = ["Fork", "metric_name"]


def _restore(own: Type["Fork"], framework: str) -> "Fork":
    """Unpickles a Fork that has adopted a framework's defaults: its class is known by no name."""
    fork = own.__new__(own)
    fork._adopt(framework)
    return fork


def _as_gpu_index(index: Any, indices: List[Any]) -> int:
    """Also of a string, as nvidia-smi prints it."""
    if isinstance(index, str) and re.fullmatch(r"\s*-?[0-9]+\s*", index):
        return int(index)
    if isinstance(index, bool) or not hasattr(index, "__index__"):
        raise TypeError("get_available_gpu_indices must return the numbers of GPUs, such as [0, 1], or -1 for each CPU "
                        f"slot; it returned {index!r} in {indices}")
    return operator.index(index)


class Fork(Steps):
    """A training app: subclass it, define the methods below, and call :meth:`run`.

    Started by hand, :meth:`run` is the runner: it executes this script once for each permutation of the config,
    over all GPUs. In those, :meth:`run` takes one run through the methods, in the order in which they stand here.

    Config keys are attributes, ``self.batch_size``. In a run each has the run's one value, ``self.log_dir`` is the
    run directory, and ``self.gpu_id`` the GPU, -1 on the CPU. The defaults of a framework are those of
    ``furcate.tf.Fork`` or ``furcate.torch.Fork``: of the one that the config's ``framework`` names ("tf", "torch",
    "none", also "tensorflow", "keras" and "pytorch"), else of the one that the script has imported or whose model
    get_model returns.
    """

    date_format = "%Y-%m-%d %H:%M:%S"

    # So that they can be read before __init__, by a subclass' own.
    _data: Optional[Dict[str, Any]] = None
    _config_filename: Optional[launch.Path] = None
    _is_other_plan = False

    def __init__(self, config_filename: Optional[launch.Path] = None) -> None:
        """config_filename: path of the config; ``--config FILE`` on the script's command line goes before it."""
        if config_filename is not None:
            launch.check_path(config_filename)
        self._config_filename = config_filename
        self.script_name = sys.argv[0]
        if "FURCATE_PLAN" in os.environ:
            self._is_other_plan = launch.is_other_plan(launch.config_path(config_filename))
        if not self._is_other_plan:
            warm.become_run()
            self._random_state = warm.random_state_if_runner()  # where a run would begin
        if self._is_run():
            self._adopt(self._framework())

    # --- config ---

    @property
    def data(self) -> Dict[str, Any]:
        """The config as a dict, `meta` included, defaults filled in. Raises ConfigError when it cannot be used."""
        if self._data is None:
            if not self._is_run():
                self._data = _core.read_config(launch.config_path(self._config_filename), True)
                self._data.setdefault("gpu_id", -1)
            else:
                self._data = _core.read_fork_run(os.environ["FURCATE_CONFIG"])
        return self._data

    @property
    def meta(self) -> Dict[str, Any]:
        """The config's `meta`."""
        return self.data["meta"]

    @property
    def log_dir(self) -> str:
        """In a run the run directory, absolute; in the runner the config's log_dir."""
        return (self._is_run() and os.environ.get("FURCATE_RUN_DIR")) or self.data["log_dir"]

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_") or hasattr(type(self), key):
            return object.__getattribute__(self, key)  # raises again what brought us here, a property for instance
        if key in self.data:
            return self.data[key]
        try:
            return adapters.borrow(self, key)
        except KeyError:
            raise AttributeError(missing_key(self.data, key)) from None

    def is_runner(self) -> bool:
        """Whether this is the process that supervises: False in a run, of whatever config."""
        return not os.environ.get("FURCATE_CONFIG") and not self._is_other_plan

    def run(self) -> None:
        """Runs what is left of the plan; in a run, takes it through the methods.

        Returns when every run is done, and in a run when that one is: what stands behind is executed in all of them.
        Otherwise raises SystemExit with furcate's exit status: 1 some failed, 2 bad config, 3 no device, 130 or 143
        stopped. In a run, raises what a method raised. Does nothing in a run of another config.
        """
        if self._is_other_plan:
            launch.tell_if_nested(launch.config_path(self._config_filename))
            return
        self._check_methods()
        self._show_log()
        if self.is_runner():
            self._check_keys()
            launch.run_plan(launch.config_path(self._config_filename), self._random_state, for_fork=True,
                            gpus=self._own_gpu_indices(), shows_gpu=self._shows_gpu(),
                            lists_data_dir=type(self).get_filepaths is Fork.get_filepaths)
            return
        launch.refuse_worker()
        # A run that is killed leaves the lines it had written.
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        self._set_seed()
        self._given = copy.deepcopy(self.data)  # a method may change what is in a value
        self.meta["data"] = {}
        _core.train(self, os.environ["FURCATE_CONFIG"])

    # --- devices ---

    def get_available_gpu_indices(self) -> List[int]:
        """Called in the runner. Returns the indices of the GPUs to use: one slot each, so that [0, 0] is two runs at a
        time on GPU 0; or -1 for each of some CPU slots. Default: NVML, else nvidia-smi."""
        return _core.gpu_indices()

    def set_visible_gpus(self) -> None:
        """Restricts the process to the GPU ``self.gpu_id``. Default: sets CUDA_VISIBLE_DEVICES, which the runner did
        already for a class that does not override this; for one that does, it is as the user's environment has it."""
        os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
        os.environ["CUDA_VISIBLE_DEVICES"] = str(self.gpu_id) if self.gpu_id >= 0 else ""

    # --- data ---

    def get_filepaths(self) -> Tuple[List[str], List[str], List[str]]:
        """Returns the training, test and validation paths: what of data_dir has a name with train_prefix, …, sorted.

        A method of your own may make something else of data_dir, which then need not be a folder of this machine.
        """
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", self.data_dir):
            raise ValueError(f"the data_dir '{self.data_dir}' is no folder of this machine; define get_filepaths to "
                             "find its files")
        names = sorted(os.listdir(self.data_dir))

        def below(prefix: str) -> List[str]:
            return [os.path.join(self.data_dir, name) for name in names if name.startswith(prefix)]

        return below(self.train_prefix), below(self.test_prefix), below(self.valid_prefix)

    def get_datasets(self, train_fp: List[str], test_fp: List[str], valid_fp: List[str]) -> Tuple[Any, Any, Any]:
        """Required. Returns the training, test and validation set; None for a test or validation set there is not."""
        raise self._missing("get_datasets", "the training, test and validation set (None where there is none)")

    # --- the model ---

    def get_model(self) -> Any:
        """Required. Returns the model."""
        raise self._missing("get_model", "the model, built and ready to be compiled")

    def model_summary(self, model: Any) -> None:
        """Shows the model, when `verbose` is 1 or more. Default: nothing."""
        adapter = self._adopt_by_hand(model)
        if adapter:
            adapter.model_summary(self, model)

    def get_metrics(self) -> Sequence[Any]:
        """Returns the metrics to keep and plot, besides "loss": names, or a framework's objects. Default: none."""
        return []

    def get_optimizer(self) -> Any:
        """Returns the optimizer for model_compile. Default: None."""
        return None

    def get_loss(self) -> Any:
        """Returns the loss for model_compile. Default: None."""
        return None

    def model_compile(self, model: Any, optimizer: Any, loss: Any, metrics: Sequence[Any]) -> None:
        """Makes the model ready for training. Default: nothing."""
        adapter = self._adopt_by_hand(model)
        if adapter:
            adapter.model_compile(self, model, optimizer, loss, metrics)

    # --- training ---

    def get_callbacks(self) -> Optional[List[Any]]:
        """Returns a list of training callbacks. Default: None."""
        return None

    def model_fit(self, model: Any, train_set: Any, epochs: int, valid_set: Any, callbacks: Optional[List[Any]],
                  verbose: int) -> Any:
        """Trains the model. Returns the history: Keras', a dict of lists with a number for each epoch ("loss",
        "accuracy", "val_loss", …), or None when it called :func:`furcate.report` for each epoch."""
        adapter = self._adopt_by_hand(model)
        if adapter:
            return adapter.model_fit(self, model, train_set, epochs, valid_set, callbacks, verbose)
        raise self._missing("model_fit", "the history, a dict of lists with a number for each epoch")

    def model_save(self, model: Any) -> None:
        """Saves the trained model to ``self.log_dir``."""
        adapter = self._adopt_by_hand(model)
        if adapter:
            return adapter.model_save(self, model)
        raise self._missing("model_save", "nothing, having saved the model to self.log_dir")

    def model_evaluate(self, model: Any, test_set: Any) -> Any:
        """Called when there is a test set. Returns a number, the loss; a list, the loss and the metrics; or a dict."""
        adapter = self._adopt_by_hand(model)
        if adapter:
            return adapter.model_evaluate(self, model, test_set)
        raise self._missing("model_evaluate", "the results on the test set: a number, a list or a dict")

    # --- results ---

    def save_metric(self, run_results: Dict[str, Any], history: Any, metric: Any) -> None:
        """Adds what is to be kept of a metric to `run_results`, which has the run's times already and becomes the
        run_* columns of run_data.csv. Default: train_{metric} and val_{metric} of the last epoch."""
        name = metric_name(metric)
        values = history_values(history, _core.reported())
        for prefix, key in (("train_", name), ("val_", "val_" + name)):
            if values.get(key):
                run_results[prefix + name] = values[key][-1]
        if not values.get(name) and not values.get("val_" + name):
            known = ", ".join(values) or "nothing"
            tell(f"the metric '{name}' is not in the history, which has {known}")

    def plot_metric(self, history: Any, metric: Any) -> None:
        """Plots a metric with :meth:`plot`. Default: its training and validation values over the epochs."""
        name = metric_name(metric)
        reported = _core.reported()
        values = history_values(history, reported)
        train, valid = values.get(name), values.get("val_" + name)
        steps = reported.get("step") if values is reported else None
        count = max(len(train or ()), len(valid or ()))
        if count:
            self.plot(name, steps or range(1, count + 1), train, valid)

    def plot(self, metric: str, epochs: Sequence[float], train_metrics: Optional[Sequence[float]],
             val_metrics: Optional[Sequence[float]]) -> None:
        """Saves {metric}.jpg in the run directory: two curves over the epochs. Either may be None, or the shorter one.

        gnuplot draws it, or matplotlib where there is no gnuplot; without both, or with fewer epochs than values, a
        line in the run's .err says that there is no picture.
        """
        path = os.path.join(self.log_dir, re.sub(r"[^\w-]+", "-", metric).strip("-") + ".jpg")
        train, valid = as_curve(train_metrics), as_curve(val_metrics)
        count = max(len(train or ()), len(valid or ()))
        axis = as_curve(itertools.islice(epochs, count)) or []
        if len(axis) < count:
            tell(f"no plot of '{metric}': {len(axis)} epochs for {count} values")
            return
        why = _core.plot(path, metric, axis, train, valid)
        if why is None or picture.draw(path, metric, axis, train, valid):
            return
        if not self.__dict__.get("_told_of_plots"):
            self._told_of_plots = True
            tell(f"no plots: {why}")

    def save_history(self, history: Any, out_file: IO[str]) -> None:
        """Writes the history to the open file of history.json. Default: a JSON object of lists."""
        out_file.write(json.dumps(history_document(history, _core.reported())) + "\n")

    # --- records ---

    def preprocess(self, record: Any) -> Any:
        """Returns a record as the model wants it. Default: as it is."""
        return record

    def train_preprocess(self, record: Any) -> Any:
        """preprocess for training records, which is its default."""
        return self.preprocess(record)

    def test_preprocess(self, record: Any) -> Any:
        """preprocess for test records, which is its default."""
        return self.preprocess(record)

    def valid_preprocess(self, record: Any) -> Any:
        """preprocess for validation records, which is its default."""
        return self.preprocess(record)

    # --- what the pipeline asks for; not to be overridden ---

    def _is_run(self) -> bool:
        """Whether this process is a run of this Fork's config."""
        return bool(os.environ.get("FURCATE_CONFIG")) and not self._is_other_plan

    def _framework(self) -> Optional[str]:
        """Of the config, else of what the script has imported; None when that does not tell."""
        if "framework" in self.data:
            return adapters.by_name(self.data["framework"])
        imported = adapters.imported()
        return imported[0] if len(imported) == 1 else None

    def _has_adapter(self) -> bool:
        return any(base.__module__ in adapters.MODULES.values() for base in type(self).__mro__)

    def _adopt(self, framework: Optional[str]) -> None:
        """Puts a framework's defaults between this object's class and Fork, unless the class has them already."""
        own = type(self)
        if framework not in adapters.MODULES or self._has_adapter():
            return
        adapter = adapters.load(framework)
        members: Dict[str, Any] = {"__module__": own.__module__, "__doc__": own.__doc__,
                                   "__reduce__": lambda self: (_restore, (own, framework), self.__dict__)}
        members.update((key, adapters.ConfigKey(key)) for key in adapters.hidden_keys(self.data, adapter, own))
        self.__class__ = type(own.__name__, (own, adapter) if own is not Fork else (adapter,), members)

    def _adopt_by_hand(self, model: Any) -> Optional[Type[Any]]:
        """For a default method that somebody calls in no run, where a run would have adopted a framework's by then:
        adopts them, and returns the class that has them. None where there are none to adopt."""
        if self._is_run() or self._has_adapter():
            return None
        framework = self._framework() or adapters.of_model(model)
        if framework not in adapters.MODULES:
            return None
        self._adopt(framework)
        return adapters.load(framework)

    def _made_model(self, model: Any) -> None:
        if "model" not in self.data:  # a key of that name is the user's
            self.model = model
        if "framework" not in self.data:
            self._adopt(adapters.of_model(model))
        if adapters.of_model(model) not in (None, *self._seeded):
            package = type(model).__module__.partition(".")[0]
            tell(f"{package} was imported after the seed was set: each run begins with weights of its own; "
                 "import it at the top of the script")
        self._show_log()
        for name in ("model_fit", "model_save", *(["model_evaluate"] if self.__dict__.get("_evaluates") else [])):
            if getattr(type(self), name) is getattr(Fork, name):  # known before the training, not after it
                getattr(Fork, name)(self, model, *[None] * {"model_fit": 5, "model_evaluate": 1}.get(name, 0))

    def _check_methods(self) -> None:
        required = ["get_datasets", "get_model"]
        for name in required:
            if getattr(type(self), name) is getattr(Fork, name):
                getattr(Fork, name)(self, *[[]] * (3 if name == "get_datasets" else 0))

    def _check_keys(self) -> None:
        """Refuses keys whose values self.KEY would not be, so that every run would be the same."""
        try:
            keys = set(self.data) - {"meta", "log_dir", "num_parallel_reads", "num_parallel_calls"}
        except ConfigError:
            return  # the runner tells it, with its place
        ours = {name for base in self._own_classes() for name in vars(base)}
        for key in sorted(keys & ours):
            tell(f"self.{key} is a name of Fork, and not the value of the config's key '{key}': give the key "
                 "another name")
            raise SystemExit(2)
        for key in sorted((keys & {*dir(type(self)), *vars(self)}) - ours):
            tell(f"{type(self).__name__}.{key} of the script goes before the config's key '{key}': every run "
                 f"uses the script's, and run_data.csv has the config's value, {self.data[key]!r}")

    def _own_classes(self) -> List[type]:
        """Those of furcate's whose methods a run of this object calls. One with a training of its own has its config
        keys, whatever framework it trains with."""
        framework = self._framework()
        trains = framework in adapters.imported() and type(self).model_fit is Fork.model_fit
        adapter = [adapters.load(framework)] if framework and trains else []
        modules = ("furcate.fork", "furcate.steps", *adapters.MODULES.values())
        return [base for base in (*adapter, *type(self).__mro__) if base.__module__ in modules]

    def _own_gpu_indices(self) -> Optional[List[int]]:
        """None where the script leaves that to the runner."""
        if type(self).get_available_gpu_indices is Fork.get_available_gpu_indices:
            return None
        indices = list(self.get_available_gpu_indices())
        return [_as_gpu_index(index, indices) for index in indices]

    def _shows_gpu(self) -> bool:
        """Whether the script's own set_visible_gpus is to choose the GPU, and not the environment."""
        return type(self).set_visible_gpus.__module__ not in ("furcate.fork", *adapters.MODULES.values())

    def _missing(self, method: str, wanted: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__} has no {method}(): define it; it must return {wanted}")
