"""`furcate run`: what it starts, what the programs find around them, and what it leaves."""

import json
import os
import re

import pytest

from support import EXAMPLE, until

KEYS = ["data_name", "data_dir", "batch_size", "epochs"]
RUN_COLUMNS = ["run_start_time", "run_start_time_string", "run_end_time", "run_end_time_string", "run_total_time",
               "run_total_time_string", "run_results", "run_epochs", "run_id", "run_name", "run_attempts"]
STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}: furcate\.runner\] "

SHOW_ENVIRONMENT = """import json, os, sys
print(json.dumps({"cwd": os.getcwd(), "argv": sys.argv[1:], "environ": dict(os.environ), "stdin": sys.stdin.read(),
                  "names": [entry.partition("=")[0] for entry in open("/proc/self/environ").read().split("\\0")]}))
"""


def programs(project):
    return {"shell": project.script("train.sh", "echo out; echo bad >&2\n"),
            "python": project.python("train.py", "import sys\nprint('out')\nprint('bad', file=sys.stderr)\n"),
            "true": "/bin/true"}


def in_order(project):
    """The rows as they were started."""
    return sorted(project.rows(), key=lambda row: int(row["run_id"]))


@pytest.mark.parametrize("kind", ["shell", "python", "true"])
def test_any_program_leaves_the_tree_and_the_table_of_the_spec(project, kind):
    project.write()
    project.run(programs(project)[kind])
    assert project.directories() == ["example0_foo_bs32", "example1_foo_bs64"]
    for i, directory in enumerate(project.directories()):
        files = sorted(path.name for path in (project.logs / directory).iterdir())
        assert files == ["config.json", f"example{i}.err", f"example{i}.log", "furcate.json", "run_data.json"]
    assert project.columns() == [*KEYS, "meta", "log_dir", "gpu_id", *RUN_COLUMNS]
    assert [row["run_name"] for row in in_order(project)] == ["example0", "example1"]
    assert {row["run_attempts"] for row in project.rows()} == {"1"}


def test_the_table_reads_back_with_pandas(project):
    project.write()
    project.run("/bin/true")
    frame = project.frame().sort_values("run_id")
    assert list(frame.batch_size) == [32, 64]
    assert list(frame.run_id) == [0, 1]
    assert list(frame.gpu_id) == [-1, -1]
    assert (frame.run_end_time >= frame.run_start_time).all()
    assert "exclude_configs" not in json.loads(frame.meta[0])


def test_config_json_holds_the_users_keys_and_furcate_json_the_run(project):
    project.write(layers=[[64, 64]])
    project.run("/bin/true")
    directory = project.logs / "example1_foo_bs64"
    keys = {"data_name": "example", "data_dir": "foo/", "batch_size": 64, "epochs": 50, "layers": [64, 64]}
    assert json.loads((directory / "config.json").read_text()) == keys
    record = json.loads((directory / "furcate.json").read_text())
    meta = record.pop("meta")
    assert record == keys
    assert meta["allow_cpu"] is True
    digits = meta["run"].pop("hash")
    assert meta["run"].pop("start")["program"] == ["/bin/true"]
    assert re.fullmatch("[0-9a-f]{16}", digits)
    assert meta["run"] == {"id": 1, "name": "example1", "label": "foo_bs64", "attempt": 1, "gpu_id": -1,
                           "log_dir": str(directory)}


def test_output_goes_to_the_files_of_the_run(project):
    project.write()
    project.run(project.script("train", "echo \"out $FURCATE_ID\"; echo \"bad $FURCATE_ID\" >&2\n"))
    directory = project.logs / "example1_foo_bs64"
    assert (directory / "example1.log").read_text() == "out 1\n"
    assert (directory / "example1.err").read_text() == "bad 1\n"


def shown(project, *arguments, **environment):
    """What a program finds around it, in the run with batch_size 64."""
    project.run(project.python("show.py", SHOW_ENVIRONMENT), *arguments, **environment)
    return json.loads((project.logs / "example1_foo_bs64/example1.log").read_text())


def test_programs_find_their_run_in_the_environment(project):
    project.write()
    found = shown(project)
    directory = str(project.logs / "example1_foo_bs64")
    expected = {"FURCATE_CONFIG": f"{directory}/config.json", "FURCATE_RUN_DIR": directory, "FURCATE_ID": "1",
                "FURCATE_NAME": "example1", "FURCATE_GPU": "-1", "FURCATE_ATTEMPT": "1",
                "FURCATE_METRICS": f"{directory}/metrics.jsonl", "CUDA_VISIBLE_DEVICES": "",
                "CUDA_DEVICE_ORDER": "PCI_BUS_ID", "FURCATE_TEST": str(project.root)}
    assert {name: found["environ"].get(name) for name in expected} == expected


def test_no_variable_comes_twice(project):
    project.write()
    names = shown(project, FURCATE_ID="77", FURCATE_GPU="5", CUDA_VISIBLE_DEVICES="", OMP_NUM_THREADS="7")["names"]
    assert sorted(names) == sorted(set(names))


def test_programs_work_where_the_runner_was_started_and_read_nothing(project):
    project.write()
    found = shown(project)
    assert found["cwd"] == str(project.root)
    assert found["stdin"] == ""


def test_cpu_slots_share_the_cpus(project):
    project.write(meta={"max_threads": 1})
    assert shown(project)["environ"]["OMP_NUM_THREADS"] == str(len(os.sched_getaffinity(0)))


def test_slots_are_numbered_from_0_and_no_two_that_execute_have_the_same(project):
    project.write(batch_size=[1, 2, 3, 4, 5], meta={"max_threads": 3})
    runner = project.start(project.script("train", f'echo $FURCATE_SLOT > "$FURCATE_RUN_DIR/slot"\n{project.gated()}\n'))
    waiting = project.until_waiting(3)
    assert sorted((directory / "slot").read_text().strip() for directory in waiting) == ["0", "1", "2"]
    freed = (waiting[1] / "slot").read_text()
    project.let_go(waiting[1])
    until(lambda: waiting[1] not in project.waiting(), "the end of one run")
    [further] = set(project.until_waiting(3)) - set(waiting)
    assert (further / "slot").read_text() == freed
    assert project.let_all_go(runner) == 0


PRINTS_AND_DIES = """import os, signal
print("epoch 1")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("given, kept", [({}, "epoch 1\n"), ({"PYTHONUNBUFFERED": ""}, "")])
def test_a_killed_python_program_leaves_what_it_printed_unless_the_user_wants_buffers(project, given, kept):
    project.environment.pop("PYTHONUNBUFFERED", None)
    project.write(batch_size=1)
    done = project.furcate("run", "config.json", "--", project.python("train.py", PRINTS_AND_DIES), **given)
    assert done.returncode == 1
    assert (project.logs / "example0_foo/example0.log").read_text() == kept


def test_the_users_number_of_threads_stays(project):
    project.write()
    assert shown(project, OMP_NUM_THREADS="7")["environ"]["OMP_NUM_THREADS"] == "7"


def test_arguments_pass_through_no_shell(project):
    project.write(title="two words")
    words = ["a  b", "'single'", '"double"', "$HOME", "*", "`id`", "\\", "", "{{x}", "{batch_size}", "t={title}"]
    expected = words[:8] + ["{x}", "64", "t=two words"]
    assert shown(project, *words)["argv"] == expected


def test_a_star_gives_every_axis(project):
    project.write(lr=[0.0001, 1e-2], layers=[[64, 64], [128]])
    found = project.python("show.py", SHOW_ENVIRONMENT)
    project.run(found, "{*}", "{config}")
    for path in project.logs.glob("*/config.json"):
        config = json.loads(path.read_text())
        argv = json.loads((path.parent / f"{path.parent.name.partition('_')[0]}.log").read_text())["argv"]
        assert argv == [f"--batch_size={config['batch_size']}", f"--lr={config['lr']}",
                        f"--layers={json.dumps(config['layers'])}", str(path)]
    assert len(project.rows()) == 8


def test_the_program_may_stand_in_the_config(project):
    project.write(meta={"program": [project.script("train", "echo $1\n"), "{batch_size}"]})
    project.run()
    assert (project.logs / "example1_foo_bs64/example1.log").read_text() == "64\n"


def test_the_config_may_come_from_stdin(project):
    done = project.furcate("run", "-", "--", "/bin/true", stdin=json.dumps(EXAMPLE))
    assert done.returncode == 0, done.stderr
    assert project.values() == ["32", "64"]


def test_the_users_file_is_untouched(project):
    text = "# mine\n{'data_name': \"example\", 'batch_size': [32, 64,], 'meta': {'allow_cpu': True}}\n"
    project.config.write_text(text)
    before = project.config.stat()
    project.run("/bin/true")
    assert project.config.read_text() == text
    after = project.config.stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)
    assert project.values() == ["32", "64"]


def test_a_wrapped_program_needs_no_key_of_the_spec(project):
    (project.root / "sweep.yaml").write_text("learning_rate: [0.1, 0.01]\nmeta: {allow_cpu: true}\n")
    done = project.furcate("run", "sweep.yaml", "--", "/bin/true")
    assert done.returncode == 0, done.stderr
    assert project.directories() == ["sweep0_lr0-1", "sweep1_lr0-01"]


def test_reports_become_columns(project):
    project.write()
    first = '{"step": 1, "accuracy": 0.5, "val_accuracy": 0.25, "reward": 3}'
    second = '{"step": 2, "accuracy": 0.75, "val_accuracy": 0.5}'
    project.run(project.script("train", f"printf '%s\\n' '{first}' '{second}' > \"$FURCATE_METRICS\"\n"))
    assert project.columns()[-8:] == ["run_results", "run_accuracy", "run_val_accuracy", "run_reward", "run_epochs",
                                      "run_id", "run_name", "run_attempts"]
    row = project.rows()[0]
    assert (row["run_accuracy"], row["run_val_accuracy"], row["run_epochs"]) == ("0.75", "0.5", "2")


def test_expressions_find_metrics_in_the_output(project):
    project.write(meta={"metrics": {"loss": "loss: {number}", "val_loss": "validation ([0-9.]+)"}})
    project.run(project.script("train", "echo 'loss: 0.5'; echo 'validation 0.7' >&2; echo 'loss: 0.25'\n"))
    assert {row["run_loss"] for row in project.rows()} == {"0.25"}
    assert {row["run_val_loss"] for row in project.rows()} == {"0.7"}


def test_run_data_json_holds_the_results(project):
    project.write()
    project.run(project.script("train", "echo '{\"step\": 1, \"score\": 2.5}' > \"$FURCATE_METRICS\"\n"))
    data = json.loads((project.logs / "example1_foo_bs64/run_data.json").read_text())
    assert data["batch_size"] == 64
    assert data["meta"]["data"]["score"] == 2.5
    assert data["meta"]["data"]["epochs"] == 1


def test_what_executes_remains(project):
    project.write(batch_size=[1, 2, 3], meta={"max_threads": 2})
    runner = project.start(project.gated())
    first, second = project.until_waiting(2)
    project.let_go(first)
    until(lambda: "finished" in project.log(), "the first end")
    assert " - 2 configs remaining - " in project.log()
    assert project.let_all_go(runner) == 0
    assert " - 1 config remaining - " in project.log() and " - 0 configs remaining - " in project.log()


def test_the_numbers_of_the_start_add_up(project):
    project.write(batch_size=[1, 2, 3], cache=[True, False], meta={"exclude_configs": [{"batch_size": 2}, {"batch_size": 3, "cache": True}]})
    done = project.run("/bin/true")
    assert "Generated 6 unique combinations from configuration keys: {batch_size, cache}" in done.stderr
    assert "Excluding 3 configs matching configured 'exclude_configs'" in done.stderr
    assert "3 of 3 runs are done" in done.stderr


def test_one_is_not_plural(project):
    project.write(batch_size=[1, 2], meta={"exclude_configs": [{"batch_size": 2}]})
    first = project.run("/bin/true").stderr
    assert "Excluding 1 config matching" in first
    assert "1 of 1 run is done, 1 of them now" in first
    assert "Everything is done: 1 of 1 run is in logs/run_data.csv" in project.run("/bin/true").stderr
    project.write(batch_size=[1])
    assert "Generated 1 unique combination from" in project.run("/bin/true").stderr


def test_a_table_that_is_not_there_is_not_named(project):
    project.write(batch_size=[1])
    done = project.furcate("run", "config.json", "--", "/bin/false")
    assert done.returncode == 1
    assert re.search(r"^0 of 1 run is done, 0 of them now, in \ds$", done.stderr, re.M)
    assert not project.csv.exists()


def test_the_log_has_the_lines_of_the_spec(project):
    project.write(meta={"max_threads": 1})
    done = project.run("/bin/true")
    lines = project.log().splitlines()
    assert all(re.match(STAMP, line) for line in lines)
    finished = [re.sub(STAMP, "", line) for line in lines if " finished - " in line]
    assert finished == ["Thread 0 finished - 0s - 1 config remaining - est. total time remaining: 0s",
                        "Thread 1 finished - 0s - 0 configs remaining - est. total time remaining: 0s"]
    assert [line for line in done.stderr.splitlines() if " finished - " in line] == \
        [line for line in lines if " finished - " in line]


def test_runs_start_in_the_order_of_the_config_when_it_says_so(project):
    project.write(lr=[1, 2, 3], meta={"order": "config", "max_threads": 1})
    project.run("/bin/true")
    rows = [(row["batch_size"], row["lr"]) for row in in_order(project)]
    assert rows == [("32", "1"), ("32", "2"), ("32", "3"), ("64", "1"), ("64", "2"), ("64", "3")]


def test_excluded_configs_are_not_run(project):
    project.write(optimizer=["SGD", "Adam"], meta={"exclude_configs": [{"optimizer": "SGD", "batch_size": 64}]})
    project.run("/bin/true")
    assert sorted((row["optimizer"], row["batch_size"]) for row in project.rows()) == \
        [("Adam", "32"), ("Adam", "64"), ("SGD", "32")]


@pytest.mark.parametrize("words, unnamed", [
    (["--bs={batch_size}"], "{rate}, {layers}"), (["{layers}{rate}"], "{batch_size}"), (["{epochs}"], "{batch_size}, "),
    (["{batch_size}", "{rate}", "{layers}"], None), (["{batch_size}", "{*}"], None), (["{rate}", "c={config}"], None),
    ([], None), (["batch_size", "{{rate}", "{log_dir}", "{gpu_id}"], None)])
def test_warns_of_axes_that_no_argument_names(project, words, unnamed):
    project.write(batch_size=[1, 2], rate=[0.1, 0.2], layers=[[1], [2]], alone=["x"])
    done = project.run("/bin/true", *words)
    assert done.stderr.count("No argument names") == (unnamed is not None)
    assert unnamed is None or f"No argument names {unnamed}" in done.stderr


def test_own_keys_of_meta_are_kept_with_the_run(project):
    project.write({"lr": [1]}, meta={"notes": "first try", "tags": ["a", "b"]})
    done = project.run("true")
    assert "warning: 'meta.notes' is no key that furcate knows, so it is kept with the runs" in done.stderr
    meta = json.loads(next(project.logs.glob("*/run_data.json")).read_text())["meta"]
    assert (meta["notes"], meta["tags"]) == ("first try", ["a", "b"])
