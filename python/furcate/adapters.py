"""Frameworks: how one is known, and the module that has the defaults of its Fork."""

import importlib
import sys
from typing import Any, List, Optional, Type

# Which module has the defaults of a config's `framework`, its other names in any letter case, and the packages it is
# known by.
MODULES = {"tf": "furcate.tf", "torch": "furcate.torch"}
_SYNONYMS = {"tensorflow": "tf", "tf2": "tf", "keras": "tf", "pytorch": "torch"}
_PACKAGES = {"tensorflow": "tf", "keras": "tf", "torch": "torch"}
# What only one framework has: who names a helper means it; the others may be meant where it is imported.
_HELPERS = {"gen_tfrecord_dataset": "tf", "gen_dataloader": "torch"}
_OTHERS = {"num_parallel_reads": "tf", "num_parallel_calls": "tf", "AUTOTUNE": "tf", "device": "torch",
           "get_scheduler": "torch", "split_batch": "torch", "forward": "torch", "report_epoch": "torch"}


class ConfigKey:
    """Stands in a class for a config key that a name of the adapter would hide. An object's attribute goes first."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __get__(self, fork: Any, own: Optional[type] = None) -> Any:
        return self if fork is None else fork.data[self.key]


def by_name(framework: str) -> str:
    """Returns "tf", "torch" or "none" for a config's `framework`, which may have another name."""
    name = str(framework).lower()
    return _SYNONYMS.get(name, name)


def of_package(package: str) -> Optional[str]:
    """Returns a package's framework. Keras is TensorFlow's only where it computes with it; it has other backends."""
    return _PACKAGES.get(package) if package != "keras" or sys.modules.get("tensorflow") else None


def of_model(model: Any) -> Optional[str]:
    """Returns the framework that made a model; None when that is not known."""
    found = (of_package(base.__module__.partition(".")[0]) for base in type(model).__mro__)
    return next((framework for framework in found if framework), None)


def imported() -> List[str]:
    """Returns the frameworks that this process has imported."""
    return sorted({of_package(package) for package in _PACKAGES if sys.modules.get(package)} - {None})  # type: ignore


def seed(number: int) -> List[str]:
    """Seeds the frameworks that are imported, whichever of them trains; returns them."""
    torch, tensorflow = sys.modules.get("torch"), sys.modules.get("tensorflow")
    if hasattr(torch, "manual_seed"):
        torch.manual_seed(number)  # type: ignore[union-attr]
    if hasattr(tensorflow, "random"):
        tensorflow.random.set_seed(number % 2**32)  # type: ignore[union-attr]
    return imported()


def load(framework: str) -> Type[Any]:
    """Imports the framework's Fork."""
    return importlib.import_module(MODULES[framework]).Fork


def borrow(fork: Any, name: str) -> Any:
    """Returns what a framework has by a name, for a Fork that has not adopted its defaults. Raises KeyError for what no
    framework in question has, AttributeError where the framework cannot be imported."""
    framework = _HELPERS.get(name) or _OTHERS[name]
    if name not in _HELPERS and framework not in imported():
        raise KeyError(name)
    try:
        found = vars(load(framework))[name]
    except ImportError as fault:
        raise AttributeError(f"'{name}' is of {MODULES[framework]}, which cannot be imported: {fault}") from fault
    return found.__get__(fork, type(fork)) if hasattr(found, "__get__") else found


def hidden_keys(keys: Any, adapter: type, own: type) -> List[str]:
    """Returns the config keys that the adapter's names would hide in a class which has no such names itself."""
    return [key for key in keys if key in vars(adapter) and not key.startswith(("_", "num_parallel_"))
            and not hasattr(own, key)]


def unhidden(fork: Any, adapter: Type[Any], name: str) -> Any:
    """Returns the adapter's own method or value where the object has not adopted it, or has a config key of that name;
    else what the object has."""
    is_hidden = not isinstance(fork, adapter) or isinstance(vars(type(fork)).get(name), ConfigKey)
    return vars(adapter)[name].__get__(fork, type(fork)) if is_hidden else getattr(fork, name)
