"""A row tells what the attempt that finished its run has reported, and numbers as they were printed."""

import json

import pytest

from support import until

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


@pytest.mark.parametrize("line", ['{"attempt": 7}', '{"attempt": 1}', '{"attempt": 2}'])
def test_a_program_s_own_line_of_an_attempt_drops_no_metrics(project, line):
    row = train(project, reports((1, 0.5)) + f"echo '{line}' >> $FURCATE_METRICS\n")
    assert (row["run_loss"], float(row["run_attempt"])) == ("0.5", json.loads(line)["attempt"])


def test_results_of_a_last_attempt_that_has_no_steps_say_what_they_drop(project):
    row = train(project, DEAD % "exit 1" + "echo '{\"test_acc\": 0.9}' >> $FURCATE_METRICS\n")
    assert row["run_test_acc"] == "0.9" and "run_dead" not in row
    assert project.log().count("Thread 0: 10 reported values do not count, since a later attempt of the run began again "
                               "at step 1\n") == 1


@pytest.mark.parametrize("text, loss, epochs", [
    ("echo loss=1; echo loss=2; echo loss=9 >&2; echo loss=8 >&2; echo loss=7 >&2", "2.0", "2"),
    ("echo loss=9 >&2; echo loss=8 >&2; echo none", "8.0", "2"),
    ("echo '{\"loss\": 4}' > $FURCATE_METRICS; echo loss=1; echo loss=2; echo loss=3 >&2", "4", "1"),
    ("echo '{\"acc\": 4}' > $FURCATE_METRICS; echo loss=1; echo loss=2", "2.0", "2"),
])
def test_a_metric_comes_from_one_source(project, text, loss, epochs):
    row = train(project, text + "\n", metrics={"loss": "loss={number}"})
    assert (float(row["run_loss"]), row["run_epochs"]) == (float(loss), epochs)


def test_a_number_that_is_cut_on_stdout_is_told_of_after_a_further_attempt(project):
    text = "[ $FURCATE_ATTEMPT = 1 ] && echo failed >&2 && exit 1\necho loss=0,5 val_loss=2; echo warned >&2\n"
    train(project, text, metrics={"loss": "loss={number}"})
    assert "no value of loss was taken from 'loss=0,5 " in project.log() and "within a word" in project.log()


def test_truth_values_are_numbers(project):
    row = train(project, 'echo \'{"flag": true, "other": false, "loss": 1}\' > $FURCATE_METRICS\n')
    assert (row["run_flag"], row["run_other"]) == ("1.0", "0.0")


def test_nothing_counts_when_the_last_attempt_reports_nothing(project):
    row = train(project, DEAD % "exit 1")
    assert "Thread 0: 10 reported values do not count, since the last attempt of the run reported none" in project.log()
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
    done = train(project, f'[ $FURCATE_ATTEMPT = 2 ] && rm -rf "$FURCATE_METRICS" && exit 0\n{make} "$FURCATE_METRICS"\n'
                          "exit 1\n")
    assert done["run_attempts"] == "2"


@pytest.mark.parametrize("source", ["metrics.jsonl", "example0.log"])
@pytest.mark.parametrize("make", ["mkfifo", "ln -s /dev/zero", "mkdir"])
def test_what_a_program_leaves_in_place_of_its_reports_keeps_nobody_waiting(project, make, source):
    row = train(project, f'cd "$FURCATE_RUN_DIR"\nrm -f {source}\n{make} {source}\n', metrics={"loss": "loss={number}"})
    assert row["batch_size"] == "1" and "its row lacks metrics" in project.log()
    assert ("it is a symbolic link" if make.startswith("ln") else "not a regular file") in project.log()


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


def test_each_metric_has_a_column_of_its_own_name(project):
    row = train(project, 'echo \'{"loss": 1, "val_loss": 2, "train_acc": 3}\' > $FURCATE_METRICS\n')
    assert (row["run_loss"], row["run_val_loss"], row["run_train_acc"]) == ("1.0", "2.0", "3.0")
    assert "run_train_loss" not in row


@pytest.mark.parametrize("name", ["epochs", "name", "total_time", "results", "faults"])
def test_a_metric_with_the_name_of_a_column_of_furcate_has_another_and_is_told_of(project, name):
    row = train(project, f'echo \'{{"loss": 1, "{name}": 7}}\' > $FURCATE_METRICS\n')
    assert (row[f"run_metric_{name}"], row["run_epochs"], row["run_name"]) == ("7.0", "1", "example0")
    told = f"the metric '{name}' is in the column run_metric_{name}, since run_{name} is a column of furcate itself"
    assert project.log().count(told) == 1


def test_each_metric_that_has_another_column_is_told_of(project):
    names = ["id", "epochs", "total_time", "faults"]
    row = train(project, "echo '" + json.dumps({name: 7 for name in names}) + "' > $FURCATE_METRICS\n")
    for name in names:
        assert row[f"run_metric_{name}"] == "7.0"
        assert project.log().count(f"the metric '{name}' is in the column run_metric_{name}") == 1
    assert "run_faults" not in row


@pytest.mark.parametrize("name, shown, why", [("", "", "it has no name"), ("a\nb", "a b", "its name holds a control"),
                                              ("\x1b[31m", " [31m", "its name holds a control")])
def test_a_name_that_no_metric_can_have_is_left_out_and_told_of(project, name, shown, why):
    row = train(project, "cat > $FURCATE_METRICS <<'END'\n" + json.dumps({name: 1, "loss": 2}) + "\nEND\n")
    assert row["run_loss"] == "2.0" and {"run_" + name, "run_" + shown}.isdisjoint(row)
    assert project.log().count(f"the metric '{shown}' of metrics.jsonl is left out: {why}") == 1


def test_of_many_names_the_log_has_the_first_and_their_count(project):
    metrics = json.dumps({f"m{i}": i for i in range(3000)})
    train(project, f"cat > $FURCATE_METRICS <<'END'\n{metrics}\nEND\n", objective={"metric": "loss", "mode": "min"})
    assert "m8, m9 and 2990 more" in project.log() and "m10," not in project.log()


@pytest.mark.parametrize("line, why", [
    ("{'loss': 0.5}", "it is no JSON object"), ("1,5", "it is no JSON object"), ("loss=0.5", "it is no JSON object"),
    ('{"step": -1, "loss": 1}', "its step is no whole number from 0 on"), ('{"loss": "low"}', "it has no number"),
])
def test_lines_that_cannot_be_read_are_told_of(project, line, why):
    project.write(batch_size=[1, 2], meta={"order": "config"})
    (project.root / "lines").write_text(f'{{"loss": 0.5}}\n{line}\n\n{line}\n')
    done = project.run(project.script("train", "cp lines $FURCATE_METRICS\n"))
    for thread in 0, 1:
        told = f"Thread {thread}: 2 lines of metrics.jsonl could not be read; the first is line 2, '{line}': {why}"
        assert project.log().count(told) == 1
    assert "2 runs reported metrics that could not be read; see " in done.stderr
    assert [row["run_loss"] for row in project.rows()] == ["0.5", "0.5"]


def test_an_over_long_line_is_told_of(project):
    train(project, "head -c 2000000 /dev/zero | tr '\\0' x > $FURCATE_METRICS\n")
    assert "1 line of metrics.jsonl could not be read; it is line 1, 'xxx" in project.log()
    assert "it is longer than 1 MiB" in project.log()


def test_what_can_be_read_is_not_told_of(project):
    project.write()
    done = project.run(project.script("train", 'echo \'{"loss": 0.5, "note": "a", "x": null}\' > $FURCATE_METRICS\n'
                                               'printf \'{"loss"\' >> $FURCATE_METRICS\n'))
    assert "metrics" not in done.stderr


def test_a_value_that_is_no_number_is_told_of_once(project):
    project.write()
    project.run(project.script("train", 'echo \'{"loss": 0.5, "acc": "0.9"}\' > $FURCATE_METRICS\n'))
    assert project.log().count("line 1 of metrics.jsonl has a value of 'acc' that is no number") == 1
    assert all(row["run_loss"] == "0.5" for row in project.rows())


def test_a_printed_number_that_cannot_be_read_whole_is_told_of_once(project):
    project.write(meta={"metrics": {"loss": "loss: ([0-9.]+)"}})
    done = project.run(project.script("train", "echo 'loss: 0,53'\n"))
    assert project.log().count("no value of loss was taken from 'loss: 0,53'") == 1
    assert f"2 runs printed numbers for meta.metrics that could not be read whole; see {project.logs}/" in done.stderr
    assert not any(row.get("run_loss") for row in project.rows())


@pytest.mark.parametrize("printed", ["1.5D-05", "0.15-100", "1.234,5", "1'234.5", "1\u00a0000.5", "1__0", "0b1", "1e5e5",
                                     "1.#INF", "−3"])
@pytest.mark.parametrize("expression", ["loss: {number}", "loss: ([0-9.]+)", "loss: .*"])
def test_no_part_of_a_printed_number_is_taken_for_it(project, printed, expression):
    if printed == "−3" and expression != "loss: .*":
        pytest.skip("the expression does not match")
    row = train(project, f'echo "loss: {printed}"\n', metrics={"loss": expression})
    assert not row.get("run_loss") and project.log().count(f"no value of loss was taken from 'loss: {printed}'") == 1


KERAS = """echo 'Epoch 1/3 - loss: 0.11 - val_loss: 9.1'
echo 'Epoch 2/3 - loss: 0.12 - val_loss: 9.3'
"""


def test_an_expression_that_begins_where_a_word_does_matches_no_end_of_one(project):
    row = train(project, KERAS, metrics={"loss": r"\bloss: {number}", "val_loss": r"\bval_loss: {number}"})
    assert (row["run_loss"], row["run_val_loss"], row["run_epochs"]) == ("0.12", "9.3", "2")
    assert "within a word" not in project.log()


@pytest.mark.parametrize("expression, word", [
    ("loss: {number}", "val_loss: 9.1"), ("loss: ([0-9.]+) - ", None), ("(oss: )?{number}$", "val_loss: 9.1"),
    ("[^_]loss: {number}", None), ("_loss: {number}", "val_loss: 9.1"), ("[0-9]/3", None)])
def test_a_match_that_begins_within_a_word_is_told_of_once(project, expression, word):
    project.write(meta={"metrics": {"loss": expression}})
    project.run(project.script("train", KERAS))
    told = f"the expression of meta.metrics.loss matches within a word, in '{word or ''}"
    assert project.log().count(told) == (word is not None)


def test_a_backspace_in_an_expression_is_told_of(project):
    project.write(meta={"metrics": {"loss": "\bloss: {number}"}})
    done = project.furcate("run", "config.json", "--", "true")
    assert done.returncode == 2 and r'write "\\b" for the edge of a word' in done.stderr


def test_each_metric_whose_value_is_no_number_is_told_of_once(project):
    project.write()
    report = '{"loss": 0.5, "conf": [1, 2], "acc": "0.5"}'
    project.run(project.script("train", f"echo '{report}' > $FURCATE_METRICS; echo '{report}' >> $FURCATE_METRICS\n"))
    for name in ("conf", "acc"):
        assert project.log().count(f"line 1 of metrics.jsonl has a value of '{name}' that is no number") == 1


def test_of_many_metrics_whose_values_are_no_numbers_ten_are_told_of(project):
    project.write()
    report = json.dumps({"loss": 1, **{f"m{i}": "1" for i in range(30)}})
    project.run(project.script("train", f"echo '{report}' > $FURCATE_METRICS\n"))
    assert project.log().count("that is no number") == 10


# --- meta.metrics that give nothing ---

SHOWS = {"accuracy": "accuracy: {number}", "loss": "loss: {number}"}


def test_an_expression_that_matches_nothing_is_told_of_without_an_objective(project):
    project.write(meta={"metrics": SHOWS})
    done = project.run(project.script("train", "echo Accuracy: 0.5; echo loss: 1\n"))
    assert project.log().count("the expression of meta.metrics.accuracy matches nothing in ") == 1
    assert "meta.metrics.loss" not in project.log()
    assert "2 runs gave no value for a metric of meta.metrics; see " in done.stderr


@pytest.mark.parametrize("metric, count", [("accuracy", 0), ("loss", 1)])
def test_an_expression_is_not_told_of_twice_where_it_is_that_of_the_objective(project, metric, count):
    project.write(batch_size=[1], meta={"metrics": SHOWS, **objective(metric)})
    done = project.run(project.script("train", "echo Accuracy: 0.5; echo loss: 1 >&2\n"))
    assert project.log().count("the expression of meta.metrics.accuracy matches nothing") == 1
    assert done.stderr.count("1 run gave no value for a metric of meta.metrics") == count


def test_a_match_without_a_number_is_no_missing_match(project):
    project.write(batch_size=[1], meta={"metrics": {"accuracy": "accuracy: ([a-z0-9.]+)"}})
    project.run(project.script("train", "echo accuracy: none\n"))
    assert "meta.metrics.accuracy matches in " in project.log() and "but no number could be read there" in project.log()


def test_all_that_gave_nothing_are_named_in_one_line(project):
    project.write(batch_size=[1], meta={"metrics": {f"m{i}": f"m{i}: {{number}}" for i in range(9)}})
    project.run("true")
    [line] = [line for line in project.log().splitlines() if "meta.metrics" in line]
    assert "meta.metrics.m0 matches" in line and "meta.metrics.m4 matches" in line
    assert "; 4 more gave no value either (reported only once)" in line


def objective(metric):
    return {"objective": {"metric": metric, "mode": "max"}}


def test_an_objective_that_never_comes_is_told_of(project):
    project.write(meta={"metrics": {"val_acc": "val_acc=([0-9.]+)", "loss": "loss {number}"}, **objective("val_acc")})
    done = project.run(project.script("train", "echo 'val_acc : 0.7'; echo loss 0.5\n"))
    told = "no value of val_acc (meta.objective) was reported, only loss; the expression of meta.metrics.val_acc matches nothing in"
    assert project.log().count(told) == 1
    assert "2 runs reported no value of meta.objective's metric; see " in done.stderr


@pytest.mark.parametrize("line, told", [
    ("", "nothing was reported, and so no value of val_acc (meta.objective); let the program report it, or name another metric in meta.objective"),
    ('{"val_accuracy": 1, "loss": 1}', 'reported, only val_accuracy, loss; let the program report it'),
    ('{"val_ac": 1}', 'reported, only val_ac; did you mean "val_ac"?'),
    ('{"epochs": 3, "acc": 1}', "reported, only epochs, acc; let"),
])
def test_an_objective_that_is_called_otherwise_is_told_of(project, line, told):
    project.write(meta=objective("val_acc"))
    project.run(project.script("train", f"echo '{line}' > $FURCATE_METRICS\n"))
    assert project.log().count("value of val_acc (meta.objective)") == 1 and told in project.log()


@pytest.mark.parametrize("metric", ["loss", "run_loss", "train_loss", "total_time", "batch_size", "nan"])
def test_an_objective_that_comes_is_not_told_of(project, metric):
    project.write(meta=objective(metric))
    done = project.run(project.script("train", 'echo \'{"loss": 1, "nan": NaN}\' > $FURCATE_METRICS\n'))
    assert "meta.objective" not in project.log() + done.stderr


def test_a_run_that_failed_reported_no_objective_and_is_not_told_of(project):
    project.write(batch_size=[1], meta=objective("loss"))
    done = project.furcate("run", "config.json", "--", "false")
    assert done.returncode == 1 and "meta.objective" not in project.log() + done.stderr
