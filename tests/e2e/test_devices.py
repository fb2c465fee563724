"""Devices: one attempt a GPU, and no GPU idle that nobody asked to leave idle. The GPUs are a stub's."""

import json
import re

import pytest

from support import STUBS, until
from test_clock import Clock

SHOW = "echo \"$FURCATE_GPU $CUDA_VISIBLE_DEVICES $CUDA_DEVICE_ORDER ${OMP_NUM_THREADS-unset}\"\n"
ABSENT = str(STUBS / "absent")


@pytest.fixture
def machine(project):
    """A project on a machine with three GPUs that NVML knows."""
    project.environment.update(LD_LIBRARY_PATH=str(STUBS), FURCATE_STUB_GPUS="3")
    return project


def write(project, count, **meta):
    project.write(batch_size=list(range(1, count + 1)), meta={"allow_cpu": False, **meta})


def shown(project):
    """What each program printed, by the gpu_id of its row."""
    said = {}
    for row in project.rows():
        text = (project.root / row["log_dir"] / f"{row['run_name']}.log").read_text()
        said.setdefault(row["gpu_id"], set()).add(text.strip())
    return said


def gpus_waiting(project):
    return [json.loads((directory / "furcate.json").read_text())["meta"]["run"]["gpu_id"] for directory in project.waiting()]


def test_every_gpu_has_an_attempt_of_its_own(machine):
    write(machine, 5)
    runner = machine.start(machine.gated())
    machine.until_waiting(3)
    assert sorted(gpus_waiting(machine)) == [0, 1, 2]
    assert "Running on 3 GPU slots" in machine.log()
    assert machine.let_all_go(runner) == 0
    assert {row["gpu_id"] for row in machine.rows()} == {"0", "1", "2"}
    assert len(machine.rows()) == 5


def test_a_gpu_that_is_free_gets_the_next_run(machine):
    write(machine, 4)
    runner = machine.start(machine.gated())
    for directory in machine.until_waiting(3):
        if json.loads((directory / "furcate.json").read_text())["meta"]["run"]["gpu_id"] == 1:
            machine.let_go(directory)
    until(lambda: machine.csv.exists() and machine.rows(), "the row")
    machine.until_waiting(3)
    assert sorted(gpus_waiting(machine)) == [0, 1, 2]
    assert machine.let_all_go(runner) == 0


def test_a_program_sees_its_gpu_only(machine):
    write(machine, 3)
    runner = machine.start(machine.script("show", SHOW + machine.gated() + "\n"))
    machine.until_waiting(3)
    assert machine.let_all_go(runner) == 0
    assert shown(machine) == {gpu: {f"{gpu} {gpu} PCI_BUS_ID unset"} for gpu in ("0", "1", "2")}


def test_nvidia_smi_is_asked_where_nvml_is_missing(project):
    project.environment.update(LD_LIBRARY_PATH=ABSENT, FURCATE_STUB_GPUS="2")
    write(project, 2)
    runner = project.start(project.gated())
    project.until_waiting(2)
    assert sorted(gpus_waiting(project)) == [0, 1]
    assert project.let_all_go(runner) == 0


@pytest.mark.parametrize("gpus", [[2, 0], ["GPU-22222222", "GPU-00000000"]])
def test_the_config_chooses_gpus(machine, gpus):
    write(machine, 2, gpus=gpus)
    runner = machine.start(machine.gated())
    machine.until_waiting(2)
    assert sorted(gpus_waiting(machine)) == [0, 2]
    assert machine.let_all_go(runner) == 0


def test_a_chosen_gpu_that_is_not_there_is_an_error(machine):
    write(machine, 2, gpus=[7])
    done = machine.furcate("run", "config.json", "--", "/bin/true")
    assert done.returncode == 3
    assert "7" in done.stderr
    assert not machine.logs.exists()


@pytest.mark.parametrize("visible, gpus", [("1,2", [1, 2]), ("2", [2]), ("GPU-11111111", [1])])
def test_the_gpus_that_the_runner_may_see_are_used(machine, visible, gpus):
    write(machine, 3)
    runner = machine.start(machine.gated(), CUDA_VISIBLE_DEVICES=visible)
    machine.until_waiting(len(gpus))
    assert sorted(gpus_waiting(machine)) == gpus
    assert machine.let_all_go(runner) == 0


def test_with_no_gpu_visible_cpu_slots_are_used_where_allowed(machine):
    write(machine, 2)
    refused = machine.furcate("run", "config.json", "--", "/bin/true", CUDA_VISIBLE_DEVICES="")
    assert refused.returncode == 3
    write(machine, 2, allow_cpu=True)
    machine.run("/bin/true", CUDA_VISIBLE_DEVICES="")
    assert {row["gpu_id"] for row in machine.rows()} == {"-1"}


def test_fewer_threads_than_gpus_are_warned_of(machine):
    write(machine, 3, max_threads=2)
    done = machine.run("/bin/true")
    assert "max_threads [2] leaves 1 of 3 GPUs idle" in done.stderr
    assert {row["gpu_id"] for row in machine.rows()} <= {"0", "1"}


def test_more_threads_than_gpus_are_warned_of(machine):
    write(machine, 4, max_threads=4)
    runner = machine.start(machine.gated())
    machine.until_waiting(3)
    assert "max_threads [4] is higher than the number of GPUs [3]: using 3" in runner.stderr
    assert machine.let_all_go(runner) == 0


def test_no_gpu_says_what_was_looked_for(project):
    write(project, 1)
    done = project.furcate("run", "config.json", "--", "/bin/true", FURCATE_STUB_SMI="fail")
    assert done.returncode == 3
    assert "nvidia-smi" in done.stderr


BROKEN = {
    "nvidia-smi": ({"FURCATE_STUB_SMI": "mismatch"},
                   "nvidia-smi failed with exit status 18: Failed to initialize NVML: Driver/library version mismatch"),
    "NVML 9": ({"LD_LIBRARY_PATH": str(STUBS), "FURCATE_STUB_INIT": "9"}, "NVML: Driver Not Loaded"),
    "NVML 18": ({"LD_LIBRARY_PATH": str(STUBS), "FURCATE_STUB_INIT": "18"}, "NVML: Driver/library version mismatch"),
}


@pytest.mark.parametrize("environment, words", BROKEN.values(), ids=BROKEN.keys())
def test_a_driver_that_fails_is_told_also_where_the_cpu_takes_its_place(project, environment, words):
    write(project, 2)
    refused = project.furcate("run", "config.json", "--", "/bin/true", **environment)
    assert refused.returncode == 3
    assert words in refused.stderr
    write(project, 2, allow_cpu=True)
    done = project.run("/bin/true", **environment)
    assert words in done.stderr
    assert "No GPU can be used: running on CPU slots instead" in done.stderr
    assert "running on CPU slots instead" in project.log()


def test_a_gpu_that_is_lost_is_told_though_others_are_used(machine):
    write(machine, 2)
    done = machine.run("/bin/true", FURCATE_STUB_LOST="1")
    assert "NVML: GPU 1 cannot be used: GPU is lost" in done.stderr
    assert "instead" not in done.stderr
    assert {row["gpu_id"] for row in machine.rows()} <= {"0", "2"}


def test_a_tool_that_ends_well_and_cannot_tell_of_a_gpu_is_told_in_its_words(project):
    write(project, 2, allow_cpu=True)
    done = project.run("/bin/true", FURCATE_STUB_SMI="unknown")
    assert "A GPU or its driver fails: nvidia-smi printed '0, [N/A], Fake A', which tells of no GPU" in done.stderr
    assert "No GPU can be used: running on CPU slots instead" in done.stderr
    write(project, 4)
    done = project.run("/bin/true", FURCATE_STUB_SMI="lost", FURCATE_STUB_GPUS="1")
    assert "nvidia-smi printed 'Unable to determine the device handle for GPU0000:01:00.0: Unknown Error'" in done.stderr
    assert "instead" not in done.stderr and "Running on 1 GPU slot" in done.stderr


@pytest.mark.parametrize("interpreter", ["/nonexistent/sh", "/usr/bin/env nonexistent"])
def test_a_tool_whose_interpreter_is_missing_is_told(project, interpreter):
    write(project, 2, allow_cpu=True)
    (project.root / "bin").mkdir()
    project.script("bin/nvidia-smi", f"#!{interpreter}\n")
    done = project.run("/bin/true", PATH=f"{project.root / 'bin'}:/usr/bin:/bin")
    assert "A GPU or its driver fails: " in done.stderr
    assert "the interpreter that it names is missing" in done.stderr or "/usr/bin/env: " in done.stderr


@pytest.mark.parametrize("visible, slots, words", [
    ("5", "3 CPU slots", "CUDA_VISIBLE_DEVICES is '5', but there is no GPU '5' among the 3 of this machine\n"),
    ("GPU-zzz", "3 CPU slots", "there is no GPU 'GPU-zzz' among the 3"),
    ("abc", "3 CPU slots", "there is no GPU 'abc' among the 3"),
    ("0,5", "1 GPU slot", "there is no GPU '5' among the 3 of this machine, and as in CUDA only what comes before it"),
    ("GPU-", "3 CPU slots", "several GPUs begin with 'GPU-'"),
])
def test_a_gpu_that_may_be_seen_and_is_not_there_is_told(machine, visible, slots, words):
    write(machine, 2, allow_cpu=True, max_threads=3)
    done = machine.run("/bin/true", CUDA_VISIBLE_DEVICES=visible)
    assert words in done.stderr and f"Running on {slots}" in done.stderr
    assert ("running on CPU slots instead" in done.stderr) == ("CPU" in slots)
    assert words in machine.log()


def test_a_gpu_that_may_be_seen_on_a_machine_without_is_told(project):
    write(project, 1, allow_cpu=True)
    done = project.run("/bin/true", CUDA_VISIBLE_DEVICES="0")
    assert "CUDA_VISIBLE_DEVICES is '0', but no GPU was found on this machine" in done.stderr


@pytest.mark.parametrize("visible", ["", "-1", "NoDevFiles"])
def test_gpus_that_are_hidden_on_purpose_are_not_spoken_of(machine, visible):
    write(machine, 1, allow_cpu=True)
    done = machine.run("/bin/true", CUDA_VISIBLE_DEVICES=visible)
    assert "CUDA" not in done.stderr and "instead" not in done.stderr


def test_a_machine_without_gpus_is_not_spoken_of(project):
    write(project, 2, allow_cpu=True)
    empty = project.root / "bin"
    empty.mkdir()
    done = project.run("/bin/true", PATH=str(empty))
    assert "fails" not in done.stderr and "instead" not in done.stderr and "nvidia" not in done.stderr.lower()


# --- a GPU on which runs fail ---

BROKEN_GPU = 'if [ "$FURCATE_GPU" = {gpu} ]; then echo "CUDA error: uncorrectable ECC error" >&2; exit 1; fi\n'
ASIDE = "runs failed with the same message, while those elsewhere did not: no more are started on it for 5 min"


def broken_gpus(*gpus):
    """A program that fails on these GPUs; on the others it ends no run before each of these has failed three times."""
    note = 'echo >> "$FURCATE_TEST/failed$FURCATE_GPU"; echo'
    script = "".join(BROKEN_GPU.format(gpu=gpu).replace("echo", note) for gpu in gpus)
    return script + "".join(f'until [ "$(cat "$FURCATE_TEST/failed{gpu}" | wc -l)" -ge 3 ]; do sleep 0.01; done\n'
                            for gpu in gpus)


def is_aside(project, gpu):
    """Whether the GPU was set aside after three failures, or more where its slot was filled again before they were seen."""
    return re.search(f"GPU {gpu}: [345] {ASIDE}", project.log())


def gpus_tried(project):
    """The slot of each attempt, in their order."""
    return re.findall(r"Thread \d+ started - .* - (GPU \d)", project.log())


@pytest.mark.parametrize("gpus, broken", [(2, 1), (2, 0), (3, 1)])
def test_a_gpu_on_which_all_runs_fail_is_set_aside_and_its_runs_are_done_elsewhere(machine, gpus, broken):
    write(machine, 16, order="config")
    done = machine.run(machine.script("train", broken_gpus(broken)), FURCATE_STUB_GPUS=str(gpus))
    assert len(machine.rows()) == 16
    assert str(broken) not in {row["gpu_id"] for row in machine.rows()}
    assert is_aside(machine, broken)
    assert machine.log().count(" failed - ") <= 5
    assert "given up" not in machine.log().rpartition(ASIDE)[2]
    assert f"GPU {broken}: runs failed on it with the same message" in done.stderr
    assert done.stderr.count("      CUDA error: uncorrectable ECC error") == 1
    assert len(machine.directories()) == 16
    assert machine.log().count("no more are started on it for 5 min") == 1
    assert f"GPU {broken} set aside" in done.stderr and f"GPU {broken} busy" not in done.stderr


@pytest.mark.parametrize("fail_fast", [True, False])
def test_a_run_that_only_executes_elsewhere_shows_that_the_gpu_is_at_fault(machine, fail_fast):
    """No run has succeeded yet, and the failures are slow."""
    write(machine, 9, order="config", fail_fast=fail_fast)
    script = BROKEN_GPU.format(gpu=1).replace("then", "then sleep 0.3;")
    runner = machine.start(machine.script("train", f"{script}exec {machine.gated()}\n"), FURCATE_STUB_GPUS="2")
    until(lambda: ASIDE in machine.log(), "the verdict")
    assert machine.log().count(" failed - ") <= 5
    machine.until_waiting(1)
    assert machine.let_all_go(runner) == 0
    assert {row["gpu_id"] for row in machine.rows()} == {"0"}
    assert len(machine.rows()) == 9


def test_two_broken_gpus_are_both_set_aside(machine):
    write(machine, 20, order="config")
    machine.run(machine.script("train", broken_gpus(1, 2)), FURCATE_STUB_GPUS="4")
    assert len(machine.rows()) == 20
    assert {row["gpu_id"] for row in machine.rows()} == {"0", "3"}
    assert is_aside(machine, 1) and is_aside(machine, 2)


def test_a_program_that_fails_on_every_gpu_is_at_fault_itself(machine):
    write(machine, 30)
    done = machine.furcate("run", "config.json", "--", machine.script("train", "echo no data >&2; exit 1\n"))
    assert done.returncode == 1
    assert "failed with the same message, so the program itself seems to be at fault" in done.stderr
    assert machine.log().count(" failed - ") <= 6
    assert "GPU 0:" not in done.stderr and "GPU 1:" not in done.stderr and "GPU 2:" not in done.stderr


def test_a_config_that_fails_is_not_the_fault_of_its_gpu(machine):
    """By chance three of them come on one GPU; elsewhere they fail as well."""
    write(machine, 9, order="config")
    wait = 'until [ -e "$FURCATE_TEST/open" ]; do sleep 0.01; done\n'
    script = f"case $1 in 1) {wait.strip()};; 2|3|4) echo unknown optimizer >&2; exit 1;; esac\n"
    runner = machine.start(machine.script("train", script), "{batch_size}", FURCATE_STUB_GPUS="2")
    until(lambda: ASIDE in machine.log() or len(list(machine.rows()) if machine.csv.exists() else []) >= 5, "the others")
    (machine.root / "open").touch()
    assert runner.wait() == 1
    assert machine.values() == ["1", "5", "6", "7", "8", "9"]
    assert "3 runs failed" in runner.stderr
    if ASIDE in machine.log():
        assert "the same message came on another GPU, where runs succeed" in machine.log()
        assert "while those elsewhere did not, so no more were started" not in runner.stderr
    assert machine.log().count(" failed - ") <= 6


def test_want_of_memory_is_the_configs_and_not_the_gpus(machine):
    write(machine, 8, order="config")
    script = 'if [ "$FURCATE_GPU" = 1 ]; then echo "RuntimeError: CUDA out of memory." >&2; exit 1; fi\nsleep 0.05\n'
    done = machine.furcate("run", "config.json", "--", machine.script("train", script), FURCATE_STUB_GPUS="2")
    assert done.returncode == 1
    assert ASIDE not in machine.log()


def test_a_retry_prefers_another_gpu(machine):
    write(machine, 1, retries=1)
    machine.run(machine.script("train", "[ $FURCATE_ATTEMPT -gt 1 ]\n"), FURCATE_STUB_GPUS="2")
    assert gpus_tried(machine) == ["GPU 0", "GPU 1"]


def test_a_retry_takes_the_same_gpu_where_there_is_no_other(machine):
    write(machine, 1, retries=1)
    machine.run(machine.script("train", "[ $FURCATE_ATTEMPT -gt 1 ]\n"), FURCATE_STUB_GPUS="1")
    assert gpus_tried(machine) == ["GPU 0", "GPU 0"]


def test_a_gpu_that_was_set_aside_is_used_when_it_is_all_that_is_left(machine):
    """max_threads is lowered to the first GPU, which was at fault."""
    write(machine, 9, order="config")
    script = f'[ ! -e "$FURCATE_TEST/repaired" ] || exit 0\n{BROKEN_GPU.format(gpu=0)}exec {machine.gated()}\n'
    runner = machine.start(machine.script("train", script), FURCATE_STUB_GPUS="2")
    until(lambda: is_aside(machine, 0), "the verdict")
    [waiting] = machine.until_waiting(1)
    (machine.root / "repaired").touch()
    write(machine, 9, order="config", max_threads=1)
    until(lambda: "GPU 0: a run has succeeded on it, and runs are started on it again" in machine.log(), "its use")
    machine.let_go(waiting)
    assert runner.wait() == 0
    assert len(machine.rows()) == 9


def test_a_gpu_that_was_set_aside_is_given_another_chance_after_a_while(machine):
    clock = Clock(machine)
    write(machine, 30, order="config")
    broken = BROKEN_GPU.format(gpu=1)
    script = f'[ -e "$FURCATE_TEST/repaired" ] || {{ {broken.strip()}; }}\nexec {machine.gated()}\n'
    runner = machine.start(machine.script("train", script), FURCATE_STUB_GPUS="2")
    until(lambda: is_aside(machine, 1), "the verdict")
    failed = machine.log().count(" failed - ")

    def wake_at(seconds):
        """Lets the runner look at its clock."""
        clock.set(0, seconds)
        [woken] = machine.until_waiting(1)
        machine.let_go(woken)
        until(lambda: woken not in machine.waiting(), "its end")

    wake_at(299)
    machine.until_waiting(1)
    assert machine.log().count(" failed - ") == failed
    wake_at(302)
    until(lambda: "started on it for 10 min" in machine.log(), "a further failure")
    assert machine.log().count(" failed - ") == failed + 1
    assert machine.log().count("given up") <= failed
    (machine.root / "repaired").touch()
    wake_at(302 + 602)
    until(lambda: sorted(gpus_waiting(machine)) == [0, 1], "a run on it")
    assert machine.let_all_go(runner) == 0
    assert "GPU 1: a run has succeeded on it, and runs are started on it again" in machine.log()
    assert len(machine.rows()) == 30


def test_cpu_slots_are_one_place(project):
    write(project, 6, allow_cpu=True, max_threads=2, fail_fast=False)
    script = 'if [ "$FURCATE_SLOT" = 1 ]; then echo bad >&2; exit 1; fi\nsleep 0.05\n'
    done = project.furcate("run", "config.json", "--", project.script("train", script))
    assert done.returncode == 1
    assert "elsewhere" not in done.stderr
