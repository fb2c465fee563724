"""Run directories of one log dir put into another, whose ids begin at 0 too: nothing is done again in silence."""

import csv
import json
import shutil

import pytest

from sample import attacks

TRAINS = """echo "$1" >> "$FURCATE_TEST/done"
[ ! -e "$FURCATE_TEST/fail$1" ] || exit 3
echo "{\\"loss\\": 0.$1}" >> "$FURCATE_METRICS"
"""


class Campaign:
    """Two log dirs of one data_name, whose runs have the ids 0, 1 and 2; in the end one config for both."""

    def __init__(self, project, ours=(1, 2, 3), theirs=(4, 5, 6), status=0):
        self.project, self.other = project, project.root / "other"
        self.program = project.script("train", TRAINS)
        self.carry_out(theirs, status)
        project.logs.rename(self.other)
        self.carry_out(ours)

    def carry_out(self, values, expected=0):
        self.project.write({"data_name": "example", "x": list(values)}, meta={"max_threads": 1, "order": "config"})
        done = self.project.furcate("run", "config.json", "--", self.program, "{x}")
        assert done.returncode == expected, done.stderr
        return done

    def times_done(self):
        return sorted((self.project.root / "done").read_text().split())

    def folders(self):
        return [path for path in self.other.iterdir() if path.is_dir()]

    def check(self, values=(1, 2, 3, 4, 5, 6)):
        """Every value has one row, with its own results and an id of its own, and was done once."""
        rows = self.project.rows()
        assert sorted(row["x"] for row in rows) == [str(value) for value in values]
        assert all(row["run_loss"] == f"0.{row['x']}" for row in rows)
        assert len({row["run_id"] for row in rows}) == len(rows)
        for row in rows:
            assert json.loads((self.project.root / row["log_dir"] / "run_data.json").read_text())["x"] == int(row["x"])
        assert self.times_done() == [str(value) for value in values]


def copy(source, target):
    shutil.copytree(source, target)


def copy_with_times(source, target):
    shutil.copytree(source, target, copy_function=shutil.copy2)


def move(source, target):
    source.rename(target)


@attacks("bring", [copy, copy_with_times, move], 2)
@attacks("named", ["{}", "theirs_{}", "{} (2)", "7{}"], 2)
def test_finished_runs_get_their_rows_whatever_their_ids_are(project, bring, named):
    campaign = Campaign(project)
    for folder in campaign.folders():
        bring(folder, project.logs / named.format(folder.name))
    campaign.carry_out(range(1, 7))
    campaign.check()
    assert project.log().count("is a finished run of another log dir") == 3
    assert "Everything is done" in campaign.carry_out(range(1, 7)).stderr
    campaign.check()


def test_an_id_is_given_to_each_of_three_log_dirs(project):
    campaign = Campaign(project, theirs=(7, 8))
    third = project.root / "third"
    project.logs.rename(third)
    campaign.carry_out((4, 5, 6))
    for folder in [*campaign.folders(), *(path for path in third.iterdir() if path.is_dir())]:
        move(folder, project.logs / folder.name)
    campaign.carry_out(range(1, 9))
    campaign.check(range(1, 9))


def test_a_row_that_is_deleted_later_stays_deleted(project):
    campaign = Campaign(project)
    for folder in campaign.folders():
        move(folder, project.logs / folder.name)
    campaign.carry_out(range(1, 7))
    rows = project.csv.read_text().splitlines(keepends=True)
    at = [cell for cell in next(csv.reader(rows[:1]))].index("x")
    project.csv.write_text("".join(row for row in rows if next(csv.reader([row]))[at] != "5"))
    campaign.carry_out(range(1, 7))
    assert project.values("x") == ["1", "2", "3", "4", "5", "6"]
    assert campaign.times_done() == ["1", "2", "3", "4", "5", "5", "6"]


def test_an_unfinished_run_begins_again_and_that_is_told(project):
    (project.root / "fail4").touch()
    campaign = Campaign(project, ours=(1, 2), theirs=(4, 5), status=1)
    (project.root / "fail4").unlink()
    for folder in campaign.folders():
        move(folder, project.logs / folder.name)
    campaign.carry_out((1, 2, 4, 5))
    rows = project.rows()
    assert sorted(row["x"] for row in rows) == ["1", "2", "4", "5"]
    assert len({row["run_id"] for row in rows}) == 4
    assert campaign.times_done() == ["1", "2", "4", "4", "5"]
    assert "is a run of another log dir that is not finished, and its id 0 is another run's here" in project.log()


def test_copies_of_one_folder_get_one_row(project):
    campaign = Campaign(project)
    for folder in campaign.folders():
        for name in ("a", "b", "c"):
            copy(folder, project.logs / f"{name} {folder.name}")
    campaign.carry_out(range(1, 7))
    assert sorted(row["x"] for row in project.rows()) == ["1", "2", "3", "4", "5", "6"]
    assert campaign.times_done() == ["1", "2", "3", "4", "5", "6"]
    campaign.carry_out(range(1, 7))
    assert len(project.rows()) == 6


def test_rows_that_are_put_together_by_hand_count(project):
    campaign = Campaign(project)
    theirs = (campaign.other / "run_data.csv").read_text().splitlines(keepends=True)
    with project.csv.open("a") as table:
        table.writelines(theirs[1:])
    for folder in campaign.folders():
        move(folder, project.logs / folder.name)
    for _ in range(2):
        assert "Everything is done" in campaign.carry_out(range(1, 7)).stderr
    assert campaign.times_done() == ["1", "2", "3", "4", "5", "6"]
    campaign.carry_out(range(1, 8))
    assert max(int(row["run_id"]) for row in project.rows()) == 3


def put_folders_only(campaign):
    """What `mkdir M; cp -r A/d* B/d* M` leaves: neither furcate.db nor run_data.csv."""
    for name in ("furcate.db", "run_data.csv"):
        (campaign.project.logs / name).unlink()
    for folder in campaign.folders():
        move(folder, campaign.project.logs / folder.name)


@pytest.mark.parametrize("ours", [(1,), (1, 2), (1, 2, 3, 6, 7, 8, 9)])
def test_finished_runs_that_are_done_again_are_told_of(project, ours):
    campaign = Campaign(project, ours=ours, theirs=(4, 5))
    put_folders_only(campaign)
    said = campaign.carry_out((*ours, 4, 5)).stderr
    again = len(campaign.times_done()) - len(ours) - 2
    count = "1 finished run has its folder here" if again == 1 else f"{again} finished runs have their folders here"
    assert f"{count}, but no row in run_data.csv (" in said
    assert "again, as after a row was deleted. If you have merged log dirs, stop furcate" in said
    assert sorted(row["x"] for row in project.rows()) == sorted(map(str, (*ours, 4, 5)))
    assert "no row in run_data.csv" not in campaign.carry_out((*ours, 4, 5)).stderr


def test_a_log_dir_over_which_another_was_copied_keeps_its_finished_runs(project):
    campaign = Campaign(project, ours=(3, 4, 5), theirs=(1, 2))
    for path in project.logs.iterdir():
        (copy_with_times if path.is_dir() else shutil.copy2)(path, campaign.other / path.name)
    shutil.rmtree(project.logs)
    campaign.other.rename(project.logs)
    campaign.carry_out(range(1, 6))
    campaign.check(range(1, 6))
