"""Reports of epochs from loops that are not furcate's: written by hand, or Lightning's."""

from __future__ import annotations

import importlib
from typing import Any, Dict, Iterator, List, Type

from torch import Tensor

import furcate
from furcate._torch_metrics import Mean, Number


class Epoch:
    """One epoch of `report_epochs`; `number` is from 1."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._means: Dict[str, Mean] = {}
        self._values: Dict[str, float] = {}

    def add(self, count: int = 1, **metrics: Number) -> None:
        """Adds a batch of `count` samples to the mean of each metric."""
        for name, value in metrics.items():
            self._means.setdefault(name, Mean()).update(value, count)

    def set(self, **metrics: Number) -> None:
        """Sets metrics of the whole epoch."""
        self._values.update({name: float(value) for name, value in metrics.items()})

    def logs(self) -> Dict[str, float]:
        return {**{name: mean.compute() for name, mean in self._means.items()}, **self._values}


class EpochLoop:
    """The epochs of `report_epochs`; `history` has the list of values of each metric."""

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self.history: Dict[str, List[float]] = {}

    def __iter__(self) -> Iterator[Epoch]:
        for number in range(1, self._epochs + 1):
            epoch = Epoch(number)
            yield epoch
            logs = epoch.logs()
            for name, value in logs.items():
                self.history.setdefault(name, []).append(value)
            furcate.report(number, **logs)


def report_epochs(epochs: int) -> EpochLoop:
    """Numbers the epochs of a loop and sends each to furcate once its turn of the loop is over.

        loop = report_epochs(self.epochs)
        for epoch in loop:
            for x, y in train_set:
                ...
                epoch.add(len(x), loss=loss)
            epoch.set(val_loss=validate(model))
        return loop

    What it returns can also be returned from model_fit. An epoch that is left by `break` is not sent.
    """
    return EpochLoop(epochs)


def _lightning_callback() -> Type[Any]:
    """Lightning's Callback, of the package that is installed; `object` without one."""
    for name in ("lightning.pytorch", "pytorch_lightning"):
        try:
            base: Type[Any] = importlib.import_module(name).Callback
            return base
        except ImportError:
            continue
    return object


def lightning_report_class() -> Type[Any]:
    """The class `LightningReport`: only a subclass of Callback has all the hooks that Lightning calls."""

    class LightningReport(_lightning_callback()):  # type: ignore[misc]
        """A callback for Lightning's Trainer that sends trainer.callback_metrics after each epoch."""

        def on_train_epoch_end(self, trainer: Any, module: Any) -> None:
            if not getattr(trainer, "is_global_zero", True):
                return
            metrics = {
                name: float(value) for name, value in trainer.callback_metrics.items() if _is_number(value)
            }
            furcate.report(trainer.current_epoch + 1, **metrics)

    return LightningReport


def _is_number(value: Any) -> bool:
    return value.numel() == 1 if isinstance(value, Tensor) else isinstance(value, (int, float))
