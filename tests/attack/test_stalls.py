"""What takes long is done beside the event loop: slots are refilled, signals and deadlines act at once, meanwhile."""

import json
import pathlib
import random
import signal

import pytest

from support import SANITIZED, until

MANY = 1800 if SANITIZED else 3000  # entries that take two seconds to plan


def config_of(entries, values=10, **meta):
    """A config of twelve axes, which takes seconds to plan with MANY such entries."""
    chance = random.Random(1)
    keys = [f"a{i}" for i in range(12)]
    exclude = [{key: chance.randrange(values) for key in chance.sample(keys, 8)} for _ in range(entries)]
    return json.dumps({**{key: list(range(values)) for key in keys},
                       "meta": {"allow_cpu": True, "max_threads": 1, "exclude_configs": exclude, **meta}})


def until_log(project, words, count=1):
    return until(lambda: project.log().count(words) >= count, f"'{words}' in the log")


def start(project, **meta):
    project.config.write_text(config_of(3, **meta))
    runner = project.start(project.gated())
    project.until_waiting(1)
    return runner


def edit(project, text, count=1):
    """Saves the config and waits until the runner has begun to make its plan."""
    project.config.write_text(text)
    until_log(project, "Detected change", count)


def assert_is_being_planned(project, count=0):
    assert project.log().count("The plan is now") == count, "the plan was waited for, or made too fast to test anything"


def test_slots_are_refilled_while_an_edit_is_planned(project):
    start(project)
    edit(project, config_of(MANY))
    for _ in range(2):
        [directory] = project.waiting()
        project.let_go(directory)
        until(lambda: (now := project.waiting()) and now != [directory], "the next run")
    assert_is_being_planned(project)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_does_not_wait_for_a_plan(project, number):
    runner = start(project)
    edit(project, config_of(MANY))
    runner.send(number)
    assert runner.wait() == 128 + number
    assert_is_being_planned(project)


def test_a_timeout_does_not_wait_for_a_plan(project):
    """Each run times out after half a second, so one does soon after the plan was begun."""
    start(project, timeout=0.5, fail_fast=False)
    edit(project, config_of(MANY, timeout=0.5, fail_fast=False))
    until_log(project, "timed out after 0.5 s", 1 + project.log().count("timed out after 0.5 s"))
    assert_is_being_planned(project)


def test_of_two_edits_the_newest_is_taken(project):
    start(project)
    edit(project, config_of(MANY))
    edit(project, config_of(0, values=2), count=2)
    until_log(project, "The plan is now 4096 configs")
    assert project.log().count("The plan is now") == 1


def test_runs_that_end_while_an_edit_is_planned_are_done(project):
    runner = start(project, order="config")
    edit(project, config_of(MANY, order="config"))
    [directory] = project.waiting()
    project.let_go(directory)
    until(lambda: project.waiting() not in ([], [directory]), "the next run")
    assert_is_being_planned(project)
    until_log(project, "The plan is now")
    edit(project, config_of(0, values=1, order="config"), count=2)
    until_log(project, "The plan is now 1 config", 1)
    assert project.let_all_go(runner) == 0
    rows = [tuple(row[f"a{i}"] for i in range(12)) for row in project.rows()]
    assert len(rows) == len(set(rows)) == 2


def test_a_kill_while_an_edit_is_planned_takes_none_of_it(project):
    runner = start(project)
    edit(project, config_of(MANY))
    runner.kill()
    assert_is_being_planned(project)
    project.config.write_text(config_of(0, values=1))
    (project.root / "open").touch()
    project.run(project.gated())
    assert len({tuple(row[f"a{i}"] for i in range(12)) for row in project.rows()}) == len(project.rows())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_start_is_stopped_while_its_plan_is_made(project, number):
    project.config.write_text(config_of(MANY))
    runner = project.start("/bin/true")
    until(lambda: len(runners(runner.pid)) == 1, "the runner")
    runner.send(number)
    assert runner.wait() == 128 + number
    assert not project.logs.exists(), "the plan was waited for, or made too fast to test anything"


def runners(guardian):
    """The children of the guardian that are the runner already."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            name, rest = path.read_text().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue
        if name == "furcate-runner" and int(rest.split()[1]) == guardian:
            found.append(path)
    return found
