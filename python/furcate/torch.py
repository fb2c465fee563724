"""furcate for PyTorch: a Fork that trains a torch.nn.Module, and reports for loops of your own.

    import torch
    import furcate.torch

    class App(furcate.torch.Fork):
        def get_datasets(self, train_fp, test_fp, valid_fp): ...
        def get_model(self): ...
        def get_optimizer(self): return torch.optim.Adam(self.model.parameters(), lr=self.learning_rate)
        def get_loss(self): return "cross_entropy"
        def get_metrics(self): return ["accuracy"]

    if __name__ == "__main__":
        App("config.json").run()

Config keys that it reads, all of them optional:

    num_workers             processes that load data, of each DataLoader; default 0
    drop_last               true: training leaves out the last batch when it is smaller
    amp                     true: mixed precision, float16 on CUDA, bfloat16 on the CPU; or one of these names
    clip_grad_norm          the largest norm of all gradients together
    gradient_accumulation   batches for one step of the optimizer; default 1
    allow_nan               true: go on when the loss is no number any more
    deterministic           true: only algorithms that give the same result each time
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple, Type, Union

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, IterableDataset

import furcate
import furcate.fork
from furcate import _torch_loop as loops
from furcate import _torch_metrics as metrics_of
from furcate import adapters
from furcate._torch_report import Epoch, EpochLoop, lightning_report_class, report_epochs
from furcate._torch_schedule import Schedule
from furcate.files import new_file
from furcate.script import add_fault, reportable
from furcate.tell import tell

__all__ = ["Epoch", "EpochLoop", "Fork", "History", "LightningReport", "report_epochs"]

LightningReport: Type[Any]  # made by __getattr__ when it is used, for it imports Lightning


class History:
    """What model_fit returns: `history` maps each metric to its values, one an epoch."""

    def __init__(self) -> None:
        self.history: Dict[str, List[float]] = {}

    def add(self, logs: Dict[str, float]) -> None:
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)


@dataclass
class _Compiled:
    """What model_compile was given. A loop looks at it when it begins, for not every loop needs all of it."""

    model: Any
    optimizer: Any
    loss: Any
    metrics: Optional[Sequence[Any]]


class Fork(furcate.fork.Fork):
    """A Fork whose get_model returns a torch.nn.Module.

    The model is on `self.device` from the moment that get_model has returned it, so that an optimizer made
    from self.model.parameters() is right. Only model_fit, model_evaluate and model_save, as they are here, need
    a Module, and only the first two what get_loss and get_optimizer return: who overrides them may do without.
    """

    stop_training = False  # a callback that sets it ends the training after the epoch
    _compiled: Optional[_Compiled] = None

    @property
    def device(self) -> torch.device:
        """What was set; else the run's GPU, or the CPU on a CPU slot, where CUDA is never touched."""
        # Also when it was set before this class became the object's, or is a config key of a training of the app's own.
        chosen = self.__dict__.get("device", self.data.get("device"))
        if isinstance(chosen, (str, torch.device)):
            try:
                return torch.device(chosen)
            except RuntimeError:
                pass  # a word of the app's own
        if self.gpu_id >= 0 and torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("cpu")

    @device.setter
    def device(self, device: Union[str, torch.device]) -> None:
        self.__dict__["device"] = torch.device(device)

    def _set_seed(self) -> None:
        super()._set_seed()
        torch.manual_seed(self.seed)  # of the CPU and of every GPU
        # A warm interpreter has imported PyTorch, which reads this then, before it became this run.
        if "OMP_NUM_THREADS" in os.environ:
            torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        if self.data.get("deterministic", False):
            # cuBLAS reads it once, when CUDA starts.
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
            torch.use_deterministic_algorithms(True)
            torch.backends.cudnn.benchmark = False

    def _made_model(self, model: Any) -> None:
        super()._made_model(model.to(_own(self, "device")) if isinstance(model, nn.Module) else model)

    # What a subclass may override, besides the methods of furcate.Fork

    def get_scheduler(self, optimizer: torch.optim.Optimizer) -> Any:
        """A scheduler of the learning rate, stepped after each epoch. Defaults to None.

        {"scheduler": scheduler, "interval": "step"} is stepped after each step of the optimizer, as OneCycleLR must
        be: with gradient_accumulation that is once for so many batches; the last of an epoch may be fewer.
        ReduceLROnPlateau is stepped with val_loss, or with loss when there is no validation set.
        """
        return None

    def split_batch(self, batch: Any) -> Tuple[Any, Any]:
        """The inputs and targets of a batch: (x, y), (x1, x2, y) or a dict with target, label, … or y."""
        return loops.split_batch(batch)

    def forward(self, model: nn.Module, inputs: Any) -> Any:
        """The model's outputs, which go into the loss and the metrics."""
        return loops.forward(model, inputs)

    def report_epoch(self, epoch: int, logs: Dict[str, float]) -> None:
        """Sends the numbers of an epoch (from 1) to furcate. Override it to send others."""
        furcate.report(epoch, **reportable(logs))

    # The methods of furcate.Fork

    def model_summary(self, model: Any) -> None:
        """Prints each layer that has parameters of its own or none below it, with how many it has."""
        if not isinstance(model, nn.Module):
            return
        layers = [(name or "(model)", layer) for name, layer in model.named_modules() if _is_layer(layer)]
        width = max([len(name) for name, _ in layers] + [len("trainable")])
        for name, layer in layers:
            print(
                f"{name:<{width}}  {type(layer).__name__:<20} {_count(layer.parameters(recurse=False)):>12,}"
            )
        print(f"{'total':<{width}}  {'':<20} {_count(model.parameters()):>12,}")
        trainable = (parameter for parameter in model.parameters() if parameter.requires_grad)
        print(f"{'trainable':<{width}}  {'':<20} {_count(trainable):>12,}", flush=True)

    def model_compile(
        self, model: Any, optimizer: Any, loss: Any, metrics: Optional[Sequence[Any]]
    ) -> None:
        """Keeps what model_fit and model_evaluate need.

        `optimizer` may be a callable that takes the parameters, such as the class torch.optim.Adam; `loss` a
        callable or a name such as "cross_entropy"; `metrics` names ("accuracy", "categorical_accuracy",
        "top_5_accuracy", "mse", "mae"), callables metric(outputs, targets), or objects such as those of
        torchmetrics. The loss must be the mean over a batch for that of an epoch to be right.

        model_fit and model_evaluate raise ValueError for an unknown name, TypeError for what is none of these.
        """
        self._warn_without_gpu()
        if isinstance(model, nn.Module):
            model.to(_own(self, "device"))  # where this class became the object's only because get_model returned it
        self._compiled = _Compiled(model, optimizer, loss, metrics)

    def model_fit(
        self,
        model: nn.Module,
        train_set: Any,
        epochs: int,
        valid_set: Any = None,
        callbacks: Optional[Sequence[Any]] = None,
        verbose: int = 1,
    ) -> Any:
        """Trains for `epochs` and returns a History.

        A callback is an object with any of on_train_begin(), on_epoch_begin(epoch), on_epoch_end(epoch, logs)
        and on_train_end(); epochs are from 1. What it adds to `logs` is reported too. Training ends early
        when its on_epoch_end returns False or sets fork.stop_training.

        Raises FloatingPointError for a loss that is no number, unless "allow_nan" is true in the config.
        """
        _require_module(model, "model_fit")
        compiled = self._compiled_with()
        optimizer = compiled.optimizer = _as_optimizer(compiled.optimizer, compiled.model)
        schedule = Schedule(_own(self, "get_scheduler")(optimizer))
        loop = self._loop(model, optimizer, schedule.after_step)
        train, valid = self._batches(train_set, shuffle=True), self._batches(valid_set)
        history = History()
        self.stop_training = False
        _call(callbacks, "on_train_begin")
        for epoch in range(1, epochs + 1):
            _call(callbacks, "on_epoch_begin", epoch)
            start = time.monotonic()
            logs = loop.train(train, epoch)
            if valid is not None:
                logs.update({"val_" + name: value for name, value in loop.evaluate(valid).items()})
            if verbose:
                print(_epoch_line(epoch, epochs, time.monotonic() - start, logs), flush=True)
            schedule.after_epoch(logs)
            go_on = _call(callbacks, "on_epoch_end", epoch, logs)
            history.add(logs)
            _own(self, "report_epoch")(epoch, logs)
            if self.stop_training or not go_on:
                break
        try:
            _call(callbacks, "on_train_end")
        except Exception as fault:
            add_fault(f"a callback failed after the training: {self._print_exception(fault)}")
        return history

    def model_evaluate(self, model: nn.Module, test_set: Any) -> Dict[str, float]:
        """The means of the loss and of each metric over the test set."""
        _require_module(model, "model_evaluate")
        return self._loop(model).evaluate(self._batches(test_set))

    def model_save(self, model: nn.Module) -> None:
        """Writes model.state_dict() to model.pt in the run directory, in whole or not at all."""
        _require_module(model, "model_save")
        path = os.path.join(self.log_dir, "model.pt")
        with new_file(path + ".tmp") as file:
            torch.save(model.state_dict(), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path + ".tmp", path)

    # Helpers

    def gen_dataloader(
        self, dataset: Dataset[Any], shuffle: bool = False, **options: Any
    ) -> DataLoader[Any]:
        """A seeded DataLoader by the config's batch_size, num_workers and, with `shuffle`, drop_last.

        `shuffle` is for training. `options` are arguments of DataLoader, such as collate_fn; they come first.
        In each worker PyTorch seeds random and NumPy too, from the same seed.
        """
        workers = int(options.get("num_workers", self.data.get("num_workers", 0)))
        settings: Dict[str, Any] = {
            "batch_size": self.batch_size,
            "shuffle": shuffle and not isinstance(dataset, IterableDataset),
            "num_workers": workers,
            "persistent_workers": workers > 0,
            "generator": torch.Generator().manual_seed(self.seed),
            "pin_memory": _own(self, "device").type == "cuda",
            "drop_last": shuffle and bool(self.data.get("drop_last", False)),
        }
        return DataLoader(dataset, **{**settings, **options})

    def _batches(self, dataset: Any, shuffle: bool = False) -> Any:
        return _own(self, "gen_dataloader")(dataset, shuffle) if isinstance(dataset, Dataset) else dataset

    def _compiled_with(self) -> _Compiled:
        if self._compiled is None:
            raise RuntimeError(
                "model_compile of furcate.torch.Fork was not called; call super().model_compile(...)"
            )
        return self._compiled

    def _loop(
        self,
        model: nn.Module,
        optimizer: Optional[torch.optim.Optimizer] = None,
        after_step: Callable[[], None] = lambda: None,
    ) -> loops.Loop:
        compiled = self._compiled_with()
        loss = metrics_of.as_loss(compiled.loss)
        if isinstance(loss, nn.Module):
            loss = loss.to(_own(self, "device"))  # its weights
        probabilities = metrics_of.gives_probabilities(loss)
        return loops.Loop(
            model,
            loss,
            metrics_of.as_meters(compiled.metrics, probabilities, _own(self, "device")),
            _settings(self.data, _own(self, "device")),
            optimizer,
            _own(self, "split_batch"),
            _own(self, "forward"),
            after_step,
        )

    def _warn_without_gpu(self) -> None:
        if self.gpu_id >= 0 and _own(self, "device").type == "cpu" and not torch.cuda.is_available():
            tell(
                f"the run has GPU {self.gpu_id}, but this PyTorch {torch.__version__} can use none "
                f"(it is built for CUDA {torch.version.cuda}); it trains on the CPU"
            )


def _own(fork: Any, name: str) -> Any:
    """What this module's Fork has by that name, where a config key may hide it; a subclass' own goes first."""
    return adapters.unhidden(fork, Fork, name)


def _require_module(model: Any, method: str) -> None:
    if not isinstance(model, nn.Module):
        raise TypeError(
            f"get_model returned {type(model).__name__}, and {method} of furcate.torch.Fork takes a "
            f'torch.nn.Module: return one, define {method}, or write "framework": "none" in the config'
        )


def _settings(config: Dict[str, Any], device: torch.device) -> loops.Settings:
    accumulation = config.get("gradient_accumulation", 1)
    if not isinstance(accumulation, int) or accumulation < 1:
        raise ValueError(f"'gradient_accumulation' must be a positive integer, but is {accumulation!r}")
    clip = config.get("clip_grad_norm")
    return loops.Settings(
        device=device,
        amp=_autocast_type(config.get("amp", False), device),
        clip_grad_norm=None if clip is None else float(clip),
        gradient_accumulation=accumulation,
        allow_nan=bool(config.get("allow_nan", False)),
    )


def _autocast_type(amp: Any, device: torch.device) -> Optional[torch.dtype]:
    table: Dict[Any, Optional[torch.dtype]] = {
        None: None,
        False: None,
        True: torch.float16 if device.type == "cuda" else torch.bfloat16,
        "float16": torch.float16,
        "bfloat16": torch.bfloat16,
    }
    if amp not in table:
        raise ValueError(f'\'amp\' must be true, false, "float16" or "bfloat16", but is {amp!r}')
    return table[amp]


def _as_optimizer(optimizer: Any, model: nn.Module) -> torch.optim.Optimizer:
    if callable(optimizer) and not hasattr(optimizer, "param_groups"):
        optimizer = optimizer(model.parameters())
    if not hasattr(optimizer, "step") or not hasattr(optimizer, "zero_grad"):
        raise TypeError(
            f"get_optimizer must return an optimizer or a callable that makes one, but gave {optimizer!r}"
        )
    return optimizer  # type: ignore[no-any-return]


def _call(callbacks: Optional[Sequence[Any]], method: str, *arguments: Any) -> bool:
    """Calls `method` of the callbacks that have it; False when one of them has returned False."""
    methods = [getattr(callback, method) for callback in callbacks or [] if hasattr(callback, method)]
    return False not in [call(*arguments) is not False for call in methods]


def _epoch_line(epoch: int, epochs: int, seconds: float, logs: Dict[str, float]) -> str:
    numbers = [
        f"{name}: {value:.4f}" if abs(value) >= 1e-3 else f"{name}: {value:.4e}"
        for name, value in logs.items()
    ]
    return " - ".join([f"Epoch {epoch}/{epochs}", f"{seconds:.1f}s", *numbers])


def _is_layer(module: nn.Module) -> bool:
    return not list(module.children()) or bool(list(module.parameters(recurse=False)))


def _count(parameters: Iterable[Tensor]) -> int:
    """How many numbers there are; those of a lazy layer are known after its first batch only."""
    return sum(parameter.numel() for parameter in parameters if not nn.parameter.is_lazy(parameter))


def __getattr__(name: str) -> Any:
    if name == "LightningReport":
        globals()[name] = lightning_report_class()
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
