"""Runs that end faster than their results can be read and written: nothing finished is lost, and the number of
finished runs that a crash may repeat has a bound."""

import json
import os
import signal

import pytest

from support import BUILD, SANITIZED, until

MOST_UNWRITTEN = 512  # BOOKKEEPING_MOST_UNWRITTEN of src/run/bookkeeping.h


@pytest.fixture
def slow_disk(project):
    """A disk that takes 0.2 s more for each file that is synced."""
    project.environment["LD_PRELOAD"] = str(BUILD / "tests/libslow-sync-shim.so")
    project.environment["FURCATE_SYNC_MS"] = "200"
    if SANITIZED:
        project.environment["ASAN_OPTIONS"] = "verify_asan_link_order=0"


def kill_runner(project, runner):
    """SIGKILL: the guardian ends the attempts, and nobody writes what was unwritten."""
    os.kill(project.runner_pid(), signal.SIGKILL)
    return runner.wait()


def ended_well(project):
    return project.log().count(" finished - ")


def test_a_crash_on_a_slow_disk_repeats_a_bounded_number_of_runs(project, slow_disk):
    count, slots = 2000, 4
    project.write({"k": list(range(count))}, meta={"max_threads": slots})
    runner = project.start("/bin/true")
    until(lambda: "Runs end faster than their results can be written" in project.log(), "many ended runs")
    kill_runner(project, runner)
    ended, rows = ended_well(project), len(project.rows()) if project.csv.exists() else 0
    assert ended < count, "the disk was slow enough to tell"
    assert ended - rows <= MOST_UNWRITTEN + slots, "those that executed then have ended too"

    project.environment["FURCATE_SYNC_MS"] = "0"
    project.run("/bin/true")
    assert project.values("k") == sorted(map(str, range(count)))
    assert ended_well(project) - ended <= count - rows


def test_starts_go_on_once_results_are_written(project, slow_disk):
    """Also when all of the runs that hold starts up are written at once, and no run ends meanwhile."""
    count = MOST_UNWRITTEN + 100
    project.write({"k": list(range(count))}, meta={"max_threads": 8})
    project.run("/bin/true", FURCATE_SYNC_MS="20")
    assert project.values("k") == sorted(map(str, range(count)))


def test_a_long_output_keeps_no_other_row_waiting(project):
    """The small run ends last and has the first row, though four others are read meanwhile."""
    project.write({"k": [1, 2, 3, 4, 5]}, meta={"max_threads": 5, "order": "config",
                                                "metrics": {"loss": "loss=([0-9.]+)"}})
    runner = project.start("sh", "-c", """
        if [ "$0" -lt 5 ]; then
            yes "x loss x lossy xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" | head -c 60000000
            : > "$FURCATE_TEST/written$0"
            until [ -e "$FURCATE_TEST/end" ]; do sleep 0.01; done
        else
            until [ -e "$FURCATE_TEST/go" ]; do sleep 0.01; done
        fi
        echo loss=0.$0""", "{k}")
    until(lambda: len(list(project.root.glob("written?"))) == 4, "four long outputs")
    (project.root / "end").touch()
    until(lambda: ended_well(project) == 4, "the end of the four runs with a long output")
    (project.root / "go").touch()
    assert runner.wait() == 0
    rows = project.rows()
    assert rows[0]["k"] == "5", "its row did not wait for the others"
    assert sorted(float(row["run_loss"]) for row in rows) == [0.1, 0.2, 0.3, 0.4, 0.5]


LONG_OUTPUT = """
echo "$FURCATE_ATTEMPT" >> "$FURCATE_TEST/executed"
yes "x loss x lossy xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" | head -c 100000000
echo
echo loss=0.25
"""


def mark_of(project):
    """What run_data.json says of a run that ended well and whose results are not read yet."""
    for path in project.logs.glob("*/run_data.json"):
        data = json.loads(path.read_text())["meta"]["data"]
        if data.get("unread"):
            return data
    return None


@pytest.mark.parametrize("database", ["kept", "deleted"])
def test_a_crash_while_results_are_read_repeats_no_run(project, database):
    project.write({"k": 1}, meta={"metrics": {"loss": "loss=([0-9.]+)"}})
    script = project.script("long_output", LONG_OUTPUT)
    runner = project.start(script)
    mark = until(lambda: mark_of(project), "the mark that the run ended well")
    kill_runner(project, runner)
    assert not project.csv.exists() and mark_of(project), "its results were still being read"
    if database == "deleted":
        for path in project.logs.glob("furcate.db*"):
            path.unlink()

    done = project.run(script)
    assert "1 of 1 run is" in done.stderr
    assert (project.root / "executed").read_text() == "1\n"
    [row] = project.rows()
    assert (row["k"], row["run_loss"], row["run_attempts"]) == ("1", "0.25", "1")
    assert float(row["run_total_time"]) == mark["total_time"] > 0
    assert not mark_of(project), "the results have replaced the mark"
    project.run(script)
    assert len(project.rows()) == 1


def test_a_second_stop_does_not_wait_for_results_to_be_read(project):
    expressions = {name: "loss=([0-9.]+)" for name in ["loss", *(f"again{i}" for i in range(15))]}
    project.write({"k": 1}, meta={"metrics": expressions})
    script = project.script("long_output", LONG_OUTPUT.replace("100000000", "400000000"))
    runner = project.start(script)
    until(lambda: mark_of(project), "the mark that the run ended well")
    assert runner.send_until_over(signal.SIGINT) == 130
    assert mark_of(project) and not project.csv.exists(), "its results were still being read"
    assert "The results of 1 run that ended well could not be read to the end; the next start reads them" in runner.stderr
    project.run(script)
    assert (project.root / "executed").read_text() == "1\n" and project.rows()[0]["run_loss"] == "0.25"
