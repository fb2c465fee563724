"""What the end-to-end tests share: a folder with a config and programs in it, and the real furcate on them."""

import contextlib
import csv
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

import pytest

import groups

BUILD = pathlib.Path(os.environ["FURCATE_BUILD"]).resolve()
FURCATE = BUILD / "furcate"
STUBS = BUILD / "tests/stubs"
SANITIZED = not re.search(r"^FURCATE_SANITIZE:\w+=OFF$", (BUILD / "CMakeCache.txt").read_text(), re.MULTILINE)
# A user without a name, and with no processes but those of this test: limits count what a user has. Containers often know
# no users from 65536 on.
USER = 20000 + os.getpid() % 40000
PATIENCE = 60  # seconds until a test gives up waiting; nothing takes so long that works

EXAMPLE = {"data_name": "example", "data_dir": "foo/", "batch_size": [32, 64], "epochs": 50,
           "meta": {"allow_cpu": True}}

# Tells that it has started, by a file `pid` in its run directory, and waits there until the test lets it go on.
GATED = """#!/bin/sh
cd "$FURCATE_RUN_DIR" || exit 1
rm -f gate
mkfifo gate
echo $$ > pid.new
mv pid.new pid
if [ -e "$FURCATE_TEST/open" ]; then exit 0; fi
exec cat gate
"""

needs_package = pytest.mark.skipif(SANITIZED or not (BUILD / "python/furcate").exists(),
                                   reason="the Python package is not built, or is for a Python with sanitizers alone")

# Started with nohup, or by a script with "&", the tests would pass on that they ignore these.
for number, handler in (signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, handler)


# The beginning of a training that saves when it gets SIGTERM, as soon as the test has made the file `may_save`.
SAVES = """import os, pathlib, signal, time
directory = pathlib.Path(os.environ["FURCATE_RUN_DIR"])
def save(number, frame):
    with open(directory / "asked", "a") as file:
        file.write("x")
    while not pathlib.Path(os.environ["FURCATE_TEST"], "may_save").exists():
        time.sleep(0.005)
    (directory / "saved").touch()
    os._exit(0)
signal.signal(signal.SIGTERM, save)
"""


def until(condition, what="what the test waits for"):
    """Waits until condition() is true, and returns what it gave."""
    deadline = time.monotonic() + PATIENCE
    while not (met := condition()):
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.005)
    return met


def chance():
    """Random numbers: the same ones in each test run, others with another FURCATE_SEED, and new ones each time in
    `script/test attack --all`. So a change is not held up by a fault that another change brought."""
    new = random.randrange(2**32) if os.environ.get("FURCATE_ATTACKS") == "all" else 0
    seed = int(os.environ.get("FURCATE_SEED", new))
    print(f"FURCATE_SEED={seed}")
    return random.Random(seed)


def is_alive(pid):
    """Whether a process executes; one that has ended and was not waited for does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Runner:
    """A furcate that executes in the background; its stderr is in a file."""

    def __init__(self, process, errors):
        self.process, self.errors, self.pid = process, errors, process.pid

    @property
    def stderr(self):
        return self.errors.read_text()

    def send(self, number):
        self.process.send_signal(number)

    def send_until_over(self, number):
        """Sends a signal again and again, as one who has lost patience: furcate takes what comes within a second of the
        first for the same request. Returns what a shell would show, also when the last one comes after furcate's end."""
        until(lambda: self.send(number) or self.is_over(), "the end by one of the signals")
        status = self.wait()
        return 128 + number if status == -number else status

    def wait(self):
        return self.process.wait(PATIENCE)

    def kill(self):
        """What a crash or the kernel's out-of-memory killer does."""
        self.process.send_signal(signal.SIGKILL)
        self.wait()

    def is_over(self):
        return self.process.poll() is not None


class Project:
    """A folder with config.json, programs and a log dir."""

    def __init__(self, root):
        self.root, self.logs, self.config = root, root / "logs", root / "config.json"
        self.runners, self.executable = [], [FURCATE]
        self.pids = []  # of every furcate that was started
        self.groups_before = set(groups.all_groups())
        self.environment = {**os.environ, "FURCATE_TEST": str(root), "FURCATE_STUB_GPUS": "0", "LC_ALL": "C.UTF-8"}
        self.environment["LD_LIBRARY_PATH"] = str(STUBS / "absent")
        self.environment["PATH"] = f"{STUBS / 'bin'}:{self.environment['PATH']}"
        self.watchdog = root / "watchdog"  # where a runner tells that its event loop stood still
        if not SANITIZED:
            self.environment["FURCATE_WATCHDOG"] = str(self.watchdog)
        for name in ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "PYTHONPATH"):
            self.environment.pop(name, None)

    def write(self, config=None, /, meta=None, **keys):
        """Writes config.json: `config` (the spec's example), further keys, further keys of meta."""
        config = {**(EXAMPLE if config is None else config), **keys}
        config["meta"] = {"allow_cpu": True, **config.get("meta", {}), **(meta or {})}
        self.config.write_text(json.dumps(config, indent=2))

    def script(self, name, text):
        """Writes a program; returns its path."""
        path = self.root / name
        path.write_text(text if text.startswith("#!") else "#!/bin/sh\n" + text)
        path.chmod(0o755)
        return str(path)

    def python(self, name, text):
        return self.script(name, f"#!{sys.executable}\n{text}")

    def command(self, arguments):
        return [*map(str, self.executable), *map(str, arguments)]

    def furcate(self, *arguments, stdin=None, **environment):
        """Runs furcate to its end."""
        process = subprocess.Popen(self.command(arguments), cwd=self.root, env={**self.environment, **environment},
                                   stdin=subprocess.PIPE if stdin is not None else None, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.pids.append(process.pid)
        try:
            out, err = process.communicate(stdin, timeout=2 * PATIENCE)
        finally:
            process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def run(self, *program, **environment):
        """furcate run config.json -- PROGRAM, which is to end well."""
        done = self.furcate("run", "config.json", *(["--", *program] if program else []), **environment)
        assert done.returncode == 0, done.stderr
        return done

    def start(self, *program, **environment):
        """The same in the background."""
        return self.start_furcate("run", "config.json", "--", *program, **environment)

    def start_furcate(self, *arguments, **environment):
        """furcate in the background."""
        return self.start_command(*self.command(arguments), **environment)

    def start_command(self, *command, **environment):
        """A command that becomes furcate."""
        errors = self.root / f"runner{len(self.runners)}.stderr"
        with errors.open("w") as out:
            process = subprocess.Popen(list(map(str, command)), cwd=self.root,
                                       env={**self.environment, **environment}, stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=out)
        self.runners.append(Runner(process, errors))
        self.pids.append(process.pid)
        return self.runners[-1]

    def lock(self):
        """What furcate.lock says, by the first word of each line."""
        return dict(line.split(" ", 1) for line in (self.logs / "furcate.lock").read_text().splitlines())

    def holders(self):
        """The pids of the runner and of its guardian, as furcate.lock names them."""
        lock = self.lock()
        return [int(lock[name].split()[0]) for name in ("runner", "guardian")]

    def runner_pid(self):
        """Of the runner itself; the process that a test starts guards it."""
        return self.holders()[0]

    # --- gates: runs of GATED wait in their run directory ---

    def gated(self):
        return self.script("gated", GATED)

    def waiting(self):
        """The run directories whose program has started and waits."""
        return sorted(path.parent for path in self.logs.glob("*/pid") if is_alive(int(path.read_text())))

    def until_waiting(self, count):
        return until(lambda: len(found := self.waiting()) == count and found, f"{count} runs that wait")

    def let_go(self, directory):
        """Lets the run in this directory end. With the file `open` it may end before it comes to its gate."""
        def opened():
            try:
                os.close(os.open(directory / "gate", os.O_WRONLY | os.O_NONBLOCK))
            except OSError:
                return (self.root / "open").exists() and not is_alive(int((directory / "pid").read_text()))
            return True
        until(opened, f"a reader of {directory}/gate")

    def let_all_go(self, runner):
        """Lets all runs end, also those that come; waits for the runner and returns its exit status."""
        (self.root / "open").touch()

        def over():
            for directory in self.waiting():
                try:
                    os.close(os.open(directory / "gate", os.O_WRONLY | os.O_NONBLOCK))
                except OSError:
                    pass
            return runner.is_over()
        until(over, "the end of the runner")
        return runner.wait()

    # --- what it left ---

    def groups_left(self):
        """The control groups that its furcates have made and not removed. A group of an earlier furcate that had the same
        pid, and was killed, is none of them."""
        return [group for group in groups.groups_left(self.pids) if group not in self.groups_before]

    @property
    def csv(self):
        return self.logs / "run_data.csv"

    def rows(self):
        with self.csv.open(newline="") as file:
            return list(csv.DictReader(file))

    def columns(self):
        with self.csv.open(newline="") as file:
            return next(csv.reader(file))

    def frame(self):
        import pandas
        return pandas.read_csv(self.csv)

    def values(self, key="batch_size"):
        """The values of a column as text, sorted."""
        return sorted(row[key] for row in self.rows())

    def directories(self):
        return sorted(path.name for path in self.logs.iterdir() if path.is_dir())

    def query(self, sql):
        """What furcate.db answers; nothing while it is not there. Of a copy, since SQLite finds no file that is in
        another mount namespace."""
        with tempfile.TemporaryDirectory() as copy, contextlib.suppress(sqlite3.OperationalError):
            for name in ("furcate.db-wal", "furcate.db"):
                with contextlib.suppress(FileNotFoundError):
                    shutil.copy(self.logs / name, copy)
            with contextlib.closing(sqlite3.connect(f"{copy}/furcate.db")) as database:
                return database.execute(sql).fetchall()
        return []

    def until_started(self, count):
        """Waits until that many attempts are recorded as started, so that nothing is to be written for a while."""
        until(lambda: self.query("SELECT count(*) FROM attempts") == [(count,)], f"{count} started attempts")

    def log(self):
        path = self.logs / "furcate.log"
        return path.read_text() if path.exists() else ""


@pytest.fixture(params=["group", "descent"])
def held(request, project):
    """How the trees of attempts are held together: by control groups, and by descent."""
    if request.param == "descent":
        project.executable = [*groups.without_groups(), FURCATE]
    elif not groups.can_make_groups():
        pytest.skip("this process may make no control group")
    yield request.param
    for runner in project.runners:
        if not runner.is_over():
            runner.kill()
    until(lambda: not project.groups_left(), "the removal of all control groups")


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path)
    yield made
    for runner in made.runners:
        if not runner.is_over():
            runner.kill()
    for group in made.groups_left():
        groups.remove(group)
    if made.watchdog.exists():
        pytest.fail(made.watchdog.read_text(errors="replace"))


@pytest.fixture
def disk(project):
    """A log dir of 1 MiB on a file system of its own."""
    from small_disk import SmallDisk
    made = SmallDisk(project, "1m")
    yield made
    for runner in project.runners:
        if not runner.is_over():
            runner.kill()
    made.close()
