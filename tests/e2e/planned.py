"""Samples of oracle.py beside what furcate's plan makes of them, which build/…/tests/plan-probe tells."""

import itertools
import math
import os
import subprocess

from support import BUILD
from values import canonical, read_json

NOT_COMPARED = {"log_dir", "gpu_id", "meta"}


def probe(paths, **environment):
    """What furcate's plan makes of each file; lines of JSON."""
    done = subprocess.run([BUILD / "tests/plan-probe"], input="".join(f"{path}\n" for path in paths), check=True,
                          env={**os.environ, **environment}, stdout=subprocess.PIPE, encoding="utf-8", timeout=240)
    return done.stdout.removesuffix("\n").split("\n")


class Case:
    """A sample, its file, and what furcate's plan makes of it; each run's permutation as canonical axis values."""

    def __init__(self, sample, text, line):
        self.sample, self.text = sample, text
        shown = read_json(line)
        self.refused, self.said = shown["refused"], shown["said"]
        if not self.refused:
            self.product, self.count, self.exact = shown["product"], shown["count"], shown["exact"]
            self.ranks, self.found, self.picks = (shown.get(name) for name in ("ranks", "found", "picks"))
            self.order, self.next, self.runs = shown["order"], shown["next"], shown["runs"]
            self.strangers = shown["strangers"]
            self.read_permutations()

    def read_permutations(self):
        self.wrong_constants = []
        axes = self.sample.axes
        constants = {key: value for key, value in self.sample.constants.items() if key not in NOT_COMPARED}
        for run in self.runs:
            permutation = run.pop("permutation")
            run["choice"] = tuple(canonical(permutation[key]) for key in axes)
            rest = {key: canonical(permutation[key]) for key in constants}
            if rest != constants or NOT_COMPARED & set(permutation):
                self.wrong_constants.append(run["rank"])

    def choice_at(self, rank):
        return self.runs[rank]["choice"]

    def rows(self):
        """The value indices of each run."""
        indices = [{value: i for i, value in enumerate(values)} for values in self.sample.axes.values()]
        return [tuple(index[value] for index, value in zip(indices, run["choice"])) for run in self.runs]

    def kept_set(self):
        return {frozenset(zip(self.sample.axes, run["choice"])) for run in self.runs}


def write_all(folder, texts):
    for i, text in enumerate(texts):
        folder.joinpath(f"{i}.config").write_text(text)
        yield folder / f"{i}.config"


def make_cases(folder, samples, dice):
    texts = [sample.text(dice) for sample in samples]
    lines = probe(write_all(folder, texts))
    assert len(lines) == len(samples)
    return [Case(*parts) for parts in zip(samples, texts, lines)]


# --- what a run order is to be ---

def golden_step(count):
    """The first integer from count/phi on, (5^0.5 - 1) / 2 · count, that is coprime to count."""
    step = (math.isqrt(5 * count**2) - count) // 2
    while (2 * step + count) ** 2 < 5 * count**2 or math.gcd(step, count) != 1:
        step += 1
    return step


def is_lexicographic(rows):
    """Whether the rows are sorted under some arrangement of the columns."""
    groups, left = [rows], set(range(len(rows[0])))
    while left:
        fitting = [i for i in left if all(a[i] <= b[i] for group in groups for a, b in itertools.pairwise(group))]
        if not fitting:
            return False
        left.remove(fitting[0])
        groups = [list(part) for group in groups for _, part in itertools.groupby(group, key=lambda row: row[fitting[0]])]
    return True
