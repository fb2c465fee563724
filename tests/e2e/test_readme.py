"""What the README shows is what is there."""
import pathlib
import re

ROOT = pathlib.Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_c_example_is_the_one_that_is_built_and_has_under_40_lines():
    example = re.search(r"```c\n(.*?)```", README, re.S).group(1)
    assert example == (ROOT / "examples/line/line.c").read_text()
    assert len(example.splitlines()) < 40


def test_the_two_commands_and_every_linked_file_are_there():
    commands = re.findall(r"^(script/\w+)  ", README, re.M)
    assert commands == ["script/demo", "script/test"]
    links = re.findall(r"\]\(([^)#]+)", README)
    missing = [name for name in commands + links if not (ROOT / name).exists()]
    assert links and not missing
