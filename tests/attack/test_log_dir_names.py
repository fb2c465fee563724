"""Log dirs by names that a shell, a printf, a template, a CSV or an option parser would take for something else."""

import os

import pytest

from sample import attacks

NAMES = {
    "newline": "a\nb", "return": "a\rb", "tab": "a\tb", "percent": "%s%n%p", "braces": "{x}{batch_size}{{}}", "option": "-rf",
    "long option": "--help", "255 bytes": "n" * 255, "255 bytes of UTF-8": "é" * 127 + "n", "quotes": "a'b\"c`d",
    "shell": "$(touch evil);&|<>!*?[]", "comma": "a,b,c", "leading space": " a", "trailing space": "a ",
    "trailing dot": "a.", "right to left": "\u202eabc\u202c", "no width": "\u200b", "emoji": "😀", "combining": "e\u0301",
    "C1": "a\u0085b", "escape": "\x1b]0;x\x07\x1b[2J", "backslash": "a\\nb", "hash": "#a", "equals": "A=b", "unicode nul": "\u2400",
    "slashes": "a//b///", "dots": "./a/../b/.", "deep": "/".join(["d" * 100] * 4), "like a table": "run_data.csv",
    "like a lock": "furcate.lock", "like a run": "example0_foo", "number": "0", "null": "null", "bom": "\ufeffa",
}
COLONS = ":".join("abc")


def starts(project):
    path = project.root / "started"
    return path.read_text().count("x") if path.exists() else 0


@attacks("name", [*NAMES, "colons"], 6)
def test_a_log_dir_of_this_name_is_one_as_any_other(project, name):
    text = NAMES.get(name, COLONS)
    project.logs = project.root / text
    project.write(batch_size=[1, 2], log_dir=text)
    before = set(os.listdir(project.root))
    program = project.script("program", 'echo x >> "$FURCATE_TEST/started"\n[ -d "$FURCATE_RUN_DIR" ] && cd "$1"\n')
    for _ in range(2):
        project.run(program, "{log_dir}")
        assert project.values() == ["1", "2"]
        assert starts(project) == 2
    new = set(os.listdir(project.root)) - before - {"program", "started"}
    assert new <= {os.path.normpath(text).split("/")[0], "a"}
    for row in project.rows():
        assert (project.root / row["log_dir"] / "config.json").exists()


@pytest.mark.parametrize("text", ["a\0b", "", "~", "n" * 256])
def test_what_can_be_no_folder_is_told(project, text):
    project.write(batch_size=[1], log_dir=text)
    done = project.furcate("run", "config.json", "--", "true")
    assert done.returncode == 2 and "File name too long" in done.stderr or "log_dir" in done.stderr and project.csv.exists()
