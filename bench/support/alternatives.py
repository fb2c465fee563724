"""Lists grids with what people use instead of furcate, beside furcate, in the same rounds."""
import json
import os
import pathlib
import subprocess
import sys

from grid import grid, write_config
from list_grid import ALTERNATIVES
from measure import FURCATE, alternate, measure
from table import FIGURES, figure_cells, print_table, ratio_cell, time_cells

SECONDS, MIB = 20, 4096
SUPPORT = pathlib.Path(__file__).resolve().parent
ROOT = SUPPORT.parent.parent
REQUIREMENTS = ROOT / "bench/requirements.txt"
VENV = ROOT / "build/bench-venv"

# title, options of furcate plan, axes, the most permutations that are listed
TASKS = [("the first of 10^3", ["--limit", "1"], 3, 1), ("the first of 10^6", ["--limit", "1"], 6, 1),
         ("the first of 10^9", ["--limit", "1"], 9, 1), ("all of 10^3", ["--format", "csv"], 3, 10 ** 3),
         ("all of 10^6", ["--format", "csv"], 6, 10 ** 6)]


def install(requirement):
    """False when the package cannot be had, which is then said."""
    marker = VENV / f"has-{requirement}"
    if marker.exists():
        return True
    print(f"bench/plan: installing {requirement} into {VENV.relative_to(ROOT)}", flush=True)
    try:
        if not (VENV / "bin/pip").exists():
            subprocess.run([sys.executable, "-m", "venv", VENV], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([VENV / "bin/pip", "install", "-q", "--disable-pip-version-check", requirement], check=True)
        marker.touch()
        return True
    except (OSError, subprocess.CalledProcessError):
        print(f"bench/plan: {requirement} cannot be installed and is missing below", flush=True)
        return False


def install_all():
    """package → requirement, of those that are there."""
    lines = [line for line in REQUIREMENTS.read_text().splitlines() if line and not line.startswith("#")]
    return {line.split("=")[0].split("[")[0]: line for line in lines if install(line)}


def list_with(name, config, limit):
    python = VENV / "bin/python" if ALTERNATIVES[name][0] else sys.executable
    command = [python, SUPPORT / "list_grid.py", name, config, str(limit), str(SECONDS), str(MIB)]
    # Ray leaves a folder of results in HOME.
    return lambda: measure(command, env={**os.environ, "HOME": str(config.parent)}, expected=None)


def plan_with(config, options):
    return lambda: measure([FURCATE, "plan", *options, config], config.parent)


def outcome(figures):
    """What list_grid.py said last; None when it failed."""
    try:
        return json.loads(figures.err.splitlines()[-1])
    except (IndexError, ValueError):
        return None


def describe_end(said, figures):
    if said is None:
        return f"failed: {''.join(figures.err.splitlines()[-1:])}"
    if said["end"] == "time":
        return f"cut off after {SECONDS} s, {said['count']:,} permutations listed"
    return f"cannot: needs more than {MIB} MiB" if said["end"] == "memory" else ""


def cells(name, figures, base):
    said = [outcome(each) for each in figures]
    less_imports, listing = [], []
    for each, its in zip(figures, said):
        less_imports.append(each.wall - its["imports"] if its else each.wall)
        listing.append(its["listing"] if its else each.wall)
    end = describe_end(said[-1], figures[-1])
    return [name, *figure_cells(figures), time_cells(less_imports)[0], time_cells(listing)[0],
            ("> " if end else "") + ratio_cell(figures, base), "", end]


def furcate_cells(figures):
    return ["furcate plan", *figure_cells(figures), "", "", ratio_cell(figures, figures), "", ""]


def print_alternatives(folder, rounds):
    installed = install_all()
    missing = [name for name, (package, _) in ALTERNATIVES.items() if package and package not in installed]
    for title, options, axes, limit in TASKS:
        config = write_config(folder / f"alternatives-{axes}.json", grid(axes))
        cases = {name: list_with(name, config, limit) for name in ALTERNATIVES if name not in missing}
        taken = alternate({"furcate": plan_with(config, options), **cases}, rounds)
        base = taken.pop("furcate")
        rows = [furcate_cells(base), *(cells(name, figures, base) for name, figures in taken.items()),
                *([name, *["-"] * 7, "", "not installed"] for name in missing)]
        print_table(f"Beside the alternatives: {title}",
                    ["", *FIGURES, "less imports", "listing alone", "of furcate", "", ""], rows)
