"""Programs that fail, hang or are killed: retried, named, listed at the end, and tried again by the next start."""

import json
import os
import signal
import time

import pytest

from clock import Clock
from support import is_alive, until

FAILS_FIRST = "[ $FURCATE_ATTEMPT -gt 1 ] || { echo no luck >&2; exit 9; }\n"


def fail_for_64(project, how="echo one >&2; echo 'last words' >&2; exit 3"):
    return project.script("train", f"echo attempt $FURCATE_ATTEMPT\nif [ $1 = 64 ] && [ ! -e good ]; then {how}; fi\n")


def run(project, *program):
    return project.furcate("run", "config.json", "--", *program)


def test_a_failed_run_is_listed_with_its_last_lines_and_has_no_row(project):
    project.write()
    done = run(project, fail_for_64(project), "{batch_size}")
    assert done.returncode == 1
    assert project.values() == ["32"]
    summary = done.stderr[done.stderr.index("1 run failed"):]
    errors = project.logs / "example1_foo_bs64/example1.err"
    for words in ("example1 (foo_bs64): exit status 3", "last words", str(errors)):
        assert words in summary
    assert not (project.logs / "example1_foo_bs64/run_data.json").exists()


@pytest.mark.parametrize("end", ["exit 1", "kill -9 $$", "while :; do sleep 0.01; done"],
                         ids=["exit status", "killed", "timed out"])
def test_a_failed_run_that_printed_to_stdout_alone_is_listed_with_these_lines(project, end):
    project.write(batch_size=[1], meta={"retries": 1, "timeout": 0.5, "kill_grace": 0.1})
    program = project.script("train", f"""[ $FURCATE_ATTEMPT = 1 ] && echo an old error >&2
for i in 1 2 3 4 5 6; do echo "epoch $i of attempt $FURCATE_ATTEMPT"; done
{end}
""")
    done = run(project, program)
    summary = done.stderr[done.stderr.index("1 run failed"):]
    assert "      epoch 6 of attempt 2\n" in summary and "attempt 1" not in summary and "old error" not in summary
    assert "/example0.log\n" in summary and "example0.err" not in summary
    assert "given up - see " in project.log() and project.log().count("/example0.log") == 1


def test_the_next_start_tries_it_again_under_its_id_below_a_header_line(project):
    project.write()
    program = fail_for_64(project)
    run(project, program, "{batch_size}")
    (project.root / "good").touch()
    assert run(project, program, "{batch_size}").returncode == 0
    assert project.directories() == ["example0_foo_bs32", "example1_foo_bs64"]
    row = next(row for row in project.rows() if row["batch_size"] == "64")
    assert (row["run_id"], row["run_name"], row["run_attempts"]) == ("1", "example1", "2")
    first, header, second = (project.logs / "example1_foo_bs64/example1.log").read_text().splitlines()
    assert (first, second) == ("attempt 1", "attempt 2")
    assert "2" in header and header != second
    assert json.loads((project.logs / "example1_foo_bs64/furcate.json").read_text())["meta"]["run"]["attempt"] == 2


def test_other_runs_go_on(project):
    project.write(batch_size=[64, 1, 2, 3, 4], meta={"max_threads": 1})
    done = run(project, fail_for_64(project), "{batch_size}")
    assert done.returncode == 1
    assert project.values() == ["1", "2", "3", "4"]


def test_a_retry_waits_and_then_succeeds(project):
    project.write(batch_size=[32], meta={"retries": 1})
    before = time.monotonic()
    project.run(project.script("train", FAILS_FIRST))
    assert time.monotonic() - before >= 1
    assert [row["run_attempts"] for row in project.rows()] == ["2"]
    assert "Thread 0 failed - exit status 9 - will be tried again" in project.log()


def test_retries_end(project):
    project.write(batch_size=[32], meta={"retries": 1})
    done = run(project, project.script("train", "echo x >> tried; exit 1\n"))
    assert done.returncode == 1
    assert (project.root / "tried").read_text() == "x\nx\n"


def test_each_start_has_its_retries(project):
    project.write(batch_size=[32], meta={"retries": 0})
    program = project.script("train", "echo x >> tried; [ $FURCATE_ATTEMPT -ge 3 ]\n")
    assert run(project, program).returncode == 1
    project.write(batch_size=[32], meta={"retries": 1})
    before = time.monotonic()
    assert run(project, program).returncode == 0
    assert (project.root / "tried").read_text() == "x\nx\nx\n"
    assert time.monotonic() - before < 2, "the first wait of a start is a second"


def test_a_run_that_takes_too_long_is_ended_and_the_limit_named(project):
    project.write(batch_size=[32], meta={"timeout": 0.2, "kill_grace": 0.2})
    done = run(project, project.script("train", "trap '' TERM\nwhile :; do :; done\n"))
    assert done.returncode == 1
    assert "example0 (foo): timed out after 0.2 s" in done.stderr


def test_a_run_that_ends_well_only_when_its_time_is_over_has_failed(project):
    project.write(batch_size=[32], meta={"timeout": 0.2})
    done = run(project, project.script("train", "trap 'exit 0' TERM\nwhile :; do :; done\n"))
    assert done.returncode == 1
    assert not project.csv.exists() or project.rows() == []


def stopped_until(pids, condition):
    """Stops processes until the condition holds."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    until(condition)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


def started(project, program, **meta):
    """Starts one run of the program, which is to write its pid; returns the runner and that pid."""
    project.write(batch_size=[1], meta=meta)
    runner = project.start(program)
    pid = int(until(lambda: list(project.logs.glob("*/pid")), "the run")[0].read_text())
    return runner, pid


def seconds_from_now(seconds):
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


@pytest.mark.parametrize("status", [0, 5])
def test_a_run_that_ended_in_time_did_so_though_the_runner_stood_still(project, status):
    wait = f'until [ -e "$FURCATE_TEST/go" ]; do sleep 0.01; done\nexit {status}\n'
    pid_file = 'cd "$FURCATE_RUN_DIR"; echo $$ > pid.new; mv pid.new pid\n'
    clock = Clock(project)
    runner, pid = started(project, project.script("train", pid_file + wait), timeout=100)
    os.kill(project.runner_pid(), signal.SIGSTOP)
    (project.root / "go").touch()
    until(lambda: not is_alive(pid))
    clock.set(0, 1000)
    os.kill(project.runner_pid(), signal.SIGCONT)
    assert runner.wait() == (0 if status == 0 else 1)
    assert "timed out" not in runner.stderr


def test_after_only_the_runner_stood_still_the_time_limit_still_holds(project):
    runner, _ = started(project, project.gated(), timeout=1)
    stopped_until([project.runner_pid()], seconds_from_now(1.5))
    assert runner.wait() == 1
    assert "timed out after 1 s" in runner.stderr


def test_time_in_which_runner_and_run_were_suspended_is_not_the_runs(project):
    clock = Clock(project)
    runner, pid = started(project, project.gated(), timeout=100)
    stopped_until([project.runner_pid(), pid], lambda: clock.set(0, 1000) or True)
    assert project.let_all_go(runner) == 0
    assert "timed out" not in runner.stderr


def test_after_a_suspension_the_time_limit_still_holds(project):
    runner, pid = started(project, project.gated(), timeout=1)
    stopped_until([project.runner_pid(), pid], seconds_from_now(1.5))
    assert runner.wait() == 1
    assert "timed out after 1 s" in runner.stderr


def test_a_run_that_stops_itself_times_out(project):
    project.write(batch_size=[1], meta={"timeout": 0.5})
    done = project.furcate("run", "config.json", "--", project.script("train", "kill -STOP $$\n"))
    assert done.returncode == 1
    assert "timed out after 0.5 s" in done.stderr


def test_a_signal_is_named(project):
    project.write(batch_size=[32])
    done = run(project, project.script("train", "kill -SEGV $$\n"))
    assert done.returncode == 1
    assert "signal 11 (Segmentation fault)" in done.stderr


def test_out_of_memory_is_named(project):
    project.write(batch_size=[32])
    done = run(project, project.script("train", "echo 'RuntimeError: CUDA out of memory. Tried' >&2; exit 1\n"))
    assert "exit status 1, out of GPU memory" in done.stderr


def test_many_failures_are_cut_short(project):
    project.write(batch_size=list(range(1, 14)), meta={"fail_fast": False})
    done = run(project, "/bin/false")
    assert done.returncode == 1
    assert "13 runs failed" in done.stderr
    assert "and 3 more; see" in done.stderr


def test_a_run_without_a_label_is_named_without_brackets(project):
    project.write({"k": 1})
    done = project.furcate("run", "config.json", "--", "false")
    assert "\n  config0: exit status 1\n" in done.stderr
    assert "()" not in done.stderr
