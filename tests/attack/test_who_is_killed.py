"""Only what a dead runner of this very log dir has left is ended by a start: not what a copied, inherited or crafted file
or variable names."""

import contextlib
import fcntl
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pytest

import groups
from sample import attacks
from support import BUILD, FURCATE, Project, is_alive, needs_package, until

# Leaves a process in a session of its own, which only the runner's end reaches, and waits at its gate.
LEAVES = """cd "$FURCATE_RUN_DIR"
setsid sh -c 'echo $$ >> pids; touch ready; while :; do sleep 600; done' &
while [ ! -e ready ]; do sleep 0.005; done
"""
COPIES = {
    "cp -r": "cp -r logs copy",
    "cp -a": "cp -a logs copy",
    "tar": "mkdir copy && tar -C logs -c --exclude=gate . | tar -C copy -x",
}


def left(project, log_dir="logs"):
    """The processes that runs in that log dir have started."""
    return [int(pid) for file in (project.root / log_dir).glob("*/pids") for pid in file.read_text().split()]


def write_for(project, log_dir, **keys):
    """A config for another log dir; returns its name. config.json is left as it is."""
    before, project.config = project.config, project.root / f"{log_dir.replace('/', '-')}.json"
    project.write(log_dir=log_dir, meta={"max_threads": 2}, **keys)
    name, project.config = project.config.name, before
    return name


def start_leaving(project, config="config.json", log_dir="logs", count=2):
    """A furcate whose runs leave processes and wait."""
    program = project.root / "leaves"
    if not program.exists():  # one that executes cannot be written to
        project.script("leaves", LEAVES + f'exec "{project.gated()}"\n')
    runner = project.start_furcate("run", config, "--", program)
    until(lambda: len(left(project, log_dir)) == count, "the runs")
    return runner


def start_of(pid):
    """When a process was started, in clock ticks since boot."""
    return int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[19])


def child_of(guardian):
    return int(open(f"/proc/{guardian}/task/{guardian}/children").read().split()[0])


def kill_both(started):
    """Kills guardian and runner; neither sees the other die."""
    runner = child_of(started.pid)
    started.send(signal.SIGSTOP)
    os.kill(runner, signal.SIGKILL)
    started.kill()
    until(lambda: not is_alive(runner), "the end of the runner")


def is_free(lock):
    with lock.open("r+") as file, contextlib.suppress(BlockingIOError):
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def crashed(project):
    """A log dir whose lock is believed. Returns its lines, and what replaces some of them in place."""
    project.write(batch_size=[1])
    kill_both(start_leaving(project, count=1))
    path, lines = project.logs / "furcate.lock", project.lock()
    until(lambda: is_free(path), "the end of the lock")

    def rewrite(**others):
        text = "".join(f"{name} {value}\n" for name, value in {**lines, **others}.items())
        with path.open("r+") as file:
            file.write(text)
            file.truncate()
    return lines, rewrite


def end(pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def bystander():
    """Starts processes that no furcate has anything to do with; they are in sessions of their own."""
    started = []

    def start(**environment):
        started.append(subprocess.Popen(["sleep", "600"], env={**os.environ, **environment}, start_new_session=True))
        return started[-1]
    yield start
    for process in started:
        process.kill()
        process.wait()


def finish(project, config="config.json"):
    done = project.furcate("run", config, "--", "/bin/true")
    assert done.returncode == 0, done.stderr
    return done


# --- copies, neighbours and other spellings ---

@attacks("copy", COPIES, sample=2)
def test_a_start_in_a_copy_leaves_the_live_runs_of_the_original_alone(project, held, copy):
    project.write(batch_size=[1, 2], meta={"max_threads": 2})
    other = write_for(project, "copy", batch_size=[1, 2, 3])
    runner = start_leaving(project)
    project.until_waiting(2)
    subprocess.run(COPIES[copy], shell=True, cwd=project.root, stderr=subprocess.DEVNULL)  # the gates cannot be copied
    finish(project, other)
    assert all(map(is_alive, left(project))) and len(project.waiting()) == 2
    assert project.let_all_go(runner) == 0, runner.stderr
    assert "Killed" not in runner.stderr and project.values() == ["1", "2"]


@attacks("copy", COPIES, sample=2)
def test_a_start_in_a_copy_of_a_crashed_log_dir_is_not_of_that_crash(project, held, copy):
    project.write(batch_size=[1, 2], meta={"max_threads": 2})
    other = write_for(project, "copy", batch_size=[1, 2])
    kill_both(start_leaving(project))
    pids = left(project)
    subprocess.run("rm -f logs/*/gate; " + COPIES[copy], shell=True, cwd=project.root, check=True)
    finish(project, other)
    assert all(map(is_alive, pids))
    done = finish(project)
    assert not any(map(is_alive, pids))
    assert held == "group" or "furcate: ended " in done.stderr
    assert project.values() == ["1", "2"]


@pytest.mark.parametrize("names", [("logs", "logs/first"), ("logs/first", "logs"), ("logs", "logs2")],
                         ids=["below", "above", "a name that begins with it"])
def test_log_dirs_within_each_other_have_nothing_to_do_with_each_other(project, held, names):
    project.write(batch_size=[1])
    crashed, live = (write_for(project, name, batch_size=[1]) for name in names)
    others = start_leaving(project, live, names[1], 1)
    kill_both(start_leaving(project, crashed, names[0], 1))
    finish(project, crashed)
    assert not any(map(is_alive, left(project, names[0])))
    assert all(map(is_alive, left(project, names[1]))) and not others.is_over()
    for directory in (project.root / names[1]).glob("*/gate"):
        project.let_go(directory.parent)
    assert others.wait() == 0, others.stderr


def rename(project):
    project.logs.rename(project.root / "moved")
    return "moved"


def link(project):
    (project.root / "link").symlink_to(".")
    return "link/logs"


SPELLINGS = {"dot": lambda project: "./logs", "up": lambda project: f"../{project.root.name}/logs//", "link": link,
             "absolute": lambda project: str(project.logs), "moved": rename}


@attacks("spelling", SPELLINGS, sample=3)
def test_what_a_killed_runner_left_is_found_under_any_name_of_its_log_dir(project, held, spelling):
    project.write(batch_size=[1, 2], meta={"max_threads": 2})
    kill_both(start_leaving(project))
    pids = left(project)
    assert all(map(is_alive, pids))
    project.write(batch_size=[1, 2], log_dir=SPELLINGS[spelling](project), meta={"max_threads": 2})
    finish(project)
    assert not any(map(is_alive, pids))


# --- what is inherited ---

def test_a_process_with_the_run_directory_of_a_run_in_its_environment_is_nobodys(project, held, bystander):
    """As a shell in which somebody debugs a run."""
    project.write(batch_size=[1])
    kill_both(start_leaving(project, count=1))
    debugging = bystander(FURCATE_RUN_DIR=str(project.logs / "example0_foo"), FURCATE_RUNNER="0" * 32)
    done = finish(project)
    assert not any(map(is_alive, left(project)))
    assert debugging.poll() is None, done.stderr


@attacks("options", [[], ["--detach"]])
@attacks("names", [["FURCATE_RUN_DIR"], ["FURCATE_RUNNER"], ["FURCATE_RUN_DIR", "FURCATE_CONFIG", "FURCATE_RUNNER"]], sample=2)
def test_a_start_with_variables_of_a_run_does_not_end_itself(project, held, names, options):
    project.write(batch_size=[1, 2], meta={"max_threads": 2})
    started = start_leaving(project)
    variables = dict(entry.split("=", 1) for entry in open(f"/proc/{left(project)[0]}/environ").read().split("\0")[:-1])
    kill_both(started)
    done = project.furcate("run", *options, "config.json", "--", "/bin/true", **{name: variables[name] for name in names})
    assert done.returncode == 0, done.stderr
    until(lambda: project.csv.exists() and len(project.rows()) == 2, "both rows")
    assert not any(map(is_alive, left(project)))


def test_a_process_that_is_older_than_the_killed_runner_is_none_of_it(project, bystander):
    victim = bystander(FURCATE_RUNNER="0" * 32)
    until(lambda: time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK") > start_of(victim.pid) + 1, "the next tick")
    _, rewrite = crashed(project)
    rewrite(token="0" * 32)
    finish(project)
    assert victim.poll() is None
    end(left(project))


SHELLS = {
    "its ancestor": '"$@"; echo $? > status; sleep 600',
    "its pipeline": '"$@" 2>&1 | { sleep 600 & cat; wait; }',
    "in the background": '"$@" & sleep 600',
}


@attacks("shell", SHELLS, sample=2)
def test_a_start_from_a_shell_with_the_whole_environment_of_a_run_spares_that_shell(project, held, shell):
    """The shell is in a session of its own, as in a terminal."""
    project.write(batch_size=[1, 2], meta={"max_threads": 2})
    started = start_leaving(project)
    project.until_waiting(2)
    variables = open(f"/proc/{left(project)[0]}/environ").read().split("\0")[:-1]
    kill_both(started)
    command = ["env", "-i", *variables, "sh", "-c", SHELLS[shell], "-", *project.command(
        ["run", "config.json", "--", "/bin/true"])]
    process = subprocess.Popen(command, cwd=project.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               start_new_session=True)
    try:
        until(lambda: project.csv.exists() and len(project.rows()) == 2, "both rows")
        assert not any(map(is_alive, left(project)))
        assert process.poll() is None
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


# --- what a run has started that starts others ---

CLEARED = """cd "$FURCATE_RUN_DIR"
setsid sh -c 'env -i sh -c "echo \\$\\$ >> pids; exec sleep 600" & echo $$ >> pids; wait' &
while [ "$(cat pids 2>/dev/null | wc -l)" -lt 2 ]; do sleep 0.005; done
touch ready
exec sleep 600
"""


def test_a_child_without_an_environment_is_ended_with_its_parent_that_has_one(project, held):
    project.write(batch_size=[1])
    started = project.start(project.script("cleared", CLEARED))
    until(lambda: list(project.logs.glob("*/ready")), "the run")
    kill_both(started)
    assert len(left(project)) == 2 and all(map(is_alive, left(project)))
    finish(project)
    assert not any(map(is_alive, left(project)))


@attacks("is_asked", ["outer", "inner"])
def test_a_furcate_within_a_run_is_ended_with_that_run_and_none_of_the_others(project, held, is_asked):
    """Guardian and runner in `outer` are killed; a furcate that their run started works in `inner`, and one that has
    nothing to do with them in `other`."""
    inner, outer, other = (write_for(project, name, batch_size=[1]) for name in ("inner", "outer", "other"))
    stranger = start_leaving(project, other, "other", 1)
    started = project.start_furcate("run", outer, "--", project.script(
        "nest", f'setsid "{FURCATE}" run "$FURCATE_TEST/{inner}" -- "$FURCATE_TEST/leaves" &\nexec sleep 600\n'))
    until(lambda: len(left(project, "inner")) == 1, "the run of the inner furcate")
    guardian = int((project.root / "inner/furcate.lock").read_text().split("guardian ")[1].split()[0])
    kill_both(started)
    if is_asked == "inner":
        done = project.furcate("run", inner, "--", "/bin/true")
        assert done.returncode == 2 and "another furcate runner (pid" in done.stderr
    assert all(map(is_alive, [guardian, *left(project, "inner")]))
    finish(project, outer)
    assert not any(map(is_alive, [guardian, *left(project, "inner")]))
    assert all(map(is_alive, left(project, "other"))) and not stranger.is_over()
    end(left(project, "other"))


# --- forks of warm interpreters ---

WARM = """import furcate, multiprocessing, os, time

def work():
    with open(os.environ["FURCATE_TEST"] + "/worker", "a") as file:
        file.write(f"{os.getpid()}\\n")
    time.sleep(600)

def leave():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            work()
        os._exit(0)

def train(config):
    KIND
    time.sleep(600)

furcate.run("config.json", train)
"""
KINDS = {"multiprocessing": 'multiprocessing.get_context("fork").Process(target=work).start()',
         "a daemon": "leave()",
         "spawned": 'import subprocess, sys; subprocess.Popen([sys.executable, "-c", "import os, time; '
                    'open(os.environ[\'FURCATE_TEST\'] + \'/worker\', \'a\').write(str(os.getpid()) + chr(10)); '
                    'time.sleep(600)"], start_new_session=True)'}


@needs_package
@attacks("kind", KINDS, sample=2)
def test_what_a_run_that_was_forked_has_left_is_found(project, held, kind):
    project.write(batch_size=[1, 2], meta={"max_threads": 2})
    (project.root / "train.py").write_text(WARM.replace("KIND", KINDS[kind]))
    without = project.executable[:-1]
    started = project.start_command(*without, sys.executable, "train.py", PYTHONPATH=str(BUILD / "python"))

    def workers():
        file = project.root / "worker"
        return [int(pid) for pid in file.read_text().split()] if file.exists() else []
    until(lambda: len(workers()) == 2, "the workers")
    assert "The fork server is warm" in project.log()
    try:
        kill_both(started)
        assert any(map(is_alive, workers()))
        done = project.furcate("run", "config.json", "--", "/bin/true")
        assert not any(map(is_alive, workers())), done.stderr
    finally:
        end(workers())


# Each gives the lock a second name.
LINKS = {"cp -al": "rm logs/*/gate; cp -al logs backup", "one link": "ln logs/furcate.lock backup.lock",
         "a link in the log dir": "ln logs/furcate.lock logs/furcate.lock.new"}


@attacks("link", LINKS)
def test_what_is_left_is_found_after_a_backup_of_hard_links(project, link):
    crashed(project)
    subprocess.run(LINKS[link], shell=True, cwd=project.root, check=True)
    try:
        assert all(map(is_alive, left(project))) and left(project)
        done = finish(project)
        assert not any(map(is_alive, left(project)))
        assert re.search(rf"^furcate: ended \d+ process(es)? that a killed runner had left in {project.logs}$", done.stderr, re.M)
        assert (project.logs / "furcate.lock").stat().st_nlink == 1
    finally:
        end(left(project))


# --- what a file says that came from somebody else ---

def plant(project, name, victim):
    """A folder that looks like a control group: with a process to be killed, a file to be written to, an empty folder to
    be removed."""
    folder = project.root / name
    folder.mkdir()
    (folder / "cgroup.procs").write_text(f"{victim.pid}\n")
    (folder / "cgroup.kill").symlink_to(project.root / "precious.txt")
    (folder / "cgroup.freeze").symlink_to(project.root / "precious.txt")
    (folder / "empty").mkdir()
    return folder


def linked(project, folder):
    (project.root / "way").symlink_to(folder.parent)
    return project.root / "way" / folder.name


FOLDERS = {
    "as it is": lambda project, folder: folder,
    "relative": lambda project, folder: folder.name,
    "upwards": lambda project, folder: project.root / "logs/.." / folder.name,
    "by a link": linked,
    "out of the real tree": lambda project, folder: f"{groups.mount_point()}/../../..{folder}",
    "with a slash": lambda project, folder: f"{folder}/",
    "no name": lambda project, folder: "",
}


def check_unharmed(project, folder, victim):
    assert victim.poll() is None
    assert (project.root / "precious.txt").read_text() == "precious"
    assert (folder / "empty").is_dir()


@attacks("name", FOLDERS, sample=4)
def test_a_lock_of_an_earlier_version_harms_nobody(project, bystander, name):
    victim = bystander()
    folder = plant(project, "evil", victim)
    (project.root / "precious.txt").write_text("precious")
    project.logs.mkdir()
    (project.logs / "furcate.lock").write_text(f"999999\n999998\n{FOLDERS[name](project, folder)}\n")
    project.write(batch_size=[1])
    finish(project)
    check_unharmed(project, folder, victim)


@attacks("name", FOLDERS, sample=4)
def test_a_folder_that_bears_the_name_of_the_group_is_none(project, bystander, name):
    """All else in the lock is right."""
    victim = bystander()
    (project.root / "precious.txt").write_text("precious")
    lock, rewrite = crashed(project)
    right = os.path.basename(lock["group"]) or "furcate-1-0123456789abcdef"
    folder = plant(project, right, victim)
    rewrite(group=FOLDERS[name](project, folder))
    finish(project)
    check_unharmed(project, folder, victim)
    assert not any(map(is_alive, left(project)))


needs_groups = pytest.mark.skipif(not groups.can_make_groups(), reason="this process may make no control group")


@needs_groups
@attacks("which", ["another runner's", "one of its slots", "that of this session", "the whole tree"])
def test_a_group_of_others_is_left_alone(project, bystander, which):
    victim, before = bystander(), groups.all_groups()
    other = write_for(project, "other", batch_size=[1])
    live = start_leaving(project, other, "other", 1)
    theirs = next(group for group in groups.groups_left([live.pid]) if group not in before)
    lock, rewrite = crashed(project)
    group = {"another runner's": theirs, "one of its slots": next(theirs.iterdir()),
             "that of this session": groups.own_group(), "the whole tree": groups.mount_point()}[which]
    pid = group.name.split("-")[1] if group == theirs else "1"
    rewrite(group=group, guardian=f"{pid} 1")
    finish(project)
    assert victim.poll() is None and all(map(is_alive, left(project, "other")))
    (project.root / "open").touch()
    project.let_go(next((project.root / "other").glob("*/gate")).parent)
    assert live.wait() == 0, live.stderr
    groups.remove(project.root / lock["group"])


LINES = {
    "a live process for the runner": lambda pid, start: {"runner": f"{pid} {start}"},
    "its pid for the guardian": lambda pid, start: {"guardian": f"{pid} 1"},
    "its pid for both": lambda pid, start: {"runner": f"{pid} 1", "guardian": f"{pid} 1"},
    "another boot": lambda pid, start: {"boot": "0"},
    "another namespace": lambda pid, start: {"pid-namespace": "1"},
    "another file": lambda pid, start: {"lock": "1 1 1"},
    "no token": lambda pid, start: {"token": ""},
    "another token": lambda pid, start: {"token": "0" * 32},
}


@attacks("line", LINES, sample=4)
def test_a_lock_with_a_wrong_line_ends_no_stranger(project, bystander, line):
    victim = bystander(FURCATE_RUNNER="")
    _, rewrite = crashed(project)
    rewrite(**LINES[line](victim.pid, start_of(victim.pid)))
    finish(project)
    assert victim.poll() is None
    end(left(project))


# --- other users ---

AS_NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]


@pytest.fixture
def reachable():
    """A project that nobody reaches too: he may look into no folder of pytest."""
    made = Project(pathlib.Path(tempfile.mkdtemp(prefix="furcate-test-")))
    made.root.chmod(0o777)
    shutil.copy(FURCATE, made.root / "furcate")
    made.executable = [made.root / "furcate"]
    try:
        if subprocess.run([*AS_NOBODY, *made.executable, "--version"], capture_output=True).returncode:
            pytest.skip("this user cannot be somebody else")
        yield made
    finally:
        shutil.rmtree(made.root)


@attacks("mode", [0o644, 0o664, 0o666])
def test_nobody_else_can_read_the_lock_or_lock_it(reachable, mode):
    project = reachable
    project.write(batch_size=[1])
    project.logs.mkdir(mode=0o777)
    (project.logs / "furcate.lock").touch()
    (project.logs / "furcate.lock").chmod(mode)  # as earlier versions made it
    finish(project)
    for how in "<", ">>":
        tried = subprocess.run([*AS_NOBODY, "sh", "-c", f': {how} "$0"', project.logs / "furcate.lock"],
                               capture_output=True, text=True)
        assert "Permission denied" in tried.stderr


def test_the_lock_of_another_user_names_its_owner_and_the_remedy(reachable):
    project = reachable
    project.write(batch_size=[1])
    finish(project)
    project.logs.chmod(0o777)
    project.executable = [*AS_NOBODY, *project.executable]
    done = project.furcate("run", "config.json", "--", "/bin/true")
    lock = project.logs / "furcate.lock"
    assert done.returncode == 2
    assert done.stderr == (f"furcate: {lock} belongs to the user root, so only root can work in this log dir; set log_dir to "
                           "another folder, or, once no furcate of root works in this one, delete the file\n")
