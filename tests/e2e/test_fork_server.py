"""meta.start: attempts that are forks of a program which was started once, instead of programs of their own."""

import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from support import BUILD, is_alive, until

PROGRAM = BUILD / "tests/fork-program"


@pytest.fixture
def fork(project):
    """The project with a data dir and a copy of the program."""
    (project.root / "data").mkdir()
    (project.root / "data/example.train").touch()
    shutil.copy(PROGRAM, project.root / "program")
    return project


def write(project, act, start="fork", meta=None, **keys):
    keys = {"batch_size": [1, 2, 3, 4], **keys}
    project.write({"data_name": "example", "data_dir": "data/", "act": act, "epochs": 1, **keys},
                  meta={"start": start, "max_threads": 2, **(meta or {})})


def prefix(project):
    """What goes before the program so that its runner finds no control groups, where the test wants that."""
    return project.executable[:-1]


def start(project, *arguments, **environment):
    return project.start_command(*prefix(project), project.root / "program", *arguments, **environment)


def run(project, status=0):
    runner = start(project)
    assert runner.wait() == status, runner.stderr
    return runner


def warmed(project):
    """The pids of the servers that were started."""
    path = project.root / "warmed"
    return [int(line) for line in path.read_text().splitlines()] if path.exists() else []


def parent(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def pid_of(directory):
    return int((directory / "pid").read_text())


def comparable(row):
    """Of a row, what is the same each time."""
    return {key: value for key, value in row.items()
            if not re.search("time|seconds|cpu|memory|log_dir|meta|idle", key) and key != "run_id"}


def test_forks_have_the_results_of_programs(fork):
    rows = {}
    for kind in ("spawn", "fork"):
        write(fork, ["", "report"], kind)
        run(fork)
        rows[kind] = sorted(map(str, map(comparable, fork.rows())))
        assert len(rows[kind]) == 8
        shutil.rmtree(fork.logs)
    assert re.sub("fork", "spawn", str(rows["fork"])) == str(rows["spawn"])
    assert len(warmed(fork)) == 1


def test_auto_spawns_what_cannot_say_that_it_can_be_forked(fork):
    write(fork, "", "auto")
    run(fork)
    assert warmed(fork) == []
    assert not (fork.logs / "furcate-server.log").exists()


def told(project, kind):
    write(project, "tell", kind, batch_size=[1])
    runner = start(project, "--own", "two words", "", ODD="=a=b\n", EMPTY="")
    assert runner.wait() == 0, runner.stderr
    lines = next(project.logs.glob("*/told")).read_text()
    shutil.rmtree(project.logs)
    return re.sub("(?<=FURCATE_RUNNER=)[0-9a-f]{32}", "of this start", lines)


def test_a_fork_finds_what_a_program_does(fork):
    assert told(fork, "fork") == told(fork, "spawn")
    assert len(warmed(fork)) == 1


def test_how_runs_fail_is_known(fork, held):
    write(fork, ["fail", "exit", "crash", "ok"], batch_size=[1], meta={"retries": 0})
    runner = run(fork, 1)
    assert [row["act"] for row in fork.rows()] == ["ok"]
    assert "exit status 3" in runner.stderr
    assert "signal 9 (Killed)" in runner.stderr
    assert "exit status 1" in runner.stderr and "there is no such layer" in runner.stderr
    assert len(warmed(fork)) == 1


def test_a_failed_fork_is_retried(fork):
    write(fork, "fail once", meta={"retries": 1, "fail_fast": False})
    run(fork)
    assert {row["run_attempts"] for row in fork.rows()} == {"2"}
    assert len(warmed(fork)) == 1


def test_a_fork_that_takes_too_long_is_ended(fork, held):
    write(fork, "hang", batch_size=[1], meta={"timeout": 1, "kill_grace": 1, "retries": 0})
    assert "timed out after 1 s" in run(fork, 1).stderr


def test_forks_are_children_of_the_runner_and_end_with_it(fork, held):
    write(fork, "wait")
    runner = start(fork)
    pids = [pid_of(directory) for directory in fork.until_waiting(2)]
    server = warmed(fork)[0]
    assert {parent(pid) for pid in [*pids, server]} == {fork.runner_pid()}
    if held == "group":
        groups = {pathlib.Path(f"/proc/{pid}/cgroup").read_text() for pid in [*pids, server]}
        assert len(groups) == 3
    runner.send(signal.SIGINT)
    assert runner.wait() == 130
    assert not any(map(is_alive, [*pids, server]))


def test_what_a_fork_leaves_ends_with_it(fork, held):
    write(fork, "daemon")
    run(fork)
    # By descent nothing shows which of two runs left which, where both end at once.
    left = [int(count) for count in re.findall(r" left (\d) process", fork.log())]
    assert sum(left) == 4 and (held == "descent" or left == [1] * 4), fork.log()
    daemons = [int(path.read_text()) for path in fork.logs.glob("*/daemon")]
    assert len(daemons) == 4 == len(fork.rows())
    assert not any(map(is_alive, daemons))


def test_what_the_runner_adopts_is_waited_for(fork, held):
    write(fork, ["daemon", "wait"], batch_size=[1], meta={"max_threads": 1, "order": "config"})
    runner = start(fork)
    fork.until_waiting(1)
    daemon = int(next(fork.logs.glob("*/daemon")).read_text())
    until(lambda: not pathlib.Path(f"/proc/{daemon}").exists(), "the last of the daemon")
    assert fork.let_all_go(runner) == 0, runner.stderr


@pytest.mark.parametrize("whom", ["runner", "guardian"])
def test_nothing_outlives_a_kill(fork, held, whom):
    write(fork, "wait")
    runner = start(fork)
    pids = [pid_of(directory) for directory in fork.until_waiting(2)] + warmed(fork)
    assert len(pids) == 3
    os.kill(fork.runner_pid() if whom == "runner" else runner.pid, signal.SIGKILL)
    runner.wait()
    until(lambda: not any(map(is_alive, pids)), "the end of all processes")


def test_a_killed_server_costs_no_run(fork, held):
    write(fork, "wait")
    runner = start(fork)
    first = fork.until_waiting(2)
    os.kill(warmed(fork)[0], signal.SIGKILL)
    until(lambda: "The fork server has ended (signal 9 (Killed)): warming it again" in fork.log(), "word of its end")
    assert fork.waiting() == first
    assert fork.let_all_go(runner) == 0, runner.stderr
    assert len(fork.rows()) == 4
    assert {row["run_attempts"] for row in fork.rows()} == {"1"}
    assert len(warmed(fork)) == 2


def test_a_server_that_crashes_again_and_again_is_given_up(fork):
    (fork.root / "warming").write_text("crash")
    write(fork, "", batch_size=list(range(1, 10000)))
    runner = start(fork)
    until(lambda: "Runs are spawned, not forked: The fork server did not start Thread" in fork.log(), "the third crash")
    runner.send(signal.SIGTERM)
    assert runner.wait() == 143
    assert "3 times in a row" in runner.stderr
    assert len(warmed(fork)) == 3
    assert {row["run_attempts"] for row in fork.rows()} == {"1"}


def test_a_program_that_cannot_warm_is_spawned(fork):
    (fork.root / "warming").write_text("fail")
    write(fork, "")
    runner = run(fork)
    assert len(fork.rows()) == 4
    assert "Runs are spawned, not forked: the fork server ended before it was warm (exit status 5)" in runner.stderr
    assert "no framework" in runner.stderr
    assert len(warmed(fork)) == 1


def test_a_program_with_another_furcate_is_spawned(fork):
    (fork.root / "warming").write_text("old")
    write(fork, "")
    assert "the program has another version of furcate than this one" in run(fork).stderr
    assert len(fork.rows()) == 4


# A /dev with a GPU in it.
WITH_GPU = ["unshare", "--mount", "sh", "-c",
            'mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && touch /dev/nvidia0 && exec "$@"', "sh"]


def test_a_program_that_has_opened_a_gpu_is_spawned(fork):
    if subprocess.run([*WITH_GPU, "test", "-c", "/dev/null"], capture_output=True).returncode != 0:
        pytest.skip("this process may mount nothing")
    (fork.root / "warming").write_text("gpu")
    write(fork, "")
    fork.executable = [*WITH_GPU, "furcate"]
    assert "the program opened a GPU (/dev/nvidia0) before it was to become a run" in run(fork).stderr
    assert len(fork.rows()) == 4


def test_a_server_that_does_not_answer_is_replaced(fork):
    write(fork, "wait", batch_size=[1, 2, 3])
    runner = start(fork)
    directory = fork.until_waiting(2)[0]
    os.kill(warmed(fork)[0], signal.SIGSTOP)
    fork.let_go(directory)
    until(lambda: "which is spawned (it is stopped)" in fork.log(), "word of it")
    assert fork.let_all_go(runner) == 0, runner.stderr
    assert len(fork.rows()) == 3
    assert not is_alive(warmed(fork)[0])


def test_a_wrapped_program_cannot_be_forked_by_itself(fork):
    fork.write({"batch_size": [1, 2]}, meta={"start": "fork"})
    done = fork.run("true")
    assert done.stderr.count("Runs are spawned, not forked: start is 'fork', which needs a Fork program") == 1


def test_an_edited_program_is_warmed_again(fork):
    write(fork, "wait")
    runner = start(fork)
    directory = fork.until_waiting(2)[0]
    shutil.copy(PROGRAM, fork.root / "new")
    (fork.root / "new").rename(fork.root / "program")
    fork.let_go(directory)
    until(lambda: "program was edited: warming the fork server again" in fork.log(), "word of the edit")
    assert fork.let_all_go(runner) == 0, runner.stderr
    assert len(fork.rows()) == 4


def test_the_key_is_followed_while_it_runs(fork):
    write(fork, "wait", "spawn")
    runner = start(fork)
    directory = fork.until_waiting(2)[0]
    assert warmed(fork) == []
    write(fork, "wait", "fork")
    until(lambda: "The plan is now" in fork.log(), "word of the edit")
    fork.let_go(directory)
    until(lambda: warmed(fork), "a server")
    assert fork.let_all_go(runner) == 0, runner.stderr
    assert len(fork.rows()) == 4


def test_after_a_pause_it_forks_on(fork, held):
    write(fork, "wait")
    runner = start(fork)
    fork.until_waiting(2)
    os.kill(fork.runner_pid(), signal.SIGTSTP)
    until(lambda: "Paused" in fork.log(), "the pause")
    os.kill(fork.runner_pid(), signal.SIGCONT)
    until(lambda: "The attempts go on" in fork.log(), "its end")
    runner.send(signal.SIGCONT)
    assert fork.let_all_go(runner) == 0, runner.stderr
    assert len(fork.rows()) == 4
    assert len(warmed(fork)) == 1


def test_a_stop_while_it_warms_ends_it(fork, held):
    (fork.root / "warming").write_text("hang")
    write(fork, "")
    runner = start(fork)
    pid = until(lambda: warmed(fork), "a server")[0]
    runner.send(signal.SIGTERM)
    assert runner.wait() == 143
    assert not is_alive(pid)


def test_nothing_is_warmed_when_all_is_done(fork):
    write(fork, "")
    run(fork)
    run(fork)
    assert len(warmed(fork)) == 1


def test_only_a_python_can_preload(fork):
    fork.write({"batch_size": [1]})
    done = fork.furcate("run", "--preload", "torch", "config.json", "--", "sh", "train.sh")
    assert done.returncode == 2
    assert "--preload imports modules into a Python, but the program is 'sh'" in done.stderr
