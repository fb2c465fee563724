"""furcate.db deleted, damaged or replaced, between starts and while runs execute: nothing is lost or done twice."""

import contextlib
import os
import signal
import sqlite3

import pytest

from support import until

VALUES = list(range(1, 41))
TRACE = 'echo "$1" >> started\n'


def path(project, ending=""):
    return project.logs / f"furcate.db{ending}"


def remove(project, *endings):
    for ending in endings:
        path(project, ending).unlink(missing_ok=True)


def overwrite(file, start, end, byte=b"\xa5"):
    """Writes over a part of the file, in place: 0 is its start, 1 its end."""
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.seek(int(start * size))
        opened.write(byte * int((end - start) * size))


def truncate(file, share):
    os.truncate(file, int(share * file.stat().st_size))


def replace(project, content):
    remove(project, "", "-wal", "-shm")
    path(project).write_bytes(content)


def another_program(project):
    remove(project, "", "-wal", "-shm")
    with contextlib.closing(sqlite3.connect(path(project), isolation_level=None)) as database:
        database.execute("CREATE TABLE precious (x)")


def put_folder(project):
    remove(project, "", "-wal", "-shm")
    path(project).mkdir()


DAMAGES = {
    "all deleted": lambda project: remove(project, "", "-wal", "-shm"),
    "deleted alone": lambda project: remove(project, ""),
    "its log deleted": lambda project: remove(project, "-wal"),
    "its index deleted": lambda project: remove(project, "-shm"),
    "log and index deleted": lambda project: remove(project, "-wal", "-shm"),
    "emptied": lambda project: truncate(path(project), 0),
    "cut in half": lambda project: truncate(path(project), 0.5),
    "cut within its first page": lambda project: os.truncate(path(project), 100),
    "overwritten": lambda project: overwrite(path(project), 0, 1),
    "overwritten behind its first page": lambda project: overwrite(path(project), 0.1, 1),
    "zeros": lambda project: overwrite(path(project), 0, 1, b"\0"),
    "its log overwritten": lambda project: overwrite(path(project, "-wal"), 0, 1),
    "its log overwritten in part": lambda project: overwrite(path(project, "-wal"), 0.3, 0.7),
    "its log cut": lambda project: truncate(path(project, "-wal"), 0.6),
    "its index overwritten": lambda project: overwrite(path(project, "-shm"), 0, 1),
    "replaced by text": lambda project: replace(project, b"no database\n" * 1000),
    "replaced by another program's": another_program,
}


def traced(project):
    return project.script("traced", TRACE + "[ $1 != 7 ] || exit 1\n"), "{batch_size}"


def check_each_once(project):
    """All but the one that fails are done once."""
    expected = sorted(str(value) for value in VALUES if value != 7)
    assert project.values() == expected
    started = (project.root / "started").read_text().split()
    assert sorted(value for value in started if value != "7") == expected
    ids = [row["run_id"] for row in project.rows()]
    assert len(set(ids)) == len(ids)
    assert len({row["log_dir"] for row in project.rows()}) == len(ids)


def crashed(project):
    """A log dir as a runner leaves it that was killed when half of its runs were done, one failed, one under way."""
    gated = project.gated()
    program = project.script("train", f"[ $1 != 20 ] || exec {gated}\n" + TRACE + "[ $1 != 7 ] || exit 1\n")
    project.write(batch_size=VALUES, meta={"max_threads": 1, "order": "config"})
    runner = project.start(program, "{batch_size}")
    project.until_waiting(1)
    until(lambda: project.csv.exists() and len(project.rows()) == 18, "18 rows")
    until(lambda: finished_in(project) == 18, "the end of the commit")
    os.kill(project.runner_pid(), signal.SIGKILL)
    runner.wait()
    until(lambda: not project.waiting(), "the end of the attempt")


def finished_in(project):
    with contextlib.closing(sqlite3.connect(path(project), isolation_level=None)) as database:
        return database.execute("SELECT count(*) FROM runs WHERE state = 'finished'").fetchone()[0]


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_between_two_starts_repeats_nothing(project, name):
    crashed(project)
    assert path(project, "-wal").stat().st_size > 10000
    DAMAGES[name](project)
    for _ in range(2):
        done = project.furcate("run", "config.json", "--", *traced(project))
        assert done.returncode == 1, done.stderr
        assert "39 of 40 runs are done" in done.stderr
        check_each_once(project)


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_while_runs_execute_repeats_nothing(project, name):
    gated = project.gated()
    program = project.script("train", TRACE + f"[ $1 != 20 ] || exec {gated}\n" + "[ $1 != 7 ] || exit 1\n")
    project.write(batch_size=VALUES, meta={"max_threads": 1, "order": "config"})
    runner = project.start(program, "{batch_size}")
    project.until_waiting(1)
    until(lambda: project.csv.exists() and len(project.rows()) == 18, "18 rows")
    DAMAGES[name](project)
    assert project.let_all_go(runner) == 1
    check_each_once(project)
    assert "39 of 40 runs are done" in project.furcate("run", "config.json", "--", *traced(project)).stderr
    check_each_once(project)


def test_a_start_that_was_killed_while_it_made_the_database_gives_no_deleted_row_back(project):
    """Its tables are there then, and nothing in them."""
    project.write(batch_size=[1, 2])
    project.run(*traced(project))
    header, first, _ = project.csv.read_text().splitlines(keepends=True)
    project.csv.write_text(header + first)
    with contextlib.closing(sqlite3.connect(path(project), isolation_level=None)) as database:
        database.executescript("DELETE FROM facts; DELETE FROM runs; DELETE FROM attempts;")
    done = project.run(*traced(project))
    assert "2 of 2 runs are done, 1 of them now" in done.stderr
    assert project.values() == ["1", "2"]


def overwrite_tables(project):
    """All but the page with the schema."""
    with path(project).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (path(project).stat().st_size - 4096))


def test_damage_found_only_further_on_is_set_aside_too(project):
    project.write(batch_size=VALUES)
    project.furcate("run", "config.json", "--", *traced(project))
    overwrite_tables(project)
    assert "39 of 40 runs are done" in project.furcate("run", "config.json", "--", *traced(project)).stderr
    check_each_once(project)
    assert f"set aside as {path(project)}.broken, and made again from run_data.csv" in project.log()
    assert path(project, ".broken").exists()


def test_damage_found_by_a_commit_is_set_aside_too(project):
    gated = project.gated()
    project.write(batch_size=VALUES, meta={"max_threads": 1, "order": "config"})
    runner = project.start(project.script("train", f"[ $1 != 20 ] || exec {gated}\n"), "{batch_size}")
    project.until_waiting(1)
    until(lambda: project.csv.exists() and finished_in(project) == 19, "19 rows")
    with contextlib.closing(sqlite3.connect(path(project), isolation_level=None)) as database:
        database.execute("INSERT INTO facts VALUES ('test', 1)")  # so that the runner reads the file again
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    overwrite_tables(project)
    assert project.let_all_go(runner) == 0
    assert f"going on without it until the next start; set aside as {path(project)}.broken" in project.log()
    assert not path(project).exists()


def change_schema(project, sql, *values):
    with contextlib.closing(sqlite3.connect(path(project), isolation_level=None)) as database:
        database.execute("PRAGMA writable_schema = ON")
        return database.execute(sql, values).fetchone()


def set_states(project, state):
    with contextlib.closing(sqlite3.connect(path(project), isolation_level=None)) as database:
        database.execute("UPDATE runs SET state = ?", [state])


def test_an_index_that_misses_runs_is_set_aside_too(project):
    project.write()
    assert project.furcate("run", "config.json", "--", "/bin/false").returncode == 1
    named = "FROM sqlite_schema WHERE name = 'runs_not_finished'"
    index = change_schema(project, f"SELECT type, name, tbl_name, rootpage, sql {named}")
    set_states(project, "finished")
    change_schema(project, f"DELETE {named}")
    set_states(project, "failed")
    change_schema(project, "INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", *index)
    project.run("/bin/true")
    assert f"set aside as {path(project)}.broken" in project.log()
    assert "Everything is done" in project.run("/bin/true").stderr


def test_what_is_set_aside_is_kept(project):
    project.write()
    contents = [b"precious one" * 99, b"precious two" * 99, b"precious three" * 99]
    for content in contents:
        project.run("/bin/true")
        replace(project, content)
    project.run("/bin/true")
    assert sorted(file.read_bytes() for file in project.logs.glob("furcate.db.broken*")) == sorted(contents)


def test_a_database_of_a_newer_furcate_is_left_alone(project):
    project.write()
    project.run("/bin/true")
    with contextlib.closing(sqlite3.connect(path(project), isolation_level=None)) as database:
        database.execute("PRAGMA user_version = 1000")
    before = path(project).read_bytes()
    done = project.furcate("run", "config.json", "--", "/bin/true")
    assert done.returncode == 2
    assert "furcate.db was made by a newer furcate" in done.stderr
    assert "use that one here, or move the file away" in done.stderr
    assert path(project).read_bytes() == before
    remove(project, "", "-wal", "-shm")
    assert "Everything is done" in project.run("/bin/true").stderr


def test_a_folder_in_its_place_is_set_aside(project):
    project.write()
    project.run("/bin/true")
    put_folder(project)
    assert "Everything is done" in project.run("/bin/true").stderr
    assert "logs/furcate.db is not a regular file; set aside as" in project.log()
