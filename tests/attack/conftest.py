"""The attacks have the fixtures of the end-to-end tests; the number of those that held comes last."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1] / "e2e"))
from support import disk, held, project  # noqa: E402

__all__ = ["disk", "held", "project"]


def pytest_terminal_summary(terminalreporter):
    held_ones, failed = (len(terminalreporter.stats.get(word, [])) for word in ("passed", "failed"))
    terminalreporter.write_line(f"{held_ones} of {held_ones + failed} attacks held")
