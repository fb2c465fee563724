"""A process that imports a framework once and forks for the runs of all tests: the import takes longer than they do.

The runner is the real one. What it starts for a run is a shell, which asks this process for a fork. The fork takes
over what the shell was given (environment, folder, standard files), executes train.py, and tells the shell how it went.
It is no child of the runner, whose kills do not reach it: tests of how runs end have real ones.
usage: forks.py MODULE...   (each line of stdin is the pid of a shell; at the end of stdin all forks are killed)
"""

import gc
import importlib
import os
import signal
import subprocess
import sys
import traceback

REPLY = "reply.{}"  # a FIFO in the folder of the shell with this pid
DONE = "done"  # what it gets when the script has ended well
PATIENCE = 100  # seconds for a run, in case this process died before it could open the FIFO
WARM = b"warm"  # is written when all is imported


class Forks:
    """The process, seen from the tests. `command` is what takes the place of ``python train.py`` in a run."""

    def __init__(self, environment, modules):
        # A session of its own, so that all forks can be killed together.
        self.process = subprocess.Popen([sys.executable, __file__, *modules], env=environment, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, start_new_session=True)
        assert self.process.stdout.read(len(WARM)) == WARM
        fifo = REPLY.format("$$")
        # All redirection is in children of the shell: its own files are for the fork.
        ask = f"(echo $$ >/proc/{self.process.pid}/fd/0)"
        self.command = ["sh", "-c", f"mkfifo {fifo} && {ask} && timeout {PATIENCE} grep -q {DONE} {fifo}"]

    def close(self):
        """Kills what still executes."""
        self.process.communicate()


def serve():
    """Returns in each fork, with the pid of its shell."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a fork
    for line in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return int(line)
    os.killpg(0, signal.SIGKILL)


def take_over(shell):
    """Makes this process what the shell was when it started."""
    os.chdir(os.readlink(f"/proc/{shell}/cwd"))
    with open(f"/proc/{shell}/environ", "rb") as file:
        entries = [entry.partition(b"=") for entry in file.read().split(b"\0")[:-1]]
    os.environ.clear()
    os.environb.update({key: value for key, _, value in entries})
    for fd, mode in enumerate((os.O_RDONLY, os.O_WRONLY | os.O_APPEND, os.O_WRONLY | os.O_APPEND)):
        os.dup2(os.open(f"/proc/{shell}/fd/{fd}", mode), fd)


def execute():
    """Executes the script; returns whether it ended well."""
    from furcate import preload, random_state

    random_state.Keeper([], {}).restore()  # other random numbers in each, unless the script seeds them
    try:
        preload.execute([sys.executable, "train.py"])
    except SystemExit as end:
        return not end.code
    except BaseException:
        traceback.print_exc()
        return False
    finally:
        sys.stdout.flush()
    return True


def main():
    for name in ("furcate.preload", "furcate.random_state", *sys.argv[1:]):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    os.write(1, WARM)
    shell = serve()
    # Opens when the shell has begun to read; where this process dies the shell finds the end, and fails.
    with open(f"/proc/{shell}/cwd/{REPLY.format(shell)}", "w") as reply:
        os.unlink(reply.name)
        take_over(shell)
        if execute():
            reply.write(DONE)
    # Python's own end would look through all that was imported, which takes longer than the script.
    os._exit(0)


if __name__ == "__main__":
    main()
