"""How long slots stand idle: measured, in furcate.db, and in the final summary."""

import re
import sqlite3

from support import until

USE = re.compile(r"^(.*) busy (\d+\.\d\d) %$", re.M)


def query(project, sql):
    with sqlite3.connect(project.logs / "furcate.db") as database:
        return database.execute(sql).fetchall()


def test_each_gpu_is_in_the_summary_and_in_the_database(project):
    project.environment.update(FURCATE_STUB_GPUS="2")
    project.write(batch_size=[1, 2, 3, 4, 5, 6], meta={"allow_cpu": False})
    done = project.run("sleep", "0.05")
    last_lines = done.stderr.splitlines()[-2:]
    shares = dict(re.findall(r"(GPU \d) busy (\d+\.\d\d) %", last_lines[0]))
    assert sorted(shares) == ["GPU 0", "GPU 1"]
    rows = {slot: (attempts, busy, idle) for slot, attempts, busy, idle in query(project, "SELECT * FROM slots")}
    assert sorted(rows) == ["GPU 0", "GPU 1"]
    assert sum(attempts for attempts, _, _ in rows.values()) == 6
    for slot, (attempts, busy, idle) in rows.items():
        assert busy >= 0.05 * attempts
        assert idle > 0
        assert abs(100 * busy / (busy + idle) - float(shares[slot])) < 0.02


def test_cpu_slots_are_summed_up(project):
    project.write(batch_size=[1, 2, 3, 4, 5], meta={"max_threads": 2})
    assert USE.search(project.run("sleep", "0.02").stderr)[1] == "2 CPU slots"


def test_the_wait_for_a_retry_is_idle_time(project):
    project.write(batch_size=[1], meta={"retries": 1, "max_threads": 1})
    done = project.run(project.script("train", "[ $FURCATE_ATTEMPT -gt 1 ]\n"))
    [(attempts, _, idle)] = query(project, "SELECT attempts, busy_seconds, idle_seconds FROM slots")
    assert attempts == 2
    assert idle > 0.9, "a second, by a clock that is read once for all events at a time"
    assert float(USE.search(done.stderr)[2]) < 50


def test_the_time_when_nothing_is_left_to_run_is_not(project):
    """One slot has ended its only run before the other."""
    project.write(batch_size=[1, 2], meta={"max_threads": 2})
    wait = 'until ls "$FURCATE_TEST"/logs/*bs2/pid; do sleep 0.01; done >/dev/null 2>&1'
    program = project.script("train", f"[ $1 = 1 ] || exec {project.gated()}\n{wait}\n")
    runner = project.start(program, "{batch_size}")
    until(lambda: project.csv.exists() and project.values() == ["1"], "the end of the first")
    assert project.let_all_go(runner) == 0
    assert not USE.search(runner.stderr), "no slot had two attempts"
    assert query(project, "SELECT sum(idle_seconds) FROM slots") == [(0,)]
