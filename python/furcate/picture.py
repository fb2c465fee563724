"""Pictures of curves where there is no gnuplot."""

import os
from typing import List, Optional, Sequence

from furcate.files import new_file


def draw(path: str, metric: str, epochs: Sequence[float], train: Optional[List[float]],
         valid: Optional[List[float]]) -> bool:
    """Saves two curves over the epochs with matplotlib. Returns False where that is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(8, 5.3))
    axes = figure.add_subplot(title="Training and validation " + metric, xlabel="Epoch", ylabel=metric)
    for name, marker, values in (("train", "o", train), ("validation", "s", valid)):
        if values:
            axes.plot(epochs[: len(values)], values, marker=marker, markersize=4, label=name)
    axes.grid(alpha=0.3)
    axes.xaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
    axes.legend()
    with new_file(path + ".new") as file:
        figure.savefig(file, format="jpeg", bbox_inches="tight", dpi=150)
    os.replace(path + ".new", path)
    return True
