"""docs/reliability.md names tests that are there."""

import pathlib
import re

TESTS = pathlib.Path(__file__).parents[1]
PAGE = TESTS.parent / "docs/reliability.md"
NAMED = re.compile(r"`([a-z0-9]+)\.([a-z_]+): ([a-z0-9_]+)`")


def source(layer, file):
    path = TESTS / layer / (f"test_{file}.py" if layer in ("e2e", "python", "attack") else f"test_{file}.c")
    return path.read_text() if path.exists() else ""


def test_every_test_that_the_page_names_is_there():
    named = NAMED.findall(PAGE.read_text())
    assert len(named) > 40
    missing = [f"{layer}.{file}: {name}" for layer, file, name in named
               if not re.search(rf"^(def test_|static void ){name}\(", source(layer, file), re.M)]
    assert missing == []


def test_what_looks_like_a_test_is_one():
    """A name that the expression above overlooks would never be checked."""
    cells = [line.rsplit("|", 2)[1] for line in PAGE.read_text().splitlines() if line.startswith("|")]
    in_last_column = [word for cell in cells for word in re.findall(r"`[^`]+`", cell) if ":" in word]
    assert all(NAMED.fullmatch(word) for word in in_last_column)
