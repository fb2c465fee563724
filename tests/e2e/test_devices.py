"""Devices: one attempt a GPU, and no GPU idle that nobody asked to leave idle. The GPUs are a stub's."""

import json

import pytest

from conftest import STUBS, until

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


def test_a_machine_without_gpus_is_not_spoken_of(project):
    write(project, 2, allow_cpu=True)
    empty = project.root / "bin"
    empty.mkdir()
    done = project.run("/bin/true", PATH=str(empty))
    assert "fails" not in done.stderr and "instead" not in done.stderr and "nvidia" not in done.stderr.lower()
