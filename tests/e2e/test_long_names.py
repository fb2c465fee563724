"""Run directories with long labels, also on a file system that takes only short names."""

import json

import pytest

from support import BUILD, SANITIZED

GRID = {"an_axis_of_the_model": ["x" * 60 + end for end in ("one", "two")], "another_axis": ["y" * 60, "z" * 60],
        "data_name": "n" * 30}


@pytest.fixture(params=["look", "create"])
def short(request, project):
    if SANITIZED:
        pytest.skip("the sanitizers' own library would have to come first")
    project.environment["LD_PRELOAD"] = str(BUILD / "tests/libnames-shim.so")
    project.environment["FURCATE_NAMES"] = request.param
    return project


def test_a_folder_gets_a_shorter_name_where_the_file_system_asks_for_it(short):
    short.write(GRID)
    short.run("/bin/true")
    folders = short.directories()
    assert len(folders) == 4 and all(len(name) == 140 for name in folders)
    assert sorted(row["log_dir"] for row in short.rows()) == [f"logs/{name}" for name in folders]
    for row in short.rows():
        folder = short.root / row["log_dir"]
        config = json.loads((folder / "config.json").read_text())
        assert config["another_axis"] == row["another_axis"] and config["an_axis_of_the_model"] == row["an_axis_of_the_model"]
        assert (folder / f"{row['run_name']}.log").exists() and (folder / "run_data.json").exists()
    assert short.furcate("best", "-m", "total_time", "--path").stdout.strip().removeprefix("logs/") in folders


def test_a_run_that_was_not_finished_finds_its_folder_again(short):
    short.write(GRID, meta={"max_threads": 1})
    runner = short.start(short.gated())
    [first] = short.until_waiting(1)
    runner.kill()
    short.run("/bin/true")
    assert len(short.directories()) == 4 and first.name in short.directories()
    assert {row["run_attempts"] for row in short.rows()} == {"1", "2"}
    assert "Everything is done: 4 of 4 runs" in short.run("/bin/true").stderr


def test_names_stay_as_they_are_where_they_fit(project):
    project.write(GRID)
    project.run("/bin/true")
    assert all(len(name) > 143 for name in project.directories())
