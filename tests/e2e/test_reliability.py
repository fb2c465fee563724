"""docs/reliability.md and docs/security.md name tests that are there."""

import pathlib
import re

import pytest

TESTS = pathlib.Path(__file__).parents[1]
PAGES = {name: (TESTS.parent / f"docs/{name}.md").read_text() for name in ("reliability", "security")}
NAMED = re.compile(r"`([a-z0-9]+)\.([a-z_]+): ([a-z0-9_]+)`")


def source(layer, file):
    path = TESTS / layer / (f"test_{file}.py" if layer in ("e2e", "python", "attack") else f"test_{file}.c")
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize("page, least", [("reliability", 40), ("security", 15)])
def test_every_test_that_the_page_names_is_there(page, least):
    named = NAMED.findall(PAGES[page])
    assert len(named) > least
    missing = [f"{layer}.{file}: {name}" for layer, file, name in named
               if not re.search(rf"^(def test_|static void ){name}\(", source(layer, file), re.M)]
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_what_looks_like_a_test_is_one(page):
    """A name that the expression above overlooks would never be checked."""
    cells = [line.rsplit("|", 2)[1] for line in PAGES[page].splitlines() if line.startswith("|")]
    in_last_column = [word for cell in cells for word in re.findall(r"`[^`]+`", cell) if ":" in word]
    assert all(NAMED.fullmatch(word) for word in in_last_column)
