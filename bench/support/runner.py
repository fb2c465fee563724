"""A `furcate run` that a benchmark starts, watches and ends."""
import datetime
import os
import pathlib
import select
import signal
import subprocess
import sys
import time

from measure import FURCATE, Figures

PATIENCE = 60  # seconds


class Runner:
    """Runs folder/config.json, whose attempts report that they started and then stay until they are stopped."""

    def __init__(self, folder):
        self.folder = folder
        self.fifo = folder / "started"
        self.fifo.unlink(missing_ok=True)
        os.mkfifo(self.fifo)
        self.reports = os.open(self.fifo, os.O_RDWR)
        self.stderr = open(folder / "stderr", "w+")
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [FURCATE, "run", "config.json", "--", "/bin/sh", "-c", 'echo > "$0"; exec sleep 600', self.fifo.name],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=self.stderr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        os.close(self.reports)
        self.stderr.close()

    def fail(self, what):
        self.stderr.seek(0)
        sys.exit(f"furcate run {what}:\n{self.stderr.read()}")

    def wait_attempt(self):
        """From the start of the runner until its first attempt had started."""
        if not select.select([self.reports], [], [], PATIENCE)[0]:
            self.fail("started no attempt")
        return self.figures(time.perf_counter() - self.started)

    def figures(self, seconds, cpu_before=0):
        statuses = [pathlib.Path(f"/proc/{pid}/status").read_text() for pid in self.pids()]
        kib = max(int(status.split("VmHWM:")[1].split()[0]) for status in statuses)
        return Figures(seconds, self.cpu() - cpu_before, kib / 1024, 0, "")

    def pids(self):
        """Of the guardian and of the runner, its only child."""
        guardian = self.process.pid
        return [guardian, *map(int, pathlib.Path(f"/proc/{guardian}/task/{guardian}/children").read_text().split())]

    def cpu(self):
        threads = (thread for pid in self.pids() for thread in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"))
        return sum(int(each.read_text().split()[0]) for each in threads) / 1e9

    def wait_rest(self):
        """Until the runner has done what an earlier edit left to be done."""
        before = -1
        while self.cpu() != before:
            before = self.cpu()
            time.sleep(0.05)

    def save_config(self, text):
        """Replaces the config of a runner at rest, as editors do: from then until it logs its new plan."""
        self.wait_rest()
        cpu_before = self.cpu()
        log = self.folder / "logs/furcate.log"
        seen = log.stat().st_size
        (self.folder / "config.json.new").write_text(text)
        saved = time.time()
        (self.folder / "config.json.new").rename(self.folder / "config.json")
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with open(log) as lines:
                lines.seek(seen)
                for line in lines:
                    if "The plan is now" in line and line.endswith("\n"):
                        logged = datetime.datetime.fromisoformat(line.split(": ")[0]).timestamp()
                        return self.figures(logged - saved, cpu_before)
            time.sleep(0.002)
        self.fail("took over no edited config")
