"""`furcate plan --against`: what joins, stays and goes, beside what a log dir was run with or another config."""

import csv
import io
import itertools
import json

from support import chance, until

POOL = {"lr": [0.1, 0.01, 1], "optimizer": ["SGD", "Adam", "a, b"], "layers": [[64], [64, 64]], "cache": [True, False]}


def change(project, against, *options):
    done = project.furcate("plan", "config.json", "--against", against, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def change_json(project, against, *options):
    return json.loads(change(project, against, "--format", "json", *options))


def run(project, *keys, **values):
    project.write(*keys, **values)
    project.run("/bin/true")


def kept(axes, entries):
    """The permutations, as JSON texts."""
    every = [dict(zip(axes, values)) for values in itertools.product(*axes.values())]
    return {json.dumps(one) for one in every
            if not any(all(one.get(key) == entry[key] for key in entry) for entry in entries)}


def random_config(dice):
    axes = {key: dice.sample(values, dice.randrange(1, len(values) + 1)) for key, values in POOL.items()}
    entries = [{key: dice.choice(POOL[key]) for key in dice.sample(list(POOL), dice.randrange(1, 3))}
               for _ in range(dice.randrange(3))]
    return axes, entries


def test_it_agrees_with_sets_of_permutations(project):
    dice, compared = chance(), 0
    while compared < 40:
        (before, old_entries), (now, entries) = random_config(dice), random_config(dice)
        old, new = kept(before, old_entries), kept(now, entries)
        if not old or not new:
            continue
        project.write({"data_name": "x", **before}, meta={"exclude_configs": old_entries})
        project.config.rename(project.root / "old.json")
        project.write({"data_name": "x", **now}, meta={"exclude_configs": entries})
        shown = change_json(project, "old.json")
        assert (shown["joined"], shown["stayed"], shown["gone"]) == (len(new - old), len(new & old), len(old - new))
        runs = {"joins": [], "goes": []}
        for one in shown["runs"]:
            runs[one["change"]].append(json.dumps({key: one["config"][key] for key in POOL}))
        assert (sorted(runs["joins"]), sorted(runs["goes"])) == (sorted(new - old), sorted(old - new))
        compared += 1


def test_a_log_dir_stands_for_the_config_that_was_carried_out_last(project):
    run(project, batch_size=[1, 2])
    run(project, batch_size=[2, 3], meta={"exclude_configs": [{"batch_size": 9}]})
    project.write(batch_size=[3, 4], epochs=50)
    shown = change_json(project, "logs")
    assert shown["keys"] == [{"key": "batch_size", "before": [2, 3], "now": [3, 4]},
                             {"key": "meta.exclude_configs", "before": [{"batch_size": 9}], "now": []}]
    assert [(one["change"], one["config"]["batch_size"]) for one in shown["runs"]] == [("joins", 4), ("goes", 2)]


def test_an_edit_that_was_followed_counts(project):
    project.write(batch_size=[1], meta={"max_threads": 1})
    runner = project.start(project.gated())
    project.until_waiting(1)
    assert change_json(project, "logs")["joined"] == 0
    project.write(batch_size=[1, 2], meta={"max_threads": 1})
    until(lambda: change_json(project, "logs")["stayed"] == 2, "the edit in furcate.db")
    assert project.let_all_go(runner) == 0


def test_the_table_tells_what_changed(project):
    run(project, batch_size=[32, 64], epochs=50)
    project.write(batch_size=[64, 128, 64.0], epochs=60, extra=True)
    assert change(project, "logs").splitlines() == [
        "KEY        CHANGE", "batch_size +128 -32", "epochs     50 -> 60", "extra      none -> true", "",
        "2 join, 0 stay, 2 go", "", "Joining:", "  foo_bs64", "  foo_bs128", "", "Going:", "  foo_bs32", "  foo_bs64"]


def test_the_table_is_short_when_nothing_changed(project):
    run(project)
    project.write(log_dir="logs/", meta={"retries": 3})
    assert change(project, "logs") == "0 join, 2 stay, 0 go\n"


def test_csv_has_the_keys_of_both(project):
    run(project, batch_size=[1], dropout=[0.1, 0.2])
    project.write(batch_size=[1, 2], width=7)
    rows = list(csv.DictReader(io.StringIO(change(project, "logs", "--format", "csv"))))
    assert [(row["change"], row["batch_size"], row["width"], row["dropout"]) for row in rows] == [
        ("joins", "1", "7", ""), ("joins", "2", "7", ""), ("goes", "1", "", "0.1"), ("goes", "1", "", "0.2")]
    assert rows[0]["label"] == "foo_bs1"


def test_limit_and_offset_count_for_each_list(project):
    run(project, batch_size=[1, 2, 3])
    project.write(batch_size=[4, 5, 6])
    shown = change_json(project, "logs", "--limit", "1", "--offset", "1")
    assert [one["config"]["batch_size"] for one in shown["runs"]] == [5, 2]


def test_a_list_that_is_cut_tells_how_many_more_there_are(project):
    run(project, batch_size=list(range(1, 14)))
    project.write(batch_size=list(range(101, 127)))
    lines = change(project, "logs").splitlines()
    joining, going = lines.index("Joining:"), lines.index("Going:")
    assert lines[joining + 10:joining + 12] == ["  foo_bs110", "  and 16 more"]
    assert lines[going + 10:] == ["  foo_bs10", "  and 3 more"]
    lines = change(project, "logs", "--limit", "13", "--offset", "2").splitlines()
    assert [line for line in lines if " more" in line and "+" not in line] == ["  and 11 more"]
    assert "  and" not in change(project, "logs", "--limit", "26")
    assert "  and" not in change(project, "logs", "--limit", "0")
    assert "more" not in change(project, "logs", "--format", "csv", "--limit", "2")


def test_neither_set_is_walked(project):
    axes = {f"key_{i}": list(range(10)) for i in range(9)}
    project.write(axes)
    project.config.rename(project.root / "old.json")
    project.write({**axes, "key_8": list(range(1, 12))})
    shown = change_json(project, "old.json", "--limit", "1")
    assert (shown["joined"], shown["stayed"], shown["gone"]) == (2 * 10**8, 9 * 10**8, 10**8)


def test_what_is_no_log_dir_is_refused(project):
    project.write()
    (project.root / "empty").mkdir()
    for against, says in (("nowhere", "nowhere: error: cannot be read: No such file"),
                          ("empty", "empty: error: no config was carried out in this folder: it has no furcate.db")):
        done = project.furcate("plan", "config.json", "--against", against)
        assert (done.returncode, done.stdout) == (2, "")
        assert says in done.stderr


def test_a_log_dir_without_its_database_is_told_from_one_without_runs(project):
    run(project, batch_size=[1, 2])
    (project.logs / "furcate.db").unlink()
    done = project.furcate("plan", "config.json", "--against", "logs")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("logs: error: its furcate.db, which tells what config was carried out, is missing; compare "
                           "with a config file instead\n")
    for content in b"", b"no database at all":
        (project.logs / "furcate.db").write_bytes(content)
        done = project.furcate("plan", "config.json", "--against", "logs")
        assert done.returncode == 2
        assert "logs: error: its furcate.db is new or broken, and tells of no config; compare with" in done.stderr
