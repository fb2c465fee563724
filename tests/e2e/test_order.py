"""The run order: even from the first runs on, and the same on every machine and after every restart."""

import collections
import json
import re
from decimal import Decimal

import pytest

from support import chance, until
from oracle import Sample, random_sample
from planned import make_cases, probe, write_all
from values import canonical, read_json

GRIDS = [[10, 10, 10], [2] * 10, [3, 4, 5, 6], [7, 7, 7, 7], [50, 2, 3], [2, 3, 5, 7, 11], [16, 16, 16], [30, 30]]
SETTINGS = [{"LC_ALL": "C", "TZ": "Pacific/Chatham"}, {"LC_ALL": "C.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "UTC"}]


def grid(sizes, order, entries=()):
    return Sample({f"key_{i}": [*map(Decimal, range(size))] for i, size in enumerate(sizes)}, list(entries), order)


# --- evenness ---

def imbalance(rows, sizes):
    """Chi-squared over degrees of freedom, the mean over the axes: 1 for rows drawn by chance, 0 for even ones."""
    parts = []
    for axis, size in enumerate(sizes):
        seen = [0] * size
        for row in rows:
            seen[row[axis]] += 1
        expected = len(rows) / size
        parts.append(sum((count - expected) ** 2 / expected for count in seen) / (size - 1))
    return sum(parts) / len(parts)


def tenths(case, sizes):
    """The imbalance of each tenth of the runs, in run order."""
    rows = case.rows()
    in_order, length = [rows[rank] for rank in case.order], len(rows) // 10
    return [imbalance(in_order[start:start + length], sizes) for start in range(0, 10 * length, length)]


def all_tenths(tmp_path, order):
    cases = make_cases(tmp_path, [grid(sizes, order) for sizes in GRIDS], chance())
    return [tenths(case, sizes) for case, sizes in zip(cases, GRIDS)]


def test_spread_covers_each_axis_more_evenly_than_chance_in_any_tenth(tmp_path):
    spread, config = all_tenths(tmp_path, "spread"), all_tenths(tmp_path, "config")
    for sizes, evens, lumps in zip(GRIDS, spread, config):
        assert max(evens) < 0.5, sizes
        assert 5 * max(evens) < min(lumps), sizes


def test_shuffle_covers_the_axes_as_chance_does(tmp_path):
    parts = [part for parts in all_tenths(tmp_path, "shuffle") for part in parts]
    assert 0.7 < sum(parts) / len(parts) < 1.3


# --- always the same ---

PINNED = {
    "spread": "1xf 4xt 2yf 5yt 4xf 2xt 5yf 3yt 2xf 5xt 3yf 1yt 5xf 3xt 1yf 4yt 3xf 1xt 4yf 2yt",
    "shuffle": "2yt 3yf 1xf 4xt 1xt 5yt 5xt 2xt 3xf 3yt 1yf 4yt 2xf 2yf 1yt 5xf 4yf 3xt 4xf 5yf",
    "config": "1xf 1xt 1yf 1yt 2xf 2xt 2yf 2yt 3xf 3xt 3yf 3yt 4xf 4xt 4yf 4yt 5xf 5xt 5yf 5yt",
}


@pytest.mark.parametrize("order", PINNED)
def test_the_order_is_the_same_in_every_version(project, order):
    project.write({"a": [1, 2, 3, 4, 5], "b": ["x", "y"], "c": [False, True]}, meta={"order": order})
    done = project.furcate("plan", "--format", "csv", "config.json")
    rows = [line.split(",")[:3] for line in done.stdout.splitlines()[1:]]
    assert " ".join(f"{a}{b}{c[0]}" for a, b, c in rows) == PINNED[order]


def test_the_order_is_the_same_on_every_machine(tmp_path):
    dice = chance()
    paths = list(write_all(tmp_path, [random_sample(dice).text(dice) for _ in range(60)]))
    usual = probe(paths)
    assert probe(paths[::-1]) == usual[::-1]
    for settings in SETTINGS:
        assert probe(paths, **settings) == usual


@pytest.mark.parametrize("order", ["spread", "shuffle", "config"])
def test_a_restart_goes_on_in_the_same_order(project, order):
    """Killed again and again, and under other settings each time."""
    project.write(batch_size=list(range(1, 9)), learning_rate=[0.1, 1e-3, 0.5], meta={"max_threads": 1, "order": order})
    planned = json.loads(project.furcate("plan", "--format", "json", "config.json").stdout)["runs"]
    program = project.script("traced", 'echo "$1 $2" >> started\n'), "{batch_size}", "{learning_rate}"
    started = project.root / "started"

    def starts():
        return started.read_text().splitlines() if started.exists() else []
    for settings in [*SETTINGS, *SETTINGS]:
        project.environment.update(settings)
        goal = len(starts()) + 4
        runner = project.start(*program)
        until(lambda: len(starts()) >= goal or runner.is_over(), "some starts")
        runner.kill()
    project.run(*program)
    # A run that was cut short is started twice.
    assert list(dict.fromkeys(starts())) == [
        f"{run['config']['batch_size']} {run['config']['learning_rate']}" for run in planned]


# --- furcate plan ---

def list_runs(project, *options):
    """The axis values of the runs that furcate plan lists, canonical."""
    done = project.furcate("plan", "--format", "json", *options, "config.json")
    assert done.returncode == 0, done.stderr
    shown = read_json(done.stdout)
    keys = [axis["key"] for axis in shown["axes"]]
    return [tuple(canonical(run["config"][key]) for key in keys) for run in shown["runs"]]


def test_slices_of_the_list_make_up_what_is_kept(project):
    dice, found = chance(), 0
    while found < 15:
        sample = random_sample(dice)
        if not sample.kept:
            continue
        found += 1
        project.config.write_text(sample.text(dice))
        step = max(1, len(sample.kept) // dice.randrange(1, 5))
        slices = [list_runs(project, "--offset", offset, "--limit", step) for offset in range(0, len(sample.kept) + 1, step)]
        runs = [run for part in slices for run in part]
        assert all(len(part) <= step for part in slices)
        assert runs == list_runs(project)
        assert collections.Counter(runs) == collections.Counter(sample.kept), project.config.read_text()


@pytest.mark.parametrize("entries", [
    [{"batch_size": [32, 64]}], [{"batch_size": 32}, {"batch_size": 64.0}], [{"epochs": 50}], [{"epochs": 50, "data_name": "example"}],
    [{"batch_size": 32, "lr": [1, 2]}, {"batch_size": 64, "lr": 1}, {"batch_size": 64, "lr": 2}]])
def test_a_config_of_which_nothing_is_left_is_refused(project, entries):
    project.write(lr=[1, 2], meta={"exclude_configs": entries})
    for command in (["plan", "config.json"], ["run", "config.json", "--", "/bin/true"]):
        done = project.furcate(*command)
        assert (done.returncode, done.stdout) == (2, "")
        assert re.search(r"config\.json:\d+:\d+: error: exclude_configs excludes every permutation: {.*; remove entries",
                         done.stderr), done.stderr
        assert not project.logs.exists()
