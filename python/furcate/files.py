"""Files of a run directory, which may hold anything when a run goes on in it: nothing is written through a link."""

import os
import stat
from typing import BinaryIO


def remove_if_odd(path: str) -> None:
    """Removes a link, a FIFO and the like, and a file that has a second name elsewhere (a hard link)."""
    try:
        info = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(info.st_mode) and (not stat.S_ISREG(info.st_mode) or info.st_nlink > 1):
        os.unlink(path)


def new_file(path: str) -> BinaryIO:
    """Opens a file that is new, and takes the place of one that has the name."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644), "wb")
