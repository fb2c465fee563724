"""The state of random number generators in a run that is a fork: as in a fresh process.

Whether a script seeds a generator, before it becomes a run, shows by comparison of two processes that have executed it
up to there: the one that was started by hand, and the warm one. Where both have the same state every fresh process
would have it, and so must each fork. Where they differ a fresh process would have one of its own.
"""

import pickle
import random
import sys
import zlib
from typing import Any, Callable, Dict, NamedTuple


class Generator(NamedTuple):
    """What is imported once for a process, and drawn from by whoever brings no generator of his own."""

    get: Callable[[], Any]
    set: Callable[[Any], Any]
    seed: Callable[[], Any]  # by chance


def generators() -> Dict[str, Generator]:
    """Those of the modules that are imported, by the module's name."""
    found = {"random": Generator(random.getstate, random.setstate, random.seed)}
    numpy = sys.modules.get("numpy.random")
    if numpy:
        found["numpy"] = Generator(lambda: numpy.get_state(legacy=False), numpy.set_state, numpy.seed)
    torch = sys.modules.get("torch")
    if torch:
        found["torch"] = Generator(torch.get_rng_state, torch.set_rng_state, torch.seed)
    return found


def fingerprints() -> Dict[str, str]:
    """A checksum of each state, by the generator's name."""
    return {name: f"{zlib.crc32(_as_bytes(generator.get())):08x}" for name, generator in generators().items()}


def _as_bytes(state: Any) -> bytes:
    return bytes(state.tolist()) if hasattr(state, "tolist") else pickle.dumps(state)


class Keeper:
    """Takes generators over a fork."""

    def __init__(self, started: Dict[str, str]) -> None:
        """started: the fingerprints in the process that was started by hand; {} when the script was not."""
        own = fingerprints()
        self._states = {name: generator.get() for name, generator in generators().items()
                        if own[name] == started.get(name)}

    def restore(self) -> None:
        """To be called in the fork."""
        for name, generator in generators().items():
            if name in self._states:
                generator.set(self._states[name])
            else:
                generator.seed()
