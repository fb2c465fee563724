"""How many of the attacks in tests/attack/ are tried: a sample, or all of them."""

import os
import random

import pytest

ALL = os.environ.get("FURCATE_ATTACKS") == "all"


def attacks(name, tried, sample=None):
    """A parameter of a test: every one of these attacks in `script/test attack --all`, else so many of them, chosen by
    FURCATE_SEED (by default the same ones at each time). Without a sample all are tried always."""
    tried = list(tried)
    if sample is not None and not ALL:
        tried = random.Random(int(os.environ.get("FURCATE_SEED", "0"))).sample(tried, min(sample, len(tried)))
    return pytest.mark.parametrize(name, tried, ids=lambda value: getattr(value, "__name__", None) or str(value)[:40])
