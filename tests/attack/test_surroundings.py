"""Where furcate is started: other users, namespaces, environments, signals, files, clocks, refused system calls. It works
there, or says what fails; and a start in good surroundings goes on, with each run done once and nothing left."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

import groups
from sample import attacks
from support import BUILD, FURCATE, SANITIZED, USER, Project, is_alive, until

YEAR = 365 * 86400
CRASHES = ("signal 4", "signal 6", "signal 7", "signal 8", "signal 11")
PROGRAM = 'echo "$1" >> "$DONE"\n'


@pytest.fixture
def place():
    """A project that any user may read and write, with a furcate of its own."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="furcate-attack-"))
    root.chmod(0o777)
    shutil.copy(FURCATE, root / "furcate")
    project = Project(root)
    project.executable = [root / "furcate"]
    project.write(batch_size=[1, 2, 3], log_dir=str(project.logs), meta={"max_threads": 2})
    yield project
    for pid in marked(project):
        os.kill(pid, signal.SIGKILL)
    until(lambda: not project.groups_left() or [groups.remove(group) for group in project.groups_left()], "no groups")
    shutil.rmtree(root)


def marked(project):
    """The processes that know of the project by their command or environment, and execute."""
    marker = str(project.root).encode()
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            is_ours = marker in (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if is_ours and int(entry.name) != os.getpid() and is_alive(entry.name):
            yield int(entry.name)


def done(project):
    path = project.root / "done"
    return sorted(path.read_text().split()) if path.exists() else []


# --- what goes before the command, or into the child before it ---

def words(*prefix):
    return lambda project: {"prefix": prefix}


def shell(text):
    return words("sh", "-c", f'{text}\nexec "$@"', "sh")


def in_child(act):
    return lambda project: {"preexec_fn": act}


def environment(**more):
    return lambda project: {"more": more}


def clock(seconds):
    def set_clock(project):
        (project.root / "clock").write_text(f"{seconds} 0")
        return {"more": {"FURCATE_CLOCK": str(project.root / "clock"), "LD_PRELOAD": str(BUILD / "tests/libclock-shim.so")}}
    return set_clock


def open_many():
    for _ in range(190):
        os.set_inheritable(os.open("/dev/null", os.O_RDONLY), True)


def block_all():
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


def ignore(*numbers):
    return lambda: [signal.signal(number, signal.SIG_IGN) for number in numbers]


def become_stranger(project):
    try:
        for path in (project.root, project.root / "config.json"):
            os.chown(path, USER, USER)
    except OSError:
        pytest.skip("only root can give files to others")
    return {"prefix": ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups")}


def without_mount(place):
    return words("unshare", "--mount", "sh", "-c", f'umount -l {place} && exec "$@"', "sh")


def read_only_groups(project):
    mount = groups.mount_point()
    remount = f'mount --bind {mount} {mount} && mount -o remount,bind,ro {mount} && exec "$@"'
    return {"prefix": ("unshare", "--mount", "sh", "-c", remount, "sh")}


WORKS = {
    "env -i": words("env", "-i", "PATH=/usr/bin:/bin"), "env -i without PATH": words("env", "-i"),
    "1.4 MB of environment": environment(**{f"PAD{i}": "x" * 100_000 for i in range(14)}),
    "hostile environment": environment(HOME="/nonexistent", TMPDIR="/nonexistent", LANG="xx_YY", TERM="\x1b[2J", COLUMNS="-1",
                                       PWD="/else", OLDPWD="", IFS="x", BASH_ENV="/dev/full", LINES="999999999999999999999"),
    "TZ=/dev/zero": environment(TZ="/dev/zero"), "TZ of nowhere": environment(TZ=":../../../etc/passwd"),
    "SIGCHLD ignored": in_child(ignore(signal.SIGCHLD)), "SIGPIPE ignored": in_child(ignore(signal.SIGPIPE)),
    "all signals ignored": in_child(ignore(*set(range(1, 32)) - {signal.SIGKILL, signal.SIGSTOP})),
    "all signals blocked": in_child(block_all), "190 inherited files": in_child(open_many),
    "no stdin": shell("exec <&-"), "no stdout": shell("exec >&-"), "no stderr": shell("exec 2>&-"),
    "no files at all": shell("exec <&- >&- 2>&-"), "full stderr": shell("exec 2>/dev/full >/dev/full"),
    "umask 0": shell("umask 0"), "umask 077": shell("umask 077"),
    "nice": words("nice", "-n", "19"), "idle": words("chrt", "--idle", "0"), "one CPU": words("taskset", "1"),
    "no new privileges": words("setpriv", "--no-new-privs"), "another session": words("setsid", "--wait"),
    "1931": clock(-95 * YEAR), "2039": clock(13 * YEAR), "10265": clock(8239 * YEAR), "1901": clock(-125 * YEAR),
    "a stranger": become_stranger, "user namespace": words("unshare", "--user", "--map-root-user"),
    "pid namespace": words("unshare", "--pid", "--fork", "--mount-proc", "--kill-child"),
    "pid 1 with the /proc of others": words("unshare", "--pid", "--fork", "--kill-child"),
    "mount namespace": words("unshare", "--mount"), "net namespace": words("unshare", "--net"),
    "uts namespace": words("unshare", "--uts"), "ipc namespace": words("unshare", "--ipc"),
    "cgroup namespace": words("unshare", "--cgroup"),
    "user and pid namespace": words("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"),
    "no /sys": without_mount("/sys"), "read-only control groups": read_only_groups,
}
EITHER = {
    "no /proc": without_mount("/proc"), "deleted folder": shell("mkdir gone && cd gone && rmdir ../gone"),
    "user namespace without a user": words("unshare", "--user"), "umask 777": shell("umask 777"),
    "no /dev": words("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /dev && exec "$@"', "sh"),
}
SHIMS = ("1931", "2039", "10265", "1901")


def refused_calls():
    names = subprocess.run([BUILD / "tests/attack/refuse"], capture_output=True, text=True).stdout.split()
    return [f"{name} {error}" for name in names for error in ("EPERM", "ENOSYS")]


def start_there(project, *, prefix=(), more=None, preexec_fn=None):
    program = project.script("program", PROGRAM)
    command = [*map(str, prefix), str(project.root / "furcate"), "run", str(project.config), "--", program, "{batch_size}"]
    if prefix[:2] == ("env", "-i"):
        command.insert(2, f"DONE={project.root}/done")
    with (project.root / "stderr").open("w") as errors:
        process = subprocess.Popen(command, cwd=project.root, preexec_fn=preexec_fn, stdin=subprocess.DEVNULL, stdout=errors,
                                   stderr=errors, env={**project.environment, "DONE": f"{project.root}/done", **(more or {})})
    project.pids.append(process.pid)
    return process


def end_of(project, process):
    """Its status and what it said. One that waits for better surroundings is told to stop."""
    try:
        status = process.wait(20)
    except subprocess.TimeoutExpired:
        for pid in marked(project):
            os.kill(pid, signal.SIGTERM)
        status = process.wait(60)
    said = (project.root / "stderr").read_text(errors="replace")
    assert not any(crash in said for crash in CRASHES), said
    assert status >= 0 or status == -signal.SIGTERM, f"{status}: {said}"
    return status, said


def check_good_start(project, was_done):
    """All is done after it, each run once; nothing is left."""
    status, said = end_of(project, start_there(project))
    assert status == 0, said
    assert project.values() == ["1", "2", "3"]
    assert done(project) == ["1", "2", "3"] or not was_done and set(done(project)) == {"1", "2", "3"}
    left = until(lambda: not list(marked(project)) and "nothing", "the end of all processes")
    assert left == "nothing" and not project.groups_left()


def there(project, surroundings):
    """How to start in these, which not every user on every machine can make."""
    how = surroundings(project)
    if "prefix" in how and subprocess.run([*map(str, how["prefix"]), "true"], cwd=project.root, capture_output=True).returncode:
        pytest.skip("this user cannot make such surroundings here")
    return how


@attacks("name", WORKS, 10)
def test_furcate_works(place, name):
    if SANITIZED and name in SHIMS:
        pytest.skip("the clock has to come before the sanitizers' own")
    status, said = end_of(place, start_there(place, **there(place, WORKS[name])))
    assert status == 0, said
    check_good_start(place, was_done=True)


@attacks("name", EITHER, 1)
def test_furcate_works_or_says_what_fails(place, name):
    status, said = end_of(place, start_there(place, **there(place, EITHER[name])))
    assert status == 0 or said.strip()
    check_good_start(place, was_done=status == 0)


@pytest.mark.skipif(SANITIZED, reason="the sanitizers make system calls of their own")
@attacks("name", [] if SANITIZED else refused_calls(), 10)
def test_a_refused_system_call(place, name):
    call, error = name.split()
    status, said = end_of(place, start_there(place, prefix=(BUILD / "tests/attack/refuse", error, call)))
    assert status == 0 or said.strip(), f"{status} without a word"
    check_good_start(place, was_done=status == 0)


@pytest.mark.skipif(SANITIZED, reason="the sanitizers make system calls of their own")
@pytest.mark.parametrize("call", ["ioctl", "pipe2"])
def test_a_refused_call_that_the_event_loop_needs_is_told(place, call):
    status, said = end_of(place, start_there(place, prefix=(BUILD / "tests/attack/refuse", "EPERM", call)))
    assert status == 2 and "which the event loop needs: Operation not permitted" in said
