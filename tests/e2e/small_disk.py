"""A log dir on a small file system of its own, in a mount namespace of its own: full or read-only without harm."""

import contextlib
import os
import pathlib
import shlex
import subprocess

import pytest

from support import FURCATE

# The first where it is allowed; the second needs a kernel that lets users make namespaces.
WAYS = [["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]]


class SmallDisk:
    """Keeps the namespace, in which the project starts furcate, until it is closed; what happens there is seen below
    `logs` and told by `run`."""

    def __init__(self, project, size):
        self.project, self.place = project, project.logs
        self.place.mkdir()
        mount = f"mount -t tmpfs -o size={size} none {shlex.quote(str(self.place))} && echo mounted && exec cat"
        for way in WAYS[os.geteuid() != 0:]:
            self.holder = subprocess.Popen([*way, "sh", "-c", mount], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                           stderr=subprocess.DEVNULL, text=True)
            if self.holder.stdout.readline() == "mounted\n":
                project.logs = pathlib.Path(f"/proc/{self.holder.pid}/root{self.place}")
                self.enter = ["nsenter", "--target", str(self.holder.pid), "--mount"]
                self.enter += ["--user", "--preserve-credentials"] if "--map-root-user" in way else []
                project.executable = self.command(FURCATE)
                return
            self.close()
        pytest.skip("a file system can be mounted neither as root nor in a user namespace")

    def close(self):
        self.holder.stdin.close()
        self.holder.wait()
        self.holder.stdout.close()

    def command(self, *words):
        """The words as a command that executes in the namespace, in the project's folder; more may follow."""
        go = f'cd {shlex.quote(str(self.project.root))} && exec "$@"'
        return [*self.enter, "sh", "-c", go, "sh", *map(str, words)]

    def run(self, *words):
        return subprocess.run(self.command(*words), check=True, capture_output=True, text=True)

    def fill(self):
        """Leaves no room at all."""
        with (self.project.logs / "filler").open("wb", buffering=0) as file:
            for size in (65536, 4096, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(size))

    def empty(self):
        (self.project.logs / "filler").unlink()

    def leave(self, size):
        """Makes room for that many bytes, whole pages, after fill()."""
        path = self.project.logs / "filler"
        os.truncate(path, path.stat().st_size // 4096 * 4096 - size)

    def make_read_only(self):
        """Lets nothing be opened for writing any more."""
        self.run("mount", "--bind", self.place, self.place)
        self.run("mount", "-o", "remount,bind,ro", self.place)

    def make_writable(self):
        self.run("umount", self.place)
