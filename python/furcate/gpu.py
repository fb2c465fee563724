"""What nvidia-smi tells of each GPU."""

import logging
import math
import subprocess
from dataclasses import dataclass
from typing import List

logger = logging.getLogger(__name__)

# What nvidia-smi is asked for, in the order of the fields of GPU.
_QUERY = ("index", "uuid", "utilization.gpu", "memory.total", "memory.used", "memory.free", "driver_version", "name",
          "gpu_serial", "display_mode", "display_active", "temperature.gpu")
_SECONDS = 30  # a driver that hangs answers never


@dataclass
class GPU:
    """One GPU, as nvidia-smi writes it: numbers with units are text, such as "24220 MiB" and "46 %"."""

    id: str
    uuid: str
    util: str
    memory_total: str
    memory_used: str
    memory_free: str
    driver: str
    name: str
    serial: str
    display_mode: str
    display_active: str
    temperature: str

    @property
    def memory_util(self) -> float:
        """The share of its memory that is in use, from 0 to 1; NaN where nvidia-smi does not know it."""
        try:
            return float(self.memory_used.split()[0]) / float(self.memory_total.split()[0])
        except (IndexError, ValueError, ZeroDivisionError):
            return math.nan


def get_gpu_stats() -> List[GPU]:
    """Returns a :class:`GPU` for each GPU of the machine; an empty list, with a warning in the log, without nvidia-smi
    or where it fails."""
    command = ["nvidia-smi", "--query-gpu=" + ",".join(_QUERY), "--format=csv,noheader"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as fault:
        logger.warning("No GPUs are listed, because nvidia-smi does not answer: %s", fault)
        return []
    out, err = (text.decode("utf-8", "replace").strip() for text in (done.stdout, done.stderr))
    if done.returncode:
        logger.warning("No GPUs are listed, because nvidia-smi ended with %d: %s", done.returncode, out or err)
        return []
    return [GPU(*fields) for fields in map(_fields, out.splitlines()) if len(fields) == len(_QUERY)]


def _fields(line: str) -> List[str]:
    return [field.strip() for field in line.split(",")]
