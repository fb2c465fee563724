"""Makes the fixtures of support.py known to these tests."""

from support import disk, held, project

__all__ = ["disk", "held", "project"]
