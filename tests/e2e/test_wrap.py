"""The wrap example: a script that knows nothing of furcate, started as its README says."""

import csv
import pathlib
import re
import shlex
import shutil

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
    assert lines[0].split() == ["name", "learning_rate", "momentum", "val_loss", "total_time"]
    losses = [float(line.split()[3]) for line in lines[1:]]
    assert len(losses) == 6 and losses == sorted(losses)
    assert losses[0] < 0.02 < losses[-1]
    with open(project.root / "logs/wrap/run_data.csv", newline="") as table:
        assert all(row["run_train_loss"] != row["run_val_loss"] for row in csv.DictReader(table))
