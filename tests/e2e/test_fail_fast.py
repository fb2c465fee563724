"""Three configs in a row that fail at once with the same message stop the runner, since the program is at fault then."""

import signal
import time

import pytest

from support import until

MESSAGE = "failed with the same message"
BROKEN = "echo \"no module named torch, in run $FURCATE_ID\" >&2; exit 1\n"


def write(project, count=20, **meta):
    project.write(batch_size=list(range(1, count + 1)), meta={"max_threads": 1, "order": "config", **meta})


def furcate(project, script, *arguments):
    program = project.script("train", script)
    return project.furcate("run", "config.json", *arguments, "--", program, "{batch_size}")


def tried(project):
    """How many attempts there were."""
    return project.log().count(" failed - ") + project.log().count(" finished - ")


def test_a_broken_program_is_tried_with_few_configs_and_told_once(project):
    write(project)
    done = furcate(project, BROKEN)
    assert done.returncode == 1
    assert 3 <= tried(project) <= 4, "the slot is refilled before the third failure is looked at"
    assert len(project.directories()) == tried(project)
    assert done.stderr.count("no module named torch") == 1
    for words in (MESSAGE, f"{20 - tried(project)} configs were not tried",
                  '"meta": {"fail_fast": false}', "--set meta.fail_fast=false", "example0 (foo_bs1): exit status 1",
                  str(project.logs / "example0_foo_bs1/example0.err")):
        assert words in done.stderr


def test_where_all_configs_were_tried_none_is_said_to_be_left(project):
    write(project, count=3)
    done = furcate(project, BROKEN)
    assert "so the program itself seems to be at fault" in done.stderr and "Fix the program and start again." in done.stderr
    assert "not tried" not in done.stderr and "fail_fast" not in done.stderr


def test_the_next_start_tries_again(project):
    write(project, count=5)
    assert furcate(project, BROKEN).returncode == 1
    assert furcate(project, "exit 0\n").returncode == 0
    assert project.values() == ["1", "2", "3", "4", "5"]
    assert len(project.directories()) == 5


def test_what_an_earlier_start_tried_is_tried_again(project):
    write(project, count=9, retries=3)
    assert furcate(project, BROKEN).returncode == 1
    write(project, count=9)
    assert furcate(project, BROKEN, "--set", "meta.fail_fast=false").returncode == 1
    assert len(project.directories()) == 9
    before = tried(project)
    again = furcate(project, BROKEN)
    assert 3 <= tried(project) - before <= 4
    assert f"{9 - tried(project) + before} configs were not tried" in again.stderr
    assert furcate(project, "exit 0\n").returncode == 0
    assert project.values() == [str(number) for number in range(1, 10)]
    assert len(project.directories()) == 9


def test_names_of_runs_make_no_other_message(project):
    for values in (["a=x", "a=y", "a,z", "b@q", "c~d", "d%e"], ["größe", "über", "weiß", "süß", "maß", "öl"]):
        project.write(optimizer=values, batch_size=1, log_dir=f"logs/{values[0]}",
                      meta={"max_threads": 1, "order": "config"})
        program = project.script("train", "echo cannot open $FURCATE_RUN_DIR/data >&2; exit 1\n")
        done = project.furcate("run", "config.json", "--", program, "{optimizer}")
        assert done.returncode == 1
        assert MESSAGE in done.stderr


def test_another_failure_keeps_its_message(project):
    write(project, count=12)
    done = furcate(project, f"[ $1 != 1 ] || {{ echo no picture of a cat >&2; exit 4; }}\n{BROKEN}")
    assert MESSAGE in done.stderr
    assert done.stderr.count("no picture of a cat") == 1
    assert done.stderr.count("no module named torch") == 1


def test_an_edit_switches_it_off(project):
    write(project, count=9)
    program = project.script("train", f"[ $1 != 3 ] || exec {project.gated()}\n{BROKEN}")
    runner = project.start(program, "{batch_size}")
    (third,) = project.until_waiting(1)
    write(project, count=9, fail_fast=False)
    until(lambda: "The plan is now" in runner.stderr, "the edit")
    project.let_go(third)
    assert runner.wait() == 1
    assert tried(project) == 9
    assert MESSAGE not in runner.stderr


def test_a_timeout_is_the_configs(project):
    write(project, count=4, timeout=0.3)
    done = furcate(project, "trap 'echo told to end >&2; exit 1' TERM\nsleep 60 & wait\n")
    assert tried(project) == 4
    assert MESSAGE not in done.stderr


def test_it_can_be_switched_off(project):
    write(project, count=6)
    done = furcate(project, BROKEN, "--set", "meta.fail_fast=false")
    assert done.returncode == 1
    assert tried(project) == 6
    assert MESSAGE not in done.stderr


def test_retries_do_not_delay_it(project):
    write(project, retries=9)
    done = furcate(project, BROKEN)
    assert done.returncode == 1
    assert tried(project) <= 4
    assert done.stderr.count("no module named torch") == 1


def test_retries_of_one_config_are_one_config(project):
    write(project, count=2, retries=2)
    done = furcate(project, BROKEN)
    assert MESSAGE not in done.stderr
    assert tried(project) == 6


@pytest.mark.parametrize("count, script", [
    (6, "set -- $(echo $1 | tr 123456 abcdef)\necho unknown optimizer $1 >&2; exit 1\n"),
    (4, 'sleep 1.1; echo \'{"loss": 0.5}\' >> $FURCATE_METRICS\n' + BROKEN),
    (6, 'echo \'{"loss": 0.5}\' >> $FURCATE_METRICS\n' + BROKEN),
    (4, "[ $1 -gt 1 ] || exit 0\nsleep 1.1\n" + BROKEN),
    (6, "echo 'RuntimeError: CUDA out of memory.' >&2; exit 1\n"),
], ids=["other messages", "slow ones that reported", "ones that reported", "slow ones after a success", "want of memory"])
def test_failures_that_are_the_configs_do_not_stop_it(project, count, script):
    write(project, count=count)
    done = furcate(project, script)
    assert tried(project) == count
    assert MESSAGE not in done.stderr


def test_metrics_that_are_printed_are_reports_too(project):
    write(project, count=5, metrics={"loss": "loss ({number})"})
    done = furcate(project, f"echo loss 0.5\n{BROKEN}")
    assert tried(project) == 5
    assert MESSAGE not in done.stderr


@pytest.mark.parametrize("seconds, slots, most", [("0.5", 1, 4), ("1.2", 1, 4), ("1.2", 2, 5)])
def test_a_program_that_takes_its_time_to_fail_is_tried_with_few_configs_too(project, seconds, slots, most):
    """As one that imports a framework, and finds no data."""
    write(project, count=60, max_threads=slots)
    done = furcate(project, f"sleep {seconds}; echo data set is missing >&2; exit 1\n")
    assert done.returncode == 1
    assert 3 <= tried(project) <= most
    assert MESSAGE in done.stderr
    assert done.stderr.count("data set is missing") == 1


def test_an_earlier_attempts_reports_say_nothing_of_the_last(project):
    """A start in which all runs reported; in the next the program is broken."""
    write(project, count=4)
    report = 'echo \'{"loss": 0.5}\' >> $FURCATE_METRICS; exit 1\n'
    assert furcate(project, report).returncode == 1
    assert tried(project) == 4
    done = furcate(project, "sleep 1.1\n" + BROKEN)
    assert MESSAGE in done.stderr
    assert tried(project) - 4 < 5


def test_a_success_in_between_counts(project):
    write(project, count=8)
    done = furcate(project, f"[ $(($1 % 3)) = 0 ] || {{ {BROKEN.strip()}; }}\n")
    assert done.returncode == 1
    assert project.values() == ["3", "6"]
    assert tried(project) == 8


def test_one_that_gets_on_proves_the_program_right(project):
    """The first config executes well beyond the time in which all others fail."""
    write(project, count=9, max_threads=2)
    program = project.script("train", f"[ $1 != 1 ] || exec {project.gated()}\n{BROKEN}")
    runner = project.start(program, "{batch_size}")
    until(lambda: tried(project) == 8, "all other configs")
    assert MESSAGE not in runner.stderr
    project.let_all_go(runner)
    assert project.values() == ["1"]


def age(directory):
    """Seconds since its program has started."""
    return time.time() - (directory / "pid").stat().st_mtime


def test_what_executes_ends_by_itself(project):
    """A program that was broken by an edit of it: the run that began before goes on."""
    write(project, count=12, max_threads=2)
    good = project.script("train", f"exec {project.gated()}\n")
    runner = project.start(good, "{batch_size}")
    first, second = project.until_waiting(2)
    until(lambda: age(second) > 1.5, "more than a second between the two programs")
    project.script("broken", BROKEN)
    (project.root / "broken").rename(good)
    project.let_go(first)
    until(lambda: MESSAGE in runner.stderr, "the verdict")
    assert project.waiting() == [second]
    project.let_go(second)
    assert runner.wait() == 1
    assert project.values() == ["1", "2"]


def test_it_can_be_interrupted_before_the_verdict(project):
    write(project, count=9, max_threads=2)
    program = project.script("train", f"[ $1 != 1 ] || exec {project.gated()}\n{BROKEN}")
    runner = project.start(program, "{batch_size}")
    until(lambda: tried(project) >= 3, "three failures")
    runner.send(signal.SIGTERM)
    assert runner.wait() == 143
