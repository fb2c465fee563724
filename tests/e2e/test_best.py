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


def test_an_unknown_metric_is_refused_with_those_there_are(finished):
    done = finished.furcate("best", "-m", "no_such_metric")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'no_such_metric'" in done.stderr
    assert "val_score" in done.stderr


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
