"""Keys given on the command line count instead of the config's, for `run` and for `plan`."""

import json

import pytest

from support import until


def plan(project, *options):
    done = project.furcate("plan", "--format", "json", "config.json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def test_a_key_and_a_key_of_meta_are_overridden(project):
    project.write(batch_size=[1, 2], meta={"order": "shuffle"})
    shown, said = plan(project, "--set", "batch_size=[4, 8, 16]", "--set", "meta.order=config", "-s", "epochs=7")
    assert said == ""
    assert [run["config"]["batch_size"] for run in shown["runs"]] == [4, 8, 16]
    assert {run["config"]["epochs"] for run in shown["runs"]} == {7}


@pytest.mark.parametrize("text, value", [
    ("0.0001", 0.0001), ("true", True), ("null", None), ("'a b'", "a b"), ('"5"', "5"), ("{a: [1]}", {"a": [1]}),
    ("a=b", "a=b"), ("1e3", 1000.0), ("größe", "größe"),
])
def test_the_value_is_json_or_yaml(project, text, value):
    project.write()
    shown, _ = plan(project, "--set", f"extra={text}")
    assert shown["runs"][0]["config"]["extra"] == value


NESTED = {"model": {"dropout": 0.1, "opt": {"lr": 1}, "x.y": 3}, "one": [{"a": 1}], "opts": [{"lr": 1}, {"lr": 2}],
          "n": 5, "a.b": 7, "q.r": {"s": 1}}


@pytest.mark.parametrize("option, key, value", [
    ("model.dropout=0.5", "model", {"dropout": 0.5, "opt": {"lr": 1}, "x.y": 3}),
    ("model.opt.lr=2", "model", {"dropout": 0.1, "opt": {"lr": 2}, "x.y": 3}),
    ("model.opt={lr: 3}", "model", {"dropout": 0.1, "opt": {"lr": 3}, "x.y": 3}),
    ("model.width=5", "model", {**NESTED["model"], "width": 5}),
    ("model.x.y=4", "model", {**NESTED["model"], "x.y": 4}),
    ("a.b=8", "a.b", 8),
    ("q.r.s=2", "q.r", {"s": 2}),
    ("one.a=2", "one", {"a": 2}),
])
def test_a_path_reaches_into_an_object(project, option, key, value):
    project.write(NESTED)
    shown, said = plan(project, "--set", option)
    assert said == ""
    assert shown["permutations"] == 2
    assert shown["runs"][0]["config"] == {**plan(project)[0]["runs"][0]["config"], key: value}


@pytest.mark.parametrize("option, says", [
    ("modl.dropout=1", "error: the config has no 'modl' to set 'dropout' in; did you mean 'model'?"),
    ("model.optt.lr=1", "error: the config has no 'model.optt' to set 'lr' in; did you mean 'model.opt'?"),
    ("solver.lr=1", "error: the config has no 'solver' to set 'lr' in; set all of it, as in 'solver={lr: 1}', or write"),
    ("a.bb=1", "error: the config has no 'a' to set 'bb' in; did you mean 'a.b'?"),
    ("n.x=1", "error: 'n' is an integer, so 'x' cannot be set in it; set all of it"),
    ("opts.lr=1", "error: 'opts' is an array, so 'lr' cannot be set in it; set all of it"),
    ("meta.retries.x=1", "error: 'meta.retries' is an integer, so 'x' cannot be set in it; set all of it"),
    ("model.=1", "error: a key, '=' and a value are meant"),
    (".dropout=1", "error: a key, '=' and a value are meant"),
])
def test_a_path_that_leads_nowhere_is_refused(project, option, says):
    project.write(NESTED, meta={"retries": 1})
    done = project.furcate("plan", "config.json", "--set", option)
    assert done.returncode == 2 and says in done.stderr


def test_a_new_key_stands_behind_those_of_the_file_and_an_old_one_keeps_its_place(project):
    project.write()
    shown, _ = plan(project, "--set", "new=1", "--set", "epochs=3")
    keys = list(shown["runs"][0]["config"])
    assert keys[:5] == ["data_name", "data_dir", "batch_size", "epochs", "new"]


def test_of_two_for_one_key_the_later_counts(project):
    project.write()
    shown, _ = plan(project, "--set", "epochs=3", "--set", "epochs=4")
    assert shown["runs"][0]["config"]["epochs"] == 4


def test_a_config_from_stdin_takes_them_too(project):
    done = project.furcate("plan", "--format", "json", "-", "--set", "lr=[1, 2]", stdin='{"lr": 3}')
    assert [run["config"]["lr"] for run in json.loads(done.stdout)["runs"]] == [1, 2]


@pytest.mark.parametrize("option, says", [
    ("epochs=[]", "--set epochs: error: 'epochs' is an empty axis; give it a value, or remove the key"),
    ("meta.retrys=2", "--set meta.retrys: error: 'meta.retrys' is no key that furcate knows; did you mean 'retries'?"),
    ("meta.mem_trace.enabled=yes", "--set meta.mem_trace.enabled: error: 'meta.mem_trace.enabled' must be true or"),
    ("batch_size=[1, 2", "--set batch_size: error: this bracket is never closed; add ']' at the end\n      | [1, 2\n"),
    ("batch_size", "--set batch_size: error: a key, '=' and a value are meant; write for example batch_size=32"),
    ("=5", "--set =5: error: a key, '=' and a value are meant; write for example batch_size=32"),
    ("epochs=", "--set epochs: error: no value behind '='; write null for none"),
    ("tag=#1", "--set tag: error: no value behind '='"),
])
def test_what_is_wrong_with_one_is_said_of_it(project, option, says):
    project.write(meta={"retries": 1})
    done = project.furcate("plan", "config.json", "--set", option)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


def test_faults_of_the_file_and_of_the_command_line_are_one_report(project):
    project.write(epochs=[])
    done = project.furcate("plan", "config.json", "--set", "batch_size=[]", "--set", "meta.order=up")
    said = done.stderr
    assert said.index("config.json:") < said.index("--set batch_size: error") < said.index("--set meta.order: error")


def test_a_fault_of_the_file_is_mended_by_an_override(project):
    project.write(epochs=[])
    shown, said = plan(project, "--set", "epochs=5")
    assert (shown["runs"][0]["config"]["epochs"], said) == (5, "")


@pytest.mark.parametrize("option, says", [
    ("batch_size=32,64", "--set batch_size: warning: this is one string; for several values write 'batch_size=[32,64]'"),
    ("width=32,64", "--set width: warning: this is one string; for several values write 'width=[32,64]'"),
    ("lr=0.1 0.2", "--set lr: warning: 'lr' is the string \"0.1 0.2\"; for several values write [0.1, 0.2], for the "
                   "string '\"0.1 0.2\"'"),
    ("lr=(0.1,0.2)", "--set lr: warning: 'lr' is the string \"(0.1,0.2)\"; ( ) make no array, so write [ ]"),
    ("bn=no", "--set bn: warning: 'bn' is the string \"no\"; for a boolean write false, for the string '\"no\"'"),
    ("opt={lr: [1, 2]}", "--set opt: warning: 'opt.lr' is an array within an object, which is no axis"),
    ("model.dropuot=1", "the config has no key 'model.dropuot', so it is added; did you mean 'model.dropout'?"),
    ("model.lrs=[1, 2]", "--set model.lrs: warning: 'model.lrs' is an array within an object, which is no axis"),
    ("momentun=1", "--set momentun: warning: the config has no key 'momentun', so it is added; did you mean 'momentum'"),
])
def test_what_was_hardly_meant_is_said(project, option, says):
    project.write(momentum=0.9, model={"dropout": 0.1})
    assert says in project.furcate("plan", "config.json", "--set", option).stderr


def test_a_run_trains_with_them_and_records_them(project):
    project.write()
    done = project.furcate("run", "--set", "batch_size=[5]", "config.json", "--set", "meta.retries=3", "--", "/bin/true")
    assert done.returncode == 0, done.stderr
    assert project.values() == ["5"]
    config = json.loads((project.logs / "example0_foo" / "furcate.json").read_text())
    assert (config["batch_size"], config["meta"]["retries"]) == (5, 3)


def test_what_stands_behind_the_dashes_is_the_programs(project):
    project.write()
    project.furcate("run", "config.json", "--", project.script("train", 'echo "$@"\n'), "--set", "batch_size=[5]")
    assert project.values() == ["32", "64"]
    assert (project.logs / "example0_foo_bs32/example0.log").read_text() == "--set batch_size=[5]\n"


def test_they_hold_after_an_edit_of_the_config(project):
    project.write(batch_size=[1], meta={"max_threads": 1})
    runner = project.start_furcate("run", "config.json", "--set", "epochs=3", "--", project.gated())
    project.until_waiting(1)
    project.write(batch_size=[1, 2], meta={"max_threads": 1})
    until(lambda: "The plan is now 2 configs" in project.log(), "the new plan")
    assert project.let_all_go(runner) == 0
    assert project.values("epochs") == ["3", "3"]
