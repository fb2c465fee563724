"""Programs that write files by furcate's names into their run directory: these stay, and nothing is lost or repeated."""

import json
import os
import signal

import pytest

from test_identity import read, run_directory, write

# --- run_data.json ---

OWN_RESULTS = {
    "object": 'echo \'{"accuracy": 0.9}\' > run_data.json',
    "array": "echo '[1, 2]' > run_data.json",
    "text": "echo 'not JSON' > run_data.json",
    "folder": "mkdir run_data.json",
    "fifo": "mkfifo run_data.json",
    "dangling": "ln -s nowhere run_data.json",
    "of_another": 'sed \'s/"id": ./"id": 77/\' furcate.json > run_data.json',
}


@pytest.mark.parametrize("kind", OWN_RESULTS)
def test_a_program_with_a_run_data_json_of_its_own_is_judged_by_its_exit_status(project, kind):
    write(project, {"lr": [0.1, 0.01]})
    program = project.script("train", f'echo $FURCATE_ID >> "$FURCATE_TEST/started"\n'
                                      f'cd "$FURCATE_RUN_DIR"\n{OWN_RESULTS[kind]}\n')
    said = project.run(program).stderr
    assert said.count("run_data.json is the program's own") == 1  # the other is in the log alone
    for start in range(3):
        done = project.run(program)
    assert "Everything is done: 2 of 2" in done.stderr
    assert len((project.root / "started").read_text().splitlines()) == 2
    assert project.values("lr") == ["0.01", "0.1"]
    assert project.values("run_id") == ["0", "1"]
    assert project.log().count("run_data.json is the program's own") == 2
    for directory in filter(os.path.isdir, project.logs.iterdir()):
        results = read(directory / "furcate_run_data.json")
        assert results["lr"] in (0.1, 0.01) and "total_time" in results["meta"]["data"]
        assert f"{directory}/run_data.json is the program's own" in project.log()
        if kind == "object":
            assert read(directory / "run_data.json") == {"accuracy": 0.9}


def test_such_a_program_that_fails_has_failed(project):
    write(project, {"lr": [0.1, 0.01]})
    program = project.script("train", f'cd "$FURCATE_RUN_DIR"; {OWN_RESULTS["object"]}; exit 1\n')
    for start in range(2):
        done = project.furcate("run", "config.json", "--", program)
        assert done.returncode == 1
    assert not project.csv.exists() or project.rows() == []
    assert len(project.directories()) == 2


def test_a_complete_run_whose_row_was_lost_gets_it_with_the_keys_of_the_plan(project):
    write(project, {"lr": [0.1, 0.01]})
    program = project.script("train", f'cd "$FURCATE_RUN_DIR"; {OWN_RESULTS["object"]}; test $FURCATE_ID = 0\n')
    project.furcate("run", "config.json", "--", program)
    unfinished, = (path for path in project.logs.iterdir() if path.name.startswith("config1"))
    results = read(next(project.logs.glob("config0*/furcate_run_data.json")))
    results["meta"]["run"] = read(unfinished / "furcate.json")["meta"]["run"]
    (unfinished / "furcate_run_data.json").write_text(json.dumps({**results, "lr": 99}))
    done = project.run("/bin/false")
    assert "Everything is done: 2 of 2" in done.stderr
    assert project.values("lr") == ["0.01", "0.1"]


# --- config.json ---

# Writes a checkpoint and a config of its own, as a framework's save_pretrained() does, and waits.
SAVES = """#!/bin/sh
cd "$FURCATE_RUN_DIR" || exit 1
echo "$FURCATE_CONFIG $1" >> "$FURCATE_TEST/configs"
echo "$FURCATE_ATTEMPT" >> checkpoint
{write}
{rest}
"""
OWN_CONFIGS = {"object": """echo '{"model_type": "bert"}' > config.json""", "text": "echo lr=1 > config.json",
               "added": """sed 's/{/{"vocabulary": 5,/' "$FURCATE_CONFIG" > c.new; mv c.new config.json""",
               "folder": "rm -rf config.json; mkdir config.json", "link": "ln -sf nowhere config.json"}
WAITS = 'rm -f gate; mkfifo gate; echo $$ > pid.new; mv pid.new pid; [ -e "$FURCATE_TEST/open" ] || exec cat gate'


@pytest.mark.parametrize("kind", OWN_CONFIGS)
def test_a_program_with_a_config_json_of_its_own_keeps_its_directory_over_a_crash(project, kind):
    write(project, {"lr": [0.1]})
    program = project.script("train", SAVES.format(write=OWN_CONFIGS[kind], rest=WAITS))
    first = project.start(program, "{config}")
    directory, = project.until_waiting(1)
    first.kill()
    own = (directory / "config.json").read_bytes() if (directory / "config.json").is_file() else None
    (project.root / "open").touch()
    project.run(program, "{config}")
    assert run_directory(project) == directory
    assert (directory / "checkpoint").read_text() == "1\n2\n"
    assert read(directory / "furcate_config.json") == {"lr": 0.1}
    if own is not None and kind != "added":  # that one adds to whatever it is given
        assert (directory / "config.json").read_bytes() == own
    first_path, second_path = f"{directory}/config.json", f"{directory}/furcate_config.json"
    assert (project.root / "configs").read_text() == f"{first_path} {first_path}\n{second_path} {second_path}\n"
    assert project.log().count(f"{directory}/config.json is the program's own") == 1
    assert [(row["lr"], row["run_attempts"]) for row in project.rows()] == [("0.1", "2")]


def test_such_a_file_stays_over_retries_and_is_told_of_once(project):
    write(project, {"lr": [0.1]}, retries=2)
    program = project.script("train", SAVES.format(write=OWN_CONFIGS["object"], rest="[ $FURCATE_ATTEMPT = 3 ]"))
    project.run(program, "{config}")
    directory = run_directory(project)
    assert read(directory / "config.json") == {"model_type": "bert"}
    assert (directory / "checkpoint").read_text() == "1\n2\n3\n"
    assert project.log().count("is the program's own") == 1


def test_a_config_json_that_the_program_left_alone_is_no_other(project):
    write(project, {"lr": [0.1]}, retries=1)
    project.run(project.script("train", "[ $FURCATE_ATTEMPT = 2 ]\n"))
    assert not (run_directory(project) / "furcate_config.json").exists()
    assert "program's own" not in project.log()


# --- furcate.json ---

REPLACED = {"text": "echo mine > furcate.json", "object": "echo '{}' > furcate.json", "fifo": "rm furcate.json; mkfifo furcate.json",
            "folder": "rm furcate.json; mkdir furcate.json", "link": "ln -sf nowhere furcate.json",
            "elsewhere": 'echo "{}" > "$FURCATE_TEST/x"; ln -sf "$FURCATE_TEST/x" furcate.json',
            "all": "rm -rf ..?* .[!.]* *"}


@pytest.mark.parametrize("kind", REPLACED)
def test_a_program_that_replaces_furcate_json_loses_nothing_of_others(project, kind):
    write(project, {"lr": [1, 2, 3]}, order="config", retries=1)
    program = project.script("train", f'cd "$FURCATE_RUN_DIR"; [ $1 != 2 ] || {{ {REPLACED[kind]}; [ $FURCATE_ATTEMPT = 2 ]; }}\n')
    done = project.run(program, "{lr}")
    assert "3 of 3 runs are done" in done.stderr
    assert project.values("lr") == ["1", "2", "3"]
    assert ("the program has replaced" in project.log()) == (kind != "all")
    assert "Everything is done" in project.run(program, "{lr}").stderr


@pytest.mark.parametrize("kind", REPLACED)
def test_after_a_crash_such_a_run_begins_again_and_that_is_told(project, kind):
    write(project, {"lr": [1, 2]}, order="config")
    program = project.script("train", f'cd "$FURCATE_RUN_DIR"; {REPLACED[kind]}\n{WAITS}\n')
    first = project.start(program)
    directory, = project.until_waiting(1)
    first.kill()
    (project.root / "open").touch()
    project.run(program)
    assert project.values("lr") == ["1", "2"]
    assert len(set(project.values("run_id"))) == 2
    told = f"{directory}/furcate.json does not say any more which run the folder is of" in project.log()
    assert told == (kind != "all")


# --- programs that empty their run directory ---

EMPTIES = {"files": 'rm -rf "$FURCATE_RUN_DIR"/*', "folder": 'rm -rf "$FURCATE_RUN_DIR"; mkdir "$FURCATE_RUN_DIR"',
           "record": 'rm "$FURCATE_RUN_DIR"/*.json "$FURCATE_RUN_DIR"/*.err'}


def empties(project, kind, rest):
    write(project, {"lr": [0.1]})
    return project.script("train", f'[ $FURCATE_ATTEMPT = 1 ] && {{ {EMPTIES[kind]}; }}\n'
                                   f'echo $FURCATE_ATTEMPT >> "$FURCATE_RUN_DIR/checkpoint"\n{rest}\n')


@pytest.mark.parametrize("kind", EMPTIES)
def test_a_run_that_fails_after_that_goes_on_in_its_directory(project, kind):
    program = empties(project, kind, "[ $FURCATE_ATTEMPT = 2 ]")
    said = project.furcate("run", "config.json", "--", program).stderr
    record = run_directory(project) / "furcate.json"
    assert f"the program has deleted {record}, by which furcate knows its run again; it is written again" in said
    assert f"given up - the program has deleted {record.with_name('config0.err')}" in said
    assert f"      {record.with_name('config0.err')}, which the program has deleted\n" in said
    project.run(program)
    assert (run_directory(project) / "checkpoint").read_text() == "1\n2\n"
    assert project.rows()[0]["run_id"] == "0"


def test_a_run_that_is_stopped_after_that_goes_on_in_its_directory(project):
    first = project.start(empties(project, "files", f'cd "$FURCATE_RUN_DIR"; {WAITS}'))
    directory, = project.until_waiting(1)
    first.send(signal.SIGTERM)
    assert first.wait() == 143
    (project.root / "open").touch()
    project.run(project.root / "train")
    assert (run_directory(project) / "checkpoint").read_text() == "1\n2\n"


@pytest.mark.parametrize("kind", ["files", "folder"])
def test_a_run_whose_guardian_is_killed_after_that_goes_on_in_its_directory(project, kind):
    first = project.start(empties(project, kind, f'cd "$FURCATE_RUN_DIR"; {WAITS}'))
    directory, = project.until_waiting(1)
    first.kill()
    (project.root / "open").touch()
    project.run(project.root / "train")
    assert (run_directory(project) / "checkpoint").read_text() == "1\n2\n"


def test_a_run_that_is_killed_after_that_is_told_of(project):
    first = project.start(empties(project, "files", f'cd "$FURCATE_RUN_DIR"; {WAITS}'))
    directory, = project.until_waiting(1)
    project.until_started(1)
    os.kill(project.runner_pid(), signal.SIGKILL)
    first.wait()
    (project.root / "open").touch()
    project.run(project.root / "train")
    assert project.log().count(f"{project.logs}/config0 has no furcate.json any more, by which its run is known") == 1
    assert project.rows()[0]["run_id"] == "1"


@pytest.mark.parametrize("kind", ["files", "folder"])
def test_what_a_run_that_ends_well_loses_by_that_is_told(project, kind):
    said = project.run(empties(project, kind, "")).stderr
    assert f"{project.logs}/config0 was emptied while its run executed: its output, and what it had reported before, " \
        "are lost" in said
    assert len(project.rows()) == 1
