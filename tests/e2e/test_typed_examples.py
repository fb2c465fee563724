"""Commands that people copy: no shell may take a part of them for something else.

bash leaves {lr} and [0.1,0.3] alone, zsh expands them or fails on them, and tcsh and fish differ again. So what is
shown is in quotes wherever it holds such letters.
"""

import os
import pathlib
import re
import shlex
import shutil
import subprocess

import pytest

from support import FURCATE

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "share/furcate/config.schema.json",
         *(ROOT / "docs").glob("*.md"), *(ROOT / "docs/man").iterdir(), *(ROOT / "examples").glob("*/README.md"),
         *(ROOT / "python/furcate").glob("*.py"), *(ROOT / "src").glob("*/*.c")]
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def texts():
    """All that shows commands: pages, and what --help says."""
    for page in PAGES:
        yield page.relative_to(ROOT), page.read_text().replace("\\-", "-").replace("\\\n", " ")
    for command in ("run", "plan", "best"):
        said = subprocess.run([FURCATE, command, "--help"], capture_output=True, text=True, check=True).stdout
        yield f"furcate {command} --help", said.partition("\n")[2]  # its first line is a grammar


def typed(text):
    """The commands of furcate and the options --set in a text, each to the end of its line or code span."""
    for line in text.splitlines():
        yield from re.findall(r"furcate (?:run|plan) [^`]*|--set [^`\s\"]+=[^\s\"]*", line)


def test_what_a_shell_would_expand_is_in_quotes():
    bad = [f"{where}: {command}" for where, text in texts() for command in typed(text)
           if re.search(r"[{}*?]|\[\S*,|=\[", QUOTED.sub("", command.split("\\n")[0]))]
    assert not bad, "\n".join(bad)


def test_python_is_called_by_the_name_that_every_system_has():
    bad = [f"{where}: {line}" for where, text in texts() for line in text.splitlines()
           if re.search(r"(?<![\w/.-])python (?:\w+\.py|-m)\b", line)]
    assert not bad, "\n".join(bad)


def test_the_examples_are_found():
    found = [command for _, text in texts() for command in typed(text)]
    assert len(found) > 25
    assert any("'{*}'" in command for command in found) and any("'learning_rate=[" in command for command in found)


def whole_commands():
    """Those of the pages that can be typed as they are."""
    for where, text in texts():
        yield from (command.rstrip() for command in typed(text) if str(where).endswith(".md")
                    and command.startswith("furcate") and command.count("'") % 2 == 0 and not re.search(r"[…|>$(]", command))


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh", "fish", "tcsh", "ksh"])
def test_each_shell_takes_the_words_as_they_are_meant(shell, tmp_path):
    program = shutil.which(shell)
    if not program:
        pytest.skip(f"{shell} is not installed")
    commands = list(whole_commands())
    assert len(commands) > 10
    for command in commands:
        done = subprocess.run([program, "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, cwd=tmp_path,
                              env={**os.environ, "HOME": str(tmp_path)})
        assert done.stdout.splitlines() == shlex.split(command, comments=True), command + done.stderr
