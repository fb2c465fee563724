"""Prints the tables of the benchmarks: medians with their range, and budgets with whether they were met."""
import math
import os
import statistics
from typing import NamedTuple

FIGURES = ["median", "min-max", "CPU", "peak"]


def time_cells(seconds):
    """["median", "min-max"], both in the unit that suits the median; "once" for the range of a single one."""
    median = statistics.median(seconds)
    scale, digits, unit = (1, 2, "s") if median >= 1 else (1000, 1, "ms")
    low, middle, high = (f"{scale * each:.{digits}f}" for each in (min(seconds), median, max(seconds)))
    return [f"{middle} {unit}", f"{low}-{high}" if len(seconds) > 1 else "once"]


def rate_cells(rates):
    """["median", "min-max"] in millions a second."""
    range_ = f"{min(rates) / 1e6:.2f}-{max(rates) / 1e6:.2f}" if len(rates) > 1 else "once"
    return [f"{statistics.median(rates) / 1e6:.2f} M/s", range_]


def ratio_cell(figures, base):
    """Of the medians."""
    ratio = statistics.median(walls(figures)) / statistics.median(walls(base))
    return f"{ratio:,.{0 if ratio >= 100 else 1 if ratio >= 10 else 2}f} x"


def figure_cells(figures):
    """["median", "min-max", "median of the CPU time", "peak"], under FIGURES."""
    return [*time_cells(walls(figures)), time_cells([each.cpu for each in figures])[0], f"{peak(figures):.1f} MiB"]


def walls(figures):
    return [each.wall for each in figures]


def peak(figures):
    return max(each.mib for each in figures)


def verdict(**missed):
    names = [name for name, is_missed in missed.items() if is_missed]
    return f"MISSED: {', '.join(names)}" if names else "met"


class Budget(NamedTuple):
    seconds: float
    mib: float = math.inf

    def __str__(self):
        time = f"< {self.seconds:g} s" if self.seconds >= 1 else f"< {1000 * self.seconds:g} ms"
        return time if self.mib == math.inf else f"{time}, < {self.mib} MiB"

    def judge(self, figures, **missed):
        return verdict(time=statistics.median(walls(figures)) >= self.seconds, memory=peak(figures) >= self.mib,
                       **missed)


def print_table(title, head, rows):
    """Columns are as wide as they need. Numbers are right-aligned, that is, all but the first and the last two."""
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    print(f"\n{title}   [load {os.getloadavg()[0]:.1f}]\n")
    for row in (head, *rows):
        cells = [f"{cell:<{width}}" if i == 0 or i >= len(row) - 2 else f"{cell:>{width}}"
                 for i, (cell, width) in enumerate(zip(row, widths))]
        print("  " + "  ".join(cells).rstrip(), flush=True)
