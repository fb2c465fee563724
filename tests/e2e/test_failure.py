"""Programs that fail, hang or are killed: retried, named, listed at the end, and tried again by the next start."""

import json
import time

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
    assert json.loads((project.logs / "example1_foo_bs64/config.json").read_text())["meta"]["run"]["attempt"] == 2


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


def test_a_program_that_disappears_stops_the_runner_and_keeps_what_is_done(project):
    project.write(batch_size=[1, 2, 3], meta={"max_threads": 1})
    done = run(project, project.script("train", "rm train\n"))
    assert done.returncode == 2
    assert f"cannot execute {project.root}/train: No such file or directory" in done.stderr
    assert len(project.rows()) == 1
