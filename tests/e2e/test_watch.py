"""An edit of the config is noticed however it is saved and whatever leads to the file; what is no edit does nothing."""

import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from support import EXAMPLE, FURCATE, until


def config_of(values, **meta):
    return json.dumps({**EXAMPLE, "batch_size": values,
                       "meta": {"allow_cpu": True, "max_threads": 1, "order": "config", **meta}}, indent=2)


def start(project, config=None, *before):
    """A runner with one slot, whose first run waits; the config has one value."""
    config = config or project.config
    config.parent.mkdir(parents=True, exist_ok=True)
    if not config.exists():
        config.write_text(config_of([1]))
    runner = project.start_command(*before, FURCATE, "run", config, "--", project.gated())
    project.until_waiting(1)
    return runner


def until_log(project, words):
    return until(lambda: words in project.log(), f"'{words}' in the log")


def until_planned(project, count):
    until_log(project, f"The plan is now {count} config")


def finish(project, runner, count, edits=None):
    """The edits were noticed, each once, and the values run."""
    assert project.let_all_go(runner) == 0
    assert project.values() == sorted(str(i) for i in range(1, count + 1))
    assert "not used" not in project.log()
    if edits is not None:
        assert project.log().count("Detected change") == edits


@contextlib.contextmanager
def held_open(path):
    """What has no name any more lives on as long as somebody has it open."""
    handle = os.open(path, os.O_PATH | os.O_NOFOLLOW)
    yield
    os.close(handle)


# --- ways to save ---

def in_place(path, text):
    path.write_text(text)


def in_several_writes(path, text):
    with path.open("w") as file:
        for i in range(0, len(text), 16):
            file.write(text[i:i + 16])
            file.flush()


def renamed_over(path, text):
    new = path.with_name("4913.tmp")
    new.write_text(text)
    new.rename(path)


def renamed_over_from_elsewhere(path, text):
    with tempfile.NamedTemporaryFile("w", dir=path.parent.parent, delete=False) as new:
        new.write(text)
    os.replace(new.name, path)


def deleted_and_made(path, text):
    path.unlink()
    path.write_text(text)


def renamed_away_and_made(path, text):
    path.rename(path.with_name(path.name + "~"))
    path.write_text(text)


def renamed_away_and_renamed_over(path, text):
    path.rename(path.with_name(path.name + "~"))
    renamed_over(path, text)


def exchanged(path, text):
    new = path.with_name("new")
    new.write_text(text)
    exchange(new, path)


def through_a_hard_link(path, text):
    other = path.parent.parent / "another-name.json"
    if not other.exists():
        os.link(path, other)
    other.write_text(text)


def mapped(path, text):
    import mmap
    with path.open("r+b") as file:
        file.truncate(len(text))
        with mmap.mmap(file.fileno(), 0) as memory:
            memory[:] = text.encode()


def exchange(one, other):
    exchange_flag, here = 2, -100
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(here, os.fsencode(one), here, os.fsencode(other), exchange_flag) < 0:
        raise OSError(ctypes.get_errno(), "renameat2")


WAYS = [in_place, in_several_writes, renamed_over, renamed_over_from_elsewhere, deleted_and_made,
        renamed_away_and_made, renamed_away_and_renamed_over, exchanged, through_a_hard_link, mapped]


@pytest.mark.parametrize("save", WAYS)
@pytest.mark.parametrize("is_relative", [True, False])
def test_every_way_to_save_is_noticed_once(project, monkeypatch, save, is_relative):
    path = pathlib.Path("conf/config.json") if is_relative else project.root / "conf/config.json"
    monkeypatch.chdir(project.root)
    runner = start(project, path)
    for last in (2, 3, 4):
        save(path, config_of(list(range(1, last + 1))))
        until_planned(project, last)
    finish(project, runner, 4, edits=3)


def test_a_file_that_is_replaced_while_it_is_read_is_followed(project):
    runner = start(project)
    with held_open(project.config):
        renamed_over(project.config, config_of([1, 2]))
        until_planned(project, 2)
    finish(project, runner, 2, edits=1)


def tool(*command):
    def save(path, text):
        new = path.with_name("new.json")
        new.write_text(text)
        values = json.dumps(json.loads(text)["batch_size"])
        words = [word.format(path=path, new=new, values=values) for word in command]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, env={**os.environ, "HOME": "/nonexistent", "TERM": "dumb"}, timeout=60)
    return save


VIM = ("vim", "-u", "NONE", "-es", "-c", "%delete _", "-c", "0read {new}", "-c")
ONE_LINE = "s/\"batch_size\": [^]]*]/\"batch_size\": {values}/"
TOOLS = {
    "sed -i": tool("sed", "-zi", ONE_LINE, "{path}"),
    "perl -i": tool("perl", "-0pi", "-e", ONE_LINE, "{path}"),
    "ed": tool("sh", "-c", "printf '%s\\n' '1,$d' '0r {new}' w q | ed -s {path}"),
    "vim, backupcopy=no": tool(*VIM, "set nobackup writebackup backupcopy=no | wq!", "{path}"),
    "vim, backupcopy=yes": tool(*VIM, "set backup backupcopy=yes | wq!", "{path}"),
    "vim, nowritebackup": tool(*VIM, "set nobackup nowritebackup | wq!", "{path}"),
    "emacs": tool("emacs", "-Q", "--batch", "{path}", "--eval",
                  '(progn (erase-buffer) (insert-file-contents "{new}") (save-buffer))'),
    "cp": tool("cp", "{new}", "{path}"),
    "cp -f": tool("cp", "--remove-destination", "{new}", "{path}"),
    "mv": tool("mv", "{new}", "{path}"),
    "install": tool("install", "-m", "644", "{new}", "{path}"),
    "rsync": tool("rsync", "--ignore-times", "{new}", "{path}"),
    "rsync --inplace": tool("rsync", "--ignore-times", "--inplace", "{new}", "{path}"),
    "dd": tool("dd", "if={new}", "of={path}", "bs=7"),
    "tee": tool("sh", "-c", "tee {path} <{new}"),
}


@pytest.mark.parametrize("name", TOOLS)
def test_real_tools_are_noticed(project, name):
    if not shutil.which(name.replace(",", "").split()[0]):
        pytest.skip("not installed")
    runner = start(project)
    for last in (2, 3):
        TOOLS[name](project.config, config_of(list(range(1, last + 1))))
        until_planned(project, last)
    finish(project, runner, 3, edits=2)


def test_a_checkout_by_git_is_noticed(project):
    if not shutil.which("git"):
        pytest.skip("not installed")

    def git(*words):
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x", *words], cwd=project.root, check=True,
                       capture_output=True, timeout=60)
    git("init", "-b", "one")
    for branch, values in (("one", [1]), ("two", [1, 2])):
        git("checkout", "-B", branch)
        project.config.write_text(config_of(values))
        git("add", "config.json")
        git("commit", "-m", branch)
    git("checkout", "one")
    runner = start(project)
    git("checkout", "two")
    until_planned(project, 2)
    git("checkout", "one")
    until_planned(project, 1)
    git("checkout", "two")
    until(lambda: project.log().count("The plan is now 2") == 2)
    finish(project, runner, 2, edits=3)


# --- what leads to the file ---

def put_link(link, target):
    new = link.with_name("new-link")
    new.symlink_to(target)
    new.rename(link)


def versions(project, folder):
    """folder/1/config.json … with one more value each."""
    for last in (1, 2, 3):
        path = folder / str(last) / "config.json"
        path.parent.mkdir(parents=True)
        path.write_text(config_of(list(range(1, last + 1))))


def test_a_mounted_config_map_is_followed(project):
    """As Kubernetes updates one: config.json -> ..data/config.json, ..data -> the newest folder."""
    volume = project.root / "volume"
    versions(project, volume)
    put_link(volume / "..data", "1")
    put_link(volume / "config.json", "..data/config.json")
    runner = start(project, volume / "config.json")
    for last in (2, 3):
        with held_open(volume / "..data"):
            put_link(volume / "..data", str(last))
            until_planned(project, last)
        shutil.rmtree(volume / str(last - 1))
    finish(project, runner, 3, edits=2)


def test_a_link_above_the_file_is_followed(project):
    versions(project, project.root / "releases")
    put_link(project.root / "deep", ".")
    put_link(project.root / "current", "deep/../" + project.root.name + "/releases/1/../1")
    runner = start(project, project.root / "current/config.json")
    put_link(project.root / "current", project.root / "releases/2")
    until_planned(project, 2)
    put_link(project.root / "current", "deep/releases/3")
    until_planned(project, 3)
    put_link(project.root / "deep", "nowhere")
    until_log(project, "cannot be read (No such file or directory)")
    (project.root / "nowhere").mkdir()
    (project.root / "nowhere/releases").symlink_to(project.root / "releases")
    until_log(project, "config.json is there again")
    finish(project, runner, 3, edits=2)


def test_a_folder_that_is_replaced_is_followed(project):
    versions(project, project.root / "above/conf")
    conf = project.root / "above/conf"
    runner = start(project, conf / "1/config.json")
    exchange(conf / "1", conf / "2")
    until_planned(project, 2)
    conf.rename(project.root / "away")
    (conf / "1").mkdir(parents=True)
    shutil.copy(project.root / "away/3/config.json", conf / "1/config.json")
    until_planned(project, 3)
    shutil.rmtree(project.root / "above")
    until_log(project, "cannot be read (No such file or directory)")
    shutil.copytree(project.root / "away", conf)
    until(lambda: project.log().count("The plan is now 2 configs") == 2)
    shutil.copy(conf / "3/config.json", conf / "1/config.json")
    until(lambda: project.log().count("The plan is now 3 configs") == 2)
    finish(project, runner, 3, edits=4)


def test_a_file_on_another_mount_is_followed(project):
    if os.stat("/dev/shm").st_dev == project.root.stat().st_dev:
        pytest.skip("no second file system")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
        put_link(project.config, pathlib.Path(elsewhere) / "config.json")
        project.config.write_text(config_of([1]))
        runner = start(project)
        for last in (2, 3):
            renamed_over(project.config.resolve(), config_of(list(range(1, last + 1))))
            until_planned(project, last)
        finish(project, runner, 3, edits=2)


def test_a_loop_of_links_is_a_config_that_is_away(project):
    runner = start(project)
    put_link(project.config, "other.json")
    put_link(project.root / "other.json", "config.json")
    until_log(project, "cannot be read (Too many levels of symbolic links)")
    renamed_over(project.config, config_of([1, 2]))
    until_planned(project, 2)
    finish(project, runner, 2, edits=1)


# --- what is no edit ---

def test_what_changes_no_content_is_no_edit(project):
    runner = start(project)
    text = project.config.read_text()
    os.utime(project.config)
    project.config.chmod(0o600)
    for save in WAYS:
        save(project.config, text)
    project.config.with_name("unrelated.json").write_text("{")
    renamed_over(project.config, config_of([1, 2]))
    until_planned(project, 2)
    finish(project, runner, 2, edits=1)


def test_an_edit_that_is_undone_at_once_is_no_edit(project):
    runner = start(project)
    text = project.config.read_text()
    pid = project.runner_pid()
    os.kill(pid, signal.SIGSTOP)  # so that both fall within its 50 ms
    try:
        project.config.write_text(config_of([7]))
        renamed_over(project.config, config_of([8]))
        project.config.write_text(text)
    finally:
        os.kill(pid, signal.SIGCONT)
    renamed_over(project.config, config_of([1, 2]))
    until_planned(project, 2)
    finish(project, runner, 2, edits=1)


def test_half_a_config_is_not_read_while_its_writer_has_it_open(project):
    runner = start(project)
    text = config_of([1, 2])
    with project.config.open("w") as file:
        file.write(text[:40])
        file.flush()
        time.sleep(0.3)  # a slow writer: far longer than an edit takes to be read
        file.write(text[40:])
    until_planned(project, 2)
    finish(project, runner, 2, edits=1)


def test_a_writer_that_never_closes_the_file_is_noticed_too(project):
    runner = start(project)
    with project.config.open("w") as file:
        file.write(config_of([1, 2]))
        file.flush()
        until_planned(project, 2)
    finish(project, runner, 2, edits=1)


# --- files that are never at rest ---

@pytest.mark.parametrize("save", [in_place, renamed_over, deleted_and_made, in_several_writes])
def test_a_config_that_is_saved_all_the_time_is_followed(project, save):
    runner = start(project)
    last = 1

    def is_planned():
        nonlocal last
        last += 1
        save(project.config, config_of([1, 2, last + 1]))
        time.sleep(0.03)  # far less than the runner waits for the file to settle
        return "The plan is now 3 config" in project.log()
    until(is_planned, "a plan while the config is being saved")
    project.config.write_text(config_of([1, 2]))
    until_planned(project, 2)
    finish(project, runner, 2)


def test_a_json_file_that_its_writer_changes_all_the_time_is_followed_whenever_it_is_whole(project):
    runner = start(project)
    with project.config.open("r+") as file:
        def is_planned():
            text = config_of([1, 2, 3])
            for part in (text[:50], text[50:]):
                file.write(part)
                file.flush()
                time.sleep(0.05)
            file.seek(0)
            return "The plan is now 3 config" in project.log()
        until(is_planned, "a plan while the config is being written")
    finish(project, runner, 3, edits=1)


def test_half_a_yaml_file_is_not_taken_for_a_whole_one(project):
    """Each line more makes a valid config."""
    project.config = project.root / "config.yaml"
    project.config.write_text(config_of([1]))
    runner = start(project, project.config)
    meta = "meta:\n  allow_cpu: true\n  max_threads: 1\n  order: config\n"
    with project.config.open("w") as file:
        file.write(meta + "data_name: example\ndata_dir: foo/\nepochs: 50\nbatch_size:\n- 1\n")
        for value in range(2, 10**6):
            file.write(f"- {value}\n")
            file.flush()
            time.sleep(0.05)
            if "config.yaml is being written by a program that has it open" in project.log():
                break
        assert "The plan is now" not in project.log()
    until_planned(project, value)
    (project.root / "open").touch()
    project.config.write_text(config_of([1]))
    until_log(project, "The plan is now 1 config")
    assert project.let_all_go(runner) == 0


def test_an_edit_between_reading_and_watching_is_noticed(project):
    """GPUs are looked for between the two, here by a program that waits until the test has edited."""
    project.config.write_text(config_of([1]))
    (project.root / "bin").mkdir()
    project.script("bin/nvidia-smi", "touch \"$FURCATE_TEST/asked\"\n"
                                     "until [ -e \"$FURCATE_TEST/edited\" ]; do sleep .01; done\nexit 9\n")
    runner = project.start(project.gated(), PATH=f"{project.root}/bin:{project.environment['PATH']}")
    until((project.root / "asked").exists, "the look for GPUs")
    project.config.write_text(config_of([1, 2]))
    (project.root / "edited").touch()
    project.until_waiting(1)
    assert project.let_all_go(runner) == 0
    assert "The plan is now 2 configs" in runner.stderr
    assert project.values() == ["1", "2"]


# --- a file that is away ---

@pytest.mark.parametrize("away, why", [
    (lambda path: path.rename(path.with_name("aside")), "No such file or directory"),
    (lambda path: path.write_text(""), "it is empty"),
    (lambda path: (path.unlink(), path.mkdir()), "Is a directory"),
    (lambda path: (path.unlink(), os.mkfifo(path)), "Invalid argument"),
])
def test_a_file_that_is_away_is_missed_once_and_found_again(project, away, why):
    runner = start(project)
    away(project.config)
    until_log(project, f"config.json cannot be read ({why}): the plan goes on as it is")
    (project.root / "unrelated").touch()
    if project.config.is_dir():
        project.config.rmdir()
    renamed_over(project.config, config_of([1, 2]))
    until_log(project, "config.json is there again")
    until_planned(project, 2)
    finish(project, runner, 2, edits=1)
    assert project.log().count("cannot be read") == 1
    assert f"cannot be read ({why})" in runner.stderr


@pytest.mark.parametrize("config", ["-", "/dev/stdin", "/dev/fd/0"])
def test_a_config_from_a_pipe_is_not_watched(project, config):
    done = project.furcate("run", config, "--", "/bin/true", stdin=config_of([1, 2]))
    assert done.returncode == 0, done.stderr
    assert "cannot be" not in done.stderr and "looked at" not in project.log()
    assert len(project.directories()) == 2


# --- an idle runner ---

def switches(pid):
    """How often the process has been woken up."""
    found = pathlib.Path(f"/proc/{pid}/task").glob("*/status")
    return sum(int(line.split()[1]) for path in found for line in path.read_text().splitlines()
               if line.startswith("voluntary_ctxt_switches"))


def test_a_runner_that_waits_is_never_woken_up(project):
    start(project)
    pid = project.runner_pid()

    def settled():
        before = switches(pid)
        time.sleep(1)
        return switches(pid) == before
    until(settled, "the end of what the start has to do")
    before = switches(pid)
    for i in range(100):
        (project.root / f"unrelated{i}").write_text("x")  # beside the config
    time.sleep(4)
    assert switches(pid) == before
