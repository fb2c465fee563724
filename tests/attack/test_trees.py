"""Trees that cannot be ended, or not be followed: programs that change their user, as sudo does, and machines that show
no processes."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

import groups
from sample import ALL, attacks
from support import FURCATE, SANITIZED, USER, Project, is_alive, until

AS_USER = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups"]


def may(command):
    """Whether this user can execute the command, on this machine."""
    return subprocess.run(command, capture_output=True).returncode == 0


def environment_of(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return []


def end_all_of(root):
    """Kills what a test has left, of whatever user."""
    mark = f"FURCATE_TEST={root}".encode()

    def find():
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if mark in environment_of(pid)]

    while found := find():  # one that was found may have forked
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def users_project():
    """A project of a user who may make no control groups, with a program `become` that changes the user."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="furcate-user-"))
    try:
        made = Project(root)
        shutil.copy(FURCATE, root / "furcate")
        shutil.copy(shutil.which("setpriv"), root / "become")
        try:
            for path in (root, *root.iterdir()):
                os.chown(path, USER, USER)
            os.chown(root / "become", 0, USER)
        except OSError:
            pytest.skip("only root can make programs that change their user")
        os.chmod(root / "become", 0o4750)  # none but that user may enter the folder
        made.executable = [*AS_USER, root / "furcate"]
        if not may([*AS_USER, root / "become", "--reuid", "0", "--clear-groups", "true"]):
            pytest.skip("programs that change their user cannot be made here")
        yield made
    finally:
        end_all_of(root)
        for runner in made.runners:
            runner.wait()
        shutil.rmtree(root)
        for group in made.groups_left():
            groups.remove(group)


def in_a_group_of_its_own(project):
    """Lets furcate start in a control group that belongs to the user; returns its folder."""
    group = pathlib.Path(tempfile.mkdtemp(prefix="test-furcate-", dir=groups.own_group()))
    for path in (group, *group.iterdir()):
        os.chown(path, USER, USER)
    project.executable = ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "-", *project.executable]
    return group


# Becomes `sleep` of another user.
CHANGES = """echo $$ > "$FURCATE_RUN_DIR/pid.new"
mv "$FURCATE_RUN_DIR/pid.new" "$FURCATE_RUN_DIR/pid"
exec ./become --reuid "$1" --clear-groups sleep 600
"""
# Where that is in the tree of a program.
HOW = {
    "as a whole": 'exec ./changes "$1"\n',
    "below a shell": './changes "$1"\necho end\n',
    "beside others": './changes "$1" &\nexec sleep 600\n',
    "as a daemon": 'setsid ./changes "$1" &\nexec sleep 600\n',
    "left": 'setsid ./changes "$1" &\nwhile [ ! -e "$FURCATE_RUN_DIR/pid" ]; do sleep .01; done\n',
}
STAYING = [how for how in HOW if how != "left"]


def real_user(pid):
    with contextlib.suppress(OSError):
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        return int(status.partition("\nUid:")[2].split()[0])
    return None


def start(project, how, user=0, **meta):
    """A run with a process of another user; returns the runner and the pid of that."""
    project.write(batch_size=[1], meta={"kill_grace": 0.2, "max_threads": 1, **meta})
    os.chown(project.config, USER, USER)
    project.script("changes", CHANGES)
    runner = project.start(project.script("train", HOW[how]), user)
    pid = int(until(lambda: list(project.logs.glob("*/pid")), "the program")[0].read_text())
    until(lambda: real_user(pid) == user and pathlib.Path(f"/proc/{pid}/comm").read_text() == "sleep\n", "the change of user")
    return runner, pid


def names(text, pid, user="root"):
    return f"process {pid} (sleep 600, of user {user})" in text and f"end it with 'sudo kill {pid}'" in text


@attacks("how", STAYING, sample=2)
@attacks("user, name", [(0, "root"), (1, "daemon"), (54399, "54399")], sample=2)
def test_what_cannot_be_ended_is_named_and_a_second_stop_does_not_wait_for_it(users_project, how, user, name):
    runner, pid = start(users_project, how, user)
    runner.send(signal.SIGTERM)
    until(lambda: "Furcate may not end" in runner.stderr, "the message")
    assert names(runner.stderr, pid, name) and "of example0" in runner.stderr
    assert not runner.is_over() and is_alive(pid)
    assert runner.send_until_over(signal.SIGTERM) == 143
    assert is_alive(pid)
    assert f"furcate: left process {pid} (sleep 600, of user {name})" in runner.stderr
    assert users_project.log().count("Furcate may not end") == 1


def test_a_stop_that_waits_ends_with_the_process(users_project):
    runner, pid = start(users_project, "as a whole")
    runner.send(signal.SIGTERM)
    until(lambda: "Furcate may not end" in runner.stderr, "the message")
    os.kill(pid, signal.SIGKILL)
    assert runner.wait() == 143
    assert "left process" not in runner.stderr


@attacks("how", STAYING, sample=1)
def test_after_a_timeout_its_slot_is_not_used_before_the_process_is_gone(users_project, how):
    runner, pid = start(users_project, how, timeout=0.5, retries=0)
    until(lambda: "Furcate may not end" in runner.stderr, "the message")
    assert names(runner.stderr, pid) and "gets no other run before that is gone" in runner.stderr
    assert is_alive(pid) and not runner.is_over()
    os.kill(pid, signal.SIGKILL)
    assert runner.wait() == 1
    assert "timed out after 0.5 s" in runner.stderr


def test_what_a_program_leaves_and_cannot_be_ended_is_not_said_to_be(users_project):
    runner, pid = start(users_project, "left")
    until(lambda: "Furcate may not end" in runner.stderr, "the message")
    assert names(runner.stderr, pid)
    assert "was ended" not in users_project.log() and "were ended" not in users_project.log()
    os.kill(pid, signal.SIGKILL)
    assert runner.wait() == 0


def test_what_is_below_a_process_that_cannot_be_ended_is_ended(users_project):
    """As with `sudo -u me`: only what stands between furcate and a process of its own user is another user's."""
    project = users_project
    project.write(batch_size=[1], meta={"kill_grace": 0.2})
    project.script("own", 'echo $$ > "$FURCATE_RUN_DIR/pid.new"\nmv "$FURCATE_RUN_DIR/pid.new" "$FURCATE_RUN_DIR/pid"\n'
                          "exec sleep 600\n")
    project.script("between", f"{' '.join(AS_USER)} ./own &\nwhile :; do sleep 600; done\n")
    runner = project.start(project.script("train", "exec ./become --reuid 0 --clear-groups ./between\n"))
    own = int(until(lambda: list(project.logs.glob("*/pid")), "the program")[0].read_text())
    runner.send(signal.SIGTERM)
    until(lambda: not is_alive(own), "the end of the user's own process")
    assert runner.send_until_over(signal.SIGTERM) == 143
    assert "furcate: left processes " in runner.stderr


def freezer():
    """A folder of control groups, version 1, whose processes can be frozen: SIGKILL does not end one until it thaws."""
    folder = pathlib.Path("/sys/fs/cgroup/freezer")
    return folder if os.access(folder / "cgroup.procs", os.W_OK) else None


@pytest.mark.skipif(not freezer(), reason="no freezer of cgroup v1, which stands for a device that hangs")
@pytest.mark.skipif(not ALL, reason="takes 20 s")
def test_what_does_not_end_though_it_was_killed_is_told_and_left_by_a_second_stop(project, held):
    project.write(batch_size=[1], meta={"kill_grace": 0.2})
    runner = project.start(project.script("train", 'echo $$ > "$FURCATE_RUN_DIR/pid"\nexec sleep 600\n'))
    pid = int(until(lambda: [text for path in project.logs.glob("*/pid") if (text := path.read_text())], "the program")[0])
    group = pathlib.Path(tempfile.mkdtemp(prefix="furcate-test-", dir=freezer()))
    try:
        (group / "cgroup.procs").write_text(str(pid))
        (group / "freezer.state").write_text("FROZEN")
        until(lambda: (group / "freezer.state").read_text() == "FROZEN\n")
        runner.send(signal.SIGTERM)
        until(lambda: "Thread 0 was killed and does not end" in runner.stderr, "the message")
        assert runner.send_until_over(signal.SIGTERM) == 143
        assert "processes of the runs were killed and do not end" in runner.stderr
    finally:
        (group / "freezer.state").write_text("THAWED")
        until(lambda: not is_alive(pid), "the end of the program")
        for left in (group, *project.groups_left()):
            until(lambda: groups.remove(left) or not left.exists(), "the removal of the group")


@attacks("victim", ["guardian", "runner"])
def test_a_kill_of_either_process_names_what_is_left(users_project, victim):
    started, pid = start(users_project, "as a whole")
    guardian = started.pid
    runner = users_project.runner_pid()
    os.kill(guardian if victim == "guardian" else runner, signal.SIGKILL)
    until(lambda: not is_alive(runner) and not is_alive(guardian), "the end of both")
    assert names(started.stderr, pid)
    assert is_alive(pid)


@attacks("how", ["as a whole", "below a shell"])
def test_the_next_start_names_what_was_left_when_both_were_killed(users_project, how):
    project = users_project
    started, pid = start(project, how)
    project.until_started(1)
    runner = project.runner_pid()
    started.send(signal.SIGSTOP)  # so that it cannot see the other die
    os.kill(runner, signal.SIGKILL)
    started.kill()
    until(lambda: not is_alive(runner), "the end of the runner")
    assert is_alive(pid)
    done = project.run("/bin/true")
    assert names(done.stderr, pid) and "furcate: a killed runner has left" in done.stderr
    assert len(project.rows()) == 1


@pytest.mark.skipif(not groups.can_make_groups(), reason="this process may make no control group")
@attacks("how", STAYING, sample=2)
def test_by_a_control_group_also_other_users_processes_are_ended(users_project, how):
    group = in_a_group_of_its_own(users_project)
    try:
        runner, pid = start(users_project, how)
        assert list(group.glob("furcate-*/slot0*")), "a control group"
        runner.send(signal.SIGTERM)
        assert runner.wait() == 143
        assert not is_alive(pid)
        assert "may not end" not in runner.stderr
    finally:
        end_all_of(users_project.root)
        until(lambda: (group / "cgroup.events").read_text().startswith("populated 0"), "the end of all in the group")
        groups.remove(group)


# --- machines that show no processes ---

# Mount namespaces of their own, so that no other process notices.
PRIVATE = ["unshare", "--mount", "--propagation", "private"]
WITHOUT_GROUPS = "umount -lt cgroup2 -a && "
HIDDEN = {
    "no /proc": [*PRIVATE, "sh", "-c", WITHOUT_GROUPS + 'umount -l /proc && exec "$@"', "-"],
    "/proc of another pid namespace": [*PRIVATE, "--pid", "--fork", "--kill-child", "sh", "-c",
                                       WITHOUT_GROUPS + '"$@"; exit $?', "-"],
}
PARTLY_HIDDEN = {
    "other users hidden": [*PRIVATE, "sh", "-c", WITHOUT_GROUPS + 'mount -t proc -o hidepid=2 proc /proc && exec "$@"', "-"],
    "only processes": [*PRIVATE, "sh", "-c", WITHOUT_GROUPS + 'mount -t proc -o subset=pid proc /proc && exec "$@"', "-"],
    "groups that are read-only": [*PRIVATE, "sh", "-c",
                                  f'mount -o remount,ro,bind {groups.mount_point()} && exec "$@"', "-"],
    "a pid namespace of its own": [*PRIVATE, "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
                                   WITHOUT_GROUPS + '"$@"; exit $?', "-"],
}
NOT_FOLLOWED = "What programs start cannot be followed, since there are no control groups, and /proc is not mounted"
LEAVING = """sleep 600 &
setsid sh -c 'touch "$FURCATE_RUN_DIR/in_session"; exec sleep 600' &
while [ ! -e "$FURCATE_RUN_DIR/in_session" ]; do sleep .01; done
"""
may_hide = pytest.mark.skipif(not may([*PRIVATE, "true"]), reason="this user can mount and unmount nothing")


def left_by(project):
    """The processes that a test of this project has left executing, by their command."""
    mark = f"FURCATE_TEST={project.root}".encode()
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if mark in environment_of(pid)]


@pytest.fixture
def cleared(project):
    yield project
    for runner in project.runners:
        if not runner.is_over():
            runner.kill()
    end_all_of(project.root)


@may_hide
@attacks("where", HIDDEN)
def test_where_trees_cannot_be_followed_that_is_said_at_the_start(cleared, where):
    project = cleared
    project.write(batch_size=[1, 2], meta={"max_threads": 1})
    if not may([*HIDDEN[where], "true"]) or SANITIZED and where == "no /proc":
        pytest.skip("this cannot be hidden here")
    project.executable = [*HIDDEN[where], FURCATE]
    bystander = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        done = project.run(project.script("train", LEAVING))
        assert done.stderr.count(NOT_FOLLOWED) == project.log().count(NOT_FOLLOWED) == 1
        assert "mount -t proc proc /proc" in done.stderr
        assert len(project.rows()) == 2
        # In a pid namespace of its own the kernel ends even daemons, with the first process there.
        assert len(left_by(project)) == (2 if where == "no /proc" else 0), "only what has left the process group"
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


@may_hide
@pytest.mark.skipif(SANITIZED, reason="the sanitizers look for leaks by /proc")
def test_where_trees_cannot_be_followed_a_stop_ends_the_process_group(cleared):
    project = cleared
    project.write(batch_size=[1], meta={"kill_grace": 0.2})
    project.executable = [*HIDDEN["no /proc"], FURCATE]
    runner = project.start(project.script("train", "trap '' TERM\nsleep 600 &\necho $! > \"$FURCATE_RUN_DIR/child.new\"\n"
                                                   "mv \"$FURCATE_RUN_DIR/child.new\" \"$FURCATE_RUN_DIR/child\"\nwait\n"))
    child = int(until(lambda: list(project.logs.glob("*/child")), "the program")[0].read_text())
    runner.send(signal.SIGTERM)
    assert runner.wait() == 143
    assert not is_alive(child)


@may_hide
@attacks("where", PARTLY_HIDDEN)
def test_where_a_part_is_hidden_trees_are_ended_and_named_all_the_same(cleared, where):
    project = cleared
    project.write(batch_size=[1, 2], meta={"max_threads": 1})
    if not may([*PARTLY_HIDDEN[where], "true"]):
        pytest.skip("this cannot be hidden here")
    project.executable = [*PARTLY_HIDDEN[where], FURCATE]
    done = project.run(project.script("train", LEAVING))
    assert "cannot be followed" not in done.stderr
    assert project.log().count("left 2 processes (") == 2
    assert left_by(project) == []


# --- processes that have ended and that nobody waits for ---

COUNT = '''
def zombies(parent):
    found = 0
    for child in open(f"/proc/{parent}/task/{parent}/children").read().split():
        try:
            found += open(f"/proc/{child}/stat").read().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            pass
    return found
'''


def test_ended_orphans_of_a_program_are_gone_with_it(project, held):
    """By descent they are the program's to wait for, while it executes."""
    project.write(batch_size=[1, 2], meta={"max_threads": 1})
    count = "200" if not ALL else "5000"
    program = project.python("train.py", f"import os\n{COUNT}\nbefore = zombies(os.getppid())\n"
                             f"for i in range({count}):\n    os.system('(true &)')\n"
                             "print(before, zombies(os.getpid()))\n")
    project.run(program)
    for output in project.logs.glob("*/*.log"):
        of_runner, of_program = map(int, output.read_text().split())
        assert of_runner == 0
        assert (of_program > 0) == (held == "descent")
