"""Plans too large to list, or with entries too many to store: counted, and sampled, against the oracle."""

import math
from decimal import Decimal

import pytest

from support import chance
from oracle import ORDERS, Sample, random_sample
from planned import golden_step, is_lexicographic, make_cases

MOST = 2**62


def axes_of(sizes):
    return {f"key_{i}": [Decimal(number) for number in range(size)] for i, size in enumerate(sizes)}


def entries_on(axes, chance, count, fewest, most):
    """Entries on `fewest` to `most` axes; one value in eight is an array."""
    for _ in range(count):
        keys = chance.sample(list(axes), chance.randrange(fewest, most + 1))
        yield {key: chance.sample(axes[key], 2) if chance.random() < 1 / 8 else chance.choice(axes[key]) for key in keys}


def vast(chance):
    """Up to 2^62 permutations, few entries."""
    sizes = [chance.randrange(2, 60) for _ in range(chance.randrange(6, 20))]
    while math.prod(sizes) > MOST:
        sizes.pop()
    axes = axes_of(sizes)
    return Sample(axes, list(entries_on(axes, chance, chance.randrange(11), 1, 4)), chance.choice(ORDERS))


def dense(chance):
    """So many entries that the diagram would have too many nodes: tails stand for most of them."""
    axes = axes_of([6] * 7)
    return Sample(axes, list(entries_on(axes, chance, chance.randrange(150, 350), 3, 3)), chance.choice(ORDERS))


def denser(chance):
    """The same, and too many permutations to list."""
    axes = axes_of([chance.choice([5, 6, 7]) for _ in range(8)])
    return Sample(axes, list(entries_on(axes, chance, chance.randrange(150, 250), 2, 4)), chance.choice(ORDERS))


def entangled(chance):
    """What no diagram can hold."""
    axes = axes_of([4] * 30)
    return Sample(axes, list(entries_on(axes, chance, 100, 3, 3)), chance.choice(ORDERS))


@pytest.fixture
def make(tmp_path):
    """Makes cases of one of these sorts."""
    def make_some(sort, count):
        dice = chance()
        return make_cases(tmp_path, [sort(dice) for _ in range(count)], dice)
    return make_some


def check_picks(case):
    """Choices at random have a rank exactly when no entry excludes them."""
    for pick in case.picks:
        choice = [values[i] for values, i in zip(case.sample.axes.values(), pick["choice"])]
        assert (pick["rank"] is None) == case.sample.excludes(case.sample.named(choice)), f"{pick}\n{case.text}"
        assert pick["rank"] is None or pick["rank"] < case.count


def check_runs(case):
    """Ranks lead to kept permutations and back; without an exact count, to all permutations."""
    assert len({run["rank"] for run in case.runs}) == len(set(case.rows()))
    for run in case.runs:
        keeps = not case.sample.excludes(case.sample.named(run["choice"]))
        assert run["keeps"] == keeps, f"{run}\n{case.text}"
        assert run["back"] == run["found"] == (run["rank"] if keeps else None), f"{run}\n{case.text}"
        assert keeps or not case.exact, f"{run}\n{case.text}"


def check_ranks_are_sorted(case):
    """In one arrangement of the axes the runs and the picks come in the order of their ranks."""
    rows = {run["rank"]: row for run, row in zip(case.runs, case.rows())}
    for pick in case.picks:
        if pick["rank"] is not None:
            assert rows.setdefault(pick["rank"], tuple(pick["choice"])) == tuple(pick["choice"])
    in_order = [rows[rank] for rank in sorted(rows)]
    assert is_lexicographic(in_order), case.text
    if case.sample.order == "config":
        assert in_order == sorted(in_order), case.text


def check_order(case):
    assert len(set(case.order)) == min(len(case.order), case.count)
    if case.sample.order == "spread":
        step = golden_step(case.count)
        assert case.order == [i * step % case.count for i in range(len(case.order))], case.text
    if case.sample.order == "config":
        assert case.order == list(range(len(case.order))), case.text
    kept = {run["rank"] for run in case.runs if run["keeps"]}
    left = [rank for i, rank in enumerate(case.order) if i % 3 != 1 and rank in kept]
    assert case.next[:len(left)] == left, case.text


def check_all(case):
    check_picks(case)
    check_runs(case)
    check_ranks_are_sorted(case)
    check_order(case)


def test_the_oracle_for_many_permutations_agrees_with_the_one_for_few():
    dice = chance()
    for _ in range(300):
        sample = random_sample(dice)
        kept = [keeps for _, keeps in sample.choices]
        assert (sample.keeps(), sample.count_kept()) == (kept, sum(kept)), sample.text(dice)


def test_vast_grids(make):
    cases = make(vast, 60)
    assert max(case.sample.product for case in cases) > 2**50
    for case in cases:
        kept = case.sample.count_kept()
        assert case.refused == (kept == 0), case.text
        if not case.refused:
            assert (case.exact, case.product, case.count) == (True, case.sample.product, kept), case.text
            check_all(case)


def test_dense_entries(make):
    for case in make(dense, 3):
        assert (case.exact, case.count) == (True, case.sample.count_kept()), case.text
        assert [rank is not None for rank in case.ranks] == case.sample.keeps(), case.text
        assert sorted(rank for rank in case.ranks if rank is not None) == list(range(case.count)), case.text
        check_all(case)


def test_dense_entries_over_larger_grids(make):
    for case in make(denser, 5):
        assert (case.exact, case.count) == (True, case.sample.count_kept()), case.text
        check_all(case)


def test_entangled_entries_which_cannot_be_counted(make):
    for case in make(entangled, 3):
        assert not case.exact
        assert 'counts are shown as "at most"' in " ".join(case.said.split())
        assert case.product == case.count == case.sample.product == 4**30
        assert 0 < sum(run["keeps"] for run in case.runs) < len(case.runs)
        check_all(case)
