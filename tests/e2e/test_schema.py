"""share/furcate/config.schema.json and the reader of configs say the same, over the files in tests/data/config."""

import json
import pathlib
import re
import subprocess

import jsonschema
import pytest

from support import BUILD, EXAMPLE, STUBS

ROOT = pathlib.Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "share/furcate/config.schema.json").read_text())
GOOD = sorted((ROOT / "tests/data/config/good").iterdir())
BAD = sorted((ROOT / "tests/data/config/bad").iterdir())
BAD_FOR_FORK = sorted((ROOT / "tests/data/config/bad_for_fork").iterdir())  # to any other program it is its own affair

UNREADABLE = {name: "it is neither JSON nor YAML, so there is nothing to look at" for name in (
    "readme_exclude.json", "readme_template.json", "syntax_bracket.yaml", "syntax_comma.json", "syntax_nothing.yaml", "merged_scalar.yaml")}
UNREADABLE |= {name: "a parser keeps one of the two" for name in ("duplicate.json", "duplicate_in_meta.yaml")}
BEYOND_A_SCHEMA = {
    "metrics_malformed.json": "a schema can ask for an ECMA regular expression, and these are POSIX",
    "metrics_escape.yaml": "a schema can ask for an ECMA regular expression, and these are POSIX",
    "meta_unknown.json": "a schema cannot tell a slip of the pen from a key of one's own",
    "timeout_century.json": "a schema cannot add up the units of a duration",
    "timeout_points.json": "a pattern for that, once a unit, could not be read",
    "everything_excluded.json": "it takes the product of the axes",
    "too_many.yaml": "it takes the product of the axes",
}


def as_furcate_reads_it(path):
    """The file's content; None when it cannot be read."""
    done = subprocess.run([BUILD / "tests/config-to-json", path], capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else None


def is_accepted(project, path):
    done = project.furcate("plan", "--limit", "0", path)
    assert done.returncode in (0, 2), done.stderr
    assert (done.returncode == 2) == (": error: " in done.stderr)
    return done.returncode == 0


def said_to_a_fork(project, path):
    """What a Fork program says of a config."""
    done = subprocess.run([BUILD / "examples/line/line", "--config", path], cwd=project.root, env=project.environment,
                          capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    return done.stderr


def is_valid(content):
    return jsonschema.Draft7Validator(SCHEMA).is_valid(content)


def test_the_schema_is_one():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_both_accept(project, path):
    assert is_accepted(project, path)
    jsonschema.validate(as_furcate_reads_it(path), SCHEMA, jsonschema.Draft7Validator)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name)
def test_both_refuse(project, path):
    assert not is_accepted(project, path)
    content = as_furcate_reads_it(path)
    assert (content is None) == (path.name in UNREADABLE)
    if content is not None:
        assert is_valid(content) == (path.name in BEYOND_A_SCHEMA)


@pytest.mark.parametrize("path", BAD_FOR_FORK, ids=lambda path: path.name)
def test_a_fork_alone_refuses(project, path):
    content = as_furcate_reads_it(path)
    key, = content
    assert re.search(f"error: '{key}' (must|cannot) be ", said_to_a_fork(project, path))
    assert is_accepted(project, path)
    assert is_valid(content)


def test_no_exception_is_for_a_file_that_is_gone():
    assert {*UNREADABLE, *BEYOND_A_SCHEMA} <= {path.name for path in BAD}


# --- the same keys, defaults and examples ---

def schemas_of_keys(schema=SCHEMA, prefix=""):
    """(path, schema) of every key, those of objects within included."""
    for key, of_key in schema["properties"].items():
        yield prefix + key, of_key
        if "properties" in of_key:
            yield from schemas_of_keys(of_key, f"{prefix}{key}.")


def keys_of_the_reader():
    """The key of every rule in the tables."""
    text = "".join((ROOT / "src/config" / name).read_text() for name in ("keys.c", "meta.c"))
    return re.findall(r'\{"([$\w]+)", (?:config_rule|find_bad)_', text)


def test_the_schema_and_the_reader_know_the_same_keys():
    assert sorted(path.rpartition(".")[2] for path, _ in schemas_of_keys()) == sorted(keys_of_the_reader())


def test_every_key_has_a_description_and_but_for_records_a_good_example():
    for path, schema in schemas_of_keys():
        assert schema["description"], path
        if path not in ("$schema", "meta.run", "meta.data"):
            check = jsonschema.Draft7Validator({**schema, "definitions": SCHEMA["definitions"]})
            assert schema["examples"] and all(map(check.is_valid, schema["examples"])), path
        assert "default" not in schema or check.is_valid(schema["default"]), path


def test_the_defaults_are_those_of_a_run(project):
    project.environment.update(LD_LIBRARY_PATH=str(STUBS), FURCATE_STUB_GPUS="1")
    project.config.write_text(json.dumps({**EXAMPLE, "data_dir": ".", "batch_size": 32, "meta": {}}))
    project.executable = [BUILD / "examples/line/line"]
    assert project.furcate().returncode == 1, "there is nothing to train on"
    config = json.loads(next(project.logs.glob("*/config.json")).read_text())
    config["log_dir"] = project.logs.name  # a run has its own in it
    defaults = {path: schema["default"] for path, schema in schemas_of_keys() if "default" in schema}
    given = {**EXAMPLE, "data_dir": ".", "batch_size": 32,
             **{f"{part}_prefix": f"example.{part}" for part in ("train", "valid", "test")}}
    given.pop("meta")
    meta = config.pop("meta")
    mem_trace = meta.pop("mem_trace")
    meta.pop("run")
    assert config.pop("gpu_id") == 0
    assert {**config, **{f"meta.{key}": value for key, value in meta.items()},
            **{f"meta.mem_trace.{key}": value for key, value in mem_trace.items()}} == {**defaults, **given}


def test_every_key_is_in_a_good_file_and_refused_in_a_bad_one(project):
    contents = [as_furcate_reads_it(path) for path in GOOD]
    said = "".join(project.furcate("plan", path).stderr for path in BAD)
    said += "".join(said_to_a_fork(project, path) for path in BAD_FOR_FORK)
    for path, _ in schemas_of_keys():
        *parents, key = path.split(".")
        objects = contents
        for parent in parents:
            objects = [one[parent] for one in objects if parent in one]
        assert any(key in one for one in objects), path
        assert f"'{path}'" in said or path in ("meta.run", "meta.data"), path
