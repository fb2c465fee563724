"""Expressions of meta.metrics that a matcher with backtracking takes for ever, or any memory, for."""

import re
import signal

import pytest

from sample import attacks
from support import is_alive, until

TOLD = "the expression of meta.metrics.n takes too long on line 2 of config0.log"

# An expression, and a line on which it is costly.
COSTLY = {
    "(a+)+b: {number}": "a" * 60000 + "b: x",
    "a.*a.*a.*a.*b: {number}": "a" * 60000 + "b: x",
    r"(a*)(a*)\1\2b: {number}": "a" * 3000 + "b: x",
    "(a|aa)+c: {number}": "a" * 60000 + "c: x",
    "([a-z]+ ?)+: {number}": "word " * 10000 + ": x",
    "[a-z]*[a-z]*[a-z]*[a-z]*: {number}": "a" * 60000 + ": x",
    "(a?){80}b: {number}": "a" * 60000 + "b: x",
    "(.*)(.*)(.*)(.*)(.*): {number}": "a" * 60000 + ": x",
    "(a(.*b)?)+: {number}": "ab" * 30000 + ": x",
}
MANY = "(a+)+b: {number}"


def write(project, expression, lines=1, **keys):
    """A config and a program that prints a metric, lines that are costly for the expression of another, and the metric
    once more."""
    (project.root / "lines").write_text((COSTLY[expression] + "\n") * lines)
    project.write({"x": [1], **keys}, meta={"metrics": {"m": "good {number}", "n": expression}, "max_threads": 2})
    return project.script("prints", f'echo good 1; cat "{project.root}/lines"; echo good 0.5\n')


def peak_memory(pid):
    """In MiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read())[1]) >> 10


@attacks("expression", COSTLY, sample=4)
def test_a_costly_expression_is_skipped_on_its_line_and_told(project, expression):
    done = project.run(write(project, expression))
    [row] = project.rows()
    assert row["run_m"] == "0.5"
    assert done.stderr.count(TOLD) == 1
    assert "was skipped there; simplify it" in done.stderr
    assert "1 run has output on which an expression of meta.metrics takes too long" in done.stderr


def test_one_that_is_costly_again_and_again_is_left_out_in_the_rest_of_the_output(project):
    done = project.run(write(project, MANY, lines=1000))
    [row] = project.rows()
    assert row["run_m"] == "0.5"
    assert done.stderr.count(TOLD) == 1
    assert "was skipped there and in the rest of that output; simplify it" in done.stderr


@pytest.mark.parametrize("of", ["last", "best"])
def test_a_metric_has_no_value_from_an_output_in_which_its_expression_was_given_up(project, of):
    (project.root / "lines").write_text(("word " * 8000 + "; loss= ?\n") * 4)
    project.write({"x": [1, 2]}, meta={"metrics": {"loss": "([a-z]+ ?)*loss: {number}"}, "max_threads": 2,
                                  "objective": {"metric": "loss", "mode": "min", "of": of}})
    project.run(project.script("prints", f'echo epoch one loss: 9; cat "{project.root}/lines"; echo epoch two loss: 0.5\n'))
    assert [row.get("run_loss", "") for row in project.rows()] == ["", ""]
    assert {row.get("run_best_loss", "") for row in project.rows()} == {""}
    for thread in (0, 1):
        assert project.log().count(f"Thread {thread} has no value of loss: its last value is not known") == 1
    assert "matches nothing in" not in project.log()


def test_rows_of_other_runs_do_not_wait_and_memory_is_bounded(project):
    expression = "a.*a.*a.*a.*b: {number}"
    write(project, expression, lines=3, x=[1, 2])
    gated = project.gated()
    program = project.script("one", f'[ "$1" = 1 ] || exec {gated}\ncat "{project.root}/lines"; echo good 2\n')
    runner = project.start(program, "{x}")
    until(lambda: project.csv.exists() and len(project.rows()) == 1, "the row of the costly one")
    assert peak_memory(project.runner_pid()) < 200
    assert project.let_all_go(runner) == 0


@attacks("how", ["stop", "guardian"])
def test_a_stop_does_not_wait_for_a_costly_expression(project, how):
    runner = project.start(write(project, MANY, lines=1000))
    until(lambda: "Thread 0 finished" in runner.stderr, "the end of the run")
    other = project.runner_pid()
    if how == "stop":
        assert runner.send_until_over(signal.SIGINT) in (0, 130)
    else:
        runner.kill()
    until(lambda: not is_alive(other), "the end of the runner")
