"""`furcate best`: the finished runs by their results."""

import csv
import shutil

import pytest

from narrow_terminal import shown, width_of

OBJECTIVE = {"objective": {"metric": "val_score", "mode": "max"}}
TRAIN = "echo \"{\\\"step\\\": 1, \\\"val_score\\\": $1, \\\"loss\\\": $2}\" > \"$FURCATE_METRICS\"\n"
RESULTS = {1: (0.5, 3), 2: (0.9, 2), 3: (0.7, 1)}


@pytest.fixture
def finished(project):
    """Three runs; batch_size 2 has the highest val_score, 3 the lowest loss."""
    project.write(batch_size=[1, 2, 3], meta=OBJECTIVE)
    cases = "".join(f"{size}) set -- {score} {loss} ;;\n" for size, (score, loss) in RESULTS.items())
    project.run(project.script("train", f"case $1 in\n{cases}esac\n{TRAIN}"), "{batch_size}")
    return project


def best(project, *options):
    done = project.furcate("best", *options)
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


def sizes(table):
    column = table[0].index("batch_size")
    return [row[column] for row in table[1:]]


def test_the_table_is_sorted_by_the_objective(finished):
    table = best(finished)
    assert table[0] == ["name", "val_score", "batch_size", "total_time"]
    assert sizes(table) == ["2", "3", "1"]
    assert [row[1] for row in table[1:]] == ["0.9", "0.7", "0.5"]


def test_a_metric_may_be_named_with_or_without_its_prefix(finished):
    assert sizes(best(finished, "--metric", "loss")) == ["3", "2", "1"], "a loss is better when it is small"
    assert sizes(best(finished, "-m", "run_val_score")) == ["2", "3", "1"]


def test_the_direction_may_be_given(finished):
    assert sizes(best(finished, "--min")) == ["1", "3", "2"]
    assert sizes(best(finished, "--metric", "loss", "--max")) == ["1", "2", "3"]


def test_a_column_stands_in_the_table_once(finished):
    assert best(finished, "-m", "total_time")[0] == ["name", "total_time", "batch_size"]
    assert best(finished, "-m", "batch_size")[0] == ["name", "batch_size", "total_time"]


def test_the_count_limits_the_rows(finished):
    assert sizes(best(finished, "-n", "1")) == ["2"]


def test_the_path_is_that_of_the_best_run_alone(finished):
    done = finished.furcate("best", "--path")
    assert done.returncode == 0
    assert done.stdout.endswith("_foo_bs2\n")
    assert (finished.root / done.stdout.strip() / "run_data.json").exists()


@pytest.mark.parametrize("move", [shutil.move, shutil.copytree], ids=["moved", "copied"])
def test_the_path_is_below_the_log_dir_that_is_given(finished, move, tmp_path):
    other = tmp_path / "else where"
    other.mkdir()
    move(finished.logs, other / "results")
    path = finished.furcate("best", "-d", "else where/results", "--path").stdout
    assert path.startswith("else where/results/") and path.endswith("_foo_bs2\n")
    assert finished.furcate("best", "-d", other / "results/", "--path").stdout.startswith(str(other / "results/example"))
    assert (finished.root / path.strip() / "run_data.json").exists()


def test_a_path_that_is_gone_is_no_success(finished):
    shutil.rmtree(finished.root / finished.furcate("best", "--path").stdout.strip())
    done = finished.furcate("best", "--path")
    assert (done.returncode, done.stdout) == (1, "")
    assert "_foo_bs2, is not there any more" in done.stderr


def test_another_log_dir_may_be_given(finished):
    finished.logs.rename(finished.root / "old")
    assert sizes(best(finished, "-d", "old")) == ["2", "3", "1"]


def test_without_results_it_says_where_it_looked(project):
    done = project.furcate("best", "-d", "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no results in nowhere" in done.stderr


def test_without_an_objective_it_says_what_there_is_to_choose(project):
    project.write()
    project.run(project.script("train", TRAIN), "1", "2")
    done = project.furcate("best")
    assert (done.returncode, done.stdout) == (2, "")
    for words in ("--metric", "val_score", "loss", "total_time"):
        assert words in done.stderr


def test_a_column_without_any_value_is_not_offered(project):
    project.write()
    project.run("true")
    assert "run_epochs" in project.csv.read_text()
    offered = project.furcate("best").stderr
    assert "total_time" in offered and "epochs" not in offered


@pytest.mark.parametrize("options", [[], ["-m", "loss"]], ids=["by the objective", "by a metric"])
def test_a_table_without_rows_is_said_to_have_none(project, options):
    project.write()
    project.run("true")
    project.csv.write_text(project.csv.read_text().splitlines(keepends=True)[0])
    done = project.furcate("best", *options)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "furcate best: run_data.csv has no rows yet, so there is nothing to rank\n"


def test_an_unknown_metric_is_refused_with_those_there_are(finished):
    done = finished.furcate("best", "-m", "no_such_metric")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'no_such_metric'" in done.stderr
    assert "val_score" in done.stderr


# --- the objective of the config that was carried out last ---

def carry_out(project, **meta):
    """A start that finds nothing to do."""
    project.write(batch_size=[1, 2, 3], meta=meta)
    assert "Everything is done" in project.run(str(project.root / "train"), "{batch_size}").stderr


def test_an_edit_of_the_objective_counts_though_no_run_has_it(finished):
    carry_out(finished, objective={"metric": "val_score", "mode": "min"})
    done = finished.furcate("best")
    assert sizes([line.split() for line in done.stdout.splitlines()]) == ["1", "3", "2"]
    assert "last, 'val_score' (min); the newest row of run_data.csv has another, 'val_score' (max)" in done.stderr
    carry_out(finished, objective={"metric": "loss", "mode": "min"})
    assert sizes(best(finished)) == ["3", "2", "1"]
    assert finished.furcate("best", "--path").stdout.endswith("_foo_bs3\n")
    carry_out(finished, **OBJECTIVE)
    assert finished.furcate("best").stderr == ""


def test_an_objective_that_is_gone_from_the_config_is_taken_from_the_rows(finished):
    carry_out(finished)
    done = finished.furcate("best")
    assert sizes([line.split() for line in done.stdout.splitlines()]) == ["2", "3", "1"]
    assert "has no meta.objective; the runs are ranked by that of the newest row with one, 'val_score' (max)" in done.stderr


def test_a_last_row_without_meta_hides_no_objective(finished):
    text = finished.csv.read_text()
    names, *rows = csv.reader(text.splitlines())
    rows[-1][names.index("meta")] = ""
    with finished.csv.open("w", newline="") as file:
        csv.writer(file).writerows([names, *rows])
    assert sizes(best(finished)) == ["2", "3", "1"]
    for path in finished.logs.glob("furcate.db*"):
        path.unlink()
    assert sizes(best(finished)) == ["2", "3", "1"], "by an earlier row"


def test_a_metric_that_is_given_is_ranked_without_a_word_on_the_objective(finished):
    carry_out(finished, objective={"metric": "loss", "mode": "min"})
    done = finished.furcate("best", "-m", "val_score")
    assert done.stderr == "" and done.returncode == 0


def test_a_run_without_the_metric_is_left_out(project):
    project.write(batch_size=[1, 2], meta=OBJECTIVE)
    project.run(project.script("train", f"[ $1 = 2 ] || exit 0\nset -- 0.5 1\n{TRAIN}"), "{batch_size}")
    assert sizes(best(project)) == ["2"]


def test_no_run_with_the_metric_is_no_success(project):
    project.write(meta=OBJECTIVE)
    project.run(project.script("train", "echo '{\"step\": 1, \"val_score\": NaN}' > \"$FURCATE_METRICS\"\n"))
    done = project.furcate("best")
    assert (done.returncode, done.stdout) == (1, "")
    assert "val_score" in done.stderr


# --- what the table looks like ---

LONG = "a_long_name_of_an_optimizer_with_many_words_in_it"


@pytest.fixture
def wide(project):
    """Rows with more columns, and longer values, than a terminal of 60 columns has room for."""
    project.write({"data_name": "experiment", "optimizer": [LONG, "sgd"], "learning_rate": [0.000123, 1e-5],
                   "layers": [[512, 256, 128], [64]]}, meta=OBJECTIVE)
    program = project.script("train", """printf '{"step": 1, "val_score": 0.98666666, "test_accuracy": 0.98765432101}\\n' \
> "$FURCATE_METRICS"\n""")
    project.run(program)
    return project


@pytest.mark.parametrize("columns", [20, 40, 60, 79, 120])
def test_no_number_is_cut_on_a_narrow_terminal(wide, columns):
    lines, said = shown(wide, columns, "best")
    assert len(lines) == 9
    assert all(len(line.rstrip()) <= max(columns, 19) for line in lines)
    assert lines[0].split()[:2] in (["name", "val_score"], ["name", "val_…ore"])
    for line in lines[1:]:
        assert line.split()[1] == "0.986667"
    whole = {"0.000123", "1e-05", "0.986667", "0.98765432101", "0.987654", "512", "256", "128", "64"}
    times = {row["run_total_time"] for row in csv.DictReader(wide.csv.open(newline=""))}
    for line in lines[1:]:
        for word in line.replace("…", " ").replace("[", " ").replace("]", " ").replace(",", " ").split()[1:]:
            assert word in whole or not word[0].isdigit() or any(time.startswith(word[:6]) for time in times), line
    assert ("no room for" in said) == ("total_time" not in lines[0])


def test_what_has_no_room_is_named(wide):
    lines, said = shown(wide, 40, "best")
    shown_columns = lines[0].split()
    assert "learning_rate" not in shown_columns
    assert "furcate: this terminal has no room for" in said and "total_time" in said and "widen it" in said


def test_a_long_value_is_shortened_in_its_middle(wide):
    lines, said = shown(wide, 90, "best")
    assert said == ""
    assert any("a_long" in line and "…" in line and "in_it" in line for line in lines[1:])
    assert LONG in wide.furcate("best").stdout


@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8", "en_US.ISO-8859-1"])
def test_all_languages_are_shown_in_every_locale(project, locale):
    project.write({"Größe": ["学習", "e\u0301e\u0301", "plain", "bad\x1b[31m\n"], "data_name": "Versuch_ü"}, meta=OBJECTIVE)
    program = project.script("train", """printf '{"step": 1, "val_score": 0.5}\\n' > "$FURCATE_METRICS"\n""")
    project.run(program)
    for said in (project.furcate("best", LC_ALL=locale).stdout, "\n".join(shown(project, 80, "best", LC_ALL=locale)[0])):
        lines = said.splitlines()
        assert "Größe" in lines[0]
        assert {line.split()[2] for line in lines[1:]} == {"学習", "e\u0301e\u0301", "plain", "bad\\x1b[31m\\x0a"}
        assert len({width_of(line) for line in lines}) == 1, "the last column ends in one place"
    assert "Größe" in project.furcate("plan", "config.json", LC_ALL=locale).stdout


def report_of(*cases):
    """A program that writes lines of metrics.jsonl, by batch_size."""
    lines = "".join(f"{i + 1}) cat <<END\n{case}\nEND\n;;\n" for i, case in enumerate(cases))
    return f'case $1 in\n{lines}esac > "$FURCATE_METRICS"\n'


def finish(project, objective, *cases):
    project.write(batch_size=list(range(1, len(cases) + 1)), meta={"objective": objective})
    return project.run(project.script("train", report_of(*cases)), "{batch_size}")


LOSS = {"metric": "loss", "mode": "min"}


def test_a_metric_is_found_in_each_row_whatever_else_was_reported(project):
    finish(project, LOSS, '{"step": 1, "loss": 0.1, "val_loss": 1}', '{"step": 1, "loss": 0.2}',
           '{"step": 1, "loss": 0.3, "val_loss": 1}')
    assert sizes(best(project)) == ["1", "2", "3"]
    assert best(project)[0][:2] == ["name", "loss"]


@pytest.mark.parametrize("metric", ["loss", "train_loss", "run_loss", "run_train_loss"])
def test_a_metric_is_found_in_rows_that_name_it_otherwise(project, metric):
    """As a Fork does, and earlier versions did where there was a val_loss."""
    finish(project, LOSS, '{"loss": 0.3}', '{"loss": 0.2}', '{"train_loss": 0.1}')
    assert sizes(best(project, "-m", metric)) == ["3", "2", "1"]


def test_a_metric_goes_before_a_key_of_that_name(project):
    project.write(batch_size=[1, 2], loss=["mse", "mae"], meta={"objective": LOSS, "order": "config"})
    project.run(project.script("train", report_of('{"loss": 0.2}', '{"loss": 0.1}')), "{batch_size}")
    assert sizes(best(project)) == ["2", "2", "1", "1"]


@pytest.mark.parametrize("lost", ["NaN", "Infinity", "-Infinity", '"nan"', "1e999"])
@pytest.mark.parametrize("mode", ["min", "max"])
def test_a_run_that_diverged_is_never_best(project, lost, mode):
    finish(project, {"metric": "loss", "mode": mode}, f'{{"loss": {lost}}}', '{"loss": 0.5}')
    done = project.furcate("best", "--path")
    assert done.stdout.endswith("_foo_bs2\n")
    assert "furcate best: 1 run is left out, with nan, inf or no number as loss" in done.stderr


def test_runs_without_the_metric_are_counted(project):
    finish(project, LOSS, '{"loss": 0.5}', '{"acc": 0.5}', '{"acc": 0.5}')
    assert "furcate best: 2 runs are left out, without a value of loss" in project.furcate("best").stderr


def test_the_best_step_counts_where_the_objective_says_so(project):
    curve = '{{"step": 10, "loss": {}}}\n{{"step": 20, "loss": {}}}\n{{"step": 30, "loss": {}}}'
    cases = [curve.format(*values) for values in ((.5, .1, .9), (.5, .4, .3), ("NaN", "-Infinity", .2))]
    finish(project, {**LOSS, "of": "best"}, *cases)
    table = best(project)
    assert table[0][:2] == ["name", "best_loss"] and sizes(table) == ["1", "3", "2"]
    rows = sorted(project.rows(), key=lambda row: row["batch_size"])
    assert [(row["run_best_loss"], row["run_best_loss_step"], row["run_loss"]) for row in rows] == [
        ("0.1", "20", "0.9"), ("0.3", "30", "0.3"), ("0.2", "30", "0.2")]
    assert sizes(best(project, "-m", "loss")) == ["3", "2", "1"], "a metric by its name is the last value"
    assert sizes(best(project, "-m", "best_loss")) == ["1", "3", "2"]


CURVES = {1: (.5, .1, .9), 2: (.5, .4, .3), 3: ("NaN", .2, "NaN"), 4: ("NaN", "Infinity")}


def curve_of(size):
    return "\n".join(f'{{"step": {i}, "loss": {value}}}' for i, value in enumerate(CURVES[size], 1))


def go_on(project, objective, *cases):
    """A start with as many runs as there are cases; "" for those that are done."""
    project.write(batch_size=list(range(1, len(cases) + 1)), meta={"objective": objective})
    return project.run(project.script("train", report_of(*cases)), "{batch_size}")


def table_of(done):
    return [line.split() for line in done.stdout.splitlines()]


def test_best_steps_of_another_mode_are_read_again(project):
    finish(project, {**LOSS, "of": "best"}, *(curve_of(size) for size in (1, 2, 3, 4)))
    assert sizes(best(project)) == ["1", "3", "2"]
    go_on(project, {**LOSS, "mode": "max", "of": "best"}, "", "", "", "", '{"loss": 0.15}\n{"loss": 0.6}\n{"loss": 0.05}')
    done = project.furcate("best")
    assert [(row[1], row[2]) for row in table_of(done)[1:]] == [("0.9", "1"), ("0.6", "5"), ("0.5", "2"), ("0.2", "3")]
    assert "3 runs were made with another meta.objective; best_loss was read again from their run directories" in done.stderr
    assert "1 run is left out, without a value of best_loss" in done.stderr
    assert project.furcate("best", "--path").stdout.endswith("_foo_bs1\n")


@pytest.mark.parametrize("options", [["--max"], ["-m", "best_loss", "--max"], ["-m", "run_best_loss", "--max"]])
def test_the_other_direction_of_a_best_step_is_the_other_step(project, options):
    finish(project, {**LOSS, "of": "best"}, *(curve_of(size) for size in (1, 2, 3)))
    done = project.furcate("best", *options)
    assert [row[1] for row in table_of(done)[1:]] == ["0.9", "0.5", "0.2"]


def test_rows_from_before_the_best_step_have_one_too(project):
    finish(project, LOSS, curve_of(1), curve_of(2))
    go_on(project, {**LOSS, "of": "best"}, "", "", '{"loss": 0.2}')
    assert [(row[1], row[2]) for row in table_of(project.furcate("best"))[1:]] == [("0.1", "1"), ("0.2", "3"), ("0.3", "2")]


def test_a_finished_grid_can_be_ranked_by_the_best_step(project):
    """No row has the column then; these metrics are in the output."""
    meta = {"metrics": {"loss": "loss={number}"}, "objective": LOSS}
    project.write(batch_size=[1, 2], meta=meta)
    program = project.script("train", "case $1 in 1) echo loss=0.1; echo loss=0.9;; 2) echo loss=0.3;; esac\n")
    project.run(program, "{batch_size}")
    project.write(batch_size=[1, 2], meta={**meta, "objective": {**LOSS, "of": "best"}})
    project.run(program, "{batch_size}")
    done = project.furcate("best")
    assert [(row[1], row[2]) for row in table_of(done)[1:]] == [("0.1", "1"), ("0.3", "2")]
    assert table_of(done)[0][1] == "best_loss"


def test_rows_of_another_mode_without_their_reports_are_left_out(project):
    finish(project, {**LOSS, "of": "best"}, curve_of(1), curve_of(2), curve_of(3))
    go_on(project, {**LOSS, "mode": "max", "of": "best"}, "", "", "", '{"loss": 0.05}')
    for row in project.rows():
        if row["batch_size"] == "1":
            (project.root / row["log_dir"] / "metrics.jsonl").unlink()
        if row["batch_size"] == "2":
            shutil.rmtree(project.root / row["log_dir"])
    done = project.furcate("best")
    assert sizes(table_of(done)) == ["3", "4"]
    assert "2 runs are left out, made with another meta.objective and without reports to read again for best_loss" in done.stderr
    assert "without a value of best_loss" not in done.stderr


def test_another_metric_of_the_best_step_is_read_again(project):
    lines = '{{"step": 1, "loss": 1, "acc": {}}}\n{{"step": 2, "loss": 2, "acc": {}}}'
    finish(project, {**LOSS, "of": "best"}, lines.format(.9, .1), lines.format(.2, .3))
    go_on(project, {"metric": "acc", "mode": "max", "of": "best"}, "", "")
    assert [(row[1], row[2]) for row in table_of(project.furcate("best"))[1:]] == [("0.9", "1"), ("0.3", "2")]


def test_best_steps_are_read_again_where_a_log_dir_was_moved(project):
    finish(project, {**LOSS, "of": "best"}, curve_of(1), curve_of(2))
    project.logs.rename(project.root / "old")
    assert [row[1] for row in table_of(project.furcate("best", "-d", "old", "--max"))[1:]] == ["0.9", "0.5"]


def test_a_table_without_best_steps_is_refused_with_the_way_out(project):
    finish(project, {**LOSS, "of": "best"}, '{"acc": 0.5}')
    done = project.furcate("best")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no run has a best step of 'loss'" in done.stderr and "--metric loss" in done.stderr


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_runs_that_reported_no_finite_value_have_no_best_step(project, value):
    finish(project, {**LOSS, "of": "best"}, f'{{"loss": {value}}}', f'{{"loss": {value}, "acc": 1}}')
    done = project.furcate("best")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("furcate best: no run has a number as its loss yet\n"
                           "furcate best: 2 runs are left out, with nan, inf or no number as loss\n")


@pytest.mark.parametrize("name", ["score", "run_score"])
def test_the_objective_says_what_is_good_also_for_a_metric_that_is_given(project, name):
    finish(project, {"metric": "score", "mode": "min"}, '{"score": 2}', '{"score": 1}')
    assert sizes(best(project, "-m", name)) == ["2", "1"]
    assert sizes(best(project, "-m", name, "--max")) == ["1", "2"]
