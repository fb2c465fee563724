"""A row tells what the attempt that finished its run has reported, and numbers as they were printed."""

import json

import pytest

from conftest import until

DEAD = """if [ $FURCATE_ATTEMPT = 1 ]; then
  for s in 1 2 3 4 5; do echo "{\\"step\\": $s, \\"loss\\": 0.1, \\"dead\\": 1}" >> $FURCATE_METRICS; done
  for s in 1 2 3 4 5; do echo "score: 0.1"; echo "only_dead: 3" >&2; done
  %s
fi
"""
PRINTED = {"metrics": {"score": "score: {number}", "only_dead": "only_dead: {number}"}}


def reports(*steps):
    return "".join(f'echo \'{{"step": {step}, "loss": {loss}}}\' >> $FURCATE_METRICS\n' for step, loss in steps)


def train(project, text, **meta):
    project.write(batch_size=[1], meta={"retries": 1, "fail_fast": False, **meta})
    project.run(project.script("train", text))
    [row] = project.rows()
    return row


def test_what_an_attempt_that_failed_reported_does_not_count(project):
    row = train(project, DEAD % "exit 1" + reports((1, 0.9), (2, 0.9), (3, 0.9)))
    assert (row["run_loss"], row["run_epochs"], row["run_attempts"]) == ("0.9", "3", "2")
    assert "run_dead" not in row


def test_a_run_that_went_on_keeps_its_curve(project):
    row = train(project, DEAD % "exit 1" + reports((4, 0.9), (6, 0.8)))
    assert (row["run_loss"], row["run_epochs"], row["run_dead"]) == ("0.8", "6", "1.0")


def test_nothing_counts_when_the_last_attempt_reports_nothing(project):
    row = train(project, DEAD % "exit 1")
    assert not {"run_loss", "run_dead"} & set(row) and row["run_epochs"] == ""


def test_output_of_an_attempt_that_failed_does_not_count(project):
    row = train(project, DEAD % "printf cut; exit 1" + "echo score: 0.7\n", **PRINTED)
    assert (row["run_score"], row["run_epochs"]) == ("0.7", "1")
    assert "run_only_dead" not in row and "run_loss" not in row


def test_reports_and_output_are_judged_each_by_itself(project):
    row = train(project, DEAD % "exit 1" + reports((6, 0.5)), **PRINTED)
    assert (row["run_loss"], row["run_epochs"]) == ("0.5", "6") and "run_score" not in row


def test_a_line_cut_off_by_a_kill_costs_nothing_else(project):
    dead = DEAD % "printf '{\"step\": 6, \"lo' >> $FURCATE_METRICS; kill -9 $$"
    row = train(project, dead + reports((6, 0.5)))
    assert (row["run_loss"], row["run_epochs"], row["run_dead"]) == ("0.5", "6", "1.0")
    assert "could not be read" not in project.log()


def test_what_was_reported_before_furcate_was_killed_does_not_count(project):
    project.write(batch_size=[1], meta=PRINTED)
    wait = 'touch "$FURCATE_TEST/up"; exec sleep 600'
    program = project.script("train", DEAD % wait + reports((1, 0.9)) + "echo score: 0.7\n")
    runner = project.start(program)
    until((project.root / "up").exists, "the first attempt")
    runner.kill()
    project.run(program)
    [row] = project.rows()
    assert (row["run_loss"], row["run_epochs"], row["run_score"], row["run_attempts"]) == ("0.9", "1", "0.7", "2")


def test_the_marks_of_attempts_are_lines_of_their_own(project):
    train(project, DEAD % "printf '{\"st' >> $FURCATE_METRICS; exit 1" + reports((1, 0.9)))
    [path] = project.logs.glob("*/metrics.jsonl")
    assert path.read_text().splitlines()[5:7] == ['{"st', '{"attempt": 2}']


def test_a_run_without_reports_gets_no_file_of_marks(project):
    train(project, "[ $FURCATE_ATTEMPT = 2 ]\n")
    assert not list(project.logs.glob("*/metrics.jsonl"))


@pytest.mark.parametrize("kind", ["fifo", "folder"])
def test_what_is_no_file_is_not_marked(project, kind):
    make = {"fifo": "mkfifo", "folder": "mkdir"}[kind]
    done = train(project, f'[ $FURCATE_ATTEMPT = 2 ] && rm -r "$FURCATE_METRICS" && exit 0\n{make} "$FURCATE_METRICS"\n'
                          "exit 1\n")
    assert done["run_attempts"] == "2"


@pytest.mark.parametrize("printed, read", [("1.25e-05", 1.25e-05), ("1e3", 1000), ("1,234.5", 1234.5), ("-2", -2),
                                           ("inf", float("inf")), (".5", 0.5)])
@pytest.mark.parametrize("expression", ["loss: {number}", "loss: ([-0-9.]+)", "loss: .*"])
def test_a_printed_number_is_read_whole(project, printed, read, expression):
    if printed == "inf" and "0-9" in expression:
        pytest.skip("the expression says that there are digits")
    row = train(project, f"printf '\\033[1mloss:\\033[0m {printed}\\n'\n", metrics={"loss": expression})
    assert float(row["run_loss"]) == read


def test_steps_of_any_size_count(project):
    row = train(project, reports((10000001, 0.5), (9007199254740993, 0.25)))
    assert (row["run_loss"], row["run_epochs"]) == ("0.25", "9007199254740993")


def test_a_number_beyond_all_measure_costs_no_other(project):
    row = train(project, 'echo \'{"step": 1, "loss": 1e999, "acc": 0.5}\' >> $FURCATE_METRICS\n')
    assert (float(row["run_loss"]), row["run_acc"]) == (float("inf"), "0.5")
    assert json.loads(next(project.logs.glob("*/run_data.json")).read_text())["meta"]["data"]["acc"] == 0.5
