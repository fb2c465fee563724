"""`furcate best`: the finished runs by their results."""

import pytest

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
    assert table[0] == ["name", "batch_size", "val_score", "total_time"]
    assert sizes(table) == ["2", "3", "1"]
    assert [row[2] for row in table[1:]] == ["0.9", "0.7", "0.5"]


def test_a_metric_may_be_named_with_or_without_its_prefix(finished):
    assert sizes(best(finished, "--metric", "loss")) == ["3", "2", "1"], "a loss is better when it is small"
    assert sizes(best(finished, "-m", "run_val_score")) == ["2", "3", "1"]


def test_the_direction_may_be_given(finished):
    assert sizes(best(finished, "--min")) == ["1", "3", "2"]
    assert sizes(best(finished, "--metric", "loss", "--max")) == ["1", "2", "3"]


def test_a_column_stands_in_the_table_once(finished):
    assert best(finished, "-m", "total_time")[0] == ["name", "batch_size", "total_time"]
    assert best(finished, "-m", "batch_size")[0] == ["name", "batch_size", "total_time"]


def test_the_count_limits_the_rows(finished):
    assert sizes(best(finished, "-n", "1")) == ["2"]


def test_the_path_is_that_of_the_best_run_alone(finished):
    done = finished.furcate("best", "--path")
    assert done.returncode == 0
    assert done.stdout.endswith("_foo_bs2\n")
    assert (finished.root / done.stdout.strip() / "run_data.json").exists()


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
