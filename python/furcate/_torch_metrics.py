"""Losses and metrics of `furcate.torch` by name, and their means over an epoch."""

from __future__ import annotations

import difflib
import re
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Union

import torch
from torch import Tensor
from torch.nn import functional

from furcate.fork import metric_name

Number = Union[float, Tensor]
MetricFunction = Callable[[Any, Any], Number]

# Functions of torch.nn.functional that take (outputs, targets) alone.
_LOSS_NAMES = (
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
)
_LOSS_ALIASES = {
    "bce": "binary_cross_entropy",
    "bce_with_logits": "binary_cross_entropy_with_logits",
    "mae": "l1_loss",
}
_ELEMENTWISE_LOSSES = (
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "huber_loss",
    "l1_loss",
    "mse_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
)


def unknown_name(kind: str, name: str, known: Iterable[str]) -> ValueError:
    """The error for a name that is none of `known`, with the nearest one."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    advice = f"did you mean {near[0]!r}?" if near else "known are " + ", ".join(names)
    return ValueError(f"there is no {kind} {name!r}; {advice}")


def as_loss(loss: Any) -> Callable[[Any, Any], Tensor]:
    """A callable as it is; a name such as "cross_entropy" or "mse" as that of torch.nn.functional.

    Raises ValueError for an unknown name, TypeError for what is neither.
    """
    if isinstance(loss, str):
        return _named_loss(loss)
    if callable(loss):
        return loss  # type: ignore[no-any-return]
    raise TypeError(f"get_loss must return a callable or a name, but returned {loss!r}")


def _named_loss(name: str) -> Callable[[Any, Any], Tensor]:
    for full in (name, name + "_loss", _LOSS_ALIASES.get(name, "")):
        if full in _LOSS_NAMES:
            function: Callable[[Any, Any], Tensor] = getattr(functional, full)
            return _elementwise(function) if full in _ELEMENTWISE_LOSSES else function
    raise unknown_name("loss", name, [*_LOSS_NAMES, *_LOSS_ALIASES, "mse"])


def _elementwise(function: Callable[[Any, Any], Tensor]) -> Callable[[Any, Any], Tensor]:
    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        outputs = match_shape(outputs, targets)
        return function(outputs, targets.to(outputs.dtype))

    loss.__name__ = function.__name__
    return loss


def gives_probabilities(loss: Any) -> bool:
    """Whether a model trained with this loss ends with a sigmoid, which moves the border of "accuracy"."""
    return isinstance(loss, torch.nn.BCELoss) or getattr(loss, "__name__", "") == "binary_cross_entropy"


def match_shape(outputs: Tensor, targets: Tensor) -> Tensor:
    """`outputs` in the shape of `targets`: (N, 1) fits (N,).

    Raises ValueError for other shapes, which PyTorch would silently broadcast to N x N numbers.
    """
    if outputs.ndim == targets.ndim + 1 and outputs.shape[-1] == 1:
        outputs = outputs.squeeze(-1)
    if outputs.shape != targets.shape:
        raise ValueError(
            f"outputs of shape {tuple(outputs.shape)} do not fit targets of {tuple(targets.shape)}"
        )
    return outputs


def _binary_accuracy(outputs: Tensor, targets: Tensor, border: float) -> Tensor:
    outputs = match_shape(outputs, targets)
    return ((outputs > border) == (targets > 0.5)).double().mean()


def _accuracy(border: float) -> MetricFunction:
    """Class indices when outputs have one dimension more than targets; else yes or no for each output."""

    def accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
        if outputs.ndim == targets.ndim + 1 and outputs.shape[1] > 1:
            return (outputs.argmax(dim=1) == targets).double().mean()
        return _binary_accuracy(outputs, targets, border)

    return accuracy


def _categorical_accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs.argmax(dim=1) == targets.argmax(dim=1)).double().mean()


def _mse(outputs: Tensor, targets: Tensor) -> Tensor:
    return (match_shape(outputs, targets).double() - targets).square().mean()


def _mae(outputs: Tensor, targets: Tensor) -> Tensor:
    return (match_shape(outputs, targets).double() - targets).abs().mean()


def _top_accuracy(k: int) -> MetricFunction:
    def top_accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
        if outputs.shape[1] < k:
            raise ValueError(f"top_{k}_accuracy needs {k} classes, but the model has {outputs.shape[1]}")
        best = outputs.topk(k, dim=1).indices
        return (best == targets.unsqueeze(1)).any(dim=1).double().mean()

    return top_accuracy


def _named_metric(name: str, probabilities: bool) -> MetricFunction:
    top = re.fullmatch(r"top_([1-9][0-9]*)_accuracy", name)
    if top:
        return _top_accuracy(int(top.group(1)))
    table: Dict[str, MetricFunction] = {
        "accuracy": _accuracy(border=0.5 if probabilities else 0.0),
        "categorical_accuracy": _categorical_accuracy,
        "mae": _mae,
        "mse": _mse,
    }
    if name not in table:
        raise unknown_name("metric", name, [*table, "top_5_accuracy"])
    return table[name]


class Mean:
    """A mean weighted by numbers of samples. It adds up on a tensor's GPU, so that no batch waits for that."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._total: Number = 0.0
        self._count = 0

    def update(self, value: Number, count: int) -> None:
        """Adds a mean over `count` samples. Raises ValueError for a tensor of more than one number."""
        if isinstance(value, Tensor):
            if value.numel() != 1:
                raise ValueError(
                    f"one number for a batch is needed, not a tensor of shape {tuple(value.shape)}"
                )
            value = value.detach().double().reshape(()) if value.is_cuda else value.item()
        self._total = self._total + value * count
        self._count += count

    def compute(self) -> float:
        """The mean; nan without a sample."""
        return float(self._total) / self._count if self._count else float("nan")


class FunctionMeter:
    """The mean over an epoch of metric(outputs, targets), weighted by samples."""

    def __init__(self, name: str, function: MetricFunction) -> None:
        self.name = name
        self._function = function
        self._mean = Mean()

    def reset(self) -> None:
        self._mean.reset()

    def update(self, outputs: Any, targets: Any, count: int) -> None:
        try:
            self._mean.update(self._function(outputs, targets), count)
        except ValueError as error:
            raise ValueError(f"metric {self.name!r}: {error}") from error

    def compute(self) -> float:
        return self._mean.compute()


class ObjectMeter:
    """A metric that adds up by itself, as torchmetrics do: update(outputs, targets), compute(), reset()."""

    def __init__(self, name: str, metric: Any, device: torch.device) -> None:
        self.name = name
        self._metric = metric.to(device) if hasattr(metric, "to") else metric

    def reset(self) -> None:
        self._metric.reset()

    def update(self, outputs: Any, targets: Any, count: int) -> None:
        self._metric.update(outputs, targets)

    def compute(self) -> float:
        value = self._metric.compute()
        if isinstance(value, dict) or (isinstance(value, Tensor) and value.numel() != 1):
            raise ValueError(
                f"metric {self.name!r} must compute one number; list its parts in get_metrics instead"
            )
        return float(value)


Meter = Union[FunctionMeter, ObjectMeter]


def _as_meter(metric: Any, probabilities: bool, device: torch.device) -> Meter:
    name = metric_name(metric)
    if isinstance(metric, str):
        return FunctionMeter(name, _named_metric(metric, probabilities))
    if all(callable(getattr(metric, verb, None)) for verb in ("update", "compute", "reset")):
        return ObjectMeter(name, metric, device)
    if callable(metric):
        return FunctionMeter(name, metric)
    raise TypeError(f"get_metrics must return names, callables or torchmetrics, but has {metric!r}")


def as_meters(metrics: Optional[Sequence[Any]], probabilities: bool, device: torch.device) -> List[Meter]:
    """A meter for each of get_metrics' items; the loss has one anyway, so "loss" is left out.

    Raises ValueError for an unknown name or two of the same, TypeError for what is no metric.
    """
    kept = [metric for metric in metrics or [] if not (isinstance(metric, str) and metric == "loss")]
    meters = [_as_meter(metric, probabilities, device) for metric in kept]
    names = [meter.name for meter in meters]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two metrics have the name {name!r}; give each its own __name__")
    return meters
