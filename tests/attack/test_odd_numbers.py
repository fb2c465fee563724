"""Numbers of meta that nobody means: each is refused with its place and the limit, or works."""

import json
import re

import pytest

from sample import attacks

HUGE = [2**31, 10**18, 2**63, 10**30, 1e300]
NO_NUMBERS = [1.5, None, True, "8", [], {}]
BAD = ([("max_threads", value) for value in (0, -2, *HUGE, *NO_NUMBERS)] +
       [("retries", value) for value in (-1, *HUGE, *NO_NUMBERS)] +
       [(key, value) for key in ("timeout", "kill_grace")
        for value in (-1, -1e-300, 3.2e9, 1e18, 1e300, float("nan"), float("inf"), None, True, "1 year", [], {})])
GOOD = [{"retries": 2**31 - 1}, {"timeout": 0}, {"timeout": 3e9}, {"timeout": "36500d"}, {"kill_grace": 0}, {"kill_grace": 1e-300},
        {"kill_grace": 3e9}, {"max_threads": 10**9}]


@attacks("key, value", BAD, sample=20)
def test_one_that_means_nothing_is_refused_at_its_place(project, key, value):
    project.write(batch_size=[1], meta={key: value})
    done = project.furcate("run", "config.json", "--", "/bin/true")
    line = next(i for i, text in enumerate(project.config.read_text().splitlines(), 1) if f'"{key}"' in text)
    assert done.returncode == 2 and not project.logs.exists()
    assert re.match(rf"config.json:{line}:\d+: error: 'meta.{key}' must be ", done.stderr), done.stderr
    if key in ("max_threads", "retries") and value in HUGE:
        assert "more than 2147483647" in done.stderr


@attacks("meta", GOOD)
def test_one_at_the_limit_works(project, meta):
    project.write(batch_size=[1, 2], meta=meta)
    project.executable = ["prlimit", "--nofile=2000:2000", *project.executable]
    done = project.run(project.script("fails_once", '[ $FURCATE_ATTEMPT = 2 ] || [ -z "$1" ] || exit 1\n'),
                       *(["1"] if "retries" in meta else []))
    assert project.values() == ["1", "2"]
    assert ("slots were asked for" in done.stderr) == ("max_threads" in meta), "fewer slots than asked for are told of"


@pytest.mark.parametrize("timeout", [1e-9, 1e-300])
def test_a_time_limit_of_nearly_nothing_ends_the_run(project, timeout):
    project.write(batch_size=[1], meta={"timeout": timeout, "kill_grace": timeout})
    done = project.furcate("run", "config.json", "--", "/bin/sleep", "600")
    assert done.returncode == 1
    assert f"timed out after {json.dumps(timeout)} s" in done.stderr
