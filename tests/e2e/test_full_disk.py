"""A log dir whose disk is full: executing runs go on, nothing is lost, and all goes on once there is room."""

import json
import os
import signal
import sys

from support import until

REFUSED = "cannot be started now"
UNSTORED = "Results cannot be stored"


def start_gated(disk, count, slots):
    disk.project.write(batch_size=list(range(1, count + 1)), meta={"max_threads": slots})
    return disk.project.start(disk.project.gated())


def test_a_full_disk_holds_starts_and_results_until_there_is_room(project, disk):
    runner = start_gated(disk, 6, 2)
    first, second = project.until_waiting(2)
    project.until_started(2)
    disk.fill()
    project.let_go(first)
    until(lambda: REFUSED in runner.stderr and UNSTORED in runner.stderr, "both messages")
    assert project.waiting() == [second], "what executes goes on"
    assert sorted(project.directories()) == sorted([first.name, second.name]), "nothing half-made is left"
    project.let_go(second)
    until(lambda: runner.stderr.count("finished") == 2, "the second end")
    for _ in range(2):
        tried = first.stat().st_mtime_ns
        until(lambda: first.stat().st_mtime_ns != tried, "a further try to write run_data.json")
    assert runner.stderr.count(REFUSED) == 1 and runner.stderr.count(UNSTORED) == 1, "each is said once"
    disk.empty()
    assert project.let_all_go(runner) == 0, runner.stderr
    assert sorted(row["run_id"] for row in project.rows()) == list("012345")
    assert project.values() == list("123456")
    assert len(project.directories()) == 6
    for words in ("Results are stored again", "Runs are started again", "No space left on device (make room there"):
        assert words in runner.stderr


def test_no_run_finds_a_torn_config(project, disk):
    project.write(batch_size=[1, 2, 3], notes="x" * 10000, meta={"max_threads": 1})
    read = 'import json, os; print(len(json.load(open(os.environ["FURCATE_CONFIG"]))["notes"]))'
    runner = project.start(project.script("train", f"{sys.executable} -c '{read}'\nexec {project.gated()}\n"))
    [first] = project.until_waiting(1)
    project.until_started(1)
    disk.fill()
    disk.leave(4096)
    project.let_go(first)
    until(lambda: REFUSED in runner.stderr, "a refused start")
    disk.empty()
    assert project.let_all_go(runner) == 0, runner.stderr
    assert [path.read_text() for path in sorted(project.logs.glob("*/*.log"))] == 3 * ["10000\n"]


def test_the_log_keeps_what_it_could_not_write(project, disk):
    runner = start_gated(disk, 3, 1)
    [first] = project.until_waiting(1)
    project.until_started(1)
    with (project.logs / "furcate.log").open("ab") as log:
        room = -os.fstat(log.fileno()).st_size % 4096
        log.write(b"furcate.runner] ".ljust((room - 20) % 4096, b".") + b"\n")  # the next line has no room
    disk.fill()
    project.let_go(first)
    until(lambda: UNSTORED in runner.stderr, "the message")
    assert UNSTORED not in project.log()
    disk.empty()
    assert project.let_all_go(runner) == 0
    log = project.log()
    assert REFUSED in log and UNSTORED in log
    for line in log.splitlines():
        assert line.count("furcate.runner] ") == 1, "a torn line"


def test_it_can_be_stopped_while_it_waits(project, disk):
    runner = start_gated(disk, 3, 1)
    [first] = project.until_waiting(1)
    disk.fill()
    project.let_go(first)
    until(lambda: UNSTORED in runner.stderr, "the message")
    runner.send(signal.SIGINT)
    assert runner.wait() == 130
    assert "the results of 1 run could not be stored" in runner.stderr
    assert "0 of 3 runs are done, 0 of them now" in runner.stderr
    assert list(project.logs.rglob("*.new")) == []
    disk.empty()
    (project.root / "open").touch()
    again = project.start(project.gated())
    assert project.let_all_go(again) == 0
    assert project.values() == ["1", "2", "3"]


def test_endless_output_fails_its_own_run_only(project, disk):
    project.write(batch_size=[1, 2], meta={"max_threads": 2})
    os.mkfifo(project.root / "go")
    program = project.script("train", f'[ $1 = 2 ] || exec {project.gated()}\n'
                                      'read -r _ < "$FURCATE_TEST/go"\nexec cat /dev/zero\n')
    runner = project.start(program, "{batch_size}")
    [good] = project.until_waiting(1)
    (project.root / "go").write_text("\n")
    until(lambda: "failed - exit status 1" in runner.stderr, "the end of the endless one")
    [endless] = [path for path in project.logs.glob("*/*.log") if path.parent != good]
    project.let_go(good)
    until(lambda: UNSTORED in runner.stderr, "the message")
    endless.unlink()
    assert runner.wait() == 1
    assert project.values() == ["1"]
    assert json.loads((good / "run_data.json").read_text())["batch_size"] == 1


def test_a_start_on_a_full_disk_says_so_and_leaves_nothing_behind(project, disk):
    project.write(batch_size=[1])
    disk.fill()
    runner = project.start("/bin/true")
    assert runner.wait() == 2
    assert runner.stderr.startswith("furcate: cannot write ")
    assert "(make room there; df -h and df -i show what is full)" in runner.stderr
    disk.empty()
    again = project.start("/bin/true")
    assert again.wait() == 0, again.stderr
    assert [row["run_id"] for row in project.rows()] == ["0"]
    assert sorted(path.name for path in project.logs.iterdir()) == ["example0_foo", "furcate.db", "furcate.lock",
                                                                   "furcate.log", "run_data.csv"]
