"""Programs that know nothing of furcate: their command lines, and the example as its README starts it."""

import csv
import json
import pathlib
import re
import shlex
import shutil
import sys

import pytest

from support import until

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/wrap"


def commands():
    """The words of each command in the README, without the program."""
    [block] = re.findall(r"```bash\n(.*?)```", (EXAMPLE / "README.md").read_text(), re.DOTALL)
    return [shlex.split(line)[1:] for line in block.replace("\\\n", " ").splitlines()]


def test_the_commands_of_the_readme_train_the_grid_and_show_the_best(project):
    shutil.copytree(EXAMPLE, project.root / "examples/wrap")
    run, best = commands()
    done = project.furcate(*run)
    assert done.returncode == 0, done.stderr
    lines = project.furcate(*best).stdout.splitlines()
    assert lines[0].split() == ["name", "val_loss", "learning_rate", "momentum", "total_time"]
    losses = [float(line.split()[1]) for line in lines[1:]]
    assert len(losses) == 6 and losses == sorted(losses)
    assert losses[0] < 0.02 < losses[-1]
    with open(project.root / "logs/wrap/run_data.csv", newline="") as table:
        assert all(row["run_loss"] != row["run_val_loss"] for row in csv.DictReader(table))


# --- what placeholders make of a command line ---


@pytest.mark.parametrize("written", [".inf", "+.inf", "-.Inf", ".NaN", "Infinity", "-Infinity", "NaN", "1e999"])
def test_an_infinite_number_is_an_argument_that_programs_can_read(project, written):
    (project.root / "config.yaml").write_text(f"clip: [{written}, 1]\nrate: {written}\nmeta: {{allow_cpu: true}}\n")
    read = "import sys; clip, rate, axis = sys.argv[1:]; print(float(clip), float(rate), float(axis.split('=')[1]))"
    done = project.furcate("run", "config.yaml", "--", sys.executable, "-c", read, "{clip}", "{rate}", "{*}")
    assert done.returncode == 0, done.stderr
    number = str(float(written.lstrip("+").lstrip(".").replace("-.", "-")))
    outputs = sorted(path.read_text().split() for path in project.logs.glob("*/*.log"))
    assert outputs == sorted([[number] * 3, ["1.0", number, "1.0"]])

ARGPARSE = """
import argparse, json, os
parser = argparse.ArgumentParser()
parser.add_argument("--use-bn", action="store_true")
parser.add_argument("--lr", type=float, default=None)
parser.add_argument("--momentum", type=float, default=0.5)
parser.add_argument("--shift", type=int)
parser.add_argument("--hidden_sizes", type=int, nargs="*")
parser.add_argument("--opt", type=json.loads)
parser.add_argument("--note")
print(json.dumps(vars(parser.parse_args())), file=open(os.environ["FURCATE_RUN_DIR"] + "/got", "w"))
"""


def got(project):
    return [json.loads(path.read_text()) for path in sorted(project.logs.glob("*/got"))]


def test_flags_are_those_that_argparse_takes(project):
    grid = {"use-bn": [True, False], "lr": [1e-4], "momentum": [None, 0.9], "shift": [-3], "hidden_sizes": [[64, 32], []],
            "opt": [{"name": "sgd"}], "note": ["-x y"]}
    project.write(grid)
    project.run(project.python("train", ARGPARSE), "{flags}")
    seen = got(project)
    assert len(seen) == 8
    for use_bn in grid["use-bn"]:
        for momentum in grid["momentum"]:
            for sizes in grid["hidden_sizes"]:
                assert {"use_bn": use_bn, "lr": 1e-4, "momentum": momentum or 0.5, "shift": -3, "hidden_sizes": sizes,
                        "opt": {"name": "sgd"}, "note": "-x y"} in seen


def test_a_run_gets_what_is_within_a_value(project):
    project.write({"opt": [{"name": "sgd", "lr": 0.1}, {"name": "adam", "lr": 0.001}], "layers": [[[64], 2]]})
    project.run(project.script("train", 'echo "$@" > "$FURCATE_RUN_DIR/got"\n'), "{opt.name}={opt.lr}", "{layers.0.0}")
    assert sorted(path.read_text() for path in project.logs.glob("*/got")) == ["adam=0.001 64\n", "sgd=0.1 64\n"]


def test_a_value_without_what_is_asked_for_keeps_all_from_starting(project):
    project.write({"opt": [{"name": "sgd", "momentum": 0.9}, {"name": "adam"}]})
    done = project.furcate("run", "config.json", "--", "/bin/true", "{opt.momentum}")
    assert done.returncode == 2
    assert """'{opt.momentum}' names {opt.momentum}, which one value of opt does not have: {"name": "adam"}""" in done.stderr
    assert not project.logs.exists()


def test_an_axis_may_be_the_program(project):
    shells = [project.script(name, f"echo {name} > $FURCATE_RUN_DIR/got\n") for name in ("one", "two")]
    project.write({"shell": ["one", "two"], "k": [1, 2]})
    project.run("{shell}", PATH=f"{project.root}:{project.environment['PATH']}")
    assert sorted(path.read_text() for path in project.logs.glob("*/got")) == ["one\n", "one\n", "two\n", "two\n"]
    project.write({"shell": [*shells, "/nowhere/three"]}, meta={"exclude_configs": [{"shell": shells[0]}]})
    done = project.furcate("run", "config.json", "--", "{shell}")
    assert done.returncode == 2
    assert "the program '/nowhere/three' (of '{shell}') cannot be started; check its path" in done.stderr


def test_runs_at_a_time_have_different_slots(project):
    project.write({"k": [1, 2, 3, 4]}, meta={"max_threads": 2})
    program = project.script("train", 'echo "$1 $FURCATE_SLOT" > "$FURCATE_RUN_DIR/slot"; exec "$2"\n')
    runner = project.start(program, "{slot}", project.gated())
    slots = [(directory / "slot").read_text().split() for directory in project.until_waiting(2)]
    assert sorted(slots) == [["0", "0"], ["1", "1"]]
    assert project.let_all_go(runner) == 0


def test_a_key_of_the_config_wins_over_a_placeholder_of_its_name(project):
    project.write({"config": ["a.yaml"], "slot": ["left"], "flags": ["-O2"]})
    done = project.run(project.script("train", 'echo "$@" > "$FURCATE_RUN_DIR/got"\n'), "{config}", "{slot}", "{flags}")
    [path] = project.logs.glob("*/got")
    assert path.read_text() == "a.yaml left -O2\n"
    assert "{config} is the config's own key 'config': the path of the run's config.json is in FURCATE_CONFIG" in done.stderr


def test_an_edit_that_a_placeholder_does_not_fit_is_not_used(project):
    project.write({"opt": [{"name": "a"}, {"name": "b"}]}, meta={"max_threads": 1})
    runner = project.start(project.gated(), "{opt.name}")
    project.until_waiting(1)
    project.write({"opt": [{"name": "a"}, {"name": "b"}, {"nom": "c"}]}, meta={"max_threads": 1})
    until(lambda: "The edited config is not used" in project.log(), "the refusal")
    assert 'one value of opt does not have: {"nom": "c"}' in project.log()
    assert project.let_all_go(runner) == 0
    assert len(project.rows()) == 2


def test_a_script_whose_interpreter_is_missing_is_refused_by_its_name(project):
    project.write()
    program = project.script("train", "#!/nowhere/python9\n")
    done = project.furcate("run", "config.json", "--", program)
    assert done.returncode == 2
    assert f"the program '{program}' asks in its first line for the interpreter /nowhere/python9, which is not there" \
        in done.stderr
