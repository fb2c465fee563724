"""A furcate whose output goes to a terminal of a given width."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
import unicodedata

from support import PATIENCE


def width_of(text):
    """The columns that text takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def shown(project, columns, *arguments, **environment):
    """The lines that a command writes to a terminal, which is its stdout, and what it writes to stderr."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    written = []

    def read():
        try:
            while part := os.read(ours, 65536):
                written.append(part)
        except OSError:  # how Linux tells that the other side is closed
            pass

    reader = threading.Thread(target=read)
    reader.start()
    done = subprocess.run(project.command(arguments), cwd=project.root, env={**project.environment, **environment},
                          stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE, timeout=PATIENCE, text=True)
    os.close(theirs)
    reader.join(PATIENCE)
    os.close(ours)
    assert done.returncode == 0, done.stderr
    return b"".join(written).decode().replace("\r\n", "\n").splitlines(), done.stderr
