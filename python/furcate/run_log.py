"""What an app logs by the module logging: lines like furcate.log's, on stderr."""

import logging
import time


class _Formatter(logging.Formatter):
    """2020-12-02 16:04:33.000907: name] text"""

    def formatTime(self, record: logging.LogRecord, datefmt: object = None) -> str:
        """Returns the local time with its microseconds."""
        seconds = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        return f"{seconds}.{int(record.created % 1 * 1e6):06}"


def configure() -> None:
    """Shows what is logged, from INFO on, unless the app has its own handlers or level."""
    root = logging.getLogger()
    if root.handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter("%(asctime)s: %(name)s] %(message)s"))
    root.addHandler(handler)
    if root.level == logging.WARNING:  # as it is at first
        root.setLevel(logging.INFO)
