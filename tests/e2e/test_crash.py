"""Faults at a sample of the points where furcate changes something; `script/test crash --all` tries every point."""

import os
import pathlib
import subprocess
import sys

import pytest

from support import SANITIZED

CRASH = pathlib.Path(__file__).parents[1] / "fault/crash.py"
POINTS = os.environ.get("FURCATE_CRASH_POINTS", "40")


@pytest.mark.skipif(SANITIZED, reason="the library with the faults has to come before the sanitizers' own")
def test_no_fault_loses_or_repeats_a_finished_run_or_leaves_anything_behind():
    done = subprocess.run([sys.executable, CRASH, "--sample", POINTS], stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stdout
    assert f"{POINTS} points" in done.stdout
