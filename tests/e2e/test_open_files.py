"""The limit on open files: raised for the runner, not for the runs; slots that it does not suffice for are left out."""

import pathlib
import re
import resource

from support import FURCATE, until

SOFT, HARD = 100, 400


def limited(project, soft, hard):
    """Lets furcate start under these limits."""
    project.executable = ["prlimit", f"--nofile={soft}:{hard}", *project.executable]


def runner_pid(pid):
    """The runner of the process that was started."""
    return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def test_the_runner_may_open_more_files_than_the_runs(project):
    project.write(batch_size=[1], meta={"max_threads": 1})
    limited(project, SOFT, HARD)
    gated = project.gated()
    runner = project.start(project.script("train", f'ulimit -Sn\nulimit -Hn\nexec {gated}\n'))
    [directory] = project.until_waiting(1)
    assert (directory / "example0.log").read_text() == f"{SOFT}\n{HARD}\n"
    assert resource.prlimit(runner_pid(runner.pid), resource.RLIMIT_NOFILE) == (HARD, HARD)
    project.let_go(directory)
    assert runner.wait() == 0


def test_slots_that_have_no_files_are_left_out_and_the_rest_suffices(project):
    project.write(batch_size=list(range(1, 61)), meta={"max_threads": 30, "metrics": {"loss": "loss ([0-9]+)"}})
    limited(project, 64, 90)
    runner = project.start(project.script("train", f"echo loss 1\nexec {project.gated()}\n"))
    until(lambda: "30 slots were asked for" in runner.stderr, "the warning")
    slots = int(re.search(r"suffice for ([0-9]+)", runner.stderr)[1])
    assert 1 <= slots < 30 and f"Running on {slots} CPU slots" in runner.stderr
    assert "no more than 90 files" in runner.stderr and "LimitNOFILE" in runner.stderr
    project.until_waiting(slots)
    assert project.let_all_go(runner) == 0, runner.stderr
    assert len(project.rows()) == 60
    assert {row["run_loss"] for row in project.rows()} == {"1.0"}
    assert "Too many open files" not in runner.stderr


def test_more_slots_by_an_edit_are_bounded_as_well(project):
    project.write(batch_size=list(range(1, 41)), meta={"max_threads": 1})
    limited(project, 64, 90)
    runner = project.start(project.gated())
    project.until_waiting(1)
    assert "were asked for" not in runner.stderr
    project.write(batch_size=list(range(1, 41)), meta={"max_threads": 40})
    until(lambda: "40 slots were asked for" in runner.stderr, "the warning")
    project.until_waiting(int(re.search(r"suffice for ([0-9]+)", runner.stderr)[1]))
    assert project.let_all_go(runner) == 0, runner.stderr


def test_too_few_files_for_any_run_are_an_error(project):
    project.write(batch_size=[1])
    for most in (16, 24):
        project.executable = [FURCATE]
        limited(project, most, most)
        done = project.furcate("run", "config.json", "--", "/bin/true")
        assert done.returncode == 2
        assert re.fullmatch(f"furcate: this process may open no more than {most} files, and the runner needs "
                            r"\d+ \(raise the limit, ulimit -n\)\n", done.stderr)


def test_one_slot_is_left_when_files_are_very_few(project):
    project.write(batch_size=[1, 2], meta={"max_threads": 2})
    limited(project, 42, 42)
    done = project.run("/bin/true")
    assert "Running on 1 CPU slot\n" in done.stderr
    assert len(project.rows()) == 2
