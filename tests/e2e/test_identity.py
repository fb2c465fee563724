"""What the user wrote is what a program gets, and a run is known by its own identity, whatever its program does."""

import csv
import json
import subprocess

import pytest

from support import BUILD

ODD = {"model": "m", "lr": [3e-5, 5e-5], "seed": None, "batch_size": "auto", "epochs": None, "learning_rate": True,
       "verbose": "loud", "cache": 3, "prefetch": [-7, "x"], "framework": None, "train_prefix": 5, "data_dir": None,
       "run_val_every_n_steps": None, "gpu_id": "mine"}


def keys_of(config):
    """The keys of a run whose axes have one value each."""
    return {key: value[0] if isinstance(value, list) else value for key, value in config.items() if key != "meta"}


def write(project, config, name="config.json", **meta):
    (project.root / name).write_text(json.dumps({**config, "meta": {"allow_cpu": True, "max_threads": 1, **meta}}))


def run_directory(project):
    directory, = (path for path in project.logs.iterdir() if path.is_dir())
    return directory


def read(path):
    return json.loads(path.read_text())


# --- the keys ---

def test_a_program_finds_the_keys_of_the_config_and_no_other(project):
    write(project, {"model": "m", "lr": [3e-5, 5e-5]})
    strict = project.python("strict.py", "import json, sys\n"
                                         "unused = set(json.load(open(sys.argv[1]))) - {'model', 'lr'}\n"
                                         "assert not unused, unused\n")
    project.run(strict, "{config}")
    assert project.values("lr") == ["3e-05", "5e-05"]
    own = [column for column in project.columns() if not column.startswith("run_")]
    assert own == ["model", "lr", "meta", "log_dir", "gpu_id"]


def test_any_value_of_the_specs_keys_goes_to_the_program_as_it_is(project):
    write(project, {key: [value] if isinstance(value, list) else value for key, value in ODD.items()})
    done = project.run("/bin/true")
    assert "warning" not in done.stderr
    assert read(run_directory(project) / "config.json") == keys_of({key: [value] for key, value in ODD.items()})


def test_what_of_them_is_an_axis_makes_a_run_for_each_value(project):
    write(project, {"seed": [None, "x"], "framework": ["jax", 1], "data_name": ["a", "b c"], "batch_size": 8})
    done = project.run("/bin/true")
    assert len(project.rows()) == 8
    assert done.stderr.count("warning: 'data_name' is not one word") == 1
    assert {row["run_name"] for row in project.rows()} == {f"config{i}" for i in range(8)}


@pytest.mark.parametrize("value", [None, 5, "~/logs", {"a": 1}])
def test_a_log_dir_that_is_none_is_the_programs(project, value):
    write(project, {"log_dir": value})
    done = project.run("/bin/true")
    assert "so furcate uses 'logs' as the log dir" in done.stderr
    assert read(run_directory(project) / "config.json") == {"log_dir": value}


def test_the_log_dir_of_the_config_stays_as_it_was_written(project):
    write(project, {"log_dir": "logs/"})
    project.run("/bin/true")
    assert read(run_directory(project) / "config.json") == {"log_dir": "logs/"}


def test_ids_and_paths_are_in_the_environment_and_in_furcate_json(project):
    write(project, {"k": [1]})
    project.run(project.script("train", 'echo "$FURCATE_ID $FURCATE_NAME $FURCATE_GPU $FURCATE_ATTEMPT $FURCATE_RUN_DIR"\n'))
    directory = run_directory(project)
    assert (directory / "config0.log").read_text() == f"0 config0 -1 1 {directory}\n"
    run = read(directory / "furcate.json")["meta"]["run"]
    assert (run["id"], run["name"], run["gpu_id"], run["attempt"], run["log_dir"]) == (0, "config0", -1, 1, str(directory))


# --- keys that collide with columns ---

COLLIDING = {"run_id": [7, 8], "config_run_id": "a", "config_config_run_id": "b", "gpu_id": 3, "config_gpu_id": 4,
             "run_val_every_n_steps": None, "config_x": 5, "run": 6}
COLUMNS = ["config_run_id", "config_config_run_id", "config_config_config_run_id", "config_gpu_id",
           "config_config_gpu_id", "config_run_val_every_n_steps", "config_x", "run"]


def test_keys_that_collide_with_columns_work_and_have_columns_of_their_own(project):
    write(project, COLLIDING)
    program = project.script("traced", 'echo "$1 $2" >> started\n'), "{run_id}", "{gpu_id}"
    project.run(*program)
    assert project.columns()[:8] == COLUMNS
    assert sorted((row["config_run_id"], row["run_id"]) for row in project.rows()) in (
        [("7", "0"), ("8", "1")], [("7", "1"), ("8", "0")])
    assert {(row["config_gpu_id"], row["gpu_id"], row["config_config_run_id"]) for row in project.rows()} == {("3", "-1", "a")}
    assert "Everything is done: 2 of 2" in project.run(*program).stderr
    assert sorted((project.root / "started").read_text().splitlines()) == ["7 3", "8 3"]
    listed = list(csv.reader(project.furcate("plan", "-f", "csv", "config.json").stdout.splitlines()))
    assert listed[0] == [*COLUMNS, "label"]
    best = project.furcate("best", "-m", "total_time").stdout
    assert "config_run_id" in best.splitlines()[0].split()


def test_an_unfinished_run_with_such_keys_goes_on(project):
    write(project, {"run_id": [7], "gpu_id": 1})
    first = project.start(project.gated())
    directory, = project.until_waiting(1)
    first.kill()
    (project.root / "open").touch()
    project.run(project.gated())
    assert run_directory(project) == directory
    assert [row["run_attempts"] for row in project.rows()] == ["2"]


# --- other names of the config ---

def names_of(project):
    """The same config by other names: a copy, a link, stdin."""
    text = project.config.read_text()
    (project.root / "final.json").write_text(text)
    (project.root / "link.yaml").symlink_to("config.json")
    return [("final.json", None), ("link.yaml", None), ("-", text)]


def test_finished_runs_count_by_whatever_name_the_config_is_given(project):
    write(project, {"lr": [0.1, 0.2]})
    project.run("/bin/true")
    for name, stdin in names_of(project):
        done = project.furcate("run", name, "--", "/bin/false", stdin=stdin)
        assert (done.returncode, "Everything is done: 2 of 2 runs" in done.stderr) == (0, True), done.stderr
        assert "2 done, 0 left" in project.furcate("plan", name, stdin=stdin).stdout


@pytest.mark.parametrize("kind", range(3), ids=["copy", "link", "stdin"])
def test_unfinished_runs_go_on_by_whatever_name(project, kind):
    write(project, {"lr": [0.1, 0.2]})
    first = project.start(project.gated())
    directory, = project.until_waiting(1)
    first.kill()
    name, stdin = names_of(project)[kind]
    (project.root / "open").touch()
    assert project.furcate("run", name, "--", project.gated(), stdin=stdin).returncode == 0
    row, = (row for row in project.rows() if row["log_dir"].endswith(directory.name))
    assert (row["run_attempts"], row["run_name"]) == ("2", "config0")
    assert len(project.directories()) == 2


# What furcate 0.1.0 made of {"lr": [0.1, 0.2]}.
OLDER_DEFAULTS = {"data_name": "config", "train_prefix": "config.train", "valid_prefix": "config.valid",
                  "test_prefix": "config.test", "learning_rate": 0.001, "verbose": 2, "cache": False, "seed": 42, "prefetch": 1}


def test_rows_of_an_older_furcate_count(project):
    write(project, {"lr": [0.1, 0.2]})
    project.logs.mkdir()
    columns = ["lr", *OLDER_DEFAULTS, "meta", "log_dir", "gpu_id", "run_id", "run_name", "run_attempts"]
    with project.csv.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(columns)
        for i, lr in enumerate((0.1, 0.2)):
            rows.writerow([lr, *OLDER_DEFAULTS.values(), "{}", f"logs/config{i}_l0-{i + 1}", -1, i, f"config{i}", 1])
    assert "2 done, 0 left" in project.furcate("plan", "config.json").stdout
    (project.root / "other.json").write_text(project.config.read_text())
    assert "2 done, 0 left" in project.furcate("plan", "other.json").stdout


@pytest.mark.parametrize("config", [{"lr": [0.1]}, {"lr": [0.1], "data_name": "mine"}, {"lr": [0.1], "prefetch": 1},
                                    {"learning_rate": [0.001]}, {"lr": [0.1], "seed": 7}],
                         ids=lambda config: "-".join(config))
def test_runs_that_an_older_furcate_left_unfinished_go_on(project, config):
    write(project, config)
    directory = project.logs / "old5_x"
    directory.mkdir(parents=True)
    keys = keys_of(config)
    older = {**keys, **{key: value for key, value in OLDER_DEFAULTS.items() if key not in keys}, "gpu_id": -1,
             "log_dir": str(directory),
             "meta": {"allow_cpu": True, "run": {"id": 5, "name": "old5", "label": "x", "attempt": 3}}}
    (directory / "config.json").write_text(json.dumps(older))
    (directory / "checkpoint").touch()
    project.run("/bin/true")
    row, = project.rows()
    assert (row["run_id"], row["run_name"], row["run_attempts"], row["log_dir"]) == ("5", "old5", "4", "logs/old5_x")
    assert read(directory / "config.json") == keys
    assert (directory / "checkpoint").exists()


def test_another_default_makes_another_run_of_an_older_furcate(project):
    write(project, {"lr": [0.1]})
    directory = project.logs / "old5_x"
    directory.mkdir(parents=True)
    older = {"lr": 0.1, **OLDER_DEFAULTS, "learning_rate": 0.5, "gpu_id": -1, "log_dir": str(directory),
             "meta": {"run": {"id": 5, "name": "old5", "label": "x", "attempt": 1}}}
    (directory / "config.json").write_text(json.dumps(older))
    project.run("/bin/true")
    assert project.values("run_id") == ["6"]


# --- the files of a run as configs ---

@pytest.mark.parametrize("name", ["config.json", "run_data.json", "furcate.json"])
def test_a_warning_of_the_record_names_the_file_that_has_it(project, name):
    write(project, {"lr": [0.1]}, zork=1)
    project.run("/bin/true")
    path = run_directory(project).relative_to(project.root)
    said = project.furcate("plan", str(path / name)).stderr
    assert said.count("'meta.zork' is no key that furcate knows") == 1
    file, line = said.split(": warning")[0], said.splitlines()[1].split("|")[1].strip()
    assert line.startswith('"zork": 1') and line in (project.root / file.split(":")[0]).read_text()
    assert file.split(":")[0] in (f"{path}/furcate.json", f"{path}/{name}")


@pytest.mark.parametrize("name", ["config.json", "run_data.json", "furcate.json"])
def test_a_file_of_a_run_is_the_config_of_that_run(project, name):
    write(project, {"lr": [0.1, 0.2], "layers": [[64, 64]], "gpu_id": [5], "seed": None},
          exclude_configs=[{"lr": 0.2}, {"lr": 0.3}])
    project.run("/bin/true")
    path = run_directory(project) / name
    shown = project.furcate("plan", "-f", "json", path)
    plan = json.loads(shown.stdout)
    assert (plan["permutations"], plan["done"], shown.stderr) == (1, 1, "")
    assert plan["runs"][0]["config"] == {"lr": 0.1, "layers": [64, 64], "gpu_id": 5, "seed": None}
    done = project.furcate("run", path, "--", "/bin/false")
    assert (done.returncode, "Everything is done: 1 of 1 run" in done.stderr) == (0, True)
    assert len(project.directories()) == 1


@pytest.mark.parametrize("name", ["config.json", "run_data.json", "furcate.json"])
def test_once_it_is_edited_its_arrays_are_axes(project, name):
    write(project, {"lr": [0.1], "log_dir": "logs"})
    project.run("/bin/true")
    record = read(run_directory(project) / name)
    (run_directory(project) / name).write_text(json.dumps({**record, "lr": [0.1, 0.2]}))
    plan = json.loads(project.furcate("plan", "-f", "json", run_directory(project) / name).stdout)
    assert (plan["permutations"], plan["done"]) == (2, 1)


def line(project, **meta):
    """The C example, which is a Fork, and what it needs."""
    (project.root / "data").mkdir()
    (project.root / "data/line.train.csv").write_text("1,2\n2,4\n3,6\n")
    write(project, {"data_name": "line", "data_dir": "data", "batch_size": 1, "epochs": [3], "shape": [[2, 2]]}, **meta)
    return BUILD / "examples/line/line"


@pytest.mark.parametrize("name", ["config.json", "run_data.json", "furcate.json"])
@pytest.mark.parametrize("wrapped", [False, True], ids=["fork", "wrapped"])
def test_a_file_of_a_forks_run_is_the_config_of_that_run(project, name, wrapped):
    program = line(project)
    if wrapped:
        project.run(program)
    else:
        subprocess.run([program], cwd=project.root, env=project.environment, check=True, capture_output=True)
    path = run_directory(project) / name
    plan = json.loads(project.furcate("plan", "-f", "json", path).stdout)
    assert (plan["permutations"], plan["done"]) == (1, 1)
    done = subprocess.run([program, "--config", path], cwd=project.root, env=project.environment, capture_output=True, text=True)
    assert (done.returncode, "Everything is done: 1 of 1 run" in done.stderr) == (0, True), done.stderr
    assert len(project.directories()) == 1


def test_a_framework_in_another_spelling_makes_no_other_run_of_a_fork(project):
    program = line(project)
    config = json.loads(project.config.read_text())
    for framework in ["none", "None", "NONE", None, "tf", "TensorFlow", "keras"]:
        project.config.write_text(json.dumps({**config, "framework": framework}))
        done = subprocess.run([program], cwd=project.root, env=project.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert ("Everything is done" in done.stderr) == (framework not in ("none", "tf")), framework


# --- a Fork that is wrapped ---

def test_a_wrapped_fork_has_its_defaults_and_its_run(project):
    program = line(project, retries=1)
    project.run(program)
    directory = run_directory(project)
    assert read(directory / "config.json") == {"data_name": "line", "data_dir": "data", "batch_size": 1, "epochs": 3, "shape": [2, 2]}
    results = read(directory / "run_data.json")
    assert (results["learning_rate"], results["gpu_id"], results["log_dir"]) == (0.001, -1, str(directory))
    assert (results["meta"]["run"]["name"], results["meta"]["retries"]) == ("line0", 1)
    row, = project.rows()
    assert "learning_rate" not in row and row["run_train_loss"] and (row["epochs"], row["run_id"]) == ("3", "0")
    assert "Everything is done" in project.run(program).stderr


@pytest.mark.parametrize("taken, said", [({"epochs": "many"}, "'epochs' must be a positive integer"), ({"batch_size": None}, "'batch_size'"),
                                         ({"gpu_id": 1}, "'gpu_id' cannot be a key"), ({}, "'epochs' is missing; add \"epochs\": 50")])
def test_what_a_wrapped_fork_lacks_is_named(project, taken, said):
    program = line(project)
    config = {"data_name": "line", "data_dir": "data", "batch_size": 1, **({"epochs": 3} if taken else {}), **taken}
    write(project, config)
    assert project.furcate("run", "config.json", "--", program).returncode == 1
    assert said in next(project.logs.glob("*/line0.err")).read_text()


@pytest.mark.parametrize("variables", [("FURCATE_CONFIG", "FURCATE_RUN_DIR"), ("FURCATE_CONFIG",)], ids=len)
@pytest.mark.parametrize("wrapped", [False, True], ids=["fork", "wrapped"])
def test_a_run_can_be_started_again_by_hand(project, variables, wrapped):
    program = line(project)
    if wrapped:
        project.run(program)
    else:
        subprocess.run([program], cwd=project.root, env=project.environment, check=True, capture_output=True)
    directory = run_directory(project)
    (directory / "run_data.json").unlink()
    by_hand = {"FURCATE_CONFIG": f"{directory}/config.json", "FURCATE_RUN_DIR": str(directory)}
    done = subprocess.run([program], cwd=project.root, capture_output=True, text=True,
                          env={**project.environment, **{name: by_hand[name] for name in variables}})
    assert (done.returncode, done.stdout) == (0, f"slope {done.stdout.split()[1]} saved for {directory}\n"), done.stderr
    assert read(directory / "run_data.json")["meta"]["run"]["id"] == 0


def test_a_fork_with_another_file_as_config_json_goes_on_too(project):
    program = line(project)
    script = project.script("app", f'echo \'{{"model_type": "bert"}}\' > "$FURCATE_RUN_DIR/config.json"\n[ $FURCATE_ATTEMPT = 2 ] && exec {program}\n')
    write(project, {"data_name": "line", "data_dir": "data", "batch_size": 1, "epochs": 3}, retries=1)
    project.run(script)
    assert read(run_directory(project) / "config.json") == {"model_type": "bert"}
    assert project.rows()[0]["run_train_loss"]


@pytest.mark.parametrize("saved", [{"model_type": "bert"}, {"data_name": "other", "data_dir": "data", "batch_size": 1, "epochs": 9}])
def test_a_fork_has_its_config_where_its_script_has_saved_another(project, saved):
    program = line(project)
    script = project.script("app", f"echo '{json.dumps(saved)}' > \"$FURCATE_RUN_DIR/config.json\"\nexec {program}\n")
    write(project, {"data_name": "line", "data_dir": "data", "batch_size": 1, "epochs": 3})
    project.run(script)
    assert read(run_directory(project) / "config.json") == saved
    assert project.rows()[0]["run_train_loss"]
    assert len((run_directory(project) / "metrics.jsonl").read_text().splitlines()) == 3


def test_the_next_runner_knows_a_fork_s_run_by_furcate_json(project):
    program = line(project)
    (project.root / "data/line.train.csv").unlink()
    environment = project.environment
    assert subprocess.run([program], cwd=project.root, env=environment, capture_output=True).returncode == 1
    directory = run_directory(project)
    (directory / "config.json").write_text('{"model_type": "bert"}')
    (project.root / "data/line.train.csv").write_text("1,2\n")
    assert subprocess.run([program], cwd=project.root, env=environment, capture_output=True).returncode == 0
    assert run_directory(project) == directory
    assert read(directory / "config.json") == {"model_type": "bert"}
    assert read(directory / "furcate_config.json")["meta"]["run"]["attempt"] == 2
