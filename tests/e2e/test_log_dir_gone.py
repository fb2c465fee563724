"""A log dir that is deleted, moved or replaced while runs execute: no result is lost silently, no two runners in one."""

import contextlib
import os
import shutil
import signal

import pytest

from support import BUILD, FURCATE, is_alive, until

ANEW = "was deleted, moved or replaced: going on in the one there is now"

# Waits at a gate outside of the log dir, which is made once the program has started.
WAITS = """trap 'touch "$FURCATE_TEST/ended$FURCATE_ID"; exit 9' TERM
echo $$ > "$FURCATE_TEST/pid$FURCATE_ID"
mkfifo "$FURCATE_TEST/new$FURCATE_ID"
mv "$FURCATE_TEST/new$FURCATE_ID" "$FURCATE_TEST/gate$FURCATE_ID"
read -r _ < "$FURCATE_TEST/gate$FURCATE_ID"
echo "{\\"loss\\": $FURCATE_ID}" >> "$FURCATE_METRICS" || exit 0
"""


def open_for_writing(fifo):
    """A file once somebody reads there, else None."""
    with contextlib.suppress(OSError):
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)


class Runs:
    """Three runs on two slots, each of which waits for its gate."""

    def __init__(self, project, slots=2, program=WAITS):
        project.write(batch_size=[1, 2, 3], meta={"max_threads": slots})
        self.project, self.program = project, project.script("waits", program)
        self.runner = project.start_furcate("run", project.config, "--", self.program)

    def until_started(self, number):
        gate = self.project.root / f"gate{number}"
        until(gate.exists, f"run {number}")
        return gate

    def let_go(self, number):
        gate = self.until_started(number)
        writer = until(lambda: open_for_writing(gate), f"a reader of {gate}")
        os.write(writer, b"\n")
        os.close(writer)

    def until_said(self, words):
        until(lambda: words in self.runner.stderr, words)

    def ids(self):
        return sorted(row["run_id"] for row in self.project.rows())

    def finish(self):
        """Lets the two that wait go, and the runner end well. Returns the ids that have a row."""
        self.let_go(1)
        self.let_go(2)
        assert self.runner.wait() == 0, self.runner.stderr
        return self.ids()

    def next_start(self):
        """What a further start still runs: it lets all go at once."""
        self.project.script("waits", "exit 0\n")
        done = self.project.run(self.program)
        return sorted(row["run_id"] for row in self.project.rows()), done.stderr


@pytest.fixture
def runs(project):
    made = Runs(project)
    made.let_go(0)
    until(lambda: project.csv.exists() and len(project.rows()) == 1, "the first row")
    made.until_started(1)
    made.until_started(2)
    return made


def remove(project):
    shutil.rmtree(project.logs)


def move(project):
    project.logs.rename(project.root / "moved")


def empty(project):
    for path in project.logs.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize("harm", [remove, move, empty])
def test_what_ends_afterwards_is_stored_in_a_new_log_dir(project, runs, harm):
    harm(project)
    runs.until_said(ANEW)
    until(lambda: (project.logs / "example1_foo_bs3/config.json").exists(), "the run directory made anew")
    assert runs.finish() == ["1", "2"]
    assert {row["run_id"]: row["run_loss"] for row in project.rows()} == {"1": "1.0", "2": "2.0"}
    assert ANEW in project.log() and "Generated" not in project.log()
    assert project.query("SELECT count(*) FROM texts WHERE name = 'config'") == [(1,)]
    assert project.query("SELECT id, state FROM runs") == [(1, "finished"), (2, "finished")]
    assert "a further start runs again what has no row" in runs.runner.stderr
    ids, said = runs.next_start()
    assert ids == ["1", "2", "3"], "the finished one that was deleted runs again, under an id of its own"
    assert "removing 2 configuration(s)" in said


def test_a_moved_log_dir_keeps_what_it_had(project, runs):
    move(project)
    runs.until_said(ANEW)
    runs.let_go(1)
    runs.let_go(2)
    assert runs.runner.wait() == 0
    project.logs.rename(project.root / "new")
    (project.root / "moved").rename(project.logs)
    assert runs.ids() == ["0"]


def test_a_deleted_lock_is_made_anew_and_keeps_a_second_runner_out(project, runs):
    (project.logs / "furcate.lock").unlink()
    runs.until_said("furcate.lock had been deleted")
    second = project.furcate("run", "config.json", "--", runs.program)
    assert second.returncode == 2 and f"another furcate runner (pid {runs.runner.pid}) works in" in second.stderr
    assert runs.finish() == ["0", "1", "2"]
    assert ANEW not in runs.runner.stderr and "Generated" in project.log()


def test_the_guardian_keeps_the_new_lock_too(project, runs):
    remove(project)
    runs.until_said(ANEW)

    def opened():
        return [os.readlink(entry.path) for entry in os.scandir(f"/proc/{runs.runner.pid}/fd")]
    until(lambda: str(project.logs / "furcate.lock") in opened(), "the guardian's hold on the new lock")
    runs.let_go(1)
    runs.let_go(2)
    assert runs.runner.wait() == 0


def test_a_copy_in_its_place_is_gone_on_with(project, runs):
    shutil.copytree(project.logs, project.root / "copy")
    remove(project)
    (project.root / "copy").rename(project.logs)
    runs.until_said(ANEW)
    assert runs.finish() == ["0", "1", "2"]


def runner_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return int(children.read().split()[0])


@pytest.mark.parametrize("harm", [remove, lambda project: (project.logs / "furcate.lock").unlink()],
                         ids=["folder", "lock"])
def test_a_log_dir_that_another_runner_has_is_left_to_it(project, runs, harm):
    first = runner_of(runs.runner.pid)
    os.kill(first, signal.SIGSTOP)
    harm(project)
    pids = [int((project.root / f"pid{number}").read_text()) for number in (1, 2)]
    second = project.start(project.gated())
    waiting = until(project.waiting, "the second runner's runs")
    os.kill(first, signal.SIGCONT)
    assert runs.runner.wait() == 1
    assert f"another furcate runner (pid {second.pid}) works in {project.logs}" in runs.runner.stderr
    assert not any(map(is_alive, pids))
    assert set(waiting) <= set(project.waiting()), "the second runner's runs go on"
    assert project.let_all_go(second) == 0, second.stderr
    assert project.values() == ["1", "2", "3"]


def test_ids_go_on_behind_those_of_a_folder_put_in_its_place(project, runs):
    other = project.root / "other"
    project.logs.rename(other)
    runs.until_said(ANEW)
    runs.let_go(1)
    until(lambda: project.query("SELECT id FROM runs WHERE state = 'finished'") == [(1,)], "its end in the new log dir")
    assert runs.ids() == ["1"]
    row = (other / "run_data.csv").read_text().splitlines()[1]
    (other / "run_data.csv").open("a").write(row.replace(",0,example0,", ",40,example40,") + "\n")
    project.logs.rename(project.root / "new")
    other.rename(project.logs)
    until(lambda: runs.runner.stderr.count(ANEW) == 2, "the second message")
    project.write(batch_size=[1, 2, 3, 4], meta={"max_threads": 2})
    runs.let_go(41)
    runs.let_go(2)
    assert runs.runner.wait() == 0, runs.runner.stderr
    assert runs.ids() == ["0", "2", "40", "41"]


def test_a_fork_program_finds_its_run_directory_made_anew(project):
    data, train = project.root / "data", project.root / "data/line.train.csv"
    data.mkdir()
    os.mkfifo(train)
    project.write({"data_name": "line", "data_dir": "data", "batch_size": 1, "epochs": [1]})
    project.executable = [BUILD / "examples/line/line"]
    runner = project.start_furcate("--config", "config.json")
    writer = until(lambda: open_for_writing(train), "the run, which reads")
    remove(project)
    until(lambda: (project.logs / "line0_data/config.json").exists(), "the run directory made anew")
    os.write(writer, b"1,2\n")
    os.close(writer)
    assert runner.wait() == 0, runner.stderr
    assert len(project.rows()) == 1


def test_a_deleted_working_directory_is_waited_for(project):
    work = project.root / "work"
    work.mkdir()
    project.logs = work / "logs"
    project.executable = ["env", "--chdir", work, FURCATE]
    runs = Runs(project, 1, WAITS + 'readlink "/proc/$$/cwd"\n')
    runs.until_started(0)
    shutil.rmtree(work)
    runs.let_go(0)
    runs.until_said("Results cannot be stored")
    assert not work.exists()
    work.mkdir()
    for number in (1, 2):
        runs.let_go(number)
    assert runs.runner.wait() == 0, runs.runner.stderr
    assert runs.ids() == ["0", "1", "2"]
    assert (project.logs / "example1_foo_bs3/example1.log").read_text() == f"{work}\n"
    assert f"The working directory {work} is there again" in runs.runner.stderr


def test_a_deleted_run_directory_holds_nothing_up(project, runs):
    shutil.rmtree(project.logs / "example1_foo_bs3")
    assert runs.finish() == ["0", "1", "2"]
    assert "cannot be stored" not in runs.runner.stderr
    assert "example1_foo_bs3 was deleted while its run executed" in project.log()


def test_a_run_directory_that_became_a_file_holds_nothing_up(project, runs):
    shutil.rmtree(project.logs / "example1_foo_bs3")
    (project.logs / "example1_foo_bs3").write_text("")
    assert runs.finish() == ["0", "1", "2"]
    assert "cannot be stored" not in runs.runner.stderr
    assert "its row in run_data.csv is all there is of the results" in project.log()
