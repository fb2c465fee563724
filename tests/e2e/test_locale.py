"""A host program in a locale with a decimal comma, with a Turkish i, or with a decimal point of two bytes: furcate reads
and writes numbers, and compares words, as it always does."""

import json
import shutil
import signal

import pytest

import locales
from support import BUILD, SANITIZED

RATES = [0.5, 0.001]
# Metrics by a file and by the output; the number after the comma must not become part of the first.
TRAIN = """echo "{\\"step\\": 1, \\"loss\\": $1, \\"bound\\": -Infinity}" > "$FURCATE_METRICS"
echo "größe=0.25,5 loss"
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("locales")
    locales.make(folder)
    return folder


@pytest.fixture(params=locales.NAMES)
def name(request):
    return request.param


@pytest.fixture
def inside(project, made, name):
    """A project on which every program, furcate too, is in the locale."""
    project.environment |= locales.environment(made, name)
    project.environment["LD_PRELOAD"] = str(BUILD / "tests/liblocale-shim.so")
    if SANITIZED:
        project.environment["ASAN_OPTIONS"] = "verify_asan_link_order=0"
    return project


def trained(project):
    """The project after a run for each learning rate."""
    project.write(batch_size=32, learning_rate=RATES,
                  meta={"metrics": {"size": "größe=(.*) loss"}, "objective": {"metric": "loss", "mode": "max"}})
    project.run(project.script("train", TRAIN), "{learning_rate}")
    return project


def columns_of(project, *columns):
    return sorted(tuple(float(row[column]) for column in columns) for row in project.rows())


def test_numbers_of_a_wrapped_program_become_columns(inside):
    rows = trained(inside).rows()
    assert columns_of(inside, "learning_rate", "run_loss", "run_size") == [(0.001, 0.001, 0.25), (0.5, 0.5, 0.25)]
    assert [row["run_bound"] for row in rows] == ["-Infinity"] * 2
    assert all(0 < float(row["run_total_time"]) < 60 for row in rows)
    assert all(float(row["run_end_time"]) - float(row["run_start_time"]) < 60 for row in rows)


def test_an_expression_sees_bytes(inside):
    """Also those that are no UTF-8, at which the expressions of a locale in UTF-8 end."""
    inside.write(batch_size=32, meta={"metrics": {"loss": "^.* loss=([0-9.]+)", "accent": "^é=([0-9.]+)"}})
    inside.run(inside.script("train", "printf '\\351 loss=0.5\\n\\303\\251=0.25\\n'"))
    assert columns_of(inside, "run_loss", "run_accent") == [(0.5, 0.25)]


def test_files_of_a_run_are_json(inside):
    for directory in trained(inside).directories():
        config = json.loads((inside.logs / directory / "config.json").read_text())
        data = json.loads((inside.logs / directory / "run_data.json").read_text())
        assert config["learning_rate"] == data["learning_rate"] in RATES
        assert f"lr{config['learning_rate']}".replace(".", "-") in directory


def test_a_second_start_finds_every_row(inside):
    trained(inside)
    written = inside.csv.read_text()
    inside.csv.write_text(written.replace(",0.001,", ",1.0E-3,"))  # as a spreadsheet has it
    assert inside.csv.read_text() != written
    inside.run("false")  # which would fail


def test_plan_prints_numbers_as_json_and_csv(inside):
    inside.write(learning_rate=RATES, batch_size=[1, 2])
    plan = json.loads(inside.furcate("plan", "config.json", "--format", "json").stdout)
    assert {"key": "learning_rate", "values": RATES} in plan["axes"]
    assert [run["config"]["learning_rate"] for run in plan["runs"]].count(0.5) == 2
    assert inside.furcate("plan", "config.json", "--format", "csv").stdout.count("0.001") == 2


def test_best_sorts_by_value_and_shortens_numbers(project, made, name):
    project.write(batch_size=32, learning_rate=[0.25, 0.123456789, 0.5])
    project.run(project.script("train", TRAIN), "{learning_rate}")
    environment = {**locales.environment(made, name), "LD_PRELOAD": str(BUILD / "tests/liblocale-shim.so"),
                   "ASAN_OPTIONS": "verify_asan_link_order=0"}
    _, *lines = project.furcate("best", "-m", "loss", "--max", **environment).stdout.splitlines()
    assert [line.split()[1] for line in lines] == ["0.5", "0.25", "0.123457"]


def test_durations_are_read_and_told(inside):
    inside.write(batch_size=32, meta={"timeout": "0.005m", "kill_grace": 0.25})
    done = inside.furcate("run", "config.json", "--", "sleep", "60")
    assert done.returncode == 1
    assert "timed out after 0.3 s" in done.stderr


def test_a_stop_tells_how_long_runs_have(inside):
    inside.write(batch_size=32, meta={"kill_grace": "1.5s"})
    runner = inside.start(inside.gated())
    inside.waiting()
    inside.until_started(1)
    runner.send(signal.SIGTERM)
    assert runner.wait() == 143
    assert "running configs get 1.5 s to end" in runner.stderr


def test_words_are_compared_without_case(inside):
    """In Turkish, I is no capital of i."""
    inside.write(batch_size=32, meta={"objective": {"metric": "loss", "mode": "MINIMIZE"}})
    assert '"mode": "min"' in inside.furcate("plan", "config.json").stderr


def test_a_rounded_number_in_a_table_is_refused(inside):
    inside.write(batch_size=32, momentum=[0.123456789, 2])
    inside.run("true")
    inside.csv.write_text(inside.csv.read_text().replace("0.123456789", "0.123457"))
    done = inside.furcate("run", "config.json", "--", "true")
    assert done.returncode == 2
    assert "momentum is 0.123457, which a spreadsheet has rounded from 0.123456789" in done.stderr


@pytest.mark.parametrize("start", ["spawn", "fork"])
@pytest.mark.parametrize("kind", ["process", "thread"])
def test_a_c_program_in_a_locale_gets_and_reports_numbers(project, made, name, start, kind):
    (project.root / "data").mkdir()
    for file in ("example.train", "example.test"):
        (project.root / "data" / file).touch()
    shutil.copy(BUILD / "tests/locale-fork", project.root / "program")
    project.write({"data_name": "example", "data_dir": "data/", "batch_size": 1, "epochs": 2, "verbose": 0},
                  learning_rate=RATES, betas=[[0.9, 0.125]], meta={"start": start})
    environment = {**locales.environment(made, name), "FURCATE_TEST_LOCALE": kind}
    if SANITIZED:
        environment["LSAN_OPTIONS"] = f"suppressions={project.root / 'of_libc'}:print_suppressions=0"
        (project.root / "of_libc").write_text("leak:__argz_add_sep\n")  # newlocale(3) with LOCPATH set
    runner = project.start_command(project.root / "program", **environment)
    assert runner.wait() == 0, runner.stderr
    assert columns_of(project, "learning_rate", "run_train_loss", "run_test_second_beta") == \
        [(0.001, 0.001 / 6, 0.125), (0.5, 0.5 / 6, 0.125)]
    for directory in project.directories():
        reports = [json.loads(line) for line in (project.logs / directory / "metrics.jsonl").read_text().splitlines()]
        rate = json.loads((project.logs / directory / "config.json").read_text())["learning_rate"]
        assert [report["loss"] for report in reports] == [rate / 3, rate / 6]
        assert json.loads((project.logs / directory / "history.json").read_text())["loss"] == [rate / 3, rate / 6]
        output = next((project.logs / directory).glob("*.log")).read_text()
        assert "point ." not in output and f"millionths {rate * 1e6:.0f}" in output, "it was in the locale"
    if kind == "process" and start == "spawn":
        assert_same_pictures(project)


def assert_same_pictures(project):
    """Draws those of the runs again, without a locale."""
    drawn = {path.relative_to(project.logs): path.read_bytes() for path in project.logs.glob("*/loss.jpg")}
    shutil.rmtree(project.logs)
    assert project.start_command(project.root / "program", LC_ALL="C").wait() == 0
    assert len(drawn) == 2
    assert drawn == {path.relative_to(project.logs): path.read_bytes() for path in project.logs.glob("*/loss.jpg")}
