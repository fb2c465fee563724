"""Whatever programs, files, configs and environments say: nothing of it is obeyed by the terminal that it is shown on."""

import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys
import unicodedata

import pytest

from narrow_terminal import shown
from sample import ALL
from support import until
from test_terminal import written_by

# Each has a word that is looked for, so that a door which shows nothing is no proof.
HOSTILE = {
    "title": b"\x1b]0;MARK\x07",
    "clear": b"MARK\x1b[2J\x1b[H",
    "asks_for_an_answer": b"MARK\x1b[5n\x1b[c",
    "device_control": b"MARK\x1bP$q\"p\x1b\\",
    "byte_of_c1": b"MARK\x9b31m",
    "c1_in_utf8": b"MARK\xc2\x9b31m\xc2\x9d0;x\xc2\x9c",
    "overwrites": b"MARK\x08\x08\x7f\x0b\x0c",
    "returns": b"MARK\rfurcate: everything is done",
    "direction": "MARK\u202ekram\u2066\u200f".encode(),
    "unseen": "MARK\u200b\u00ad\ufeff\U000e0041".encode(),
    "no_text": b"MARK\xff\xfe\xc3\xe2\x80\xed\xa0\x80",
    "shift": b"MARK\x0e\x0f\x1b(0\x1b#8",
}
TEXTS = {name: text for name, text in HOSTILE.items() if text.decode(errors="ignore").encode() == text}
KEY = "MARK\x9b31m\x9d0;x\x9cMARK\u202ekram\u2066\u200b\ufeff"  # a config takes none with characters below these


def chosen(payloads):
    """All of them in one, and in `script/test attack --all` each by itself too."""
    payloads = {"all_at_once": b"".join(payloads.values()), **(payloads if ALL else {})}
    return pytest.mark.parametrize("said", payloads.values(), ids=payloads.keys())


def is_hidden(char):
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in "\n\t\u200c\u200d"


def check(*shown_texts):
    """The texts show what was said, and nothing in them is a command to a terminal."""
    assert any("MARK" in text for text in shown_texts), shown_texts
    for text in shown_texts:
        assert not [char for char in text if is_hidden(char)], text


def result(done):
    return done.stdout, done.stderr


def furcate(project, *arguments, **environment):
    """stdout and stderr, in which bytes that are no UTF-8 are halves of a pair."""
    done = subprocess.run(project.command([os.fsdecode(argument) for argument in arguments]), cwd=project.root,
                          env={**project.environment, **environment}, capture_output=True, stdin=subprocess.DEVNULL,
                          timeout=60)
    return done.stdout.decode(errors="surrogateescape"), done.stderr.decode(errors="surrogateescape")


def log(project):
    return (project.logs / "furcate.log").read_bytes().decode(errors="surrogateescape")


def printing(project, said, to=2, status=1):
    (project.root / "said").write_bytes(said + b"\n")
    return project.script("train", f'cat "$FURCATE_TEST/said" >&{to}\nexit {status}\n')


# --- programs ---

@chosen(HOSTILE)
@pytest.mark.parametrize("to", [1, 2])
def test_what_a_failed_program_printed(project, said, to):
    project.write(batch_size=[1])
    check(*furcate(project, "run", "config.json", "--", printing(project, said, to)), log(project))


@chosen(HOSTILE)
def test_a_message_that_many_runs_share(project, said):
    project.write(batch_size=[1, 2, 3, 4, 5], meta={"max_threads": 1})
    check(*furcate(project, "run", "config.json", "--", printing(project, said)), log(project))


@chosen(HOSTILE)
def test_reports_that_cannot_be_read(project, said):
    project.write(batch_size=[1])
    (project.root / "said").write_bytes(said.replace(b"\n", b"") + b"\n")
    reports = project.script("reports", 'cat "$FURCATE_TEST/said" >>"$FURCATE_METRICS"\n')
    check(*furcate(project, "run", "config.json", "--", reports), log(project))


@chosen(TEXTS)
def test_names_of_metrics(project, said):
    project.write(batch_size=[1], meta={"objective": {"metric": "loss", "mode": "min"}})
    lines = [{"step": 1, said.decode(): 1}, {"step": 1, said.decode(): "x"}]
    (project.root / "said").write_text("".join(json.dumps(line) + "\n" for line in lines))
    reports = project.script("reports", 'cat "$FURCATE_TEST/said" >>"$FURCATE_METRICS"\n')
    check(*furcate(project, "run", "config.json", "--", reports), log(project))


@chosen(HOSTILE)
def test_names_of_processes_that_were_left(project, said):
    """The command line of a process is whatever it likes."""
    project.write(batch_size=[1])
    leaves = project.python("leaves", f"""import os
if os.fork() == 0:
    os.execv("/bin/sleep", [{said!r}, b"600"])
while b"sleep" in open("/proc/self/comm", "rb").read():
    pass
import time
for pid in open(f"/proc/{{os.getpid()}}/task/{{os.getpid()}}/children").read().split():
    while b"MARK" not in open(f"/proc/{{pid}}/cmdline", "rb").read():
        time.sleep(0.001)
""")
    check(*furcate(project, "run", "config.json", "--", leaves), log(project))


@chosen(HOSTILE)
def test_a_program_that_is_not_there(project, said):
    project.write(batch_size=[1])
    check(*furcate(project, "run", "config.json", "--", b"./" + said))


@chosen(HOSTILE)
def test_the_end_of_a_fork_server(project, said):
    project.write(batch_size=[1], meta={"start": "fork"})
    (project.root / "said").write_bytes(said)
    project.script("train.py", "import sys\nsys.stderr.buffer.write(open('said', 'rb').read())\nsys.exit(1)\n")
    environment = {"PYTHONPATH": str(project.root)}
    check(*furcate(project, "run", "--preload", "train", "config.json", "--", sys.executable, "train.py", **environment),
          log(project))


# --- what is typed, and names of files ---

TYPED = {"an_option": ["plan", "--"], "a_short_option": ["run", "-"], "a_command": [""], "a_format": ["plan", "--format", ""],
         "a_count": ["best", "-n", ""], "a_setting": ["plan", "config.json", "--set", ""], "a_metric": ["best", "-m", ""],
         "a_log_dir": ["best", "-d", ""], "a_config": ["plan", "./"], "a_second_word": ["plan", "config.json", ""],
         "what_is_compared": ["plan", "config.json", "--against", ""], "a_placeholder": ["plan", "config.json", "--", "true", "{"]}


@chosen(HOSTILE)
@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED.keys())
def test_words_on_the_command_line(project, said, typed):
    project.write()
    end = b"}" if typed[-1] == "{" else b""
    project.run("true") if "-m" in typed else None
    check(*furcate(project, *typed[:-1], os.fsencode(typed[-1]) + said + end))


@chosen(HOSTILE)
def test_the_name_of_a_config(project, said):
    name = said[:200] + b".json"
    with open(os.path.join(os.fsencode(project.root), name), "w") as file:
        file.write('{"batch_size": 1, "meta": {"gpu": 1}, ')
    check(*furcate(project, "plan", name), *furcate(project, "run", name, "--", "true"))


@chosen(HOSTILE)
def test_the_name_of_a_log_dir(project, said):
    config = '{"x": 1, "log_dir": "%s", "meta": {"allow_cpu": true}}'
    name = said[:200].decode(errors="ignore")
    project.config.write_text(config % json.dumps(name)[1:-1])
    fails = furcate(project, "run", "config.json", "--", "false")
    with open(project.root / name / "furcate.log", encoding="utf-8", errors="surrogateescape") as file:
        check(*fails, file.read())
    (project.root / (name + "x")).write_text("a file")
    project.config.write_text(config % (json.dumps(name)[1:-1] + "x"))
    check(*furcate(project, "run", "config.json", "--", "true"))


# --- configs ---

FAULTY = {
    "an_unknown_key_of_meta": '{"x": 1, "meta": {%s: 1}}',
    "a_wrong_value": '{"x": 1, "meta": {"max_threads": %s}}',
    "a_word_that_is_none": '{"x": 1, "meta": {"order": %s}}',
    "a_key_given_twice": '{%s: 1, %s: 2}',
    "an_exclusion": '{"x": [1, 2], "meta": {"exclude_configs": [{%s: 1}]}}',
    "an_excluded_value": '{"x": [1, 2], "meta": {"exclude_configs": [{"x": %s}]}}',
    "an_expression": '{"x": 1, "meta": {"metrics": {"loss": %s}}}',
    "a_values_twice": '{"x": [%s, %s]}',
    "an_empty_axis": '{%s: []}',
    "an_array_within": '{"x": {%s: [1, 2]}}',
    "what_comes_before_a_fault": '{%s: 1, "y": [}',
}


@chosen(TEXTS)
@pytest.mark.parametrize("config", FAULTY.values(), ids=FAULTY.keys())
@pytest.mark.parametrize("escaped", [True, False], ids=["escaped", "raw"])
def test_faults_of_a_config(project, said, config, escaped):
    text = said.decode() + "("
    quoted = json.dumps(text) if escaped else '"' + re.sub(r'["\\\r]', "", text) + '"'
    project.config.write_bytes(config.replace("%s", quoted).encode())
    check(*furcate(project, "plan", "config.json"))


@chosen(HOSTILE)
@pytest.mark.parametrize("line", [b"x: !%s 1", b"x: *%s", b"x: [%s", b"x: \"%s", b"%s"])
def test_yaml_that_is_none(project, said, line):
    (project.root / "config.yaml").write_bytes(b"batch_size: 1\n" + line.replace(b"%s", said) + b"\n")
    done = furcate(project, "plan", "config.yaml")
    check(*done) if "MARK" in "".join(done) else check("MARK", *done)


@chosen(TEXTS)
def test_keys_and_values_of_a_plan(project, said):
    text, key = said.decode(), KEY
    project.write({"x": [text, text + "2"], key: [1, 2], "y": text})
    check(*furcate(project, "plan", "config.json", "--", "echo", text, "{x}", "{*}"))
    project.run("true")
    project.write({"x": [text, text + "3"], key: [1, 2], "y": text})
    check(*furcate(project, "plan", "config.json", "--against", "logs"))


@chosen(TEXTS)
@pytest.mark.parametrize("format", ["table", "csv", "json"])
def test_a_plan_on_a_terminal(project, said, format):
    text = said.decode()
    project.write({"x": [text, text + "2"], KEY: [1, 2], "y": text})
    lines, _ = shown(project, 100, "plan", "config.json", "--format", format, "--", "echo", "{x}")
    check("\n".join(lines))


@chosen(TEXTS)
def test_a_plan_for_programs_is_exact(project, said):
    text = said.decode()
    project.write({"x": [text, "2"], KEY: [1]})
    plan = json.loads(furcate(project, "plan", "config.json", "--format", "json")[0])
    assert [axis["key"] for axis in plan["axes"]] == ["x", KEY] and plan["axes"][0]["values"][0] == text
    rows = furcate(project, "plan", "config.json", "--format", "csv")[0]
    assert [row["x"] for row in csv.DictReader(io.StringIO(rows, newline=""))] == [text, '"2"']


@chosen(TEXTS)
def test_an_edit_that_is_broken(project, said):
    project.write(batch_size=[1])
    runner = project.start(project.gated())
    project.until_waiting(1)
    project.config.write_text('{"x": 1, "meta": {%s: 1}}' % json.dumps(said.decode()))
    until(lambda: "MARK" in log(project))
    assert project.let_all_go(runner) == 0
    check(log(project), runner.errors.read_bytes().decode(errors="surrogateescape"))


# --- tables ---

def table(project, *lines):
    project.logs.mkdir()
    project.csv.write_bytes(b"\n".join(lines) + b"\n")


@chosen(HOSTILE)
def test_names_and_cells_of_a_table(project, said):
    quoted = b'"' + said.replace(b'"', b"") + b'"'
    table(project, b"x,meta,log_dir,run_id,run_name,run_" + quoted.strip(b'"').replace(b"\r", b"") + b",run_loss",
          quoted + b",{},logs/a,0,a,1,2", b"b,{},logs/" + quoted.replace(b'"', b"") + b",1," + quoted + b",1,1")
    check(*furcate(project, "best"), *furcate(project, "best", "-m", "loss"), *furcate(project, "best", "-m", "loss", "--path"))
    lines, _ = shown(project, 300, "best", "-m", "loss")
    check("\n".join(lines))


@chosen(HOSTILE)
@pytest.mark.parametrize("line", [b"%s", b"a;%s;b", b"a|%s"])
def test_a_table_that_is_none(project, said, line):
    table(project, line.replace(b"%s", said.replace(b"\r", b"")))
    project.write(batch_size=[1])
    shows = furcate(project, "run", "config.json", "--", "true")
    check("MARK", *shows)


@chosen(HOSTILE)
def test_the_path_of_the_best_run(project, said):
    """Exact for a script, visible on a terminal."""
    directory = said[:200].decode(errors="ignore")
    table(project, b"x,meta,log_dir,run_id,run_name,run_loss", b"1,{},logs/r,0,a,1")
    (project.root / directory).mkdir()
    (project.logs.rename(project.root / directory / "logs") / "r").mkdir()
    log_dir = f"{directory}/logs"
    assert furcate(project, "best", "-d", log_dir, "-m", "loss", "--path")[0] == f"{log_dir}/r\n"
    lines, _ = shown(project, 300, "best", "-d", log_dir, "-m", "loss", "--path")
    check("\n".join(lines))


# --- the machine ---

@chosen(HOSTILE)
def test_a_driver_that_fails(project, said):
    (project.root / "bin").mkdir()
    (project.root / "said").write_bytes(said + b"\n")
    for number in 1, 2:
        project.script("bin/nvidia-smi", f"cat {shlex.quote(str(project.root / 'said'))} >&{number}; exit 9\n")
        project.config.write_text('{"x": 1}')
        path = f"{project.root / 'bin'}:{project.environment['PATH']}"
        check(*furcate(project, "run", "config.json", "--", "true", PATH=path))
        project.write({"x": 1}, log_dir=f"logs{number}")
        check(*furcate(project, "run", "config.json", "--", "true", PATH=path),
              (project.root / f"logs{number}/furcate.log").read_bytes().decode(errors="surrogateescape"))


@chosen(HOSTILE)
def test_gpus_that_are_chosen_by_the_environment(project, said):
    project.write(batch_size=[1])
    check(*furcate(project, "run", "config.json", "--", "true", CUDA_VISIBLE_DEVICES=os.fsdecode(said)), log(project))


# --- a terminal with a live line ---

OWN = re.compile("\r|\x1b\\[K|\x1b\\[33m|\x1b\\[0m")  # what furcate itself draws with


@chosen(HOSTILE)
def test_the_live_line(project, said):
    """Colours that a program left open do not run on either."""
    project.write({"x": [said.decode(errors="ignore")], "y": [1, 2]})
    program = printing(project, b"\x1b[31;1m" + said)
    check(OWN.sub("", written_by(project, program, columns=200)))


@pytest.mark.parametrize("term", ["dumb", "", "unknown", None])
def test_a_terminal_that_can_do_nothing_gets_plain_lines(project, term):
    project.write()
    if term is None:
        project.executable = ["env", "-u", "TERM", *project.executable]
    written = written_by(project, printing(project, b"MARK\x1b[31m"), TERM=term or "")
    check(written.replace("\r\n", "\n"))
    assert "furcate.runner] Thread 0 failed" in written


@pytest.mark.parametrize("columns", [0, 1, 2, 65535])
def test_a_terminal_of_an_odd_width(project, columns):
    project.write()
    check(OWN.sub("", written_by(project, printing(project, b"MARK\x1b[31m"), columns=columns, COLUMNS="-7")))


def test_colours_of_a_program_are_left_out_of_its_last_lines(project):
    project.write(batch_size=[1])
    _, told = furcate(project, "run", "config.json", "--", printing(project, b"\x1b[1;31mMARK\x1b[0m: no such file\x1b[m"))
    assert "      MARK: no such file\n" in told
