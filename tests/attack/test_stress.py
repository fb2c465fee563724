"""Sessions of stress.py: short ones in each test run; by `script/test attack --all` long ones, also of the builds with
sanitizers."""

import pathlib
import subprocess
import sys

import pytest

from sample import ALL
from support import BUILD, SANITIZED, chance

STRESS = pathlib.Path(__file__).with_name("stress.py")
REPOSITORY = pathlib.Path(__file__).parents[2]


def stress(build, *options):
    done = subprocess.run([sys.executable, STRESS, "--build", build, "--seed", str(chance().randrange(2**31)), *options],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kind", ["wrapped", "fork"])
def test_a_campaign_under_stress_is_done_once_and_leaves_nothing(kind):
    stress(BUILD, "--kind", kind, *(["--minutes", "5"] if ALL else ["--starts", "2" if SANITIZED else "4"]))


@pytest.mark.skipif(not ALL, reason="only in script/test attack --all")
@pytest.mark.parametrize("preset", ["asan", "tsan"])
def test_no_sanitizer_finds_anything_under_stress(preset):
    subprocess.run([REPOSITORY / "script/build", preset, "furcate", "fork-program", "stub-nvml"], check=True)
    stress(REPOSITORY / "build" / preset, "--minutes", "5")
