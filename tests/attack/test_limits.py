"""Limits on what a process may have (ulimit): furcate works under them, or names the one that it reached."""

import re

import pytest

from sample import attacks
from support import SANITIZED, until

KIB, MIB = 1 << 10, 1 << 20
needs_plain = pytest.mark.skipif(SANITIZED, reason="AddressSanitizer needs more memory and stack than that")


def limited(project, **limits):
    """Lets furcate start under these limits, soft and hard."""
    project.executable = ["prlimit", *(f"--{name}={most}:{most}" for name, most in limits.items()), *project.executable]


@needs_plain
@attacks("kib", [32, 64, 100, 127])
@pytest.mark.parametrize("command", [["run", "config.json", "--", "/bin/true"], ["plan", "config.json"]], ids=["run", "plan"])
def test_a_stack_that_is_too_small_is_named(project, command, kib):
    project.write(batch_size=[1])
    limited(project, stack=kib * KIB)
    done = project.furcate(*command)
    assert done.returncode == 2
    assert done.stderr == (f"furcate: the stack of this process may be no larger than {kib} KiB, and furcate needs 128 "
                           "(raise the limit, ulimit -s)\n")


@needs_plain
@attacks("stack", [128 * KIB, 200 * KIB, "unlimited"])
def test_a_stack_that_is_named_as_enough_is_enough(project, stack):
    project.write(batch_size=[1, 2, 3], nested={"a": [{"b": [["c"] * 50]}]}, meta={"metrics": {"loss": "loss ([0-9]+)"}})
    limited(project, stack=stack)
    project.run(project.script("train", "ulimit -Ss\necho loss 1\n"))
    assert project.values("run_loss") == ["1.0"] * 3
    assert f"{stack // KIB if isinstance(stack, int) else stack}\n" in (project.logs / project.directories()[0] / "example0.log").read_text()


@needs_plain
@attacks("name, bytes, option", [("data", 5 * MIB, "d"), ("data", 20 * MIB, "d"), ("as", 10 * MIB, "v"), ("as", 20 * MIB, "v"),
                                 ("as", 40 * MIB, "v")], sample=3)
def test_a_limit_on_memory_is_not_taken_for_one_on_processes(project, name, bytes, option):
    project.write(batch_size=[1])
    limited(project, **{name: bytes})
    done = project.furcate("run", "config.json", "--", "/bin/true")
    assert done.returncode != 0
    assert f"(raise the limit on memory, ulimit -{option})" in done.stderr
    assert "too many processes" not in done.stderr


@attacks("bytes", [0, 3000, 10_000, 20_000])
def test_a_limit_on_file_sizes_is_named_at_the_start(project, bytes):
    project.write(batch_size=[1])
    limited(project, fsize=bytes)
    done = project.furcate("run", "config.json", "--", "/bin/true")
    assert done.returncode == 2
    assert re.fullmatch(r"furcate: .*: File too large \(raise the limit on file sizes, ulimit -f\)\n", done.stderr), done.stderr
    assert "deleted" not in done.stderr


@attacks("bytes", [40_000, 60_000])
def test_results_wait_until_files_may_grow_again(project, bytes):
    """The database, whose files are the first to be too large, is told of as such; results are stored once it may grow."""
    import resource
    project.write(batch_size=[1, 2, 3], meta={"max_threads": 1})
    project.executable = ["prlimit", f"--fsize={bytes}:unlimited", *project.executable]
    runner = project.start("/bin/true")
    until(lambda: "File too large (raise the limit on file sizes, ulimit -f)" in runner.stderr, "the message")
    assert "disk I/O error" not in runner.stderr and "is full" not in runner.stderr
    resource.prlimit(project.runner_pid(), resource.RLIMIT_FSIZE, (-1, -1))
    assert runner.wait() == 0, runner.stderr
    assert len(project.rows()) == 3


def test_a_program_that_writes_too_large_a_file_gets_the_signal_that_says_so(project):
    """The runner ignores SIGXFSZ; its programs do not."""
    project.write(batch_size=[1], meta={"retries": 0})
    done = project.furcate("run", "config.json", "--",
                           project.script("train", "trap '' HUP\nulimit -f 1\nexec head -c 100000 /dev/zero\n"))
    assert done.returncode == 1
    assert "signal 25 (File size limit exceeded)" in done.stderr


@attacks("name, most", [("core", 0), ("memlock", 0), ("cpu", 3600), ("nproc", 100_000), ("msgqueue", 0), ("sigpending", 1000),
                        ("rtprio", 0), ("nice", 0), ("locks", 0), ("rss", 0)], sample=4)
def test_other_limits_keep_no_run_from_being_done(project, name, most):
    project.write(batch_size=[1, 2, 3])
    limited(project, **{name: most})
    project.run("/bin/true")
    assert len(project.rows()) == 3
