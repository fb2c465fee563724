"""The runner under valgrind: no leak, no use of what is not its own."""

import shutil
import subprocess

import pytest

from support import FURCATE, SANITIZED

pytestmark = pytest.mark.skipif(SANITIZED or not shutil.which("valgrind"),
                                reason="needs valgrind and a build without AddressSanitizer")


def valgrind(project, *arguments):
    return subprocess.run(["valgrind", "--quiet", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect",
                           "--error-exitcode=99", "--trace-children=no", FURCATE, *arguments], cwd=project.root,
                          env={**project.environment, "FURCATE_WATCHDOG": ""}, capture_output=True, text=True, timeout=120)


def test_a_run_of_three_neither_leaks_nor_errs(project):
    project.write(batch_size=[1, 2, 3])
    done = valgrind(project, "run", "config.json", "--", "/bin/true")
    assert done.returncode == 0, done.stderr
    assert project.values() == ["1", "2", "3"]


def test_failures_and_retries_neither_leak_nor_err(project):
    project.write(batch_size=[1, 2], meta={"retries": 1})
    done = valgrind(project, "run", "config.json", "--", "/bin/false")
    assert done.returncode == 1, done.stderr


@pytest.mark.parametrize("arguments", [["plan", "config.json"], ["plan", "--format", "json", "config.json"],
                                       ["best", "-m", "total_time", "-m", "epochs"], ["run", "config.json"]])
def test_looking_and_refusing_neither_leak_nor_err(project, arguments):
    project.write(batch_size=[1, 2, 3])
    done = valgrind(project, *arguments)
    assert done.returncode in (0, 2), done.stderr
