"""A further start goes on where a stop or a crash left off: nothing twice, nothing lost."""

import contextlib
import csv
import json
import os
import pathlib
import shutil
import signal
import time

import pytest

from support import EXAMPLE, SANITIZED, chance, is_alive, until

TRACE = "echo \"$1 $FURCATE_ID\" >> started\n"


def traced(project):
    """A program that notes each of its starts."""
    return project.script("traced", TRACE), "{batch_size}"


def starts(project):
    path = project.root / "started"
    return path.read_text().split("\n")[:-1] if path.exists() else []


def drop_row(project, batch_size):
    """What a user does with an editor."""
    lines = project.csv.read_text().splitlines(keepends=True)
    kept = [line for line in lines if f",{batch_size}," not in line]
    assert len(kept) == len(lines) - 1
    project.csv.write_text("".join(kept))


def check_each_permutation_once(project, count):
    frame = project.frame()
    assert sorted(frame.batch_size) == list(range(1, count + 1))
    assert frame.run_id.is_unique
    assert frame.run_name.is_unique
    assert frame.log_dir.is_unique


def test_a_second_start_has_nothing_to_do(project):
    project.write()
    project.run(*traced(project))
    done = project.run(*traced(project))
    assert "Everything is done: 2 of 2 runs" in done.stderr
    assert len(starts(project)) == 2
    assert project.values() == ["32", "64"]


def test_a_deleted_row_is_run_again_under_a_new_id(project):
    project.write()
    project.run(*traced(project))
    drop_row(project, 32)
    project.run(*traced(project))
    assert sorted((row["batch_size"], row["run_id"]) for row in project.rows()) == [("32", "2"), ("64", "1")]
    assert starts(project)[2:] == ["32 2"]
    assert project.directories() == ["example0_foo_bs32", "example1_foo_bs64", "example2_foo_bs32"]


def test_a_deleted_table_means_that_all_is_run_again(project):
    project.write()
    project.run(*traced(project))
    project.csv.unlink()
    project.run(*traced(project))
    assert sorted(row["run_id"] for row in project.rows()) == ["2", "3"]
    assert len(starts(project)) == 4


def test_the_table_alone_tells_what_is_done(project):
    project.write()
    project.run(*traced(project))
    for path in project.logs.glob("furcate.db*"):
        path.unlink()
    project.run(*traced(project))
    assert len(starts(project)) == 2
    drop_row(project, 32)
    project.run(*traced(project))
    assert starts(project)[2:] == ["32 2"]


def test_every_kind_of_value_is_found_again(project):
    values = [None, "", "null", True, "True", 1, "1", 1.5, "a,b", 'say "x"', "two\nlines", " x ", [1, [2]],
              {"a": None}, [], "[1, [2]]", 10**30, -0.001, "é", float("nan"), float("inf")]
    project.write({"odd": values})
    program = project.script("odd", "echo x >> started\n")
    project.run(program)
    assert len(starts(project)) == len(values)
    done = project.run(program)
    assert "Everything is done" in done.stderr
    for path in project.logs.glob("furcate.db*"):
        path.unlink()
    project.run(program)
    assert len(starts(project)) == len(values)
    assert len(project.frame()) == len(values)


def test_a_key_of_the_specs_that_joins_makes_other_runs_whatever_its_default(project):
    project.write()
    project.run(*traced(project))
    project.write(learning_rate=[0.001, 0.01])
    project.run(*traced(project))
    assert len(starts(project)) == 6  # the program may have another default than a Fork
    assert sorted((row["batch_size"], row["learning_rate"]) for row in project.rows()) == \
        [("32", ""), ("32", "0.001"), ("32", "0.01"), ("64", ""), ("64", "0.001"), ("64", "0.01")]


def test_a_new_key_is_a_new_column_that_old_rows_leave_empty(project):
    project.write()
    project.run(*traced(project))
    project.write(optimizer=["SGD", "Adam"])
    project.run(*traced(project))
    assert sorted((row["batch_size"], row["optimizer"]) for row in project.rows()) == \
        [("32", ""), ("32", "Adam"), ("32", "SGD"), ("64", ""), ("64", "Adam"), ("64", "SGD")]


def test_a_torn_last_line_is_cut_off(project):
    project.write()
    project.run(*traced(project))
    whole = project.csv.read_bytes()
    project.csv.write_bytes(whole + whole.splitlines()[1][:40])
    project.run(*traced(project))
    assert project.csv.read_bytes() == whole
    assert len(starts(project)) == 2


def test_a_finished_run_whose_row_was_never_written_gets_its_row(project):
    project.write()
    project.run(*traced(project))
    row = next(row for row in project.rows() if row["batch_size"] == "64")
    project.logs.rename(project.root / "other")
    project.write(batch_size=[32])
    project.run(*traced(project))

    # As a crash between run_data.json and the row leaves it.
    project.write()
    directory = project.logs / "example1_foo_bs64"
    (project.root / "other/example1_foo_bs64").rename(directory)
    os.utime(directory / "run_data.json")
    project.run(*traced(project))
    assert len(starts(project)) == 3, "it was not run again"
    assert project.values() == ["32", "64"]
    assert next(found for found in project.rows() if found["batch_size"] == "64") == row


def test_a_killed_runner_takes_its_attempts_along_and_the_next_finishes(project):
    project.write(batch_size=[1, 2, 3, 4], meta={"max_threads": 2})
    first = project.start(project.gated())
    waiting = project.until_waiting(2)
    pids = [int((directory / "pid").read_text()) for directory in waiting]
    project.let_go(waiting[0])
    until(lambda: project.csv.exists() and project.rows(), "the first row")
    first.kill()
    until(lambda: not any(map(is_alive, pids)), "the end of the attempts")

    assert project.let_all_go(project.start(project.gated())) == 0
    check_each_permutation_once(project, 4)
    assert len(project.directories()) == 4, "a run that was started keeps its id and its directory"


def runner_of(guardian):
    """Its pid, in a list; none where it is yet to be made, or gone. What finds leaks at the end is a child too."""
    children = pathlib.Path(f"/proc/{guardian}/task/{guardian}/children").read_text().split()
    for child in children:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if pathlib.Path(f"/proc/{child}/comm").read_text() == "furcate-runner\n":
                return [int(child)]
    return []


def pids_of(started, victim):
    runner = runner_of(started.pid)
    return {"guardian": [started.pid], "runner": runner, "both": [started.pid, *runner]}[victim]


def kill_at_random(project, dice, victim, program):
    runner = project.start(*program)
    time.sleep(0.25 * dice.random())
    pids = [] if runner.is_over() else pids_of(runner, victim)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    runner.wait()
    return bool(pids)


def finished(project):
    """The values whose rows are whole."""
    text = project.csv.read_text() if project.csv.exists() else ""
    return {row["batch_size"] for row in csv.DictReader(line for line in text.splitlines(keepends=True) if line[-1] == "\n")}


def times_started(project, value):
    return [line.split()[0] for line in starts(project)].count(value)


@pytest.mark.parametrize("victim", ["guardian", "runner", "both"])
def test_killed_at_any_moment_each_permutation_is_done_exactly_once(project, victim):
    count, most = 50, 12 if SANITIZED else 70
    dice, kills, grids = chance(), 0, 0
    while kills < most:
        grids += 1
        shutil.rmtree(project.logs, ignore_errors=True)
        (project.root / "started").unlink(missing_ok=True)
        project.write(batch_size=list(range(1, count + 1)), meta={"max_threads": 2})
        program, known = (project.script("slow", f"{TRACE}sleep 0.02\n"), "{batch_size}"), {}
        while len(finished(project)) < count:
            kills += kill_at_random(project, dice, victim, program)
            for value in finished(project) - set(known):
                known[value] = times_started(project, value)
        project.run(*program)
        check_each_permutation_once(project, count)
        assert known == {value: times_started(project, value) for value in known}, "a finished run was started again"
        for row in project.rows():
            data = json.loads((project.root / row["log_dir"] / "run_data.json").read_text())
            assert str(data["batch_size"]) == row["batch_size"]
    print(f"{kills} kills in {grids} grids")


def test_a_second_runner_is_refused_and_told_of_the_first(project):
    project.write()
    first = project.start(project.gated())
    project.until_waiting(2)
    second = project.furcate("run", "config.json", "--", "/bin/true")
    assert second.returncode == 2
    assert str(first.pid) in second.stderr
    assert project.let_all_go(first) == 0
    assert project.values() == ["32", "64"]


@pytest.mark.parametrize("row", ["example,foo/,32,50", ""])
def test_a_table_without_our_columns_is_read_too(project, row):
    project.write()
    project.logs.mkdir()
    project.csv.write_text(f"data_name,data_dir,batch_size,epochs\n{row}\n")
    project.run(*traced(project))
    assert sorted(line.split()[0] for line in starts(project)) == (["64"] if row else ["32", "64"])
    assert project.values() == ["32", "64"]


def test_the_same_number_written_otherwise_is_the_same_run(project):
    project.write({**EXAMPLE, "batch_size": 32}, learning_rate=[0.001])
    project.run(*traced(project))
    text = project.config.read_text()
    assert "0.001" in text
    project.config.write_text(text.replace("0.001", "1e-3").replace("32", "32.0"))
    project.run(*traced(project))
    assert len(starts(project)) == 1


# --- what is the same stays the same ---

@pytest.mark.parametrize("data_dir", ["foo", "./foo/", "foo//", "././foo"])
def test_another_spelling_of_data_dir_changes_nothing(project, data_dir):
    project.write()
    project.run(*traced(project))
    project.write(data_dir=data_dir)
    assert "2 of 2 runs are in logs/run_data.csv" in project.run(*traced(project)).stderr
    project.write(data_dir=["bar/", data_dir])
    project.run(*traced(project))
    assert len(starts(project)) == 4, "the runs of bar/ alone were left"


@pytest.mark.parametrize("log_dir", ["./logs", "logs/", "logs//"])
def test_another_spelling_of_log_dir_changes_nothing(project, log_dir):
    project.write()
    project.run(*traced(project))
    project.write(log_dir=log_dir)
    assert "Everything is done: 2 of 2 runs" in project.run(*traced(project)).stderr
    project.write(log_dir=str(project.logs))
    assert "Everything is done: 2 of 2 runs" in project.run(*traced(project)).stderr
    assert len(starts(project)) == 2


def test_an_unfinished_run_is_found_again_by_another_spelling_of_data_dir(project):
    project.write(batch_size=[1])
    runner = project.start(project.gated())
    project.until_waiting(1)
    runner.send(signal.SIGINT)
    assert runner.wait() == 130
    project.write(batch_size=[1], data_dir="./foo")
    project.run(*traced(project))
    assert [(row["run_id"], row["run_attempts"]) for row in project.rows()] == [("0", "2")]


# --- rows that match nothing are explained ---

def explain(project):
    """What a start and `furcate plan` say of the rows, which is the same."""
    planned = project.furcate("plan", "config.json", "--limit", "0", "--", "true").stdout
    said = [line for line in planned.splitlines() if "run_data.csv" in line]
    before = len(project.log().splitlines())
    done = project.furcate("run", "config.json", "--", "false")
    logged = [line.partition("] ")[2] for line in project.log().splitlines()[before:] if "of logs/run_data.csv" in line]
    assert logged == said
    assert all(line in done.stderr for line in said)
    for kind in ("csv", "json"):
        assert "run_data.csv" not in project.furcate("plan", "config.json", "--format", kind, "--", "true").stdout
    return said, done.stderr


def test_a_further_constant_is_named_as_what_the_rows_lack(project):
    project.write(batch_size=list(range(1, 7)), meta={"fail_fast": False})
    project.run("true")
    project.write(batch_size=list(range(1, 7)), test_size=0.2, meta={"fail_fast": False})
    said, stderr = explain(project)
    assert said == ["6 rows of logs/run_data.csv differ from this plan in test_size alone (they have none): add the "
                    "column with the value they were made with to count them"]
    assert "6 rows of logs/run_data.csv matched nothing in this plan; logs/furcate.log tells why." in stderr
    frame = project.frame()
    frame.insert(0, "test_size", 0.2)
    frame.to_csv(project.csv, index=False)
    assert "6 of 6 runs are in" in project.run("true").stderr


def test_a_key_that_was_renamed_in_the_config_is_named(project):
    project.write(k=[1, 2], batch_size=1)
    project.run("true")
    project.write(K=[1, 2], batch_size=1)
    said, _ = explain(project)
    assert said == ["2 rows of logs/run_data.csv differ from this plan in K (they have none) and k (they have 1, 2; this "
                    "config has no k): the rows have k, the config has K; if that is one key, give its column the name K "
                    "to count them"]
    project.csv.write_text(project.csv.read_text().replace(",k,", ",K,", 1))
    assert "2 of 2 runs are in" in project.run("true").stderr


def delete_directories(project):
    for name in project.directories():
        shutil.rmtree(project.logs / name)


def test_an_axis_that_was_removed_leaves_rows_of_other_runs(project):
    project.write(k=[1, 2], batch_size=1)
    project.run("true")
    project.write(batch_size=1)
    said, _ = explain(project)
    assert said == ["2 rows of logs/run_data.csv differ from this plan in k alone (they have 1, 2; this config has no k): "
                    "they are of a config that had this key; put it back into the config to count them"]
    project.run("true")
    assert project.values("k") == ["", "1", "2"]


@pytest.mark.parametrize("key", ["split", "run_split"])
@pytest.mark.parametrize("is_axis", [True, False], ids=["axis", "constant"])
def test_so_does_one_whose_run_directories_are_gone(project, key, is_axis):
    (project.root / "config.json").write_text(json.dumps(
        {"lr": [0.1, 0.2], key: [1, 2] if is_axis else 1, "meta": {"allow_cpu": True}}))
    program = project.script("train", "exit 0\n")
    project.run(program)
    delete_directories(project)
    (project.root / "config.json").write_text(json.dumps({"lr": [0.1, 0.2], "meta": {"allow_cpu": True}}))
    for left in (2, 0):  # then the first config is not the last any more
        assert f" {left} left" in project.furcate("plan", "config.json").stdout
        project.run(program)
    rows = project.rows()
    column = "config_run_split" if key == "run_split" else key
    assert sorted(row[column] for row in rows) == (["", "", "1", "1", "2", "2"] if is_axis else ["", "", "1", "1"])


def test_a_column_of_notes_is_no_key_where_run_directories_are_gone(project):
    project.write(k=[1, 2], batch_size=1)
    project.run("true")
    frame = project.frame()
    frame.insert(0, "notes", ["good", "bad"])
    frame.to_csv(project.csv, index=False)
    delete_directories(project)
    assert "Everything is done: 2 of 2" in project.run("true").stderr


def test_a_column_that_was_renamed_or_removed_is_named(project):
    project.write(k=[1, 2], batch_size=1)
    project.run("true")
    text = project.csv.read_text()
    project.csv.write_text(text.replace(",k,", ",K,", 1))
    said, _ = explain(project)
    assert said == ["2 rows of logs/run_data.csv differ from this plan in k alone (they have none): the table has a column "
                    "K, which no config had; give it the name k again to count them"]
    project.csv.write_text(text)
    project.frame().drop(columns="k").to_csv(project.csv, index=False)
    said, _ = explain(project)
    assert said == ["2 rows of logs/run_data.csv differ from this plan in k alone (they have none): add the column with "
                    "the value they were made with to count them"]


def test_values_that_an_edit_takes_away_are_told_in_one_line(project):
    project.write(batch_size=[1, 2, 3, 4], epochs=5)
    project.run("true")
    project.write(batch_size=[1, 2, 9], epochs=5)
    said, stderr = explain(project)
    assert said == ["2 rows of logs/run_data.csv have values that this config does not have: batch_size 3, 4"]
    assert "matched nothing" not in stderr
    project.write(batch_size=[1, 2, 3, 4], epochs=6)
    said, _ = explain(project)
    assert said == ["4 rows of logs/run_data.csv have values that this config does not have: epochs 5"]


def test_a_column_of_notes_makes_no_other_runs(project):
    project.write()
    project.run("true")
    frame = project.frame()
    frame.insert(0, "notes", ["good", "bad"])
    frame.to_csv(project.csv, index=False)
    assert "2 of 2 runs are in" in project.run("true").stderr
    assert explain(project)[0] == []


def test_two_configs_in_one_log_dir_have_rows_of_their_own(project):
    project.write({"lr": [1, 2], "k": [1, 2]})
    project.run("true")
    project.write({"lr": [1, 2]})
    assert "2 of 2 runs are done, 2 of them now" in project.run("true").stderr
    project.write({"lr": [1, 2], "k": [1, 2]})
    said, _ = explain(project)
    assert said == ["2 rows of logs/run_data.csv differ from this plan in k alone (they have none): fill the column with "
                    "the value they were made with to count them"]
    assert len(project.rows()) == 6
