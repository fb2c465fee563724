"""What an app logs by the module logging: lines like furcate.log's, on stderr."""

import logging
import sys
import time


class _Formatter(logging.Formatter):
    """2020-12-02 16:04:33.000907: name] text"""

    def formatTime(self, record: logging.LogRecord, datefmt: object = None) -> str:
        """Returns the local time with its microseconds."""
        seconds = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        return f"{seconds}.{int(record.created % 1 * 1e6):06}"


def _is_default(handler: logging.Handler) -> bool:
    """Returns whether basicConfig() made it without arguments, as logging.info() calls it where there is none yet."""
    formatter = handler.formatter
    return (type(handler) is logging.StreamHandler and handler.stream in (sys.stderr, sys.__stderr__)
            and type(formatter) is logging.Formatter and formatter._fmt == logging.BASIC_FORMAT
            and formatter.datefmt is None and handler.level == logging.NOTSET and not handler.filters)


def configure() -> None:
    """Shows what is logged, from INFO on, unless the app has its own handlers or level."""
    root = logging.getLogger()
    is_unconfigured = root.level == logging.WARNING  # as it is at first
    if root.handlers and not (is_unconfigured and len(root.handlers) == 1 and _is_default(root.handlers[0])):
        return
    if not root.handlers:
        root.addHandler(logging.StreamHandler())
    root.handlers[0].setFormatter(_Formatter("%(asctime)s: %(name)s] %(message)s"))
    if is_unconfigured:
        root.setLevel(logging.INFO)
