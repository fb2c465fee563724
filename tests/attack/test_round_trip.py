"""Random configs there and back: what they mean (tests/e2e/oracle.py) is what `furcate plan` shows, what each run's
config.json says and what its row says; and no further start repeats a run, whatever became of the table."""

import collections
import csv
import io
from decimal import Decimal, InvalidOperation

import pytest

from oracle import random_sample
from sample import ALL
from support import SANITIZED, chance
from values import canonical, read_json

CONFIGS = 400 if ALL else 4 if SANITIZED else 12
MOST = 8  # permutations of a config
WORDS = {"": None, "true": True, "false": False, ".nan": Decimal("nan"), ".inf": Decimal("inf"), "-.inf": Decimal("-inf")}


def small_sample(dice):
    while True:
        sample = random_sample(dice)
        if sample.product <= 100 and 1 <= len(sample.kept) <= MOST:
            return sample


def cell_value(cell):
    """What a cell of the table means, by docs/config.md."""
    if cell[:1] in ('"', "[", "{") and cell:
        return read_json(cell)
    if cell.lower() in WORDS:
        return WORDS[cell.lower()]
    try:
        return Decimal(cell)
    except InvalidOperation:
        return cell


def meaning(config):
    return frozenset((key, canonical(value)) for key, value in config.items() if key != "meta")


def wanted(sample):
    return collections.Counter(frozenset(sample.named(choice).items()) for choice in sample.kept)


def shown(project, program):
    done = project.furcate("plan", project.config.name, "--format", "json", "--", program)
    assert done.returncode == 0, done.stderr
    return [run["config"] for run in read_json(done.stdout)["runs"]]


def configs_of_runs(project):
    return {row["log_dir"]: read_json((project.root / row["log_dir"] / "config.json").read_text()) for row in project.rows()}


def config_of_row(row, keys):
    return {key: cell_value(row[key]) for key in keys}


def starts(project):
    path = project.root / "started"
    return path.read_text().count("x") if path.exists() else 0


# --- what becomes of the table between two starts ---

def cells(project):
    return list(csv.reader(io.StringIO(project.csv.read_text(), newline="")))


def write_cells(project, rows, **dialect):
    with project.csv.open("w", newline="") as file:
        csv.writer(file, **dialect).writerows(rows)


def leave_it(project):
    pass


def quote_all_cells(project):
    write_cells(project, cells(project), quoting=csv.QUOTE_ALL, lineterminator="\n")


def sort_it(project):
    header, *rows = cells(project)
    write_cells(project, [header, *sorted(rows)], lineterminator="\r\n")


def turn_columns_round(project):
    write_cells(project, [row[::-1] for row in cells(project)], lineterminator="\n")


def delete_database(project):
    for path in project.logs.glob("furcate.db*"):
        path.unlink()


CHANGES = [leave_it, quote_all_cells, sort_it, turn_columns_round, delete_database]


def check_means_the_same(project, sample, text):
    """The config, each config.json and each row."""
    rows, runs = project.rows(), configs_of_runs(project)
    assert collections.Counter(map(meaning, runs.values())) == wanted(sample), text
    for row in rows:
        assert meaning(config_of_row(row, sample.keys)) == meaning(runs[row["log_dir"]]), f"{row}\n{text}"


@pytest.mark.parametrize("number", range(CONFIGS))
def test_a_config_is_the_same_in_plan_run_and_row_and_no_start_repeats_it(project, number):
    dice = chance()
    for _ in range(number):
        dice.random()  # FURCATE_SEED gives each number a config of its own
    sample = small_sample(dice)
    text = sample.text(dice).replace("{order:", "{allow_cpu: true, max_threads: 2, order:")
    project.config.write_text(text)
    program = project.script("program", 'echo x >> "$FURCATE_TEST/started"\n')
    planned = shown(project, program)
    assert collections.Counter(map(meaning, planned)) == wanted(sample), text
    project.run(program)
    check_means_the_same(project, sample, text)
    for change in CHANGES:
        change(project)
        project.run(program)
        assert starts(project) == len(planned), f"after {change.__name__}: {text}"
        assert len(project.rows()) == len(planned), f"after {change.__name__}: {text}"
    project.csv.unlink()
    project.run(program)
    assert starts(project) == 2 * len(planned), f"each once more, without the table: {text}"
    check_means_the_same(project, sample, text)
