"""The state of random number generators in a run that is a fork: as in a fresh process.

Whether a script seeds a generator, before it becomes a run, shows by comparison of two processes that have executed it
up to there: the one that was started by hand, and the warm one. Where both have the same state every fresh process
would have it, and so must each fork. Where they differ a fresh process would have one of its own.
"""

import pickle
import random
import sys
import types
import zlib
from typing import Any, Callable, Dict, List, NamedTuple, Optional


class Generator(NamedTuple):
    """What is imported once for a process, and drawn from by whoever brings no generator of his own."""

    get: Callable[[], Any]
    set: Callable[[Any], Any]
    seed: Callable[[], Any]  # by chance


def generators(modules: List[types.ModuleType]) -> Dict[str, Generator]:
    """Those of the libraries that are imported, and those that are values of names in these modules, by name."""
    found = {"random": Generator(random.getstate, random.setstate, random.seed)}
    numpy = sys.modules.get("numpy.random")
    if numpy:
        found["numpy"] = Generator(lambda: numpy.get_state(legacy=False), numpy.set_state, numpy.seed)
    torch = sys.modules.get("torch")
    if torch:
        found["torch"] = Generator(torch.get_rng_state, torch.set_rng_state, torch.seed)
    for module in modules:
        for name, value in list(vars(module).items()):
            own = _as_generator(value)
            if own:
                found[f"{module.__name__}.{name}"] = own
    return found


def _as_generator(value: Any) -> Optional[Generator]:
    """What a script has made for itself: a random.Random, NumPy's Generator or RandomState, torch's Generator."""
    kind = type(value)
    library = kind.__module__.partition(".")[0]
    if kind is random.Random:
        return Generator(value.getstate, value.setstate, value.seed)
    if library == "numpy" and kind.__name__ == "RandomState":
        return Generator(lambda: value.get_state(legacy=False), value.set_state, value.seed)
    if library == "numpy" and kind.__name__ == "Generator":
        bits = value.bit_generator
        return Generator(lambda: bits.state, lambda state: setattr(bits, "state", state),
                         lambda: setattr(bits, "state", type(bits)().state))
    if library == "torch" and kind.__name__ == "Generator":
        return Generator(value.get_state, value.set_state, value.seed)
    return None


def fingerprints(modules: List[types.ModuleType]) -> Dict[str, str]:
    """A checksum of each state, by the generator's name."""
    return {name: f"{zlib.crc32(_as_bytes(generator.get())):08x}" for name, generator in generators(modules).items()}


def _as_bytes(state: Any) -> bytes:
    return bytes(state.tolist()) if hasattr(state, "tolist") else pickle.dumps(state)


class Keeper:
    """Takes generators over a fork."""

    def __init__(self, modules: List[types.ModuleType], started: Dict[str, str]) -> None:
        """started: the fingerprints in the process that was started by hand; {} when the script was not."""
        own = fingerprints(modules)
        self._generators = generators(modules)
        self._states = {name: generator.get() for name, generator in self._generators.items()
                        if own[name] == started.get(name)}

    def restore(self) -> None:
        """To be called in the fork."""
        for name, generator in self._generators.items():
            if name in self._states:
                generator.set(self._states[name])
            else:
                generator.seed()
