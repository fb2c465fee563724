"""The end of a run that is a fork.

gc.freeze() leaves what the warm process had imported out of the collections of a run, also of the last one, which
makes an interpreter let go of what its modules hold. So files that hang on them would never be closed, and what is in
their buffers never be written.
"""

import atexit
import gc
import types
import weakref
from _io import _IOBase  # type: ignore[attr-defined]  # the class itself: to ask an ABC takes long
from typing import Any, Iterator, List

# What a script may still need at its exit, and holds no files.
_KEPT = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type)

_modules: List[types.ModuleType] = []
_files: List["weakref.ref[Any]"] = []


def prepare(modules: List[types.ModuleType]) -> None:
    """To be called in the warm process, with the modules of the script, before it freezes what it has."""
    _modules[:] = modules
    _files[:] = [weakref.ref(file) for file in _open_files()]


def _open_files() -> Iterator[Any]:
    return (thing for thing in gc.get_objects() if issubclass(type(thing), _IOBase))


def _let_go() -> None:
    """Lets go of what the modules hold, as an interpreter does at its end, and writes what files are left."""
    for module in _modules:
        names = [name for name, value in vars(module).items() if not name.startswith("__")
                 and not issubclass(type(value), _KEPT)]
        for name in names:
            setattr(module, name, None)
    for file in [*(file() for file in _files), *_open_files()] if _modules else ():
        try:
            file.flush()
        except (AttributeError, OSError, ValueError):
            pass  # it is gone, or closed


# What is registered first is called last: the script's own handlers come before.
atexit.register(_let_go)
