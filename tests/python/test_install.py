"""The package as pip installs it, in a virtual environment of its own."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from conftest import APP, RUN

ROOT = pathlib.Path(__file__).resolve().parents[2]


# The README's lines; the first would install packages of the system.
README = (ROOT / "README.md").read_text()
INSTALL = re.search(r"```bash\nscript/bootstrap build python[^\n]*\n(.*?)```", README, re.S).group(1)


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clone") / "furcate"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns("build", "venv", ".git", "logs"))
    return folder


@pytest.fixture(scope="module")
def venv(clone):
    """What the README's lines make in a clone of the repository."""
    if os.environ.get("FURCATE_PRELOAD"):
        pytest.skip("it is the same in all builds")
    assert "venv" in INSTALL and "pip install" in INSTALL
    environment = {**os.environ, "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}",
                   "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(["bash", "-e", "-c", INSTALL], capture_output=True, text=True, cwd=clone, env=environment)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return clone / "venv"


def ask(program, *arguments, **more):
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True, **more).stdout


def test_brings_the_command_and_the_package(venv, tmp_path):
    assert ask(venv / "bin/furcate", "--version").startswith("furcate ")
    said = ask(venv / "bin/python", "-c", "import furcate; print(furcate.__version__, furcate.__file__)", cwd=tmp_path)
    version, place = said.split()
    assert "furcate " + version == ask(venv / "bin/furcate", "--version").strip() and place.startswith(str(venv))


def test_one_file_serves_all_versions(venv):
    names = [path.name for path in venv.glob("lib/*/site-packages/furcate/*.so")]
    assert names == ["_core.abi3.so"]
    wheel = next(venv.glob("lib/*/site-packages/furcate-*.dist-info/WHEEL")).read_text()
    assert "Tag: cp39-abi3-linux_" in wheel


def test_a_run_is_executed_by_the_environment_it_was_started_from(venv, project):
    project.script(APP.replace("return {\"loss\": 1.0}", "import sys; print(sys.prefix); return {\"loss\": 1.0}") + RUN)
    environment = {key: value for key, value in project.environment.items() if key != "PYTHONPATH"}
    ask(venv / "bin/python", "train.py", cwd=project.root, env=environment)
    assert str(venv) in project.read("example0.log").splitlines()


def test_says_what_to_install_where_a_library_is_missing(venv, clone, tmp_path):
    """Without pkg-config's files; a message that names the library and the packages."""
    environment = {**os.environ, "PKG_CONFIG_LIBDIR": str(tmp_path), "PKG_CONFIG_PATH": ""}
    done = subprocess.run([venv / "bin/pip", "wheel", "--no-deps", "-w", tmp_path, clone], capture_output=True,
                          text=True, cwd=tmp_path, env=environment)
    assert done.returncode != 0
    assert "libfyaml-dev" in done.stdout + done.stderr
