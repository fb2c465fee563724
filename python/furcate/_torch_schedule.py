"""When a scheduler of the learning rate is stepped: after each epoch, or after each step of the optimizer."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from torch.optim.lr_scheduler import ReduceLROnPlateau

_INTERVALS = ("epoch", "step")


class Schedule:
    """What get_scheduler returned: None, a scheduler, or {"scheduler": scheduler, "interval": "step"}.

    Raises ValueError for a dict that has other keys or another interval.
    """

    def __init__(self, given: Any) -> None:
        plan = given if isinstance(given, Mapping) else {"scheduler": given}
        if "scheduler" not in plan or not plan.keys() <= {"scheduler", "interval"}:
            raise ValueError(
                f'a dict of get_scheduler has "scheduler" and maybe "interval", but it returned {sorted(plan)}'
            )
        interval = plan.get("interval", "epoch")
        if interval not in _INTERVALS:
            raise ValueError(f'the interval of get_scheduler must be "epoch" or "step", but is {interval!r}')
        if interval == "step" and isinstance(plan["scheduler"], ReduceLROnPlateau):
            raise ValueError('ReduceLROnPlateau is stepped with the loss of an epoch: give it the interval "epoch"')
        self._scheduler = plan["scheduler"]
        self._interval = interval

    def after_step(self) -> None:
        if self._scheduler is not None and self._interval == "step":
            self._scheduler.step()

    def after_epoch(self, logs: Dict[str, float]) -> None:
        if self._scheduler is None or self._interval == "step":
            return
        if isinstance(self._scheduler, ReduceLROnPlateau):
            self._scheduler.step(logs.get("val_loss", logs["loss"]))
        else:
            self._scheduler.step()
