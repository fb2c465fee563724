"""`furcate plan`: what would run, checked against itertools.product over random grids."""

import csv
import io
import itertools
import json
import random
import shlex
import signal
import subprocess

import pytest

from support import chance, until
from narrow_terminal import shown

POOL = {"lr": [0.1, 0.01, 1, 2.5], "optimizer": ["SGD", "Adam", "two words", 'a "quoted", one'], "cache": [True, False],
        "layers": [[64, 64], [128], []], "depth": [None, 1, 2], "options": [{"a": 1}, {"a": 2, "b": [3]}]}


def random_config(chance):
    keys = chance.sample(list(POOL), chance.randrange(1, 5))
    config = {key: chance.sample(POOL[key], chance.randrange(1, len(POOL[key]) + 1)) for key in keys}
    entries = [{key: chance.choice(config[key]) for key in chance.sample(keys, chance.randrange(1, len(keys) + 1))}
               for _ in range(chance.randrange(4))]
    return config, entries


def product(config, entries):
    """All permutations and those that are kept, as JSON texts."""
    every = [dict(zip(config, values)) for values in itertools.product(*config.values())]
    kept = [one for one in every if not any(all(one[key] == entry[key] for key in entry) for entry in entries)]
    return len(every), sorted(json.dumps(one) for one in kept)


def plan(project, *options):
    done = project.furcate("plan", *options, *(["config.json"] if "config.json" not in options else []))
    assert done.returncode == 0, done.stderr
    return done.stdout


def plan_json(project, *options):
    return json.loads(plan(project, "--format", "json", *options))


def write_random(project, chance):
    """Writes a random config of which something is kept; gives its axes, the number of all, and the kept."""
    while True:
        config, entries = random_config(chance)
        count, kept = product(config, entries)
        if kept:
            project.write(config, meta={"exclude_configs": entries})
            return config, count, kept


def test_json_agrees_with_the_product_of_the_axes(project):
    dice = chance()
    for _ in range(40):
        config, count, kept = write_random(project, dice)
        shown = plan_json(project)
        assert shown["axes"] == [{"key": key, "values": values} for key, values in config.items()]
        assert (shown["permutations"], shown["excluded"], shown["done"], shown["left"]) == \
            (count, count - len(kept), 0, len(kept))
        runs = [json.dumps({key: run["config"][key] for key in config}) for run in shown["runs"]]
        assert sorted(runs) == kept
        assert len({run["label"] for run in shown["runs"]}) == len(kept)
        assert set(shown) == {"axes", "permutations", "excluded", "done", "left", "runs"}


def test_limit_and_offset_cut_from_the_same_order(project):
    dice = chance()
    for _ in range(15):
        write_random(project, dice)
        every = plan_json(project)["runs"]
        limit, offset = dice.randrange(len(every) + 2), dice.randrange(len(every) + 2)
        part = plan_json(project, "--limit", limit, "--offset", offset)
        assert part["runs"] == every[offset:offset + limit]
        assert part["left"] == len(every)


def cell(value):
    """A value as it stands in a table."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def test_csv_has_the_runs_of_json(project):
    dice = chance()
    for _ in range(15):
        write_random(project, dice)
        runs = plan_json(project)["runs"]
        rows = list(csv.DictReader(io.StringIO(plan(project, "--format", "csv"))))
        assert list(rows[0]) == [*runs[0]["config"], "label"]
        assert [row["label"] for row in rows] == [run["label"] for run in runs]
        for row, run in zip(rows, runs):
            expected = {key: cell(value) for key, value in run["config"].items()}
            assert {key: row[key] for key in expected} == expected


def test_csv_reads_back_with_pandas(project):
    import pandas

    project.write(learning_rate=[0.0001, 0.001])
    frame = pandas.read_csv(io.StringIO(plan(project, "--format", "csv")))
    assert sorted(zip(frame.batch_size, frame.learning_rate)) == [(32, 0.0001), (32, 0.001), (64, 0.0001), (64, 0.001)]


def test_the_table_shows_axes_counts_and_labels(project):
    project.write(meta={"exclude_configs": [{"batch_size": 64}]})
    lines = plan(project).splitlines()
    assert lines[1].split() == ["batch_size", "2", "32,", "64"]
    assert "2 permutations, 1 excluded, 0 done, 1 left" in lines
    assert lines[-1].strip() == "foo_bs32"


def test_a_narrow_terminal_shows_fewer_values_of_an_axis_but_whole_ones(project):
    project.write({"learning_rate": [0.000125, 0.00025, 0.0005, 0.001, 0.002], "k": [1]})
    for columns in (45, 60, 80):
        lines, said = shown(project, columns, "plan", "config.json")
        values, _, more = lines[1].split(None, 2)[2].partition(", and ")
        values = values.split(", ")
        assert values == ["0.000125", "0.00025", "0.0005", "0.001", "0.002"][:len(values)] and values
        assert more == (f"{5 - len(values)} more" if len(values) < 5 else "")
        assert said == "" and all(len(line) <= columns for line in lines)


def test_one_permutation_is_not_plural(project):
    project.write({"k": [1]})
    assert "\n1 permutation, 0 excluded, 0 done, 1 left\n" in plan(project)


def test_the_table_lists_ten_runs_unless_told_otherwise(project):
    project.write(batch_size=list(range(1, 31)))
    assert plan(project).count("foo_bs") == 10
    assert plan(project, "--limit", "12").count("foo_bs") == 12
    assert plan(project, "--limit", "12", "--offset", "25").count("foo_bs") == 5


def test_what_is_finished_is_counted(project):
    project.write(batch_size=[1, 2, 3])
    project.furcate("run", "config.json", "--", project.script("train", "[ $1 = 2 ]\n"), "{batch_size}")
    shown = plan_json(project)
    assert (shown["permutations"], shown["done"], shown["left"]) == (3, 1, 2)


def test_each_run_tells_whether_it_is_done(project):
    project.write(batch_size=[1, 2, 3, 4], meta={"exclude_configs": [{"batch_size": 1}]})
    assert "(done)" not in plan(project)
    assert [run["done"] for run in plan_json(project)["runs"]] == [False, False, False]
    csv = plan(project, "--format", "csv")
    project.furcate("run", "config.json", "--", project.script("train", "[ $1 != 3 ]\n"), "{batch_size}")
    marked = {line.strip() for line in plan(project).splitlines() if line.startswith("  ")}
    assert marked == {"foo_bs2 (done)", "foo_bs3", "foo_bs4 (done)"}
    done = {run["config"]["batch_size"]: run["done"] for run in plan_json(project)["runs"]}
    assert done == {2: True, 3: False, 4: True}
    assert [run["done"] for run in plan_json(project, "--limit", "1", "--offset", "2")["runs"]] == [
        plan_json(project)["runs"][2]["done"]]
    assert plan(project, "--format", "csv") == csv


def test_one_run_without_a_label_is_marked_as_done_too(project):
    project.write({"k": 1})
    project.run("/bin/true")
    assert plan(project).splitlines()[-1] == "  (one run, without a label) (done)"


def test_done_runs_are_marked_where_excluded_ones_are_not_counted(project):
    entangle(project)
    first = plan_json(project, "--limit", "1")["runs"][0]["config"]
    project.write(first)
    project.run("/bin/true")
    entangle(project)
    shown = plan_json(project, "--limit", "3")
    assert shown["done"] == 1 and [run["done"] for run in shown["runs"]] == [True, False, False]


def test_a_plan_may_be_looked_at_while_it_is_run(project):
    project.write(batch_size=[1, 2, 3], meta={"max_threads": 1})
    runner = project.start(project.gated())
    project.until_waiting(1)
    assert plan_json(project)["left"] == 3
    assert project.let_all_go(runner) == 0
    assert plan_json(project)["left"] == 0


def test_it_makes_no_log_dir(project):
    project.write()
    plan(project)
    assert not project.logs.exists()


def test_the_runs_come_in_the_order_of_the_plan(project):
    project.write(batch_size=[1, 2, 3, 4, 5], meta={"max_threads": 1})
    labels = [run["label"] for run in plan_json(project)["runs"]]
    project.run("/bin/true")
    started = sorted(project.rows(), key=lambda row: int(row["run_id"]))
    assert [f"foo_bs{row['batch_size']}" for row in started] == labels


@pytest.mark.parametrize("order", ["spread", "shuffle", "config"])
def test_a_thousand_million_permutations_are_no_more_than_three(project, order):
    digits = {f"key_{letter}": list(range(10)) for letter in "abcdefghi"}
    project.write(digits, meta={"order": order})
    shown = plan_json(project, "--limit", "3")
    assert shown["permutations"] == shown["left"] == 10**9
    assert len({run["label"] for run in shown["runs"]}) == 3


# --- the command ---

def commands_of(said):
    """The words of each command that a table shows."""
    return [shlex.split(line) for line in said.partition("\nFirst commands:\n")[2].splitlines()]


def test_it_shows_the_first_commands_as_a_shell_takes_them(project):
    project.write(batch_size=[1, 2, 3, 4], title=["it's {x}", 'two "words"'])
    program = project.script("print", 'printf "%s\\n" "$@" > "$FURCATE_RUN_DIR/arguments"\n')
    given = [program, "{batch_size}", "--title", "{title}", "{{", "{log_dir}x{slot}"]
    commands = commands_of(plan(project, "-o", "1", *["config.json", "--", *given]))
    runs = plan_json(project)["runs"][1:4]
    assert commands == [[program, str(run["config"]["batch_size"]), "--title", run["config"]["title"], "{", "{log_dir}x{slot}"]
                        for run in runs]
    assert len(commands_of(plan(project, "-n", "5", "config.json", "--", *given))) == 5


def test_json_has_the_command_that_a_run_executes(project):
    project.write(batch_size=[1, 2], layers=[[64, 64], [128]], fast=[True, False])
    program = project.script("print", 'printf "%s\\n" "$@" > "$FURCATE_RUN_DIR/arguments"\n')
    given = [program, "{flags}", "{layers.0}", "{batch_size}"]
    runs = json.loads(plan(project, "-f", "json", "config.json", "--", *given))["runs"]
    project.run(*given)
    executed = {directory.name.partition("_")[2]: (directory / "arguments").read_text().splitlines()
                for directory in project.logs.iterdir() if directory.is_dir()}
    assert {run["label"]: run["command"][1:] for run in runs} == executed
    assert len(executed) == 8 and all(run["command"][0] == program for run in runs)


def test_the_program_of_the_config_is_checked_and_shown(project):
    project.write(meta={"program": ["sh", "-c", "exit {batch_size}"]})
    assert commands_of(plan(project)) == [["sh", "-c", "exit 32"], ["sh", "-c", "exit 64"]]
    project.write(meta={"program": ["furcate-no-such-program"]})
    done = project.furcate("plan", "config.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'furcate-no-such-program' is not on PATH" in done.stderr


@pytest.mark.parametrize("program", [["furcate-no-such-program", "{no_such_key}"], ["/bin/true", "{no_such_key}"],
                                     ["/bin/true", "{batch_sise}"], ["/bin/true", "{batch_size.name}"],
                                     ["/bin/true", "--all={*}"], ["/bin/true", "{print $1}"], ["/bin/true", "{"],
                                     ["/bin/{batch_size}"], ["/"], ["{*}"]])
def test_it_refuses_a_command_as_run_does(project, program):
    project.write()
    planned = project.furcate("plan", "config.json", "--", *program)
    run = project.furcate("run", "config.json", "--", *program)
    assert (planned.returncode, planned.stdout) == (run.returncode, run.stdout) == (2, "")
    assert planned.stderr == run.stderr != ""
    assert not project.logs.exists()


def entangle(project, count=60):
    """Writes a config whose entries make a diagram that no memory holds: random ones over sixty axes of two values."""
    dice = random.Random(1)
    axes = {f"key_{i}": [0, 1] for i in range(60)}
    entries = [{key: dice.randrange(2) for key in dice.sample(list(axes), 3)} for _ in range(count)]
    project.write(axes, meta={"exclude_configs": entries})
    return entries


def test_what_cannot_be_counted_is_at_most(project):
    entries = entangle(project)
    done = project.furcate("plan", "config.json")
    assert done.returncode == 0
    assert "too entangled to be counted in 64 MiB" in done.stderr
    assert f"{2**60} permutations, excluded ones not counted, 0 done, at most {2**60} left" in done.stdout
    shown = plan_json(project, "--limit", "10")
    assert (shown["permutations"], shown["excluded"], shown["left"], shown["left_at_most"]) == (2**60, None, None, 2**60)
    assert len(shown["runs"]) == 10
    for run in shown["runs"]:
        assert not any(all(run["config"][key] == entry[key] for key in entry) for entry in entries)


def test_output_that_cannot_be_written_is_an_error(project):
    project.write(batch_size=list(range(1, 5000)))
    with open("/dev/full", "w") as full:
        done = subprocess.run(project.command(["plan", "--format", "csv", "config.json"]), cwd=project.root,
                              env=project.environment, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "the output could not be written: No space left on device" in done.stderr


def test_a_bad_config_is_refused(project):
    project.config.write_text('{"lr": []}')
    done = project.furcate("plan", "config.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "config.json:1:" in done.stderr


def test_a_runner_that_searches_long_can_be_stopped(project):
    """Where nearly all is excluded and cannot be counted, the search for the next run holds up no signal."""
    entries = entangle(project, 200)
    runner = project.start("/bin/true")
    until(lambda: "Running on" in project.log(), "the start")
    runner.send(signal.SIGTERM)
    assert runner.wait() == 143
    assert len(entries) == 200


@pytest.mark.parametrize("character", ["\u202e", "\u200b", "\u2066", "\ufeff"])
def test_characters_that_nobody_sees_are_shown_by_their_number(project, character):
    project.write({"note": [f"a{character}b", "c"]})
    shown = project.furcate("plan", "config.json").stdout
    assert character not in shown and f"a\\u{ord(character):04x}b" in shown
