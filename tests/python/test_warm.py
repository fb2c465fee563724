"""Runs that are forks of a warm interpreter: they see what a fresh one sees, and give the same results."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from conftest import APP, BUILD, RUN
from furcate import warm

# Everything of a run's surroundings that a script can see.
LOOK = """
import atexit, json, os, random, signal, sys, threading

def look():
    return {
        "argv": sys.argv, "path": [p for p in sys.path], "main": sys.modules["__main__"].__name__,
        "file": getattr(sys.modules["__main__"], "__file__", None), "cwd": os.getcwd(),
        "environment": {k: v for k, v in os.environ.items() if not k.startswith("FURCATE_") and k != "_"},
        "furcate": sorted(k for k in os.environ if k.startswith("FURCATE_")),
        "variables": sorted(os.environ) == sorted(os.environ.copy()) and os.getenv("FURCATE_ID"),
        "signals": {n: str(signal.getsignal(n)) for n in (2, 13, 15)},
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "stdin": os.readlink("/proc/self/fd/0"), "files": sorted(int(fd) for fd in os.listdir("/proc/self/fd"))[:3],
        "open": len(os.listdir("/proc/self/fd")),
        "leader": os.getpid() == os.getsid(0) == os.getpgid(0),
        "threads": threading.active_count(), "main thread": threading.current_thread() is threading.main_thread(),
        "buffering": sys.stdout.line_buffering,
        "limits": __import__("resource").getrlimit(__import__("resource").RLIMIT_NOFILE),
    }
"""

LOOKING = LOOK + APP.replace('return {"loss": 1.0}', """
        json.dump(look(), open(os.path.join(self.log_dir, "seen.json"), "w"))
        return {"loss": random.random()}""")


def train(project, start, text, meta=None, **keys):
    """A project's rows by one way to start; the log dir is made anew."""
    subprocess.run(["rm", "-rf", project.logs], check=True)
    project.write(meta={"start": start, **(meta or {})}, **keys)
    project.train(text)
    log = (project.logs / "furcate.log").read_text()
    assert ("The fork server is warm" in log) == (start != "spawn") and "spawned" not in log, log
    return project.rows()


def seen(project, i=0):
    return project.json("seen.json", i)


def test_a_fork_sees_what_a_fresh_process_sees(project):
    train(project, "spawn", LOOKING + RUN)
    fresh = [seen(project, i) for i in range(2)]
    train(project, "auto", LOOKING + RUN)
    assert differences(fresh, [seen(project, i) for i in range(2)]) == []


def differences(fresh, forked):
    """What is another in a fork, and how."""
    return [(key, one[key], other[key]) for one, other in zip(fresh, forked) for key in one if one[key] != other[key]]


def results(rows):
    return [{key: row[key] for key in row if "time" not in key and key not in ("meta", "log_dir")} for row in rows]


def test_fork_and_spawn_give_the_same_results(project):
    spawned = results(train(project, "spawn", LOOKING + RUN))
    assert results(train(project, "fork", LOOKING + RUN)) == spawned
    assert spawned[0]["run_train_loss"] == spawned[1]["run_train_loss"] != "0.125"


DRAWS = """
import random, furcate
%s

def function(config):
    return {"python": random.random(), "numpy": numpy.random.random()}

furcate.run("config.json", function)
"""


@pytest.mark.parametrize("seeds", [(), ("random",), ("numpy.random",), ("random", "numpy.random")])
def test_random_numbers_are_those_of_a_fresh_process(project, seeds):
    """What the script seeds is the same in each run, and in one that was spawned; of the rest each run has its own."""
    pytest.importorskip("numpy")
    script = DRAWS % "\n".join(["import numpy", "random.random(), numpy.random.random()",
                                *(f"{seed}.seed(1)" for seed in seeds), "random.random(), numpy.random.random()"])
    drawn = {column: {row[column] for start in ("spawn", "fork") for row in train(project, start, script)}
             for column in ("run_python", "run_numpy")}
    assert len(drawn["run_python"]) == (1 if "random" in seeds else 4)
    assert len(drawn["run_numpy"]) == (1 if "numpy.random" in seeds else 4)


@pytest.mark.parametrize("call", ["config()", "run_dir()", "report(1, loss=1)"])
def test_a_script_that_asks_for_its_run_too_early_is_spawned(project, call):
    """All forks would have what the warm process was told: nothing."""
    project.write(batch_size=[1, 2], meta={"start": "auto"})
    project.train(f"import furcate\nfound = furcate.{call}\n" + APP + RUN)
    log = (project.logs / "furcate.log").read_text()
    assert f"furcate: {call[:call.index('(')]}() was called before furcate.Fork()" in log and len(project.rows()) == 2


@pytest.mark.parametrize("start", ["spawn", "fork"])
def test_what_is_in_the_buffers_of_files_is_written(project, start):
    """Also of those that hang on the script's globals, which were there before the fork."""
    train(project, start, """
import furcate
before = open("before", "a")

class Log:
    file = open("of_class", "a")

class Model:
    pass

def function(config):
    global after
    before.write("x")
    Log.file.write("x")
    model.log = open(f"{furcate.run_dir()}/of_object", "w")
    model.log.write("x")
    after = open(f"{furcate.run_dir()}/after", "w")
    after.write("x")

model = Model()
furcate.run("config.json", function)
""", batch_size=[1, 2, 3])
    assert (project.root / "before").read_text() == (project.root / "of_class").read_text() == "xxx"
    for i in range(3):
        assert project.read("of_object", i) == project.read("after", i) == "x"


def test_handlers_of_the_exit_find_what_they_need(project):
    train(project, "fork", """
import atexit, furcate
found = []
def save():
    print("saved", found)
atexit.register(save)
furcate.run("config.json", lambda config: found.append(config.batch_size))
""", batch_size=[1, 2])
    assert [project.read(f"example{i}.log", i) for i in range(2)] == ["saved [1]\n", "saved [2]\n"]


def test_files_that_are_open_already_are_read_from_where_they_were(project):
    """And not from where another run has come to."""
    (project.root / "data").write_text("".join(f"{i}\n" for i in range(5000)))
    train(project, "fork", """
import os, tempfile, furcate
data = open("data")
gone = open("gone", "wb+", buffering=0)
gone.write(b"first\\nsecond\\nlast\\n")
gone.seek(0)
os.unlink("gone")
unnamed = tempfile.TemporaryFile("w+")
unnamed.write("unnamed")
unnamed.seek(0)
twin = os.dup(data.fileno())
written = open("written", "a")
assert data.readline() == "0\\n" and gone.read(6) == b"first\\n"

def function(config):
    print(config.batch_size, file=written, flush=True)
    drawn = {"sum": sum(map(int, data)), "rest": len(gone.read()), "unnamed": len(unnamed.read())}
    return {**drawn, "twin": os.lseek(twin, 0, os.SEEK_CUR)}

furcate.run("config.json", function)
""", batch_size=[1, 2, 3])
    assert {tuple(float(row["run_" + name]) for name in ("sum", "rest", "unnamed", "twin")) for row in project.rows()
            } == {(12497500, 12, 7, (project.root / "data").stat().st_size)}
    assert sorted((project.root / "written").read_text()) == sorted("1\n2\n3\n")


@pytest.mark.parametrize(("kind", "seeded"), [("random.Random", ""), ("random.Random", "1"),
    ("numpy.random.default_rng", ""), ("numpy.random.default_rng", "1"), ("numpy.random.RandomState", ""),
    ("numpy.random.RandomState", "1")])
def test_generators_of_the_script_s_own_are_those_of_a_fresh_process(project, kind, seeded):
    pytest.importorskip("numpy")
    train(project, "fork", f"""
import random, numpy, furcate
own = {kind}({seeded})
furcate.run("config.json", lambda config: {{"drawn": own.random()}})
""".replace("own.random()", "own.random_sample()" if "State" in kind else "own.random()"), batch_size=[1, 2, 3])
    assert len({row["run_drawn"] for row in project.rows()}) == (1 if seeded else 3)


@pytest.mark.parametrize(("made", "what"), [
    ("__import__('tempfile').TemporaryDirectory()", "a temporary folder"),
    ("__import__('tempfile').NamedTemporaryFile()", "a temporary file"),
    ("__import__('multiprocessing').Lock()", "a lock of multiprocessing"),
    ("__import__('multiprocessing').Queue()", "a lock of multiprocessing"),
    ("__import__('concurrent.futures').futures.ProcessPoolExecutor(1)", "a pool of processes"),
    ("__import__('subprocess').Popen(['sleep', '1'])", "a process"),
    ("__import__('asyncio').new_event_loop()", "an event loop"),
    ("__import__('socket').socket()", "a socket"),
    ("__import__('multiprocessing.shared_memory').shared_memory.SharedMemory(create=True, size=9)", "shared memory"),
])
def test_what_processes_would_share_is_found(project, made, what):
    project.write(batch_size=[1, 2], meta={"start": "auto"})
    project.train(f"made = {made}\n" + APP + RUN)
    # Of shared memory its tracker may have the last line, which is the one in furcate.log.
    log, output = ((project.logs / name).read_text() for name in ("furcate.log", "furcate-server.log"))
    assert "spawned, not forked" in log and f"furcate: the script made {what} before it became a run" in output
    assert len(project.rows()) == 2


def test_each_plan_of_a_script_has_the_random_numbers_of_its_place(project):
    for name in "ab":
        (project.root / f"{name}.json").write_text(json.dumps(
            {"repeat": [1, 2], "log_dir": name, "meta": {"allow_cpu": True, "start": "fork"}}))
    project.train("""
import random, furcate
random.seed(1)
furcate.run("a.json", lambda config: {"drawn": random.random()})
random.seed(2)
furcate.run("b.json", lambda config: {"drawn": random.random()})
""")
    for name, seed in (("a", 1), ("b", 2)):
        project.logs = project.root / name
        assert {float(row["run_drawn"]) for row in project.rows()} == {random.Random(seed).random()}


def test_the_script_is_imported_once(project):
    train(project, "auto", "import os\nopen('imported', 'a').write(str(os.getpid()) + '\\n')\n" + APP + RUN,
          batch_size=[1, 2, 3, 4])
    # By the runner, and by the warm process.
    assert len((project.root / "imported").read_text().split()) == 2


def test_what_a_script_registers_for_its_exit_is_done(project):
    train(project, "auto", APP + "\nimport atexit\natexit.register(lambda: print('bye', flush=True))\n" + RUN)
    for i in range(2):
        assert project.read(f"example{i}.log", i).endswith("bye\n")


def test_what_was_printed_before_the_fork_stays_out_of_the_runs(project):
    train(project, "auto", "print('warming')\n" + APP + RUN)
    assert project.read("example0.log") == "" and "warming" in (project.logs / "furcate-server.log").read_text()


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_works_in_a_fork(project, method):
    train(project, "auto", """
import multiprocessing, furcate

def double(x):
    return 2 * x
""" + APP.replace('return {"loss": 1.0}', f"""
        with multiprocessing.get_context("{method}").Pool(2) as pool:
            return {{"loss": float(sum(pool.map(double, range(4))))}}""") + RUN, batch_size=32)
    assert project.rows()[0]["run_train_loss"] == "1.5"


def test_a_failing_run_keeps_its_traceback(project):
    project.write(meta={"start": "auto"})
    project.script(APP + "    def get_loss(self): return {}['absent']\n" + RUN)
    done = project.run()
    assert done.returncode == 1 and "KeyError: 'absent'" in done.stderr
    assert "in get_loss" in project.read("example0.err")


def test_a_script_that_makes_no_fork_runs_all_the_same(project):
    project.write(meta={"start": "auto"})
    (project.root / "config.json").write_text('{"batch_size": [32, 64], "meta": {"allow_cpu": true}}')
    project.train("import furcate\nfurcate.run('config.json', lambda config: {'loss': config.batch_size / 64})\n")
    assert [row["run_loss"] for row in project.rows()] == ["0.5", "1.0"]


def test_an_edited_script_is_warmed_again(project):
    """Each run edits the script."""
    train(project, "auto", APP.replace('return {"loss": 1.0}', """
        import os
        text = open("train.py").read()
        new = f"{os.getpid()}.new"
        open(new, "w").write(text.replace("VERSION = 1", "VERSION = 2"))
        os.rename(new, "train.py")
        return {"loss": float(VERSION)}""") + "\nVERSION = 1\n" + RUN, {"max_threads": 1},
          batch_size=[1, 2, 3])
    losses = [float(row["run_train_loss"]) * 8 for row in project.rows()]
    assert losses[0] == 1 and 2 in losses and "edited" in (project.logs / "furcate.log").read_text()


def test_an_edited_module_of_the_script_is_warmed_again(project):
    """Each run edits the module. Packages are not looked at: nobody edits them, and there are thousands."""
    project.script("VERSION = 1\n", "mine.py")
    train(project, "auto", "import mine\n" + APP.replace('return {"loss": 1.0}', """
        import os
        new = f"{os.getpid()}.new"
        open(new, "w").write("VERSION = 2  # edited\\n")
        os.rename(new, "mine.py")
        return {"loss": float(mine.VERSION)}""") + RUN, {"max_threads": 1}, batch_size=[1, 2, 3])
    losses = [float(row["run_train_loss"]) * 8 for row in project.rows()]
    log = (project.logs / "furcate.log").read_text()
    assert losses[0] == 1 and losses[-1] == 2 and f"{project.root / 'mine.py'} was edited" in log
    assert __file__.encode() in warm.own_sources() and not any(b"pytest" in path for path in warm.own_sources())


def test_a_module_that_is_edited_while_it_is_imported_is_warmed_again(project):
    project.script("VERSION = 1\n", "mine.py")
    train(project, "auto", """
import os
import mine
if "FURCATE_SERVER" in os.environ and mine.VERSION == 1:
    with open("mine.py", "w") as out:
        out.write("VERSION = 2  # edited\\n")
""" + APP.replace('return {"loss": 1.0}', 'return {"loss": float(mine.VERSION)}') + RUN)
    assert {float(row["run_train_loss"]) * 8 for row in project.rows()} == {2}
    assert "mine.py was edited meanwhile" in (project.logs / "furcate.log").read_text()


# --- scripts that know nothing of furcate ---

SCRIPT = LOOK + """
with open(os.path.join(os.environ["FURCATE_RUN_DIR"], "seen.json"), "w") as out:
    json.dump({**look(), "random": random.random() < 1}, out)
print("loss:", random.random())
"""


def wrap(project, *options, program=("train.py", "--size", "{batch_size}")):
    subprocess.run(["rm", "-rf", project.logs], check=True)
    done = subprocess.run([BUILD / "furcate", "run", *options, "config.json", "--", sys.executable, *program],
                          cwd=project.root, env=project.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + project.errors()
    return done


def test_a_preloaded_script_sees_what_a_fresh_process_sees(project):
    project.script(SCRIPT)
    wrap(project)
    fresh = [seen(project, i) for i in range(2)]
    wrap(project, "--preload", "csv,random")
    assert differences(fresh, [seen(project, i) for i in range(2)]) == []
    assert fresh[0]["argv"] == ["train.py", "--size", "32"]


def test_preloaded_scripts_draw_random_numbers_of_their_own(project):
    project.script(SCRIPT)
    wrap(project, "--preload", "random")
    assert project.read("example0.log") != project.read("example1.log", 1)


def test_the_interpreter_s_options_hold_for_preloaded_scripts(project):
    project.script("import sys; print(sys.flags.optimize, sys.warnoptions, sys._xoptions, sys.argv[1:])", "mine.py")
    options = ("-O", "-W", "error::FutureWarning", "-Xutf8", "-um", "mine", "{batch_size}")
    wrap(project, program=options)
    fresh = project.read("example0.log")
    wrap(project, "--preload", "csv", program=options)
    assert project.read("example0.log") == fresh and fresh.startswith("1 ['error::FutureWarning']")
    assert "is warm" in (project.logs / "furcate.log").read_text()


def test_variables_that_a_preloaded_module_sets_stay(project):
    project.script("import os\nos.environ['OF_MODULE'] = 'set'\nos.environ['FURCATE_NAME'] = 'module'\n", "sets.py")
    project.script("import os, sets; print(os.environ['OF_MODULE'], os.environ['FURCATE_NAME'])")
    wrap(project, "--preload", "sets")
    assert project.read("example0.log") == "set example0\n"


def test_a_module_and_a_text_can_be_preloaded_for(project):
    project.script("import sys; print(sys.argv[1:], __name__)", "mine.py")
    wrap(project, "--preload", "csv", program=("-m", "mine", "{batch_size}"))
    assert project.read("example0.log") == "['32'] __main__\n"
    wrap(project, "--preload", "csv", program=("-c", "import sys; print(sys.argv)", "{batch_size}"))
    assert project.read("example0.log") == "['-c', '32']\n"


def test_spaces_around_the_names_of_modules_are_no_part_of_them(project):
    project.script("import sys; print('wave' in sys.modules, 'csv' in sys.modules)")
    wrap(project, "--preload", " csv, wave ")
    assert project.read("example0.log") == "True True\n"


def test_a_module_that_is_not_there_is_named(project):
    project.script("print('trained')")
    done = wrap(project, "--preload", "no_such_module")
    assert "no_such_module" in done.stderr and "trained" in project.read("example0.log")


def test_a_killed_server_costs_no_run(project):
    project.write(meta={"start": "auto"}, batch_size=list(range(1, 9)))
    project.script(APP.replace("loss = [", """
        import os, signal
        server = open(self.log_dir + "/../server").read()
        if self.batch_size == 1:
            os.kill(int(server), signal.SIGKILL)
        loss = [""", 1) + """
import os
if "FURCATE_SERVER" in os.environ:
    os.makedirs("logs", exist_ok=True)
    open("logs/server", "w").write(str(os.getpid()))
""" + RUN)
    project.train()
    assert len(project.rows()) == 8 and {row["run_attempts"] for row in project.rows()} == {"1"}


def test_a_killed_runner_leaves_no_process(project):
    project.write(meta={"start": "auto"}, batch_size=[1, 2])
    project.script("import os\nopen(f'pid.{os.getpid()}', 'w').close()\n" + APP.replace("loss = [", """
        import os, time
        open(f"pid.{os.getpid()}", "w").close()
        open(f"training.{os.getpid()}", "w").close()
        time.sleep(1000)
        loss = [""", 1) + RUN)
    process = project.start()
    try:
        deadline = time.monotonic() + 60
        while len(list(project.root.glob("training.*"))) < 2:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    pids = [int(path.suffix[1:]) for path in project.root.glob("pid.*")]
    assert len(pids) == 4
    while any(os.path.exists(f"/proc/{pid}") for pid in pids if pid != process.pid):
        assert time.monotonic() < deadline + 60
        time.sleep(0.01)


WAITING = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"


def test_a_script_that_has_started_threads_is_spawned(project):
    """What they do is lost in a fork, and who waits for it waits forever."""
    project.write(meta={"start": "auto"})
    project.train(WAITING + APP + RUN)
    log = (project.logs / "furcate.log").read_text()
    assert "spawned, not forked: the program started threads of Python's threading" in log and len(project.rows()) == 2


def test_threads_are_done_without_where_the_config_says_so(project):
    project.write(meta={"start": "fork"})
    assert "Runs lack the threads of Python's threading" in project.train(WAITING + APP + RUN).stderr
    assert "spawned" not in (project.logs / "furcate.log").read_text() and len(project.rows()) == 2


def test_numpy_and_its_threads_are_forked(project):
    pytest.importorskip("numpy")
    train(project, "auto", "import numpy\nassert numpy.ones((300, 300)) @ numpy.ones(300) is not None\n" + APP.replace(
        'return {"loss": 1.0}', 'return {"loss": float((numpy.ones((300, 300)) @ numpy.ones(300))[0])}') + RUN,
          batch_size=[1, 2, 3, 4])
    assert {row["run_train_loss"] for row in project.rows()} == {"37.5"}


def test_a_script_that_has_started_threads_which_no_fork_has_is_spawned(project):
    """Threads of TensorFlow, by the name that they have there."""
    project.write(meta={"start": "auto"})
    project.train("""
import ctypes, threading
started = threading.Event()

def compute():
    ctypes.CDLL(None).prctl(15, b"tf_Compute", 0, 0, 0)
    started.set()
    threading.Event().wait()

threading.Thread(target=compute, daemon=True).start()
started.wait()
""" + APP + RUN)
    log = (project.logs / "furcate.log").read_text()
    assert "spawned, not forked: the program started threads of TensorFlow" in log and len(project.rows()) == 2
