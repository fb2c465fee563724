"""A log dir that came from a stranger is safe to start in, and safe to look at."""

import itertools
import json
import os
import shutil
import sqlite3

import pytest

import hostile
from sample import ALL, attacks
from support import EXAMPLE, FURCATE, SANITIZED, Project

CONFIG = {"x": [1, 2, 3], "meta": {"max_threads": 1, "order": "config", "objective": {"metric": "loss", "mode": "min"}}}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A log dir with a finished run, one that failed and one that never began."""
    made = Project(tmp_path_factory.mktemp("template"))
    made.write(CONFIG)
    first = made.script("first", 'echo "{\\"step\\": 1, \\"loss\\": 0.5}" >> "$FURCATE_METRICS"\n'
                                 'case $FURCATE_ID in 0) ;; 1) exit 1 ;; *) kill -TERM $PPID; sleep 60 ;; esac\n')
    made.furcate("run", "config.json", "--", first)
    assert made.directories() == ["config0_x1", "config1_x2", "config2_x3"] and made.values("x") == ["1"]
    shutil.rmtree(made.logs / "config2_x3")
    with sqlite3.connect(made.logs / "furcate.db") as database:
        database.execute("DELETE FROM runs WHERE id = 2")
        database.execute("UPDATE facts SET number = 2 WHERE name = 'next_id'")
    database.close()
    return made.logs


@pytest.fixture
def stranger(project, template):
    """Such a log dir; little memory for what works in it."""
    shutil.copytree(template, project.logs)
    project.outside = hostile.make_precious(project.root)
    project.write(CONFIG)
    project.program = project.script("program", 'echo done; echo "{\\"step\\": 1, \\"loss\\": 0.4}" >> "$FURCATE_METRICS"\n')
    if not SANITIZED:
        project.executable = ["sh", "-c", 'ulimit -v 4194304; exec "$@"', "-", FURCATE]
    return project


def look_and_start(project):
    """Looks at the log dir in each way, and starts in it twice. Returns the last start but one."""
    before = hostile.picture_of(project.outside)
    commands = [["plan", "config.json"], ["plan", "config.json", "--against", "logs"], ["best", "best_loss"],
                ["run", "config.json", "--", project.program], ["run", "config.json", "--", project.program]]
    done = []
    for command in commands:
        done.append(project.furcate(*command))
        assert done[-1].returncode in (0, 1, 2), (command, done[-1].stderr)
        assert "was ended by signal" not in done[-1].stderr and "out of memory" not in done[-1].stderr
        assert hostile.picture_of(project.outside) == before, command
    return done[-2]


def make(kind, path, outside):
    hostile.clear(path)
    try:
        kind(path, outside)
    except PermissionError:
        pytest.skip("this takes more rights")


@attacks("what", itertools.product(hostile.IN_LOG_DIR, hostile.KINDS), 9)
def test_something_odd_in_the_log_dir(stranger, what):
    name, kind = what
    make(kind, stranger.logs / name, stranger.outside)
    done = look_and_start(stranger)
    # The table is the user's to see to, and so are the log and the lock; all else is expendable, or another run's.
    if name not in ("run_data.csv", "furcate.log", "furcate.lock"):
        assert done.returncode == 0, done.stderr
        assert stranger.values("x") == ["1", "2", "3"]
    elif done.returncode == 2:
        assert f"logs/{name}" in done.stderr
    assert stranger.csv.is_symlink() or not stranger.csv.is_file() or stranger.csv.stat().st_mode & 0o22 == 0 or kind is hostile.setuid


@attacks("what", itertools.product(hostile.IN_RUN, hostile.KINDS), 9)
def test_something_odd_in_a_run_directory(stranger, what):
    name, kind = what
    make(kind, stranger.logs / "config1_x2" / name, stranger.outside)
    done = look_and_start(stranger)
    assert {"1", "3"} <= set(stranger.values("x"))
    assert done.returncode == 0 or "config1" in done.stderr


# --- contents ---

NAMES = ["../../outside/x", "/tmp/x", "..", ".", "", "config1/../../../outside/x", "x", "config01", "config\n1", "a" * 300 + "1", 7, None]


@attacks("name", NAMES, 4)
def test_a_name_in_furcate_json_is_no_path(stranger, name):
    hostile.change_record(stranger.logs / "config1_x2", name=name)
    done = look_and_start(stranger)
    assert done.returncode == 0 and stranger.values("x") == ["1", "2", "3"]
    assert sorted(path.name for path in stranger.root.iterdir()) == ["config.json", "logs", "outside", "program"]
    assert {path.suffix for path in (stranger.logs / "config1_x2").iterdir()} >= {".log", ".err"}


@attacks("name", NAMES[:6], 2)
def test_a_name_in_a_config_json_of_an_older_furcate_is_no_path(stranger, name):
    hostile.change_record(stranger.logs / "config1_x2", name=name)
    (stranger.logs / "config1_x2/furcate.json").rename(stranger.logs / "config1_x2/config.json")
    assert look_and_start(stranger).returncode == 0
    assert sorted(path.name for path in stranger.root.iterdir()) == ["config.json", "logs", "outside", "program"]


@attacks("number", [-1, 10**11, 10**12 - 2, 10**12 - 1, 10**12, 10**15 - 1, 10**15, 2**63 - 1, 2**64, 10**400, "1", 1.5])
def test_no_furcate_has_given_such_an_id(stranger, number):
    hostile.change_record(stranger.logs / "config1_x2", id=number)
    assert look_and_start(stranger).returncode == 0
    assert set(stranger.values("run_id")) <= {"0", "1", "2", "3"}


@attacks("number", [10**12 - 1, 10**12 - 2, 10**11 - 1, 10**11 - 2, 10**11])
def test_no_id_is_given_twice_whatever_a_file_says(stranger, number):
    hostile.change_record(stranger.logs / "config1_x2", id=number)
    stranger.write({**CONFIG, "x": [1, 2, 3, 4, 5]})
    done = [stranger.furcate("run", "config.json", "--", stranger.program) for _ in range(2)]
    ids = stranger.values("run_id")
    assert len(set(ids)) == len(ids)
    if number < 10**11:
        assert done[0].returncode == 2 and f"has the id {number}, and furcate has hardly any ids after" in done[0].stderr
    else:
        assert done[0].returncode == 0 and stranger.values("x") == ["1", "2", "3", "4", "5"]


@attacks("name", ["ckpt_99999999999999_a", "ckpt_9999999_a", "99999999999999", "model99"])
def test_a_folder_of_another_program_takes_no_ids(stranger, name):
    (stranger.logs / name).mkdir()
    (stranger.logs / name / "config.json").write_text('{"model_type": "bert"}')
    for base in "furcate.db", "furcate.db-wal", "furcate.db-shm":
        (stranger.logs / base).unlink(missing_ok=True)
    assert look_and_start(stranger).returncode == 0
    assert stranger.values("run_id") == ["0", "1", "2"]


@attacks("cell", ["..", ".", "/", "../outside", "/etc", "logs/..", "\x1b[2J"], 3)
def test_a_log_dir_in_the_table_leads_nowhere_else(stranger, cell):
    stranger.csv.write_text(stranger.csv.read_text().replace("logs/config0_x1", cell))
    look_and_start(stranger)
    out = stranger.furcate("best", "loss", "--path")
    assert out.stdout.strip() in ("", "logs/config1_x2", "logs/config2_x3", "logs/outside", "logs/etc")


# --- furcate.db ---

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
TABLES = ["runs", "attempts", "facts", "texts", "starts", "code"]


def triggers(database):
    for table in TABLES:
        for event in "INSERT", "UPDATE", "DELETE":
            database.execute(f"CREATE TRIGGER t_{table}_{event} AFTER {event} ON {table} BEGIN "
                             f"INSERT INTO code (hash, time, files) {ENDLESS} SELECT i, 1, 'x' FROM n; END")


def views(database):
    for table in TABLES:
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        database.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
        database.execute(f"CREATE VIEW {table} AS {ENDLESS} SELECT {', '.join(f'i AS {name}' for name in columns)} FROM n")


def costly_index(database):
    database.execute("CREATE INDEX costly ON runs (hex(zeroblob(2000000 + id)))")


def generated(database):
    database.execute("ALTER TABLE texts RENAME TO old")
    database.execute("CREATE TABLE texts (name TEXT PRIMARY KEY, text TEXT AS (hex(zeroblob(200000000))))")
    database.execute("INSERT INTO texts (name) VALUES ('config')")


def check(database):
    database.execute("PRAGMA writable_schema = ON")
    database.execute("UPDATE sqlite_schema SET sql = replace(sql, 'state TEXT NOT NULL', "
                     "'state TEXT NOT NULL CHECK (length(hex(zeroblob(200000000))) > 0)') WHERE name = 'runs'")


def virtual(database):
    database.execute("DROP TABLE runs")
    database.execute("CREATE VIRTUAL TABLE runs USING rtree (id, a, b)")


def large_ids(database):
    database.execute("INSERT INTO runs VALUES (9223372036854775807, 'a', 'b', '..', 'running')")
    database.execute("INSERT INTO runs VALUES (-5, 'a', 'b', '/etc', 'running')")
    database.execute("UPDATE facts SET number = 9223372036854775807 WHERE name = 'next_id'")
    database.execute("INSERT INTO starts (id, time) VALUES (9223372036854775807, 1)")


def large_text(database):
    database.execute("INSERT OR REPLACE INTO texts VALUES ('config', hex(zeroblob(140000000)))")


BRING = [triggers, views, costly_index, generated, check, virtual, large_ids]


@attacks("bring", BRING + [large_text] * ALL, 4)  # the last one takes ten seconds
def test_a_database_brings_nothing_along_that_is_executed(stranger, bring):
    database = sqlite3.connect(stranger.logs / "furcate.db")
    bring(database)
    database.commit()
    database.close()
    assert look_and_start(stranger).returncode == 0
    assert stranger.values("x") == ["1", "2", "3"]
    assert stranger.values("run_id") == ["0", "1", "2"]


def test_a_journal_deletes_no_file(stranger):
    """SQLite deletes the file that a journal names as the one that leads several databases."""
    for ending in "-wal", "-shm":
        (stranger.logs / f"furcate.db{ending}").unlink(missing_ok=True)
    with sqlite3.connect(stranger.logs / "furcate.db") as database:
        database.execute("PRAGMA journal_mode = DELETE")
        pages, = database.execute("PRAGMA page_count").fetchone()
    database.close()
    name = os.fsencode(stranger.outside / "precious.txt")
    magic = bytes.fromhex("d9d505f920a163d7")
    head = (magic + (0).to_bytes(4, "big") + bytes(4) + pages.to_bytes(4, "big") + (512).to_bytes(4, "big")
            + (4096).to_bytes(4, "big")).ljust(512, b"\0")
    page = (4096 * 0 + 0x40000000 // 4096 + 1).to_bytes(4, "big")
    end = page + name + len(name).to_bytes(4, "big") + (sum(name) & 0xffffffff).to_bytes(4, "big") + magic
    (stranger.logs / "furcate.db-journal").write_bytes(head + end)
    assert look_and_start(stranger).returncode == 0
    assert stranger.values("x") == ["1", "2", "3"]


def page_of(size, kind, cells, last=b""):
    """A page of an index; see the section "B-tree Pages" of SQLite's file format."""
    page, at, pointers = bytearray(size), size, b""
    for cell in cells:
        at -= len(cell)
        page[at:at + len(cell)] = cell
        pointers += at.to_bytes(2, "big")
    head = bytes([kind, 0, 0]) + len(cells).to_bytes(2, "big") + at.to_bytes(2, "big") + b"\0" + last + pointers
    page[:len(head)] = head
    return page


def test_a_tree_of_pages_that_never_ends_is_given_up(stranger):
    """Each of its pages has the next one as its child, many times over."""
    path, record = stranger.logs / "furcate.db", bytes([3, 1, 1, 1, 1])  # of the run with id 1
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = DELETE")
    (root,), (size,) = (database.execute(sql).fetchone() for sql in (
        "SELECT rootpage FROM sqlite_schema WHERE name = 'runs_not_finished'", "PRAGMA page_size"))
    database.close()
    content = bytearray(path.read_bytes())
    first, depth = len(content) // size + 1, 15
    for level in range(depth):
        child = (first + level).to_bytes(4, "big")
        page = page_of(size, 2, [child + bytes([len(record)]) + record] * 200, child)
        if level == 0:
            content[(root - 1) * size:root * size] = page
        else:
            content += page
    content += page_of(size, 10, [bytes([len(record)]) + record])
    content[28:32] = (len(content) // size).to_bytes(4, "big")
    path.write_bytes(content)
    assert look_and_start(stranger).returncode == 0
    assert stranger.values("x") == ["1", "2", "3"]
    assert list(stranger.logs.glob("furcate.db.broken"))


def test_a_log_dir_that_is_reached_by_a_link_is_used(stranger):
    stranger.logs.rename(stranger.root / "elsewhere")
    stranger.logs.symlink_to("elsewhere")
    assert look_and_start(stranger).returncode == 0
    assert stranger.values("x") == ["1", "2", "3"]
    assert not list(stranger.logs.glob("furcate.db.broken*"))


@attacks("kind", [hostile.hard_link, hostile.hard_link_of_results, hostile.link_to_file])
def test_a_lock_that_is_another_file_too_is_not_written_to(stranger, kind):
    make(kind, stranger.logs / "furcate.lock", stranger.outside)
    done = look_and_start(stranger)
    if kind is not hostile.link_to_file:
        assert done.returncode == 0 and stranger.values("x") == ["1", "2", "3"]
        assert (stranger.logs / "furcate.lock").stat().st_nlink == 1


def test_a_backup_of_hard_links_stays_as_it_is(project):
    """Such as cp -al and rsync --link-dest make."""
    project.write(EXAMPLE)
    project.furcate("run", "config.json", "--", project.script("fails", "exit 1\n"))
    backup = project.root / "backup"
    shutil.copytree(project.logs, backup, copy_function=os.link)
    before = hostile.picture_of(backup)
    project.run("/bin/true")
    assert hostile.picture_of(backup) == before
    assert len(project.rows()) == 2 and not list(project.logs.glob("*.broken"))
    assert project.query("SELECT max(attempt) FROM attempts") == [(2,)]
    assert json.loads((project.logs / "example0_foo_bs32/furcate.json").read_text())["meta"]["run"]["attempt"] == 2
