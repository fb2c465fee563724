"""The configs that the benchmarks plan: axes of ten values, exclude entries, rows of finished runs."""
import itertools
import json
import os
import random
import subprocess
import sys

from measure import FURCATE

HEAD = "meta,log_dir,gpu_id,run_start_time,run_total_time,run_val_accuracy,run_id,run_name,run_attempts"


def grid(axes):
    """10^axes permutations."""
    return {f"k{i}": list(range(10)) for i in range(axes)}


def entries(axes, count, keys):
    """Different exclude entries of so many keys each, at random but the same in every run."""
    dice = random.Random(1)
    found = {}
    while len(found) < count:
        entry = {f"k{i}": dice.randrange(10) for i in sorted(dice.sample(range(axes), keys))}
        found[json.dumps(entry)] = entry
    return list(found.values())


def write_config(path, axes, **meta):
    """Writes a config with these axes (key → values); returns its path."""
    path.write_text(json.dumps({"data_name": "bench", **axes, "meta": {"allow_cpu": True, **meta}}))
    return path


def write_finished(folder, keys, permutations, directories=False):
    """Writes folder/logs/run_data.csv with a row a permutation: its values of these keys. Returns the count.

    With `directories` each has its run directory, which is empty.
    """
    (folder / "logs").mkdir()
    count = 0
    with open(folder / "logs/run_data.csv", "w") as out:
        out.write(f"data_name,{','.join(keys)},{HEAD}\n")
        for values in permutations:
            text = [str(value) for value in values]
            directory = f"logs/bench{count}_{'_'.join(text)}"
            out.write(f'bench,{",".join(text)},"{{""allow_cpu"": true}}",{directory},-1,'
                      f"1606924973.5,12.25,0.9312,{count},bench{count},1\n")
            if directories:
                os.mkdir(folder / directory)
            count += 1
    return count


def first_in_run_order(config, axes, count):
    """The values of the axes of so many permutations, one after the other, as `furcate plan` lists them."""
    with subprocess.Popen([FURCATE, "plan", "--format", "csv", "--limit", str(count), config], cwd=config.parent,
                          stdout=subprocess.PIPE, text=True) as plan:
        for line in itertools.islice(plan.stdout, 1, None):
            yield line.split(",")[1:axes + 1]


def count_left(config):
    said = subprocess.run([FURCATE, "plan", "--format", "json", "--limit", "0", config], cwd=config.parent, check=True,
                          stdout=subprocess.PIPE)
    return json.loads(said.stdout)["left"]


def make_finished(folder, axes, count, **meta):
    """A config of 10^axes permutations in a folder where the first so many in run order are done; returns its path."""
    config = write_config(folder / "config.json", grid(axes), **meta)
    if count:
        write_finished(folder, grid(axes), first_in_run_order(config, axes, count))
    if count_left(config) != 10 ** axes - count:
        sys.exit(f"furcate plan does not know the {count} finished rows of {config}")
    return config
