"""Edits of the config while runs execute are followed, however an editor saves them."""

import json
import os
import signal

import pytest

from support import GATED, until


def write_config(project, *values, **meta):
    project.write(batch_size=list(values), meta={"max_threads": 1, "order": "config", **meta})


def edit_in_place(project, *values):
    write_config(project, *values)


def edit_by_rename(project, *values):
    old = project.config
    project.config = project.root / "config.json.swp"
    write_config(project, *values)
    project.config.rename(old)
    project.config = old


def edit_by_making_it_anew(project, *values):
    project.config.unlink()
    write_config(project, *values)


EDITS = [edit_in_place, edit_by_rename, edit_by_making_it_anew]


def start_with_one_waiting(project, *values):
    """A runner with one slot, whose first run waits for its gate."""
    write_config(project, *values)
    runner = project.start(project.gated())
    project.until_waiting(1)
    return runner


def until_log(project, words):
    return until(lambda: words in project.log(), f"'{words}' in the log")


@pytest.mark.parametrize("edit", EDITS)
def test_every_edit_is_followed(project, edit):
    runner = start_with_one_waiting(project, 1)
    for last in (2, 3, 4):
        edit(project, *range(1, last + 1))
        until_log(project, f"The plan is now {last} configs - {last} remaining")
    assert project.let_all_go(runner) == 0
    assert project.values() == ["1", "2", "3", "4"]


def link(project, target):
    """config.json becomes, in one step, a link to the target."""
    new = project.root / "new"
    new.symlink_to(target)
    new.rename(project.config)


def test_a_swapped_link_and_what_it_leads_to_are_followed(project):
    real = project.root / "versions"
    real.mkdir()
    for name, values in (("one", [32]), ("two", [32, 64])):
        project.write(batch_size=values, meta={"max_threads": 1})
        project.config.rename(real / name)
    link(project, real / "one")
    runner = project.start(project.gated())
    project.until_waiting(1)
    link(project, real / "two")
    until_log(project, "The plan is now 2 configs")
    project.write(batch_size=[32, 64, 96], meta={"max_threads": 1})
    assert project.config.is_symlink()
    until_log(project, "The plan is now 3 configs")
    assert project.let_all_go(runner) == 0
    assert project.values() == ["32", "64", "96"]


def test_an_edit_behind_a_link_is_followed(project):
    real = project.root / "elsewhere"
    real.mkdir()
    write_config(project, 32)
    project.config.rename(real / "mine.json")
    link(project, real / "mine.json")
    runner = project.start(project.gated())
    project.until_waiting(1)
    project.write(batch_size=[32, 64])
    assert project.config.is_symlink()
    until_log(project, "The plan is now 2 configs")
    assert project.let_all_go(runner) == 0
    assert project.values() == ["32", "64"]


def test_a_removed_value_that_has_not_started_is_not_run(project):
    runner = start_with_one_waiting(project, 1, 2, 3, 4)
    write_config(project, 1, 3)
    until_log(project, "The plan is now 2 configs - 2 remaining")
    assert project.let_all_go(runner) == 0
    assert project.values() == ["1", "3"]


def test_a_removed_value_that_executes_is_finished(project):
    runner = start_with_one_waiting(project, 1, 2)
    write_config(project, 2, 3)
    until_log(project, "The plan is now 2 configs - 2 remaining")
    assert project.let_all_go(runner) == 0
    assert project.values() == ["1", "2", "3"]


def test_finished_runs_that_an_edit_removes_are_told_of_in_the_last_line(project):
    runner = start_with_one_waiting(project, 1, 2, 3)
    for done in (1, 2):
        project.let_go(project.until_waiting(1)[0])
        until(lambda: project.csv.exists() and len(project.values()) == done, "a row")
    project.until_waiting(1)
    write_config(project, 3, 4)
    until_log(project, "The plan is now 2 configs")
    assert project.let_all_go(runner) == 0
    assert "2 of 2 runs are done; this start finished 4, in " in runner.stderr
    assert ", and 2 finished runs are no longer in the plan; results: " in runner.stderr


def test_what_is_finished_stays_finished(project):
    runner = start_with_one_waiting(project, 1, 2)
    project.let_go(project.until_waiting(1)[0])
    until(lambda: project.csv.exists() and project.values() == ["1"], "the first row")
    project.until_waiting(1)
    write_config(project, 1, 2, 3)
    until_log(project, "The plan is now 3 configs - 2 remaining")
    assert project.let_all_go(runner) == 0
    assert project.values() == ["1", "2", "3"]
    assert len(project.directories()) == 3


def test_a_broken_edit_is_reported_and_the_old_plan_goes_on(project):
    runner = start_with_one_waiting(project, 1, 2)
    text = project.config.read_text()
    project.config.write_text(text.replace('"epochs": 50', '"epochs": [}'))
    until_log(project, "the plan before it goes on")
    line = next(i for i, line in enumerate(text.splitlines(), 1) if "epochs" in line)
    assert f"config.json:{line}:" in project.log()
    assert f"config.json:{line}:" in runner.stderr
    assert project.let_all_go(runner) == 0
    assert project.values() == ["1", "2"]


def test_a_key_that_the_program_needs_may_not_go(project):
    project.write(batch_size=[1, 2], title="x", meta={"max_threads": 1})
    runner = project.start(project.gated(), "{title}")
    project.until_waiting(1)
    write_config(project, 1, 2, 3)
    until_log(project, "The edited config is not used: the argument '{title}'")
    assert project.let_all_go(runner) == 0
    assert project.values() == ["1", "2"]


def test_a_mended_edit_is_used(project):
    runner = start_with_one_waiting(project, 1)
    project.config.write_text("{")
    until_log(project, "the plan before it goes on")
    write_config(project, 1, 2)
    until_log(project, "The plan is now 2 configs")
    assert project.let_all_go(runner) == 0
    assert project.values() == ["1", "2"]


def test_more_threads_start_more_attempts_at_once(project):
    runner = start_with_one_waiting(project, 1, 2, 3)
    write_config(project, 1, 2, 3, max_threads=3)
    project.until_waiting(3)
    assert project.let_all_go(runner) == 0


def test_fewer_threads_let_what_executes_finish(project):
    write_config(project, 1, 2, 3, 4, max_threads=2)
    runner = project.start(project.gated())
    first, second = project.until_waiting(2)
    write_config(project, 1, 2, 3, 4)
    until_log(project, " - 1 slot - ")
    project.let_go(second)
    until(lambda: project.csv.exists() and len(project.rows()) == 1, "the row of the second")
    assert project.waiting() == [first]
    assert project.let_all_go(runner) == 0
    assert len(project.rows()) == 4


def test_new_exclude_configs_apply_at_once(project):
    runner = start_with_one_waiting(project, 1, 2, 3)
    write_config(project, 1, 2, 3, exclude_configs=[{"batch_size": 2}])
    until_log(project, "The plan is now 2 configs - 2 remaining")
    assert project.let_all_go(runner) == 0
    assert project.values() == ["1", "3"]


def test_retries_that_are_allowed_later_apply_to_what_executes(project):
    write_config(project, 1)
    program = project.script("train", f"[ $FURCATE_ATTEMPT -gt 1 ] || {{ {project.gated()}; exit 1; }}\n")
    runner = project.start(program)
    project.until_waiting(1)
    write_config(project, 1, retries=1)
    until_log(project, "The plan is now")
    assert project.let_all_go(runner) == 0
    assert [row["run_attempts"] for row in project.rows()] == ["2"]


def test_a_removed_value_that_waits_for_its_retry_is_dropped(project):
    write_config(project, 1, 2, retries=9)
    runner = project.start(project.script("train", "[ $1 = 2 ]\n"), "{batch_size}")
    until(lambda: project.csv.exists() and project.values() == ["2"], "the row")
    until_log(project, "will be tried again")
    write_config(project, 2)
    assert runner.wait() == 0
    assert "The plan is now 1 config - 0 remaining" in project.log()


def test_a_save_without_a_change_does_nothing(project):
    write_config(project, 1, retries=1)
    runner = project.start(project.script("train", f"[ $FURCATE_ATTEMPT -gt 1 ] || exit 1\nexec {project.gated()}\n"))
    until_log(project, "will be tried again")
    os.utime(project.config)
    project.config.write_text(project.config.read_text())
    project.until_waiting(1)  # the second attempt, a second later
    assert "Detected change" not in project.log()
    assert project.let_all_go(runner) == 0


def test_an_added_value_starts_at_once_where_a_slot_is_free(project):
    write_config(project, 1, max_threads=2)
    runner = project.start(project.gated())
    project.until_waiting(1)
    write_config(project, 1, 2, max_threads=2)
    project.until_waiting(2)
    assert project.let_all_go(runner) == 0


def test_an_edit_in_the_moment_of_the_last_end_is_taken_or_left_whole(project):
    for i in range(1, 10, 2):
        write_config(project, i)
        runner = project.start(project.gated())
        waiting = project.until_waiting(1)
        write_config(project, i, i + 1)
        project.let_go(waiting[0])
        assert project.let_all_go(runner) == 0
        (project.root / "open").unlink()
    assert {"1", "3", "5", "7", "9"} <= set(project.values())
    assert len(set(project.values())) == len(project.values())


def test_an_edit_while_results_wait_for_their_commit_does_not_hold_up_the_end(project):
    for i in range(1, 10, 3):
        write_config(project, i, i + 1, i + 2, max_threads=3)
        runner = project.start(project.gated())
        waiting = project.until_waiting(3)
        write_config(project, i, i + 1, i + 2, max_threads=3, retries=1)
        for directory in waiting:
            project.let_go(directory)
        assert runner.wait() == 0
    assert project.values() == [str(i) for i in range(1, 10)]


def test_an_edited_timeout_ends_an_attempt_that_executes(project):
    runner = start_with_one_waiting(project, 1)
    write_config(project, 1, timeout=0.2, kill_grace=0.2)
    assert runner.wait() == 1
    assert "timed out after 0.2" in project.log()


def test_an_axis_that_an_edit_adds_and_no_argument_names_is_told_of(project):
    write_config(project, 1)
    runner = project.start(project.gated(), "{batch_size}")
    project.until_waiting(1)
    project.write(batch_size=[1], rate=[1, 2], meta={"max_threads": 1})
    until_log(project, "No argument names {rate}: runs that differ in nothing else get the same arguments")
    assert project.let_all_go(runner) == 0


# --- another log_dir ---

def move_log_dir(project, log_dir):
    project.write(batch_size=[1, 2], log_dir=log_dir, meta={"max_threads": 1, "order": "config"})


def test_the_summary_of_a_stop_tells_where_the_results_are_after_an_edit_of_log_dir(project):
    runner = start_with_one_waiting(project, 1, 2)
    move_log_dir(project, "other")
    until_log(project, "log_dir stays logs until this runner ends; the next start uses other")
    project.let_go(project.waiting()[0])
    until(lambda: project.csv.exists() and project.values() == ["1"], "the first row")
    runner.send(signal.SIGINT)
    assert runner.wait() == 130
    assert "results: logs/run_data.csv" in runner.stderr
    assert "The config now names the log_dir other, but the results of this start are in logs." in runner.stderr
    assert "set log_dir back to logs, or move the folder logs to other" in runner.stderr
    assert "the same command goes on where this left off" not in runner.stderr
    assert not (project.root / "other").exists()


def test_the_summary_of_a_whole_plan_tells_where_the_results_are_after_an_edit_of_log_dir(project):
    runner = start_with_one_waiting(project, 1, 2)
    move_log_dir(project, "other")
    until_log(project, "log_dir stays logs")
    assert project.let_all_go(runner) == 0
    assert "results: logs/run_data.csv\n" in runner.stderr
    assert "The config now names the log_dir other" in runner.stderr
    project.logs.rename(project.root / "other")
    assert "2 of 2 runs are in other/run_data.csv" in project.run(project.gated()).stderr


@pytest.mark.parametrize("log_dir", ["logs", "./logs", "logs/"])
def test_a_log_dir_that_is_set_back_or_spelled_otherwise_is_the_same(project, log_dir):
    runner = start_with_one_waiting(project, 1, 2)
    move_log_dir(project, "other")
    until_log(project, "log_dir stays logs until this runner ends; the next start uses other")
    move_log_dir(project, log_dir)
    until(lambda: project.log().count("The plan is now") == 2, "the second edit")
    assert project.log().count("log_dir stays") == 1
    runner.send(signal.SIGINT)
    assert runner.wait() == 130
    assert "Stopped; the same command goes on where this left off." in runner.stderr
    assert "The config now names" not in runner.stderr


def test_another_spelling_of_data_dir_moves_no_run(project):
    runner = start_with_one_waiting(project, 1, 2)
    project.write(batch_size=[1, 2], data_dir="./foo//", meta={"max_threads": 1, "order": "config"})
    until_log(project, "The plan is now 2 configs - 2 remaining - 1 slot - 0 joined - 0 gone")
    assert project.let_all_go(runner) == 0
    assert project.values() == ["1", "2"]


FIXED = [("program", ["false"]), ("gpus", [7]), ("allow_cpu", False)]


@pytest.mark.parametrize("key, edited", FIXED)
def test_what_a_running_furcate_does_not_follow_is_told_and_not_recorded(project, key, edited):
    gated = project.gated()
    write_config(project, 1, 2, program=[gated])
    runner = project.start_furcate("run", "config.json")
    project.until_waiting(1)
    write_config(project, 1, 2, 3, **{"program": [gated], key: edited})
    until_log(project, "The plan is now 3 configs")
    assert project.let_all_go(runner) == 0
    lines = [line for line in project.log().splitlines() if "until this furcate ends" in line]
    assert len(lines) == 1
    assert f"meta.{key} stays as it was until this furcate ends; the next start follows the edit" in lines[0]
    before = {"program": [gated], "allow_cpu": True}.get(key)
    last = project.rows()[2]
    record = json.loads((project.root / last["log_dir"] / "furcate.json").read_text())
    assert record["meta"].get(key) == before
    assert json.loads(last["meta"]).get(key) == before


def test_several_keys_that_are_not_followed_are_told_in_one_line(project):
    runner = start_with_one_waiting(project, 1)
    write_config(project, 1, 2, gpus=["GPU-1"], allow_cpu=False, retries=3)
    until_log(project, "The plan is now 2 configs")
    assert "meta.allow_cpu and meta.gpus stay as they were until this furcate ends; " in project.log()
    assert project.let_all_go(runner) == 0


# --- settings of results ---

LOSS = {"loss": "loss: {number}"}
BEST = {"objective": {"metric": "loss", "mode": "min", "of": "best"}}


def result_after_edit(project, before, after):
    """The row of a run that has started with one meta and ends with another."""
    project.write(batch_size=[1], meta=before)
    runner = project.start(project.script("train", 'echo "loss: 0.25 acc: 7"; echo "loss: 0.5"\n' + GATED.split("\n", 1)[1]))
    directory = project.until_waiting(1)[0]
    project.write(batch_size=[1, 2], meta=after)
    until_log(project, "The plan is now 2 configs")
    project.let_go(directory)
    until(lambda: project.csv.exists() and project.rows(), "the row")
    project.let_all_go(runner)
    return next(row for row in project.rows() if row["batch_size"] == "1")


@pytest.mark.parametrize("after, column, value", [
    ({}, "run_loss", "0.5"),
    ({"metrics": {"acc": "acc: {number}"}}, "run_loss", "0.5"),
    ({"metrics": {"acc": "acc: {number}"}}, "run_acc", "7.0"),
    ({"metrics": {"loss": "acc: {number}"}}, "run_loss", "7.0"),
    ({"metrics": LOSS}, "run_best_loss", "0.25"),
], ids=["metrics are gone", "one is gone", "one is new", "an expression is put right", "the objective is gone"])
def test_an_edit_takes_no_result_from_a_run_that_executes(project, after, column, value):
    assert result_after_edit(project, {"metrics": LOSS, **BEST}, after)[column] == value


def finish_first(project):
    """Lets the first of several runs finish, and waits for the second."""
    project.let_go(project.until_waiting(1)[0])
    until(lambda: project.csv.exists() and project.rows(), "the first row")
    project.until_waiting(1)


KEY_EDITS = [
    ({"test_size": 5}, "1 row of logs/run_data.csv differs from this plan in test_size alone (they have none): "),
    ({"epochs": None, "Epochs": 50}, "1 row of logs/run_data.csv differs from this plan in Epochs (they have none) and "
                                     "epochs (they have 50; this config has no epochs): "),
    ({"epochs": None}, "1 row of logs/run_data.csv differs from this plan in epochs alone (they have 50; "),
]


@pytest.mark.parametrize("edit, words", KEY_EDITS)
def test_an_edit_of_keys_that_leaves_rows_behind_is_explained_at_once(project, edit, words):
    config = {"batch_size": [1, 2], "epochs": 50, "meta": {"max_threads": 1, "order": "config"}}
    project.write(config)
    runner = project.start(project.gated())
    finish_first(project)
    project.write({key: value for key, value in {**config, **edit}.items() if value is not None})
    until_log(project, words)
    assert project.let_all_go(runner) == 0
    assert project.log().count(" differs from this plan ") == 1
    assert "1 row of logs/run_data.csv matched nothing in this plan; " in runner.stderr


def test_an_edit_of_values_is_not_explained(project):
    runner = start_with_one_waiting(project, 1, 2)
    finish_first(project)
    write_config(project, 2, 3)
    until_log(project, "The plan is now 2 configs")
    assert project.let_all_go(runner) == 0
    assert "run_data.csv" not in project.log()
