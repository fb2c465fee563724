"""A machine that will not start a run: nothing is lost, and it is tried again."""

import contextlib
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

import pytest

from support import BUILD, FURCATE, USER, Project, until

REFUSED = "cannot be started now"
AGAIN = "Runs are started again"


@contextlib.contextmanager
def being_written(program):
    """While a program is open for writing it cannot be executed (ETXTBSY)."""
    with open(program, "a", encoding="utf-8"):
        yield


def processes_of(runner):
    """The pids of the runner and all below it."""
    found = [runner.pid]
    for pid in found:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as children:
                    found += map(int, children.read().split())
    return found


def open_for_writing(fifo):
    """A file once somebody reads there, else None."""
    with contextlib.suppress(OSError):
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)


def is_ours(pid):
    """Whether it is of furcate itself: what an attempt starts comes and goes."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return pathlib.Path(f"/proc/{pid}/comm").read_text().startswith("furcate")
    return False


def limit(runner, what, most):
    """Sets a soft limit of a runner, not of its attempts; its hard one stays."""
    for pid in filter(is_ours, processes_of(runner)):
        _, hard = resource.prlimit(pid, what)
        resource.prlimit(pid, what, (hard if most is None else most, hard))


def test_a_program_that_is_being_written_is_waited_for(project):
    project.write(batch_size=[1, 2, 3], meta={"max_threads": 1})
    program = project.gated()
    runner = project.start(program)
    [first] = project.until_waiting(1)
    with being_written(program):
        project.let_go(first)
        until(lambda: REFUSED in runner.stderr, "a refused start")
        until(lambda: len(project.rows()) == 1 if project.csv.exists() else False, "the row of what has ended")
        assert project.directories() == [first.name], "nothing is left of the refused start"
    assert project.let_all_go(runner) == 0, runner.stderr
    assert sorted(row["run_id"] for row in project.rows()) == ["0", "1", "2"]
    assert {row["run_attempts"] for row in project.rows()} == {"1"}
    assert runner.stderr.count(REFUSED) == 1
    assert "Text file busy" in runner.stderr and AGAIN in runner.stderr


def test_a_refused_retry_leaves_one_header(project):
    project.write(batch_size=[1], meta={"retries": 1})
    program = project.script("train", """cd "$FURCATE_RUN_DIR"
echo attempt $FURCATE_ATTEMPT
[ $FURCATE_ATTEMPT = 1 ] || exit 0
mkfifo gate; echo $$ > pid.new; mv pid.new pid; cat gate; exit 9
""")
    runner = project.start(program)
    [directory] = project.until_waiting(1)
    with being_written(program):
        project.let_go(directory)
        until(lambda: REFUSED in runner.stderr, "a refused start")
    assert runner.wait() == 0, runner.stderr
    first, header, second = (directory / "example0.log").read_text().splitlines()
    assert (first, second) == ("attempt 1", "attempt 2") and header.startswith("--- attempt 2, ")
    assert project.rows()[0]["run_attempts"] == "2"


def test_it_can_be_stopped_while_nothing_can_be_started(project):
    project.write(batch_size=[1, 2])
    program = project.gated()
    with being_written(program):
        runner = project.start(program)
        until(lambda: REFUSED in runner.stderr, "a refused start")
        runner.send(2)
        assert runner.wait() == 130
    assert project.directories() == []
    assert project.let_all_go(project.start(program)) == 0
    assert len(project.rows()) == 2


def tasks_of(uid):
    """How many processes and threads a user has."""
    count = 0
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if process.stat().st_uid == uid:
                count += len(list((process / "task").iterdir()))
    return count


# Takes all processes that the limit leaves, until its stdin ends.
HOG = """
import os, sys
try:
    while os.fork():
        pass
except BlockingIOError:
    print("full", flush=True)
sys.stdin.read()
try:
    while os.wait():
        pass
except ChildProcessError:
    pass
"""


class Unprivileged:
    """A user whom a limit on processes binds; root is not. `words` go before a command."""

    def __init__(self):
        as_root = os.geteuid() == 0
        uid = USER if as_root else os.geteuid()
        self.words = ["prlimit", f"--nproc={tasks_of(uid) + 40}"]
        self.words += ["setpriv", f"--reuid={uid}", "--clear-groups"] if as_root else []

    @contextlib.contextmanager
    def no_process_left(self):
        command = [*self.words, sys.executable, "-c", HOG]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as hog:
            assert hog.stdout.readline() == "full\n"
            yield
            hog.stdin.close()


@pytest.fixture
def unprivileged():
    """A project of such a user, in a folder that he reaches."""
    user = Unprivileged()
    project = Project(pathlib.Path(tempfile.mkdtemp(prefix="furcate-test-")))
    os.chmod(project.root, 0o777)
    project.user, project.executable = user, [*user.words, FURCATE]
    try:
        if not all(map(shutil.which, ("prlimit", "setpriv"))) or project.furcate("--version").returncode:
            pytest.skip("needs prlimit and setpriv, and a build that others than root can execute")
        yield project
    finally:
        for runner in project.runners:
            if not runner.is_over():
                runner.kill()
        shutil.rmtree(project.root)


def test_a_limit_on_processes_holds_starts_only(unprivileged):
    project = unprivileged
    project.write(batch_size=[1, 2, 3], meta={"max_threads": 1})
    runner = project.start(project.gated())
    [first] = project.until_waiting(1)
    with project.user.no_process_left():
        project.write(batch_size=[1, 2, 3], meta={"max_threads": 2})
        until(lambda: REFUSED in runner.stderr, "a refused start")
        assert project.waiting() == [first], "what executes goes on"
    assert project.let_all_go(runner) == 0, runner.stderr
    assert "Resource temporarily unavailable (too many processes" in runner.stderr
    assert project.values() == ["1", "2", "3"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only a user of whom no other process comes and goes can be counted")
def test_a_runner_without_threads_says_so(unprivileged):
    project = unprivileged
    project.write(batch_size=[1])
    for room in (3, 4, 5):
        project.executable = ["prlimit", f"--nproc={room}", "setpriv", f"--reuid={USER}", "--clear-groups", FURCATE]
        done = project.furcate("run", "config.json", "--", "/bin/true")
        assert done.returncode == 2
        assert done.stderr == ("furcate: cannot make the threads that the runner needs: Resource temporarily unavailable "
                               "(too many processes: see ulimit -u, and pids.max of the control group)\n")


def test_a_limit_on_open_files_is_waited_out(project):
    project.write(batch_size=[1, 2, 3], meta={"max_threads": 2})
    runner = project.start(project.gated())
    first, second = project.until_waiting(2)
    limit(runner, resource.RLIMIT_NOFILE, 3)
    project.let_go(first)
    until(lambda: REFUSED in runner.stderr, "a refused start")
    assert "Too many open files (raise the limit" in runner.stderr
    assert project.waiting() == [second], "what executes goes on"
    limit(runner, resource.RLIMIT_NOFILE, None)
    assert project.let_all_go(runner) == 0, runner.stderr
    assert project.values() == ["1", "2", "3"]
    assert AGAIN in runner.stderr


def test_what_executes_goes_on_while_the_program_may_not_be_executed(project):
    project.write(batch_size=[1, 2, 3], meta={"max_threads": 2})
    program = project.gated()
    runner = project.start(program)
    first, second = project.until_waiting(2)
    os.chmod(program, 0o600)
    project.let_go(first)
    until(lambda: REFUSED in runner.stderr, "the message")
    assert f"cannot execute {program}: Permission denied" in runner.stderr
    assert project.waiting() == [second]
    os.chmod(program, 0o700)
    assert project.let_all_go(runner) == 0
    assert len(project.rows()) == 3


def test_a_data_dir_that_goes_away_is_waited_for(project):
    data, train = project.root / "data", project.root / "data/line.train.csv"
    data.mkdir()
    os.mkfifo(train)
    project.write({"data_name": "line", "data_dir": "data", "batch_size": 1, "epochs": [1, 2, 3]},
                  meta={"max_threads": 1})
    project.executable = [BUILD / "examples/line/line"]
    runner = project.start_furcate("--config", "config.json")
    writer = until(lambda: open_for_writing(train), "the first run, which reads")
    data.rename(project.root / "away")
    os.write(writer, b"1,2\n")
    os.close(writer)
    until(lambda: REFUSED in runner.stderr, "a refused start")
    assert f"the data_dir {data} is gone" in runner.stderr
    (project.root / "away/line.train.csv").unlink()
    (project.root / "away/line.train.csv").write_text("1,2\n")
    (project.root / "away").rename(data)
    assert runner.wait() == 0, runner.stderr
    assert len(project.rows()) == 3
