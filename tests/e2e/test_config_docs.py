"""docs/config.md is true: its configs say what it shows, and no message of the sources is missing from it.

A block of `text` is what `furcate plan` says on stderr of the `json` or `yaml` before it. Where the block begins with
a line `$ COMMAND`, going on in lines `> …`, it is what that command says; in a block of `console`, stdout and stderr.
"""

import ast
import json
import pathlib
import re
import subprocess

import pytest

from support import BUILD, PATIENCE

ROOT = pathlib.Path(__file__).parents[2]
DOCS = (ROOT / "docs/config.md").read_text()
SOURCES = [path for path in sorted((ROOT / "src/config").glob("*.c")) if not re.match("value|decimal", path.name)]
SOURCES += [ROOT / "src" / name for name in ("base/expression.c", "plan/axes.c", "plan/exclusion.c", "plan/plan.c")]


class Block:
    def __init__(self, line, language, content, config):
        self.line, self.language, self.content, self.config = line, language, content, config

    @property
    def file(self):
        return f"config.{self.config.language}" if self.config else None

    @property
    def command(self):
        typed = re.match(r"\$ (.*\n(?:> .*\n)*)", self.content)
        return typed[1].replace("\n> ", "\n") if typed else f"furcate plan {self.file}"

    @property
    def shown(self):
        return re.sub(r"\A\$ .*\n(> .*\n)*", "", self.content)


def read_blocks():
    blocks, config = [], None
    for found in re.finditer(r"^```(\w+)\n(.*?)^```$", DOCS, re.M | re.S):
        language, content = found.groups()
        blocks.append(Block(DOCS.count("\n", 0, found.start()) + 1, language, content, config))
        if language in ("json", "yaml"):
            config = blocks[-1]
            config.config = config
    return blocks


BLOCKS = read_blocks()
SHOWN = [block for block in BLOCKS if block.language in ("text", "console")]


def carry_out(project, block):
    """Runs the command of a block in a folder with its config; what it said."""
    if block.config:
        (project.root / block.file).write_text(block.config.content)
    (project.root / "line").symlink_to(BUILD / "examples/line/line")
    path = f"{BUILD}:{project.environment['PATH']}"
    output = subprocess.STDOUT if block.language == "console" else subprocess.PIPE
    done = subprocess.run(["sh", "-c", block.command], cwd=project.root, env={**project.environment, "PATH": path},
                          stdout=subprocess.PIPE, stderr=output, timeout=PATIENCE)
    said = (done.stdout if block.language == "console" else done.stderr).decode(errors="replace")
    return re.sub(" +$", "", said, flags=re.M)


@pytest.mark.parametrize("block", SHOWN, ids=lambda block: f"line_{block.line}")
def test_it_shows_what_is_said(project, block):
    assert carry_out(project, block) == block.shown


def configs_without_a_report():
    reported = [block.config for block in SHOWN if block.language == "text" and "$" not in block.content[:1]]
    reported += [block.config for block in SHOWN if block.command.startswith("./line")]
    return [block for block in BLOCKS if block.language in ("json", "yaml") and block not in reported]


@pytest.mark.parametrize("block", configs_without_a_report(), ids=lambda block: f"line_{block.line}")
def test_every_other_config_is_good(project, block):
    assert carry_out(project, Block(block.line, "text", "", block)) == ""


# --- the other way round ---

LITERAL = r'"(?:\\.|[^"\\])*"'
TOKEN = re.compile(rf"""/\*.*?\*/|'(?:\\.|[^'\\])+'|({LITERAL}(?:\s*{LITERAL})*)""", re.S)
CONVERSION = r"%[-0-9.*]*(?:ll|z)?[a-z]"


def messages(path):
    """The string literals of a source that are words for people: letters and a blank, conversions aside."""
    text = re.sub(r"^\s*#include.*$", "", path.read_text(), flags=re.M)
    if path.name == "syntax.c":  # what the parser says, and what is made of it
        text = re.sub(rf"(?:strstr\([^,]+,\s*|\{{){LITERAL}", "", text)
    for token in TOKEN.finditer(text):
        literal = "".join(map(ast.literal_eval, re.findall(LITERAL, token[1] or "")))
        words = re.sub(CONVERSION, "", literal)
        if re.search("[a-z]", words) and " " in words.strip(" "):
            yield literal


def as_pattern(message):
    return ".*?".join(re.escape(part) for part in re.split(CONVERSION, message.rstrip("\n")))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_message_of_the_sources_is_shown(path):
    shown = "\n".join(block.shown for block in SHOWN if block.language == "text")
    assert [message for message in messages(path) if not re.search(as_pattern(message), shown)] == []


def test_the_search_finds_messages():
    found = {path.name: list(messages(path)) for path in SOURCES}
    assert "a path without ~, which only shells know" in found["keys.c"]
    assert "'%s' is given twice, first in line %u; remove one" in found["builder.c"]
    assert sum(map(len, found.values())) > 100


def test_the_tables_have_every_key_and_its_default():
    schema = json.loads((ROOT / "share/furcate/config.schema.json").read_text())["properties"]
    keys = {**schema, **schema["meta"]["properties"]}
    rows = dict(re.findall(r"^\| `([$\w]+)` \| .*? \| (.*?) \|", DOCS, re.M))
    assert set(rows) == set(keys) - {"meta", "run", "data"}
    wrong = [key for key, default in rows.items()
             if "default" in keys[key] and f"`{json.dumps(keys[key]['default'])}`" != default]
    assert not wrong


def test_the_examples_of_the_tables_are_good(project):
    meta = set(json.loads((ROOT / "share/furcate/config.schema.json").read_text())["properties"]["meta"]["properties"])
    rows = [line.split("|")[1:5] for line in DOCS.splitlines() if re.match(r"\| `[$\w]+` \|", line)]
    assert len(rows) > 25
    for key, _, _, examples in rows:
        examples = re.findall(r"`(.*?)`", examples)
        assert examples, key
        for example in examples:
            key = key.strip(" `")
            name = f"meta.{key}" if key in meta else key
            done = project.furcate("plan", "-", "--set", f"{name}={example}", stdin='{"batch_size": [32, 64]}')
            assert (done.returncode, done.stderr) == (0, ""), name
