"""Programs that turn on furcate, on their control group or on the machine: the campaign is done in the end, each run once
that had its row, and nothing is left."""

import os

import pytest

import groups
from sample import attacks
from support import USER, is_alive, until

# What one run does once, as a shell script; $guardian and $runner are furcate's pids, $group its control group.
ACTS = {
    "kills the runner": "kill -9 $runner", "kills the guardian": "kill -9 $guardian",
    "kills both": "kill -9 $guardian $runner", "tells the runner to end": "kill -TERM $runner",
    "tells the guardian to end": "kill -TERM $guardian", "hangs up": "kill -HUP $guardian $runner",
    "crashes the runner": "kill -SEGV $runner", "aborts the guardian": "kill -ABRT $guardian",
    "sends every harmless signal": "for n in CHLD CONT WINCH URG; do kill -$n $guardian $runner; done",
    "sends signals to the runner that nobody expects": "for n in USR1 USR2 ALRM PIPE; do kill -$n $runner; done",
    "leaves its group": "echo $$ > $mount/cgroup.procs; setsid sleep 77 &",
    "removes its group": "rmdir $group; mkdir $group/mine; rmdir $group/mine",
    "makes groups in it": "mkdir $group/a $group/a/b $group/a/b/c; echo $$ > $group/a/b/c/cgroup.procs",
    "freezes its group": "(sleep .2; echo 1 > $group/cgroup.freeze) & sleep .4",
    "freezes and thaws its group": "(setsid sh -c \"sleep .2; echo 0 > $group/cgroup.freeze\"; true) & true",
    "kills its group": "echo 1 > $group/cgroup.kill; sleep 5",
    "stops itself": "(sleep .2; kill -CONT $$) & kill -STOP $$", "kills itself": "kill -9 $$",
    "leaves a chain": "setsid sh -c 'setsid sh -c \"setsid sleep 77 & sleep 77\" & sleep 77' & true",
    "leaves ones that ignore all": "(trap '' TERM INT HUP; setsid sleep 77) & (trap '' TERM; sleep 77) & true",
    "leaves a respawner": "setsid sh -c 'while :; do sleep .01; done' & true",
    "bombs": f"setpriv --reuid={USER} --regid={USER} --clear-groups prlimit --nproc=100 sh -c 'b() {{ b | b & }}; b'; sleep .3",
    "closes its files": "exec <&- >&- 2>&-", "deletes its folder": 'rm -rf "$FURCATE_RUN_DIR"',
    "replaces its folder": 'rm -rf "$FURCATE_RUN_DIR"; echo no > "$FURCATE_RUN_DIR"',
    "deletes its files": 'rm -f "$FURCATE_RUN_DIR"/*', "locks its folder": 'chmod 000 "$FURCATE_RUN_DIR"',
    "fills its files": 'yes | head -c 30000000; yes | head -c 30000000 >&2',
    "writes to the files of furcate": "for fd in 3 4 5 6 7 8 9; do echo x >&$fd; done 2>/dev/null",
    "traces the runner": "cat /proc/$runner/mem | head -c 1; ls /proc/$runner/fd; echo 1000 > /proc/$runner/oom_score_adj",
    "lowers the limits of the runner": "prlimit --pid $runner --nofile=64 --core=0; renice 19 $runner",
}
SIGNALS = {name for name in ACTS if "the runner" in name or "the guardian" in name or name in ("kills both", "hangs up")}
NEED_GROUP = {"leaves its group", "removes its group", "makes groups in it", "freezes its group",
              "freezes and thaws its group", "kills its group"}

PROGRAM = """#!/bin/sh
if [ "$1" = 2 ] && mkdir "$FURCATE_TEST/acted" 2>/dev/null; then
    runner=$(head -n 1 "$FURCATE_TEST/pids")
    guardian=$(tail -n 1 "$FURCATE_TEST/pids")
    mount=%s
    group=$mount$(sed -n 's/^0:://p' /proc/self/cgroup)
    ACT
fi
echo "$1" >> "$FURCATE_TEST/done"
"""


def done(project):
    path = project.root / "done"
    return path.read_text().split() if path.exists() else []


def left(project):
    """The processes of runs that execute."""
    marker = f"FURCATE_TEST={project.root}\0".encode()
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if marker in file.read() and is_alive(pid):
                    found.append(int(pid))
        except OSError:
            pass
    return found


def start(project, program):
    """Runs wait until they can know the pids of furcate."""
    runner = project.start(program, "{batch_size}")
    found = until(lambda: runner.is_over() or children(runner.pid), "the runner")
    if not runner.is_over():
        (project.root / "pids.new").write_text(f"{found[0]}\n{runner.pid}\n")
        (project.root / "pids.new").rename(project.root / "pids")
    return runner


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


@pytest.mark.parametrize("held", ["group", "descent"], indirect=True)
@attacks("name", ACTS, 4)
def test_a_program_that_turns_on_furcate(project, held, name):
    if name in NEED_GROUP and held == "descent":
        pytest.skip("there is no group")
    meta = {"max_threads": 2, "fail_fast": False, "kill_grace": 1}
    project.write(batch_size=[1, 2, 3], meta={**meta, "timeout": 2 if name == "freezes its group" else 60})
    text = (PROGRAM % groups.mount_point()).replace("ACT", ACTS[name])
    text = text.replace('#!/bin/sh\n', '#!/bin/sh\nwhile [ ! -e "$FURCATE_TEST/pids" ]; do sleep .01; done\n')
    program = project.script("program", text)
    runner = start(project, program)
    status = runner.wait()
    assert status in (0, 1) or name in SIGNALS, runner.stderr
    rows = {row["batch_size"] for row in project.rows()} if project.csv.exists() else set()
    before = done(project)
    project.write(batch_size=[1, 2, 3], meta=meta)
    last = project.start(program, "{batch_size}")
    assert last.wait() == 0, last.stderr
    assert project.values() == ["1", "2", "3"]
    assert all(done(project).count(value) == before.count(value) for value in rows)
    until(lambda: not left(project), "the end of all that runs have left")
