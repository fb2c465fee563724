"""What can go wrong with a call of furcate, and the page by which libfault.so (fault.h) is told."""

import errno
import mmap
import struct
from typing import NamedTuple

CAUSES = ("kill", "tear", "disk", "read-only", "io", "files", "processes", "memory", "short", "hold")
ONCE, FROM_THEN_ON, BEFORE, AFTER = range(4)
CALLER, OTHER, BOTH = range(3)


class Kind(NamedTuple):
    """A way to fail, which is tried at each point: at the first call that it can hit, the second, and so on."""
    cause: str
    mode: int
    target: int = CALLER

    @property
    def kills(self):
        return self.cause in ("kill", "tear")

    @property
    def lasts(self):
        return self.mode == FROM_THEN_ON


KINDS = {
    "killed-before": Kind("kill", BEFORE), "killed-after": Kind("kill", AFTER),
    "guardian-killed": Kind("kill", BEFORE, OTHER),
    "both-killed-before": Kind("kill", BEFORE, BOTH), "both-killed-after": Kind("kill", AFTER, BOTH),
    "torn": Kind("tear", AFTER, BOTH),
    "disk": Kind("disk", ONCE), "disk-full": Kind("disk", FROM_THEN_ON),
    "read-only": Kind("read-only", ONCE), "read-only-on": Kind("read-only", FROM_THEN_ON),
    "io": Kind("io", ONCE), "io-on": Kind("io", FROM_THEN_ON),
    "files": Kind("files", ONCE), "files-on": Kind("files", FROM_THEN_ON),
    "processes": Kind("processes", ONCE), "processes-on": Kind("processes", FROM_THEN_ON),
    "short": Kind("short", ONCE), "short-on": Kind("short", FROM_THEN_ON),
    "memory": Kind("memory", ONCE),
}

# How a message tells of each cause; the last ones are SQLite's words.
WORDS = {
    "disk": (errno.ENOSPC, "database or disk is full", "disk I/O error", "unable to open database file"),
    "read-only": (errno.EROFS, "attempt to write a readonly database", "unable to open database file", "disk I/O error"),
    "io": (errno.EIO, "disk I/O error", "unable to open database file", "database is locked", "locking protocol",
           "check its path", "cannot be executed", "is not there", "is gone"),
    "files": (errno.EMFILE, "unable to open database file"),
    "processes": (errno.EAGAIN,),
    "memory": (errno.ENOMEM, "out of memory", "the memory is used up", errno.EAGAIN),
    "short": (),
}


class Page:
    """The shared page: struct fault_page."""
    HEAD = struct.Struct("=9I")
    COUNTS = struct.Struct(f"={len(CAUSES)}I")
    LIFTED = 4 * 4

    def __init__(self, path, kind=None, at=0):
        head = (CAUSES.index(kind.cause), kind.mode, kind.target, at) if kind else (0, 0, 0, 0)
        path.write_bytes(self.HEAD.pack(*head, 0, 0, 0, 0, 0).ljust(mmap.PAGESIZE, b"\0"))
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def lift(self):
        """The cause is over: there is room again, for one. A call that waits goes on."""
        struct.pack_into("=I", self.memory, self.LIFTED, 1)

    @property
    def guardian(self):
        return self.HEAD.unpack_from(self.memory)[5]

    @property
    def met(self):
        """How many calls were faulty."""
        return self.HEAD.unpack_from(self.memory)[7]

    @property
    def counts(self):
        """How many points each cause has had."""
        return dict(zip(CAUSES, self.COUNTS.unpack_from(self.memory, self.HEAD.size)))

    @property
    def call(self):
        """The first faulty call, for people."""
        start = self.HEAD.size + self.COUNTS.size
        name, subject = (part.split(b"\0")[0].decode() for part in
                         (self.memory[start:start + 32], self.memory[start + 32:start + 288]))
        return f"{name}({subject})"
