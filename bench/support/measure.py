"""Times whole processes for the benchmarks."""
import os
import pathlib
import subprocess
import sys

BUILD = pathlib.Path(os.environ.get("FURCATE_BUILD", "build/release")).resolve()


def measure(command, cwd=None):
    """Runs a command; returns (wall seconds, CPU seconds, peak MiB). Ends the benchmark when the command fails."""
    read, write = os.pipe()
    os.set_inheritable(write, True)
    done = subprocess.run(["sh", "-c", f'exec 3>&{write}; exec "$@"', "sh", BUILD / "bench/bench-measure", *command],
                          cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, pass_fds=[write])
    os.close(write)
    with os.fdopen(read) as results:
        figures = results.read().split()
    if done.returncode:
        sys.exit(f"{[str(word) for word in command]} failed:\n{done.stderr.decode()}")
    wall, cpu, kib = map(float, figures)
    return wall, cpu, kib / 1024
