"""What a warm process has made that its forks would share, and separate processes would not."""

import gc
import sys
from typing import Any, Callable, NamedTuple, Optional


class Kind(NamedTuple):
    """A class whose objects are of use to one process only."""

    module: str
    name: str
    what: str
    is_in_use: Callable[[Any], bool] = lambda thing: True


# The first run that ends removes what is temporary, a process that was killed holds a lock for ever, and the answer
# for one run is read by another.
KINDS = (
    Kind("tempfile", "TemporaryDirectory", "a temporary folder", lambda folder: folder._finalizer.alive),
    Kind("tempfile", "_TemporaryFileWrapper", "a temporary file",
         lambda file: getattr(file, "delete", True) and not file.file.closed),
    Kind("multiprocessing.shared_memory", "SharedMemory", "shared memory"),
    Kind("multiprocessing.synchronize", "SemLock", "a lock of multiprocessing"),
    Kind("concurrent.futures.process", "ProcessPoolExecutor", "a pool of processes"),
    Kind("subprocess", "Popen", "a process", lambda process: process.poll() is None),
    Kind("asyncio.base_events", "BaseEventLoop", "an event loop", lambda loop: not loop.is_closed()),
    Kind("socket", "socket", "a socket", lambda socket: socket.fileno() >= 0),
)


def find() -> Optional[str]:
    """The first that this process has; None: forks may share what it has made."""
    loaded = [(getattr(sys.modules[kind.module], kind.name, ()), kind) for kind in KINDS if kind.module in sys.modules]
    classes = tuple(known for known, _ in loaded if known)
    for thing in gc.get_objects() if classes else ():
        if issubclass(type(thing), classes):
            for known, kind in loaded:
                if issubclass(type(thing), known) and kind.is_in_use(thing):
                    return kind.what
    return None
