"""The plan of random configs against a brute-force oracle (oracle.py), through build/…/tests/plan-probe."""

import json
import re
from decimal import Decimal

import pytest

from support import chance
from oracle import random_sample
from planned import golden_step, is_lexicographic, make_cases
from values import canonical

SAMPLES = 1500


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    """Random configs, each with the same one shuffled."""
    dice = chance()
    samples = [random_sample(dice) for _ in range(SAMPLES)]
    shuffled = [sample.shuffled(dice) for sample in samples]
    folder = tmp_path_factory.mktemp("twins")
    made = make_cases(folder, [*samples, *shuffled], dice)
    return list(zip(made[:SAMPLES], made[SAMPLES:]))


@pytest.fixture(scope="module")
def cases(twins):
    return [case for pair in twins for case in pair]


@pytest.fixture(scope="module")
def plans(cases):
    return [case for case in cases if not case.refused]


# --- counts and exclusion ---

def test_the_random_configs_are_of_every_sort(cases):
    share = sum(case.refused for case in cases) / len(cases)
    assert 0.01 < share < 0.4
    left = [len(case.sample.kept) / case.sample.product for case in cases if not case.refused]
    assert sum(part == 1 for part in left) > len(cases) / 20
    assert sum(0 < part < 0.5 for part in left) > len(cases) / 20
    assert sum(0.5 <= part < 1 for part in left) > len(cases) / 20
    assert max(case.sample.product for case in cases) > 1000
    assert max(len(case.sample.entries) for case in cases) > 100


def test_refuses_those_of_which_nothing_is_left(cases):
    for case in cases:
        assert case.refused == (not case.sample.kept), case.text
        assert case.refused == ("excludes every permutation" in case.said), case.text


def test_counts_what_is_kept(plans):
    for case in plans:
        assert case.exact
        assert (case.product, case.count) == (case.sample.product, len(case.sample.kept)), case.text


def test_keeps_what_no_entry_excludes(plans):
    for case in plans:
        for rank, (choice, keeps) in zip(case.ranks, case.sample.choices, strict=True):
            assert (rank is not None) == keeps, f"{choice}\n{case.text}"
        assert case.kept_set() == case.sample.kept_set(), case.text


def shown_whole(cases):
    """Those of which no warning is hidden since there are over a hundred."""
    return [case for case in cases if not re.search("and [0-9]+ more warning", case.said)]


def test_warns_of_what_excludes_nothing(cases):
    for case in shown_whole(cases):
        assert ("excludes nothing" in case.said) == (case.sample.idle_parts() > 0), f"{case.said}\n{case.text}"


def test_warns_of_duplicate_values(cases):
    for case in shown_whole(cases):
        assert ("it counts once" in case.said) == case.sample.has_duplicates(), f"{case.said}\n{case.text}"


# --- ranks ---

def test_ranks_lead_to_their_permutations_and_back(plans):
    for case in plans:
        assert [run["rank"] for run in case.runs] == list(range(case.count))
        assert all(run["rank"] == run["back"] == run["found"] and run["keeps"] for run in case.runs), case.text
        ranks = {choice: rank for rank, (choice, keeps) in zip(case.ranks, case.sample.choices) if keeps}
        assert ranks == {run["choice"]: run["rank"] for run in case.runs}, case.text


def test_finds_permutations_by_their_keys(plans):
    for case in plans:
        assert case.found == case.ranks, case.text
        assert case.strangers == [], case.text


def test_leaves_constants_as_they_are(plans):
    for case in plans:
        assert not case.wrong_constants, case.text


def test_ranks_count_the_axes_in_one_arrangement(plans):
    for case in plans:
        rows = case.rows()
        assert is_lexicographic(rows), case.text
        if case.sample.order == "config" or not case.sample.entries:
            assert rows == sorted(rows), case.text


# --- the run order ---

def test_the_run_order_has_each_rank_once(plans):
    for case in plans:
        assert sorted(case.order) == list(range(case.count)), case.text


def test_the_next_run_is_the_first_that_is_not_taken(plans):
    for case in plans:
        assert case.next == [rank for i, rank in enumerate(case.order) if i % 3 != 1], case.text


def test_spread_goes_in_golden_steps_from_the_first_values(plans):
    for case in plans:
        if case.sample.order == "spread":
            step = golden_step(case.count)
            assert case.order == [i * step % case.count for i in range(case.count)], case.text


def test_rank_0_has_the_first_value_of_each_axis_unless_that_is_excluded(plans):
    for case in plans:
        first, keeps = case.sample.choices[0]
        assert keeps == (case.choice_at(0) == first), case.text


def test_config_order_is_the_order_of_the_product(plans):
    for case in plans:
        if case.sample.order == "config":
            assert [case.choice_at(rank) for rank in case.order] == case.sample.kept, case.text


def test_the_order_of_keys_values_and_entries_makes_no_other_plan(twins):
    for case, twin in twins:
        said = f"{case.text}\n{twin.text}"
        assert case.refused == twin.refused, said
        if not case.refused:
            assert (case.product, case.count) == (twin.product, twin.count), said
            assert case.kept_set() == twin.kept_set(), said


# --- labels ---

def skeleton(value):
    """What surely is left of a value in a label; None when that is hard to say."""
    if isinstance(value, (list, dict, Decimal)):
        return None
    return re.sub(r"[\x00-/:-@\[-`{-\x7f]", "", value if isinstance(value, str) else json.dumps(value))


def are_told_apart(values):
    """Whether different values are surely different in a label: numbers, or texts that are it without punctuation."""
    different = {canonical(value): skeleton(value) for value in values}
    return all(isinstance(value, Decimal) for value in values) or \
        None not in different.values() and len(set(different.values())) == len(different)


def test_labels_differ_where_their_values_do(plans):
    of_different = [case for case in plans if all(are_told_apart(case.sample.keys[key]) for key in case.sample.axes)]
    assert len(of_different) > len(plans) / 50
    for case in of_different:
        assert len({run["label"] for run in case.runs}) == case.count, case.text
