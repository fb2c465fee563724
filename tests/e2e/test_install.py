"""What `cmake --install` leaves behind can be used: the program, the library through pkg-config, and nothing else of it."""

import json
import os
import pathlib
import re
import subprocess

import pytest

BUILD = pathlib.Path(os.environ["FURCATE_BUILD"])
ROOT = pathlib.Path(__file__).parents[2]
SANITIZED = not re.search(r"^FURCATE_SANITIZE:\w+=OFF$", (BUILD / "CMakeCache.txt").read_text(), re.MULTILINE)
SANITIZE_FLAGS = ["-fsanitize=address,undefined"] if SANITIZED else []
PROGRAM = """
#include <furcate.h>
#include <stdio.h>

int main(void)
{
    puts(furcate_version());
    return 0;
}
"""


def run(*command, **environment):
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=120)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """A folder that the build was not configured for."""
    folder = tmp_path_factory.mktemp("install") / "usr"
    run("cmake", "--install", str(BUILD), "--prefix", str(folder))
    return folder


@pytest.fixture(scope="module")
def library(prefix):
    return next(prefix.rglob("libfurcate.so"))


def flags_of(library, *options, packages=("furcate",)):
    return run("pkg-config", *options, *packages, PKG_CONFIG_PATH=str(library.parent / "pkgconfig")).split()


def compile_program(folder, flags):
    source, program = folder / "program.c", folder / "program"
    source.write_text(PROGRAM)
    run("cc", "-Wall", "-Werror", *SANITIZE_FLAGS, str(source), "-o", str(program), *flags)
    return str(program)


def version_of_the_project():
    return re.search(r"CMAKE_PROJECT_VERSION:STATIC=(.+)", (BUILD / "CMakeCache.txt").read_text())[1]


def test_a_program_links_the_shared_library_through_pkg_config(library, tmp_path):
    program = compile_program(tmp_path, flags_of(library, "--cflags", "--libs"))
    assert "libfurcate.so.0" in run("readelf", "-d", program)
    assert run(program, LD_LIBRARY_PATH=str(library.parent)).strip() == version_of_the_project()


def test_a_program_links_the_static_library_and_what_it_needs(library, tmp_path):
    """Not `--static`, which asks for the static libraries of SQLite's own dependencies too."""
    flags = flags_of(library, "--cflags", "--libs")
    flags = ["-l:libfurcate.a" if flag == "-lfurcate" else flag for flag in flags]
    needed = flags_of(library, "--libs", packages=flags_of(library, "--print-requires-private"))
    program = compile_program(tmp_path, [*flags, *needed, "-lm"])
    assert "libfurcate" not in run("readelf", "-d", program)
    assert run(program).strip() == version_of_the_project()


def test_the_shared_library_exports_the_public_functions_only(library):
    header = (library.parents[1] / "include/furcate.h").read_text()
    declared = set(re.findall(r"^FURCATE_API [^;(]*?(furcate_\w+)\(", header, re.MULTILINE))
    symbols = {line.split()[-1] for line in run("nm", "-D", "--defined-only", str(library)).splitlines()}
    assert "furcate_version" in declared
    assert symbols == declared


def test_the_installed_program_starts_without_the_build_folder(prefix):
    program = prefix / "bin/furcate"
    assert version_of_the_project() in run(str(program), "--version", LD_LIBRARY_PATH="")


def test_pip_names_the_package_with_the_headers_of_python(tmp_path):
    """What pip has CMake do, where there are none."""
    done = subprocess.run(["cmake", "-S", ROOT, "-B", tmp_path, "-G", "Ninja", "-DSKBUILD=ON", "-DBUILD_TESTING=OFF",
                           "-DFURCATE_EXAMPLES=OFF", "-DPython3_INCLUDE_DIR=/nowhere"], capture_output=True, text=True)
    assert done.returncode != 0
    assert "sudo apt-get install python3-dev" in " ".join(done.stderr.split())


def test_the_schema_of_a_config_is_installed(prefix):
    assert json.loads((prefix / "share/furcate/config.schema.json").read_text())["title"] == "A furcate config"
