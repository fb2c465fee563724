"""Two runners in one log dir that cannot see each other's processes: on other hosts, in other containers."""

import os
import subprocess
import time

import pytest

from sample import attacks
from support import FURCATE, until

ISOLATED = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
RENAMED = ["unshare", "--uts", "sh", "-c", 'hostname elsewhere; exec "$@"', "-"]
PLACES = {
    "a container": (ISOLATED, "in another container, pid 1 there"),
    "a container with a name": ([*RENAMED, *ISOLATED], "on host elsewhere, in another container, pid 1 there"),
    "a container whose name is long": ([*RENAMED[:-2], f'hostname {"h" * 64}; exec "$@"', "-", *ISOLATED],
                                       f"on host {'h' * 64}, in another container, pid 1 there"),
    "a container with an empty environment": ([*ISOLATED, "env", "-i"], "in another container, pid 1 there"),
}
can_isolate = subprocess.run([*RENAMED, *ISOLATED, "true"], capture_output=True).returncode == 0
pytestmark = pytest.mark.skipif(not can_isolate, reason="this user may make no namespaces")


def start_in(project, place):
    runner = project.start_command(*place, FURCATE, "run", "config.json", "--", project.gated())
    project.until_waiting(1) if not place else until(lambda: list(project.logs.glob("*/pid")), "the run")
    return runner


def let_go(project, runner):
    project.let_go(next(project.logs.glob("*/gate")).parent)
    assert runner.wait() == 0, runner.stderr


def refusal(project, place=()):
    """What a second start says, which does not wait for the first one to die."""
    project.executable = [*place, FURCATE]
    began = time.monotonic()
    done = project.furcate("run", "config.json", "--", "/bin/true")
    assert done.returncode == 2 and time.monotonic() - began < 14, "it waited for 15 s before"
    return done.stderr


@attacks("place", PLACES)
def test_a_runner_in_a_container_is_named_by_host_and_pid_at_once(project, place):
    project.write(batch_size=[1])
    command, words = PLACES[place]
    first = start_in(project, command)
    assert refusal(project) == (f"furcate: another furcate runner works in {project.logs}: {words}; wait for it, or stop it "
                                "there\n")
    let_go(project, first)
    assert project.values() == ["1"]


@attacks("place", PLACES)
def test_a_start_in_a_container_names_the_runner_outside(project, place):
    project.write(batch_size=[1])
    first = start_in(project, [])
    assert f"in another container, pid {first.pid} there; wait" in refusal(project, PLACES[place][0])
    let_go(project, first)


def test_another_name_of_the_host_alone_leaves_the_pid_valid(project):
    project.write(batch_size=[1])
    first = start_in(project, RENAMED)
    assert f"another furcate runner (pid {first.pid}) works in {project.logs}; wait" in refusal(project)
    let_go(project, first)


BARE = ["unshare", "--pid", "--fork", "--kill-child"]  # /proc is that of the namespace around it


@attacks("places", [[[], BARE], [BARE, []], [BARE, BARE]])
def test_a_start_whose_proc_is_another_namespaces_is_refused_at_once(project, places):
    project.write(batch_size=[1])
    first = start_in(project, places[0])
    assert "in another container, pid " in refusal(project, places[1])
    let_go(project, first)


@attacks("places", [[ISOLATED, []], [[], ISOLATED]])
def test_after_a_kill_elsewhere_nobody_is_ended_here(project, places):
    """The pids in the lock are those of other processes here. It may still be held for a moment."""
    project.write(batch_size=[1])
    first = start_in(project, places[0])
    first.kill()
    stranger = subprocess.Popen(["sleep", "600"], env={**os.environ, "FURCATE_RUNNER": project.lock()["token"]},
                                start_new_session=True)
    project.executable = [*places[1], FURCATE]
    try:
        until(lambda: project.furcate("run", "config.json", "--", "/bin/true").returncode == 0, "the lock")
        assert project.values() == ["1"] and stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
