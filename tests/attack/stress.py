#!/usr/bin/env python3
"""A campaign under stress: edits of its config, kills of either process or both, interrupts, failures, deleted and moved
folders and databases, second starts; in the end each run has its row, once and true, and nothing is left.

usage: stress.py [--minutes M | --starts N] [--seed N] [--build DIR] [--kind wrapped|fork]
Each session is a new campaign with a seed of its own, which repeats what is done, if not its timing.
"""

import argparse
import contextlib
import csv
import io
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.append(str(pathlib.Path(__file__).parents[1] / "e2e"))
import groups

RUNS = 80
PATIENCE = 120  # seconds; nothing takes so long that works
STARTS = 14  # of a session, before the calm ones
KINDS = ["wrapped", "fork"]
CRASHES = ("signal 4", "signal 6", "signal 7", "signal 8", "signal 11")
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STATUSES = (0, 1, 2, 137, -signal.SIGKILL, *(128 + number for number in STOPS), *(-number for number in STOPS))
OPTIONS = {"ASAN_OPTIONS": "detect_leaks=1:exitcode=99", "UBSAN_OPTIONS": "print_stacktrace=1:exitcode=99",
           "TSAN_OPTIONS": "die_after_fork=0:exitcode=66:second_deadlock_stack=1"}

# Some attempts fail, some leave a process, some take a while; none of that once the file `calm` is there.
PROGRAM = """#!/bin/sh
if [ ! -e "$FURCATE_TEST/calm" ]; then
    case $(($1 % 7)).$FURCATE_ATTEMPT in
    3.1) echo "fails at first" >&2; exit 3 ;;
    5.?) setsid sleep 77 & sleep 0.05 ;;
    6.?) sleep 0.2 ;;
    esac
fi
echo "{\\"step\\": 1, \\"loss\\": $1}" >> "$FURCATE_METRICS"
echo "$1" >> "$FURCATE_TEST/done"
"""


class Broken(Exception):
    """Something that must hold does not."""


def must(holds, what):
    if not holds:
        raise Broken(what)


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class Campaign:
    """A folder with 80 runs, the furcates on it, and what is known of its rows."""

    def __init__(self, build, kind, seed):
        self.build, self.kind, self.dice = build, kind, random.Random(seed)
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="furcate-stress-", dir="/dev/shm"))
        self.logs, self.table = self.root / "logs", self.root / "logs/run_data.csv"
        self.started, self.before, self.known = [], set(groups.all_groups()), {}
        self.both_killed = False  # and no start has taken over since
        self.folders_deleted = False  # with the reports in them, so that a row may lack its metrics
        self.environment = {
            "PATH": f"{build / 'tests/stubs/bin'}:{os.environ['PATH']}", "FURCATE_STUB_GPUS": "0", "LC_ALL": "C.UTF-8",
            "LD_LIBRARY_PATH": str(build / "tests/stubs/absent"), "FURCATE_TEST": str(self.root),
            **{name: f"{value}:log_path={self.root}/sanitizer" for name, value in OPTIONS.items()}}
        self.make_program()
        self.write_config()

    def make_program(self):
        (self.root / "data").mkdir()
        (self.root / "data/example.train").touch()
        program = self.root / "program"
        if self.kind == "fork":
            shutil.copy(self.build / "tests/fork-program", program)
            self.command = [program]
        else:
            program.write_text(PROGRAM)
            program.chmod(0o755)
            self.command = [self.build / "furcate", "run", "config.json", "--", program, "{batch_size}"]

    def write_config(self, values=None, **meta):
        """In place or by a rename, as editors do."""
        values = values or self.dice.sample(range(1, RUNS + 1), RUNS)
        meta = {"allow_cpu": True, "max_threads": 2, "retries": 1, "fail_fast": False, "kill_grace": 1, **meta}
        text = json.dumps({"data_name": "example", "data_dir": "data/", "act": "report", "epochs": 1,
                           "batch_size": values, "meta": meta})
        path = self.root / self.dice.choice(["config.json", "config.new"])
        path.write_text(text)
        path.replace(self.root / "config.json")

    def start(self):
        errors = self.root / f"stderr{len(self.started)}"
        with errors.open("w") as file:
            process = subprocess.Popen(list(map(str, self.command)), cwd=self.root, env=self.environment,
                                       stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        process.errors = errors
        self.started.append(process)
        return process

    def runner(self, guardian):
        """The pid of the other process, if it is there by now."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            text = pathlib.Path(f"/proc/{guardian.pid}/task/{guardian.pid}/children").read_text()
            for pid in text.split():
                if pathlib.Path(f"/proc/{pid}/comm").read_text() == "furcate-runner\n":
                    return int(pid)
        return None

    def holds_lock(self, process):
        """Whether the lock in the log dir names it. Else the next start could not know what a kill of both has left."""
        with contextlib.suppress(OSError):
            if re.search(rf"^guardian {process.pid} ", (self.logs / "furcate.lock").read_text(), re.M):
                self.both_killed = False
                return True
        return False

    def may_lose_lock(self):
        """Whether nothing is left to know but what a living furcate knows."""
        if self.started and self.started[-1].poll() is None:
            return self.holds_lock(self.started[-1])
        return not self.both_killed

    def processes(self):
        """What was started here, or by what was, and executes."""
        marker = f"FURCATE_TEST={self.root}\0".encode()
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if marker in (entry / "environ").read_bytes() and is_alive(entry.name):
                    yield int(entry.name)

    def groups(self):
        pids = {process.pid for process in self.started}
        return [group for group in groups.groups_left(pids) if group not in self.before]

    # --- the table ---

    def rows(self):
        """The whole rows, by run; what a kill has left of the last line is none."""
        try:
            lines = self.table.read_text().splitlines(keepends=True)
        except OSError:
            return {}
        rows = {}
        for row in csv.DictReader(io.StringIO("".join(line for line in lines if line.endswith("\n")))):
            must(row["batch_size"] not in rows, f"two rows of {row['batch_size']}")
            rows[row["batch_size"]] = row
        return rows

    def check_rows(self):
        """No row is false, and none of those seen before is gone or has changed."""
        rows = self.rows()
        for value, row in rows.items():
            loss = float(value) if self.kind == "wrapped" else 0.5 + float(row["run_id"])
            told = row.get("run_loss" if self.kind == "wrapped" else "run_train_loss")
            must(float(told) == loss if told else self.folders_deleted, f"loss {told} of {value}")
        must(len({row["run_id"] for row in rows.values()}) == len(rows), "two rows with one id")
        for value, row in self.known.items():
            must(value in rows, f"the row of {value} is gone")
            same = all(rows[value].get(column) == cell for column, cell in row.items())
            must(same, f"the row of {value} has changed: {row} {rows[value]}")
        self.known = rows

    def forget_rows(self):
        """The table is deleted, or its last line torn: rows come back or their runs are repeated."""
        self.known = {}


# --- what is done to it: between two starts, and during one ---

def nothing(campaign):
    pass


def delete_database(campaign):
    for path in campaign.logs.glob("furcate.db*"):
        path.unlink(missing_ok=True)


def delete_log(campaign):
    (campaign.logs / "furcate.log").unlink(missing_ok=True)


def delete_lock(campaign):
    if campaign.may_lose_lock():
        (campaign.logs / "furcate.lock").unlink(missing_ok=True)


def delete_folders(campaign):
    campaign.folders_deleted = True
    folders = sorted(path for path in campaign.logs.glob("example*") if path.is_dir())
    for path in campaign.dice.sample(folders, min(3, len(folders))):
        shutil.rmtree(path, ignore_errors=True)


def move_log_dir(campaign):
    """All that is done is away, and done again."""
    if not campaign.may_lose_lock():
        return
    campaign.forget_rows()
    campaign.folders_deleted = True
    with contextlib.suppress(OSError):
        campaign.logs.rename(campaign.root / f"moved{len(list(campaign.root.glob('moved*')))}")


def delete_log_dir(campaign):
    if not campaign.may_lose_lock():
        return
    campaign.forget_rows()
    campaign.folders_deleted = True
    shutil.rmtree(campaign.logs, ignore_errors=True)


def tear_table(campaign):
    with contextlib.suppress(OSError):
        size = campaign.table.stat().st_size
        campaign.forget_rows()
        os.truncate(campaign.table, max(size - campaign.dice.randrange(1, 40), 0))


def edit(campaign):
    campaign.write_config(retries=campaign.dice.randrange(3), max_threads=campaign.dice.choice([1, 2]))


def edit_to_some(campaign):
    campaign.write_config(campaign.dice.sample(range(1, RUNS + 1), campaign.dice.randrange(1, RUNS)))


def break_config(campaign):
    (campaign.root / "config.json").write_text('{"batch_size": [1, 2')


def start_second(campaign):
    """Refused, as long as the lock of the first is there; and told so."""
    if not campaign.may_lose_lock():
        return
    second = campaign.start()
    wait(campaign, second)
    campaign.started.insert(0, campaign.started.pop())  # the last one is the first again


MEANWHILE = [nothing, edit, edit, edit_to_some, edit_to_some, break_config, delete_database, delete_log, delete_lock,
             delete_folders, move_log_dir, delete_log_dir, start_second]
BETWEEN = [nothing, nothing, nothing, edit, delete_database, delete_log, delete_lock, delete_folders, tear_table]


# --- how a start ends ---

def kill(campaign, process, pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, TypeError):
            os.kill(pid, signal.SIGKILL)


def kill_guardian(campaign, process):
    kill(campaign, process, [process.pid])


def kill_runner(campaign, process):
    kill(campaign, process, [campaign.runner(process)])


def kill_both(campaign, process):
    if not campaign.holds_lock(process):
        return kill_guardian(campaign, process)
    campaign.both_killed = True
    return kill(campaign, process, campaign.dice.sample([process.pid, campaign.runner(process)], 2))


def interrupt(campaign, process):
    process.send_signal(campaign.dice.choice(STOPS))


def wait_for_end(campaign, process):
    """A restart of which only the calm is new; a broken config would hold it for ever."""
    campaign.write_config()


ENDS = [kill_guardian, kill_runner, kill_both, kill_both, interrupt, interrupt, wait_for_end]


def wait(campaign, process):
    try:
        status = process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        raise Broken(f"it hangs; its last lines: {process.errors.read_text()[-2000:]}") from None
    said = process.errors.read_text()
    must(not any(crash in said for crash in CRASHES), f"a crash: {said[-2000:]}")
    must(status in STATUSES, f"status {status}: {said[-2000:]}")
    must(status != 2 or said.strip(), "status 2 without a word")
    return status


def check_sanitizers(campaign):
    """One that was killed while it looked for leaks complains of that alone."""
    for path in campaign.root.glob("sanitizer*"):
        said = path.read_text(errors="replace")
        must(not re.search("ERROR: |WARNING: ThreadSanitizer|runtime error", said), f"{path.name}: {said[:6000]}")


def one_start(campaign):
    """A start with accidents, and its end."""
    dice = campaign.dice
    done = [dice.choice(BETWEEN)]
    done[0](campaign)
    campaign.write_config()
    process = campaign.start()
    deadline = time.monotonic() + dice.choice([0.02, 0.1, 0.5, 2])
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(dice.random() * 0.15)
        done.append(dice.choice(MEANWHILE) if dice.random() < 0.5 else nothing)
        done[-1](campaign)
    campaign.holds_lock(process)
    done.append(dice.choice(ENDS))
    if process.poll() is None:
        done[-1](campaign, process)
    wait(campaign, process)
    check_sanitizers(campaign)
    return [part.__name__ for part in done]


def check_end(campaign):
    """Without accidents all is done, once, and stays so."""
    (campaign.root / "calm").touch()
    campaign.write_config()
    first = campaign.start()
    must(wait(campaign, first) == 0, f"the calm start fails: {first.errors.read_text()[-2000:]}")
    campaign.check_rows()
    rows = campaign.rows()
    must(sorted(map(int, rows)) == list(range(1, RUNS + 1)), f"rows of {sorted(map(int, rows))}")
    done = campaign.root / "done"
    before = done.read_text() if done.exists() else ""
    must(wait(campaign, campaign.start()) == 0, "the last start fails")
    must(not done.exists() or done.read_text() == before, "the last start has repeated runs")
    must(campaign.rows() == rows, "the last start has changed rows")
    check_sanitizers(campaign)
    left = list(campaign.processes())
    must(not left, f"processes are left: {left}")
    must(not campaign.groups(), f"control groups are left: {campaign.groups()}")


def session(build, kind, seed, starts, until=None):
    """Returns how many starts there were; Broken tells what does not hold, and where it lies."""
    campaign = Campaign(build, kind, seed)
    trace = []
    try:
        for _ in range(starts):
            if until is None or time.monotonic() < until:
                trace.append(one_start(campaign))
                campaign.check_rows()
        check_end(campaign)
    except Broken as fault:
        raise Broken(f"{kind}, seed {seed}, {campaign.root}, after {trace}: {fault}") from None
    finally:
        for pid in campaign.processes():
            kill(campaign, None, [pid])
        for process in campaign.started:
            process.wait()
    shutil.rmtree(campaign.root)
    return len(campaign.started)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--minutes", type=float)
    options.add_argument("--starts", type=int, default=STARTS, help="of one session, where no minutes are given")
    options.add_argument("--seed", type=int, default=random.randrange(2**32))
    options.add_argument("--build", type=pathlib.Path, default=os.environ.get("FURCATE_BUILD", "build/release"))
    options.add_argument("--kind", choices=KINDS)
    options = options.parse_args()
    build, until = options.build.resolve(), options.minutes and time.monotonic() + 60 * options.minutes
    seed, starts, sessions, faults = options.seed, 0, 0, 0
    while sessions == 0 or (until and time.monotonic() < until):
        kind = options.kind or KINDS[seed % 2]
        try:
            starts += session(build, kind, seed, options.starts, until)
        except Broken as fault:
            faults += 1
            print(fault, flush=True)
        seed, sessions = seed + 1, sessions + 1
    print(f"{sessions} sessions from seed {options.seed} on, {starts} starts, {faults} faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
