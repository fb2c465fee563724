"""Signals as terminals, scripts and batch systems send them."""

import os
import signal

import pytest

from sample import attacks
from support import until


@pytest.mark.parametrize("held", ["group"], indirect=True)
@attacks("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_guardian_and_runner_at_once_is_one_request(project, held, number):
    """Such as systemd, Slurm and pkill send."""
    project.write(batch_size=[1], meta={"kill_grace": 30})
    saves = project.script("saves", "trap 'touch \"$FURCATE_TEST/asked\"; while [ ! -e \"$FURCATE_TEST/may_save\" ]; do "
                                    "sleep .01; done; touch \"$FURCATE_TEST/saved\"; exit 0' TERM INT\n"
                                    "touch \"$FURCATE_TEST/ready\"\nwhile :; do sleep .01; done\n")
    runner = project.start(saves)
    until((project.root / "ready").exists)
    other = project.runner_pid()
    runner.send(number)
    os.kill(other, number)
    until((project.root / "asked").exists)
    (project.root / "may_save").touch()
    runner.wait()
    assert (project.root / "saved").exists()
