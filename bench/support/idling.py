"""What a runner takes while its attempts run and nothing happens."""
import pathlib
import tempfile
import time

from grid import grid, write_config
from runner import Runner
from table import print_table, verdict

SECONDS, MOST_MIB = 3, 10


def print_idle():
    with tempfile.TemporaryDirectory(prefix="furcate-bench-") as name:
        folder = pathlib.Path(name)
        write_config(folder / "config.json", grid(3), max_threads=2)
        with Runner(folder) as runner:
            runner.wait_attempt()
            runner.wait_rest()
            before = runner.cpu()
            time.sleep(SECONDS)
            used = runner.figures(SECONDS, before)
    share = 100 * used.cpu / SECONDS
    print_table(f"The runner between events, over {SECONDS} s", ["", "CPU", "peak", "budget", ""],
                [["two attempts that sleep", f"{share:.3f} %", f"{used.mib:.1f} MiB", f"0.0 %, < {MOST_MIB} MiB",
                  verdict(CPU=share >= 0.05, memory=used.mib >= MOST_MIB)]])
