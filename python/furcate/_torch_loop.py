"""Passes over batches: the training and evaluation loop of `furcate.torch`."""

from __future__ import annotations

import contextlib
import itertools
import math
from dataclasses import dataclass
from typing import Any, Callable, ContextManager, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple

import torch
from torch import Tensor, nn

from furcate._torch_metrics import Mean, Meter

_TARGET_KEYS = ("target", "targets", "label", "labels", "y")
# Looking at each loss would make the CPU wait for the GPU at each step.
_STEPS_BETWEEN_LOOKS_ON_GPU = 32


def to_device(value: Any, device: torch.device) -> Any:
    """`value` with every tensor and array within its dicts, lists and tuples as a tensor on `device`."""
    if hasattr(value, "__array_interface__") and not isinstance(value, Tensor):
        value = torch.as_tensor(value)
    if hasattr(value, "to"):
        return value.to(device, non_blocking=True) if isinstance(value, Tensor) else value.to(device)
    if isinstance(value, Mapping):
        return {key: to_device(item, device) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [to_device(item, device) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return value


def split_batch(batch: Any) -> Tuple[Any, Any]:
    """The inputs and targets of (x, y), (x1, x2, y) or a dict with one of target, label, labels, y.

    Raises TypeError for other batches.
    """
    if isinstance(batch, (list, tuple)) and len(batch) >= 2:
        return (batch[0] if len(batch) == 2 else tuple(batch[:-1])), batch[-1]
    if isinstance(batch, Mapping):
        for key in _TARGET_KEYS:
            if key in batch:
                return {name: item for name, item in batch.items() if name != key}, batch[key]
    raise TypeError(
        f"a batch must be (inputs, targets) or a dict with one of {', '.join(_TARGET_KEYS)}, "
        f"but is a {type(batch).__name__}; override split_batch(batch) to take it apart"
    )


def forward(model: nn.Module, inputs: Any) -> Any:
    """The model's outputs; a tuple of inputs becomes its arguments, a dict its keyword arguments."""
    if isinstance(inputs, Mapping):
        return model(**inputs)
    if isinstance(inputs, (list, tuple)):
        return model(*inputs)
    return model(inputs)


def count_samples(value: Any) -> int:
    """The length of the first tensor within `value`; 1 if there is none."""
    if isinstance(value, Tensor):
        return value.shape[0] if value.ndim else 1
    if isinstance(value, Mapping):
        value = list(value.values())
    return count_samples(value[0]) if isinstance(value, (list, tuple)) and value else 1


@dataclass
class Settings:
    """What the config says about the loop."""

    device: torch.device
    amp: Optional[torch.dtype] = None  # of autocast; None: all in the model's own type
    clip_grad_norm: Optional[float] = None
    gradient_accumulation: int = 1  # batches for one step of the optimizer
    allow_nan: bool = False

    def autocast(self) -> ContextManager[Any]:
        if self.amp is None:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=self.amp)

    def grad_scaler(self) -> Any:
        """Scales the loss so that float16 gradients do not vanish; does nothing for other types."""
        enabled = self.amp == torch.float16 and self.device.type == "cuda"
        if hasattr(torch.amp, "GradScaler"):
            return torch.amp.GradScaler("cuda", enabled=enabled)
        return torch.cuda.amp.GradScaler(enabled=enabled)


class _LossWatch:
    """The mean loss of an epoch of training, and an end for one that is no number any more."""

    def __init__(self, epoch: int, settings: Settings) -> None:
        self._epoch = epoch
        self._allow_nan = settings.allow_nan
        self._every = _STEPS_BETWEEN_LOOKS_ON_GPU if settings.device.type == "cuda" else 1
        self._unseen: List[Tensor] = []
        self._seen = 0
        self._mean = Mean()

    def add(self, loss: Tensor, count: int) -> None:
        self._mean.update(loss, count)
        self._unseen.append(loss.detach())
        if len(self._unseen) >= self._every:
            self._look()

    def _look(self) -> None:
        losses = self._unseen if len(self._unseen) <= 1 else torch.stack(self._unseen).tolist()
        for step, loss in enumerate(map(float, losses), start=self._seen + 1):
            if not self._allow_nan and not math.isfinite(loss):
                raise FloatingPointError(
                    f"the loss is {loss} in epoch {self._epoch}, step {step}; a lower learning rate or "
                    f'"clip_grad_norm" may help, and "allow_nan": true goes on all the same'
                )
        self._seen += len(self._unseen)
        self._unseen = []

    def compute(self) -> float:
        self._look()
        return self._mean.compute()


def _groups(batches: Iterable[Any], size: int) -> Iterator[List[Any]]:
    iterator = iter(batches)
    while group := list(itertools.islice(iterator, size)):
        yield group


class Loop:
    """Passes of one model over datasets; `optimizer` is None where it is only evaluated.

    `after_step` is called when the optimizer has stepped, which it does not where float16 gradients overflow.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Callable[[Any, Any], Tensor],
        meters: List[Meter],
        settings: Settings,
        optimizer: Optional[torch.optim.Optimizer] = None,
        split: Callable[[Any], Tuple[Any, Any]] = split_batch,
        predict: Callable[[nn.Module, Any], Any] = forward,
        after_step: Callable[[], None] = lambda: None,
    ) -> None:
        self._model = model
        self._loss = loss
        self._meters = meters
        self._settings = settings
        self._optimizer = optimizer
        self._split = split
        self._predict = predict
        self._after_step = after_step
        self._scaler = settings.grad_scaler()

    def train(self, batches: Iterable[Any], epoch: int) -> Dict[str, float]:
        """One epoch (from 1) of training; the means of the loss and the metrics on the way.

        Raises FloatingPointError for a loss that is no number, ValueError for a dataset without a batch.
        """
        self._model.train()
        self._reset()
        watch = _LossWatch(epoch, self._settings)
        empty = True
        for group in _groups(batches, self._settings.gradient_accumulation):
            self._step(group, watch)
            empty = False
        if empty:
            raise ValueError(_no_batch(epoch))
        return {"loss": watch.compute(), **self._computed()}

    @torch.no_grad()
    def evaluate(self, batches: Iterable[Any]) -> Dict[str, float]:
        """The means of the loss and the metrics over `batches`, without training."""
        was_training = self._model.training
        self._model.eval()
        self._reset()
        mean = Mean()
        for batch in batches:
            loss, count = self._compute_loss(batch)
            mean.update(loss, count)
        self._model.train(was_training)
        return {"loss": mean.compute(), **self._computed()}

    def _reset(self) -> None:
        for meter in self._meters:
            meter.reset()

    def _computed(self) -> Dict[str, float]:
        return {meter.name: meter.compute() for meter in self._meters}

    def _compute_loss(self, batch: Any) -> Tuple[Tensor, int]:
        inputs, targets = self._split(to_device(batch, self._settings.device))
        with self._settings.autocast():
            outputs = self._predict(self._model, inputs)
            loss = self._loss(outputs, targets)
        if loss.numel() != 1:
            raise ValueError(
                f"the loss must be one number, but has the shape {tuple(loss.shape)}; take its mean"
            )
        count = count_samples(targets)
        with torch.no_grad():
            for meter in self._meters:
                meter.update(outputs, targets, count)
        return loss.reshape(()), count

    def _step(self, group: List[Any], watch: _LossWatch) -> None:
        """One step of the optimizer by the mean gradient of a group of batches."""
        optimizer = self._optimizer
        assert optimizer is not None
        optimizer.zero_grad(set_to_none=True)
        for batch in group:
            loss, count = self._compute_loss(batch)
            watch.add(loss, count)
            self._scaler.scale(loss / len(group)).backward()
        if self._settings.clip_grad_norm is not None:
            self._scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(self._model.parameters(), self._settings.clip_grad_norm)
        scale = self._scaler.get_scale()
        self._scaler.step(optimizer)
        self._scaler.update()
        if self._scaler.get_scale() >= scale:  # it is lowered when the step was left out
            self._after_step()


def _no_batch(epoch: int) -> str:
    if epoch == 1:
        return "the training dataset is empty"
    return (
        f"the training dataset gave no batch in epoch {epoch}; an iterator can be read only once: "
        "return a list, a Dataset or a DataLoader"
    )
