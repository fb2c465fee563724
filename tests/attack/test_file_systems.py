"""File systems that fail now and then, as network shares, quotas and dying disks do, or that lack what others have."""

import concurrent.futures
import errno
import mmap
import os
import pathlib
import signal
import struct
import sys
import time

import pytest

from sample import ALL, attacks
from support import BUILD, SANITIZED, chance

sys.path.append(str(pathlib.Path(__file__).parents[1] / "fault"))
from faults import CAUSES  # noqa: E402
from trial import (PATIENCE, Broken, Trial, check_directories, check_end, check_no_loss, check_nothing_left,
                   check_table, must)

pytestmark = pytest.mark.skipif(SANITIZED, reason="the libraries with the faults have to come before the sanitizers' own")
CRASHES = ("signal 4", "signal 6", "signal 7", "signal 8", "signal 11")
FAULTY_FOR = 3  # seconds, after which the disk is well again, or furcate is told to stop

LOOKS, WRITES, ALL_CALLS = ("io",), ("disk", "read-only"), ("io", "disk", "read-only")
# What fails, in which calls, in those that begin with which name.
KINDS = {
    "ESTALE": (errno.ESTALE, ALL_CALLS, ""), "EINTR": (errno.EINTR, ALL_CALLS, ""), "ENXIO": (errno.ENXIO, ALL_CALLS, ""),
    "EDQUOT": (errno.EDQUOT, WRITES, ""), "ENOSPC": (errno.ENOSPC, WRITES, ""), "EBUSY": (errno.EBUSY, ALL_CALLS, ""),
    "EPERM": (errno.EPERM, ALL_CALLS, ""), "EACCES": (errno.EACCES, ALL_CALLS, ""), "ENOMEM": (errno.ENOMEM, ALL_CALLS, ""),
    "EIO": (errno.EIO, ALL_CALLS, ""), "EAGAIN": (errno.EAGAIN, ALL_CALLS, ""), "EROFS": (errno.EROFS, WRITES, ""),
    "ENAMETOOLONG": (errno.ENAMETOOLONG, WRITES, ""), "ETIMEDOUT": (errno.ETIMEDOUT, ALL_CALLS, ""),
    "ENOTCONN": (errno.ENOTCONN, ALL_CALLS, ""), "EMFILE": (errno.EMFILE, ("files",), ""),
    "ENOLCK": (errno.ENOLCK, LOOKS, "fcntl"), "EEXIST of rename": (errno.EEXIST, ALL_CALLS, "rename"),
    "ESTALE of stat": (errno.ESTALE, LOOKS, "stat"), "EIO of fsync": (errno.EIO, ALL_CALLS, "f"),
    "short reads and writes": (0, ("short",), ""),
}
RATES = [5, 20, 50, 200]  # of 1000 calls


class ChancePage:
    """What chance.c reads: which calls fail, how often, by which error."""
    HEAD = struct.Struct("=9I16s")
    LIFTED, MET = 5 * 4, 8 * 4

    def __init__(self, path, kind, per_mille, nth, seed):
        error, causes, only = KINDS[kind]
        bits = sum(1 << CAUSES.index(cause) for cause in causes)
        head = self.HEAD.pack(bits, error, per_mille, nth, seed, 0, 0, 0, 0, only.encode())
        path.write_bytes(head.ljust(mmap.PAGESIZE, b"\0"))
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def lift(self):
        struct.pack_into("=I", self.memory, self.LIFTED, 1)

    @property
    def met(self):
        """How many calls have failed."""
        return struct.unpack_from("=I", self.memory, self.MET)[0]


class ChanceTrial(Trial):
    """A trial whose first starts fail by chance."""

    def said(self, name):
        """Of all starts at once, for what has been said about metrics that a row lacks."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.err"))) \
            if name == "faulty.err" else super().said(name)

    def start_by_chance(self, number, kind, per_mille, nth, seed):
        path = self.folder / f"page{number}"
        page = ChancePage(path, kind, per_mille, nth, seed)
        return page, self.start(f"faulty{number}.err", FURCATE_CHANCE=str(path), FURCATE_TEST=str(self.folder),
                                LD_PRELOAD=str(BUILD / "tests/attack/libchance-shim.so"))


def wait(trial, process, page, stops):
    """Its end: by itself, else when it is told to stop, or when the disk is well again."""
    began, told = time.monotonic(), False
    while process.poll() is None:
        waited = time.monotonic() - began
        if waited > FAULTY_FOR and stops and not told:
            process.terminate()
            told = True
        if waited > (2 if stops else 1) * FAULTY_FOR:
            page.lift()
        if waited > PATIENCE:
            raise Broken("it hangs")
        time.sleep(0.01)
    return process.returncode


def check_status(trial, number, status):
    said = trial.said(f"faulty{number}.err")
    must(not any(crash in said for crash in CRASHES), f"a crash: {said[-1500:]}")
    must(status in (0, 1, 2, 130, 143, -signal.SIGTERM), f"status {status}: {said[-1500:]}")
    must(status == 0 or said.strip(), f"status {status} without a word")


def check_all_done(trial, rows, complete, finishes):
    """As after other faults, but that a run whose folder could not be made has failed under an id of its own, and that one
    whose run_data.json could not be written has its results in the row alone."""
    check_no_loss(trial, rows, complete, finishes)
    frame = check_table(trial, ["its row lacks metrics", "its row has no results"])
    if "is all there is of the results" not in trial.said("faulty.err"):
        check_directories(trial, frame)
    check_nothing_left(trial)


def carry_out(program, kind, per_mille, nth, seed):
    """Returns how many calls have failed, and what is broken, and where; None when nothing is."""
    trial, met = ChanceTrial(program), 0
    try:
        for number in range(2):
            page, process = trial.start_by_chance(number, kind, per_mille, nth, seed + number)
            status = wait(trial, process, page, stops=seed % 2)
            met += page.met
            check_status(trial, number, status)
            if number == 0:
                rows, complete, finishes = trial.rows(), trial.complete(), trial.finishes()
                must(status != 0 or len(rows) == 5, "status 0 though not all is done")
        last = trial.start("further.err")
        must(last.wait(PATIENCE) == 0, f"the start without faults: {trial.said('further.err')[-1500:]}")
        check_all_done(trial, rows, complete, finishes)
    except Exception as fault:
        for pid in trial.processes():
            os.kill(pid, signal.SIGKILL)
        return met, f"{fault if isinstance(fault, Broken) else repr(fault)}; see {trial.folder}"
    trial.remove()
    return met, None


# --- at random ---

def random_trials():
    """Each kind at each rate and at calls of its own choice, for both programs."""
    dice = chance()
    for kind in KINDS:
        for program in ("wrapped", "fork"):
            yield from ((program, kind, rate, 0, dice.randrange(2**31)) for rate in RATES)
            yield from ((program, kind, 0, dice.randrange(1, 200), dice.randrange(2**31)) for _ in range(3))


@pytest.fixture(scope="module")
def trials():
    """Several at a time, since they wait most of their time."""
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        dice, sample = chance(), list(random_trials())
        sample = sample if ALL else dice.sample(sample, 6)
        yield [(trial, pool.submit(carry_out, *trial)) for trial in sample]


def test_calls_that_fail_by_chance_lose_and_repeat_nothing(trials):
    results = [(trial, *future.result()) for trial, future in trials]
    broken = [f"{trial}: {what}" for trial, _, what in results if what]
    failed_calls = sum(met for _, met, _ in results)
    print(f"{len(trials)} trials, {failed_calls} calls that failed")
    assert not broken, "\n".join(broken)
    assert failed_calls > len(trials)


# --- what a file system lacks ---

# Whether furcate works on it, or says what fails and leaves nothing undone for the next start on a better one.
ODD = {"no types": True, "no inodes": True, "entries twice": True, "whole seconds": True, "even seconds": True,
       "no times": True, "no links": True, "no syncs": False, "no modes": True, "no inotify": True, "no watches": True,
       "no locks": False, "no replacing": False, "no renames": False, "no shared maps": False}


@pytest.mark.parametrize("program", ["wrapped", "fork"])
@attacks("kind", ODD, 2)
def test_an_odd_file_system(program, kind):
    trial = Trial(program)
    odd = {"FURCATE_FILES": kind, "LD_PRELOAD": str(BUILD / "tests/attack/libodd-files-shim.so")}
    process = trial.start("faulty.err", **odd)
    try:
        status = process.wait(FAULTY_FOR if not ODD[kind] else PATIENCE)
    except Exception:
        process.terminate()
        status = process.wait(PATIENCE)
    said = trial.said("faulty.err")
    assert status == 0 if ODD[kind] else status == 0 or said.strip(), f"{status}: {said}"
    assert not any(crash in said for crash in CRASHES), said
    rows, complete, finishes = trial.rows(), trial.complete(), trial.finishes()
    for name, environment in (("odd.err", odd if ODD[kind] else {}), ("further.err", {})):
        assert trial.start(name, **environment).wait(PATIENCE) == 0, trial.said(name)
    check_end(trial, rows, complete, finishes)
    trial.remove()
