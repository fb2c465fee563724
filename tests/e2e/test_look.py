"""Where changes of the config give no event it is looked at now and then; nothing waits for a server that is away."""

import json
import os
import signal
import subprocess

import pytest

from support import EXAMPLE, FURCATE, SANITIZED, is_alive, until
from remote_folder import RemoteFolder


def config_of(*values):
    return json.dumps({**EXAMPLE, "batch_size": values,
                       "meta": {"allow_cpu": True, "max_threads": 1, "order": "config"}})


def until_log(project, words):
    return until(lambda: words in project.log(), f"'{words}' in the log")


LIMITS = {"max_inotify_instances": "Too many open files; raise fs.inotify.max_user_instances",
          "max_inotify_watches": "No space left on device; raise fs.inotify.max_user_watches"}


@pytest.mark.parametrize("limit", LIMITS)
def test_a_kernel_that_gives_no_watches_is_done_without(project, limit):
    command = ["unshare", "-Ur", "sh", "-c", f'echo 0 >/proc/sys/user/{limit} && exec "$@"', "sh"]
    if subprocess.run([*command, "true"], capture_output=True).returncode != 0:
        pytest.skip("no user namespaces")
    project.config.write_text(config_of(1))
    runner = project.start_command(*command, FURCATE, "run", "config.json", "--", project.gated())
    project.until_waiting(1)
    until_log(project, "config.json is looked at every 3 s, since changes of it cannot be watched: " + LIMITS[limit])
    project.config.write_text(config_of(1, 2))
    until_log(project, "The plan is now 2 configs")
    project.config.unlink()
    until_log(project, "config.json cannot be read (No such file or directory)")
    project.config.write_text(config_of(1, 2, 3))
    until_log(project, "The plan is now 3 configs")
    assert project.let_all_go(runner) == 0
    assert project.values() == ["1", "2", "3"]
    assert project.log().count("is looked at") == 1
    assert project.log().count("cannot be read") == 1


@pytest.fixture
def remote(project):
    folder = RemoteFolder(project.root / "remote", "config.json", config_of(1).encode())
    try:
        folder.__enter__()
    except OSError as error:
        pytest.skip(f"no mount: {error}")
    yield folder
    folder.__exit__()


def start(project, path="remote/config.json"):
    runner = project.start_command(FURCATE, "run", path, "--", project.gated())
    project.until_waiting(1)
    # The loop itself looks once after its start, and would wait for a server that is away by then.
    until_log(project, "is looked at every 3 s")
    until(lambda: is_idle(project.runner_pid()), "the end of that look")
    return runner


def is_idle(pid):
    """Whether the loop waits for events."""
    with open(f"/proc/{pid}/wchan", encoding="ascii") as waits:
        return "poll" in waits.read()


@pytest.mark.parametrize("through_a_link", [False, True])
def test_an_edit_on_another_machine_is_noticed(project, remote, through_a_link):
    project.config.symlink_to("remote/config.json")
    runner = start(project, "config.json" if through_a_link else "remote/config.json")
    for last in (2, 3):
        remote.content = config_of(*range(1, last + 1)).encode()
        until_log(project, f"The plan is now {last} configs")
    assert project.let_all_go(runner) == 0
    assert project.values() == ["1", "2", "3"]
    assert project.log().count("Detected change") == 2


def until_a_look_hangs(remote, runner_pid):
    """The server goes away; a thread of the runner waits for it."""
    remote.answer(False)

    def hangs():
        threads = os.listdir(f"/proc/{runner_pid}/task")
        return any("fuse" in open(f"/proc/{runner_pid}/task/{thread}/wchan").read() or
                   "request_wait" in open(f"/proc/{runner_pid}/task/{thread}/wchan").read() for thread in threads)
    until(hangs, "a look that hangs")


def test_a_server_that_is_away_holds_nothing_up(project, remote):
    runner = start(project)
    remote.content = config_of(*range(1, 9)).encode()
    until_log(project, "The plan is now 8 configs")
    until_a_look_hangs(remote, project.runner_pid())
    for done in range(1, 4):
        project.let_go(project.until_waiting(1)[0])
        until(lambda: project.csv.exists() and len(project.rows()) == done, "the row")
        project.until_waiting(1)
    remote.content = config_of(*range(1, 6)).encode()
    remote.answer(True)
    until_log(project, "The plan is now 5 configs")
    assert project.let_all_go(runner) == 0
    assert project.values() == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("stopped", [True, False])
def test_a_server_that_is_away_does_not_keep_the_runner_from_ending(project, remote, stopped):
    if SANITIZED:
        pytest.skip("at the end the sanitizers can wait for the thread that hangs")
    runner = start(project)
    pid = project.runner_pid()
    until_a_look_hangs(remote, pid)
    if stopped:
        runner.send(signal.SIGTERM)
        assert runner.wait() == 143
    else:
        assert project.let_all_go(runner) == 0
    assert not is_alive(pid)
