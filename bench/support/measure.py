"""Times whole processes for the benchmarks, in alternated rounds."""
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import NamedTuple

BUILD = pathlib.Path(os.environ.get("FURCATE_BUILD", "build/release")).resolve()
FURCATE = BUILD / "furcate"


class Figures(NamedTuple):
    wall: float  # seconds
    cpu: float  # seconds
    mib: float  # at its peak
    status: int
    err: str  # what it said on stderr


def measure(command, cwd=None, env=None, expected=(0,)):
    """Runs a command. Ends the benchmark when its exit status is none of those expected (None: any)."""
    read, write = os.pipe()
    os.set_inheritable(write, True)
    with tempfile.TemporaryFile("w+") as stderr:  # a pipe would wake this process at each line
        done = subprocess.run(["sh", "-c", f'exec 3>&{write}; exec "$@"', "sh", BUILD / "bench/bench-measure", *command],
                              cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=stderr, pass_fds=[write])
        stderr.seek(0)
        err = stderr.read()
    os.close(write)
    with os.fdopen(read) as results:
        figures = results.read().split()
    if expected is not None and done.returncode not in expected:
        sys.exit(f"{[str(word) for word in command]} failed:\n{err}")
    wall, cpu, kib = map(float, figures)
    return Figures(wall, cpu, kib / 1024, done.returncode, err)


def alternate(cases, rounds, patience=5):
    """Calls each case (name → function that returns Figures) once a round; returns name → its Figures.

    A case that has taken `patience` seconds in all is not called again, so that slow ones keep nobody waiting.
    """
    taken = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            if sum(figures.wall for figures in taken[name]) < patience:
                taken[name].append(case())
    return taken
