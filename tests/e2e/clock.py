"""furcate's clocks, which a test sets ahead instead of waiting."""

from support import BUILD, SANITIZED


class Clock:
    """The clocks of a project's furcates and their programs; Python's and that of the file system stay."""

    def __init__(self, project):
        self.path = project.root / "clock"
        self.set(0)
        project.environment["FURCATE_CLOCK"] = str(self.path)
        project.environment["LD_PRELOAD"] = str(BUILD / "tests/libclock-shim.so")
        if SANITIZED:
            project.environment["ASAN_OPTIONS"] = "verify_asan_link_order=0"

    def set(self, wall, monotonic=0):
        """Sets it that many seconds ahead; a negative number sets it back. The other clock can only go forth."""
        beside = self.path.with_suffix(".new")
        beside.write_text(f"{wall} {monotonic}")
        beside.rename(self.path)
