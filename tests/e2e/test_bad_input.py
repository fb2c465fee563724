"""What cannot be done is refused before anything is made: with the exit status, the place, and the remedy."""

import json
import pathlib
import subprocess

import pytest

from support import BUILD


def refused(project, *arguments, status=2, says=(), **environment):
    """Checks that furcate refuses, says all of these words, and makes no log dir."""
    done = project.furcate(*arguments, **environment)
    assert done.returncode == status, done.stderr
    for words in says:
        assert words in done.stderr, done.stderr
    assert not project.logs.exists()
    return done.stderr


def run_refused(project, *program, **expected):
    return refused(project, "run", "config.json", *(["--", *program] if program else []), **expected)


def test_a_config_that_is_not_there(project):
    run_refused(project, "/bin/true", says=["config.json", "No such file or directory"])


def test_a_folder_in_place_of_the_config(project):
    project.config.mkdir()
    run_refused(project, "/bin/true", says=["config.json", "directory"])


def test_a_broken_config_is_shown_with_line_and_caret(project):
    project.config.write_text('{\n  "batch_size": [32, 64],\n  "epochs" 50\n}\n')
    said = run_refused(project, "/bin/true", says=["config.json:3:", "error: ", '"epochs" 50'])
    shown, caret = said.split("config.json:3:", 1)[1].splitlines()[1:3]
    assert shown.strip().startswith("3 |")
    assert caret.strip().startswith("|") and caret.rstrip().endswith("^")


def test_all_faults_are_shown_at_once(project):
    project.config.write_text('{"batch_size": [],\n"log_dir": ["a"],\n"meta": {"allow_cpus": true}}\n')
    run_refused(project, "/bin/true", says=["config.json:1:", "'batch_size'", "config.json:2:", "'log_dir'",
                                            "config.json:3:", "did you mean 'allow_cpu'?"])


def test_duplicate_keys(project):
    project.config.write_text('{"lr": 1,\n"lr": 2}\n')
    run_refused(project, "/bin/true", says=["config.json:2:1", "'lr'"])


def test_several_log_dirs(project):
    project.write(log_dir=["a", "b"])
    run_refused(project, "/bin/true", says=["config.json:", "'log_dir' cannot be an axis"])


def test_everything_excluded(project):
    project.write(meta={"exclude_configs": [{"epochs": 50}]})
    run_refused(project, "/bin/true", says=["config.json:", "exclude_configs"])


def test_no_device(project):
    project.write(meta={"allow_cpu": False})
    run_refused(project, "/bin/true", status=3, says=["no GPU was found", '"meta": {"allow_cpu": true}'])


def test_no_program_at_all_shows_both_forms(project):
    project.write()
    run_refused(project, says=["furcate run config.json -- python3 train.py", '"meta": {"program": ["python3"'])


def test_a_program_that_is_not_on_the_path(project):
    project.write()
    run_refused(project, "no-such-program", says=["'no-such-program'", "PATH"])


def test_a_program_that_is_not_there(project):
    project.write()
    run_refused(project, "./train.py", says=["'./train.py'", "No such file or directory", "check its path"])


def test_a_program_that_is_not_executable(project):
    project.write()
    (project.root / "train.py").write_text("")
    run_refused(project, "./train.py", says=["cannot be executed", "chmod +x './train.py'"])


def test_a_folder_in_place_of_the_program(project):
    project.write()
    run_refused(project, "/tmp", says=["'/tmp'", "folder"])


def test_an_argument_with_an_unknown_key(project):
    project.write()
    run_refused(project, "/bin/true", "{batch_sice}", says=["'{batch_sice}'", "did you mean {batch_size}?"])


def test_an_argument_with_a_key_that_only_a_fork_would_have(project):
    (project.root / "config.json").write_text('{"lr": [0.1, 0.2], "meta": {"allow_cpu": true}}')
    run_refused(project, "/bin/true", "--lr", "{learning_rate}",
                says=["names {learning_rate}, which is no key of config.json; add the key, or write {{"])
    run_refused(project, "/bin/true", "{data_name}", says=["names {data_name}, which is no key of config.json"])
    assert project.furcate("run", "config.json", "--set", "learning_rate=1", "--", "/bin/true",
                           "{learning_rate}").returncode == 0


def test_a_file_in_the_place_of_the_log_dir(project):
    (project.root / "file").touch()
    project.write(log_dir="file/logs")
    run_refused(project, "/bin/true", says=["file/logs", "make it writable, or set log_dir to another folder"])


def test_a_log_dir_where_nothing_can_be_made(project):
    project.write(log_dir="/proc/furcate")
    run_refused(project, "/bin/true", says=["/proc/furcate", "set log_dir to another folder"])


@pytest.mark.parametrize("arguments, says", [
    ([], ["usage: furcate COMMAND"]),
    (["rum"], ["no command 'rum'", "did you mean 'run'?"]),
    (["xyzzy"], ["no command 'xyzzy'", "furcate --help"]),
    (["run"], ["no config file given", "usage: furcate run"]),
    (["run", "--", "true"], ["no config file given"]),
    (["run", "config.json", "true"], ["'true'", "furcate run config.json -- true"]),
    (["run", "config.json", "--"], ["no program after '--'"]),
    (["config.json"],
     ["'config.json' is no command", "furcate plan config.json", "furcate run config.json -- PROGRAM"]),
    (["sweeps/lr.yaml"], ["furcate plan sweeps/lr.yaml"]),
    (["run", "train.py", "config.json"], ["the two are swapped: write furcate run config.json -- python3 train.py"]),
    (["run", "train.sh", "c.yml", "-x"], ["write furcate run c.yml -- sh train.sh\n"]),
    (["plan", "./train", "c.yml"], ["the two are swapped: write furcate plan c.yml -- ./train\n"]),
    (["run", "config.json", "train.py"], ["write furcate run config.json -- python3 train.py …"]),
    (["run", "train.py", "--", "config.json"], ["'train.py' is a program", "furcate run CONFIG -- python3 train.py"]),
    (["run", "--hlep"], ["no option '--hlep'", "did you mean --help?"]),
    (["plan", "--fromat", "csv"], ["no option '--fromat'", "did you mean --format?"]),
    (["plan", "--format", "xml", "config.json"], ["no format 'xml'", "table, csv and json"]),
    (["plan", "--limit", "many", "config.json"], ["'many'", "usage: furcate plan"]),
    (["plan", "--limit"], ["'--limit' needs a value"]),
    (["plan"], ["no config file given"]),
    (["best", "-n", "0"], ["'0'", "give 1 or more"]),
    (["best", "-x"], ["no option '-x'", "furcate best --help"]),
    (["best", "logs"], ["'logs'", "a log dir is given with -d logs"]),
    (["run", "python3", "train.py", "config.json"],
     ["the config comes before the program: write furcate run config.json -- python3 train.py\n"]),
    (["run", "python3", "train.py", "--lr", "1", "config.json"], ["write furcate run CONFIG -- python3 train.py\n"]),
    (["run", "python3", "train.py"], ["'python3' is a program", "write furcate run CONFIG -- python3 train.py\n"]),
    (["run", "train.py", "x", "c.yml"], ["write furcate run c.yml -- python3 train.py x\n"]),
    (["train.py"], ["'train.py' is no command; write furcate run CONFIG -- python3 train.py to run it"]),
    (["./train.sh"], ["write furcate run CONFIG -- sh ./train.sh to run it"]),
])
def test_bad_usage_names_the_remedy(project, arguments, says):
    refused(project, *arguments, says=says)


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["plan", "--help"], ["best", "-h"]])
def test_help_goes_to_stdout(project, arguments):
    done = project.furcate(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: furcate ")


def digits(project, *arguments):
    return subprocess.run([BUILD / "examples/digits/digits", *arguments], cwd=project.root, env=project.environment,
                          capture_output=True, text=True)


def test_a_fork_program_needs_the_keys_of_the_spec(project):
    project.config.write_text('{"meta": {"allow_cpu": true}}\n')
    done = digits(project, "--config", "config.json")
    assert done.returncode == 2
    for key in ("data_name", "data_dir", "batch_size", "epochs"):
        assert f"'{key}'" in done.stderr


def test_a_data_dir_that_is_not_there(project):
    project.write()
    done = digits(project, "--config", "config.json")
    assert done.returncode == 2
    assert f"the data_dir 'foo/' is not there (looked for the folder {project.root}/foo" in done.stderr
    assert not project.logs.exists()


@pytest.mark.parametrize("address", ["gs://bucket/x", "s3://bucket/x", "https://host/x.tar"])
def test_a_data_dir_elsewhere_needs_a_get_filepaths(project, address):
    project.write(data_dir=["data", address])
    (project.root / "data").mkdir()
    done = digits(project, "--config", "config.json")
    assert done.returncode == 2
    assert (f"the data_dir '{address}' is no folder of this machine, and the program lists its files by the default "
            "get_filepaths; define get_filepaths in the program") in done.stderr
    assert not project.logs.exists()


@pytest.mark.parametrize("data_dir", ["gs://bucket/x", "no/folder/x", "config.json"])
def test_a_program_with_its_own_get_filepaths_may_have_any_data_dir(project, data_dir):
    project.write(data_dir=data_dir, act="nothing", batch_size=[1, 2], epochs=1)
    project.executable = [BUILD / "tests/fork-program"]
    done = project.furcate(OWN_FILEPATHS="1")
    assert done.returncode == 0, done.stderr
    assert {row["data_dir"] for row in project.rows()} == {data_dir}
    last = data_dir.rpartition("/")[2].replace(".", "-")
    runs = {path.name for path in project.logs.iterdir() if path.is_dir()}
    assert runs == {f"example0_{last}_bs1", f"example1_{last}_bs2"}


def test_the_template_of_the_spec_is_answered_key_by_key(project):
    template = pathlib.Path(__file__).parents[1] / "data/config/bad/readme_template.json"
    done = project.furcate("plan", template)
    assert done.returncode == 2 and done.stderr.count(": error: ") == 21
    for key in ("data_name", "epochs", "framework", "prefetch", "allow_cpu", "exclude_configs", "top"):
        assert f": error: '{key}' has no value; write one after the ':'" in done.stderr
    assert "twice" not in done.stderr and "''" not in done.stderr and "warning" not in done.stderr


@pytest.mark.parametrize("text, key", [('{"data_name":\n"k": [1, 2]}', "data_name"),
                                       ('{"log_dir":\n\n"train_prefix": "x"}', "log_dir"),
                                       ('{"k": 1,\n"data_name":\n"log_dir": "logs"}', "data_name")])
def test_a_key_without_a_value_is_told_of_once_where_it_stands(project, text, key):
    (project.root / "c.json").write_text(text)
    done = project.furcate("plan", "c.json")
    line = 1 + text[:text.index(key)].count("\n")
    assert done.returncode == 2 and f"c.json:{line}:" in done.stderr and "warning" not in done.stderr
    assert f"error: '{key}' has no value" in done.stderr and done.stderr.count("c.json:") == 1


WANDB = """{program: train.py, method: grid, meta: {allow_cpu: true},
 parameters: {lr: {values: [0.1, 0.01]}, optimizer: {values: [adam, sgd]}}}
"""
HYDRA = """defaults: [model: resnet, _self_]
hydra: {sweeper: {params: {lr: "0.1,0.01"}}}
"""


@pytest.mark.parametrize("text, tool", [
    (WANDB, "this is a sweep of Weights & Biases"), (HYDRA, "this is a config of Hydra"),
    ("lr: {grid_search: [0.1, 0.01]}\n", "this is a search space of Ray Tune"),
], ids=["wandb", "hydra", "ray"])
def test_a_sweep_of_another_tool_is_not_run_as_one_run(project, text, tool):
    project.config.write_text(text)
    done = project.furcate("run", "config.json", "--", "/bin/true", "{*}")
    assert done.returncode == 2 and not project.logs.exists()
    assert tool in done.stderr and 'such as "lr": [0.1, 0.01]' in done.stderr


def test_an_array_within_an_object_is_told_to_be_no_axis(project):
    project.config.write_text('{"lr": [1, 2], "model": {"dropout": [0.1, 0.5]}}\n')
    done = project.furcate("plan", "config.json")
    assert done.returncode == 0 and "'model.dropout' is an array within an object, which is no axis" in done.stderr
    project.config.write_text('{"lr": [1, 2], "model": [{"dropout": [0.1, 0.5]}]}\n')
    again = project.furcate("plan", "config.json")
    assert (again.stderr, again.stdout.count("permutations")) == ("", 1)


@pytest.mark.parametrize("text, said", [
    ("use_bn: no\n", "config.json:1:9: warning: 'use_bn' is the string \"no\"; for a boolean write false, or quote it"),
    ("augment: [on, off]\n", "config.json:1:11: warning: 'augment' holds the string \"on\"; for a boolean write true"),
    ("a: [1, 2]\nmeta: {exclude_configs: [{a: yes}]}\n", "'a' is the string \"yes\""),
    ("model: {bn: OFF}\n", "'model.bn' is the string \"OFF\"; for a boolean write false"),
])
def test_an_unquoted_yes_or_no_is_told_to_be_a_string(project, text, said):
    project.config.write_text(text)
    assert said in project.furcate("plan", "config.json").stderr


def test_tags_of_yaml_mean_what_they_say(project):
    project.config.write_text('{lr: [!!float "0.001"], n: !!int "5", b: !!bool yes, s: !!str 5}\n')
    done = project.furcate("plan", "--format", "json", "config.json")
    assert done.stderr == ""
    config = json.loads(done.stdout)["runs"][0]["config"]
    assert [config[key] for key in ("lr", "n", "b", "s")] == [0.001, 5, True, "5"]
    project.config.write_text("lr: !Ref other\n")
    assert "config.json:1:5: error: furcate does not know the tag !Ref" in project.furcate("plan", "config.json").stderr


def test_a_metric_whose_expression_is_malformed_is_shown_with_its_line(project):
    project.config.write_text('{"meta": {"metrics": {\n  "loss": "loss: ([0-9.]+"}}}\n')
    for command in (["plan", "config.json"], ["run", "config.json", "--", "/bin/true"]):
        refused(project, *command, says=["config.json:2:11: error: 'meta.metrics.loss' is no POSIX extended regular "
                                         "expression: Unmatched (", '    2 |   "loss": "loss: ([0-9.]+"}}}'])
