"""Lists a grid with an alternative to furcate, in a process of its own.

usage: list_grid.py NAME CONFIG LIMIT SECONDS MIB   (LIMIT: of the permutations)

Ends after so many seconds or at so much memory. Its last line on stderr is JSON: the seconds that the imports
and the listing took, the permutations listed, and why it ended: "done", "time" or "memory".
"""
import itertools
import json
import resource
import signal
import sys
import time


def product_lazily():
    return lambda axes: itertools.product(*axes.values())


def product_list():
    return lambda axes: list(itertools.product(*axes.values()))


def product_csv():
    import csv
    return lambda axes: map(csv.writer(sys.stdout).writerow, itertools.product(*axes.values()))


def parameter_grid():
    from sklearn.model_selection import ParameterGrid
    return ParameterGrid


def grid_sampler():
    import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def suggest(axes):
        study = optuna.create_study(sampler=optuna.samplers.GridSampler(axes, seed=1))
        choices = {key: optuna.distributions.CategoricalDistribution(values) for key, values in axes.items()}
        while True:
            yield study.ask(choices).params
    return suggest


def ray_variants():
    from ray.tune import grid_search
    from ray.tune.search.variant_generator import generate_variants
    return lambda axes: generate_variants({"config": {key: grid_search(values) for key, values in axes.items()}})


def ray_trials():
    from ray.tune import grid_search
    from ray.tune.search.basic_variant import BasicVariantGenerator

    def trials(axes):
        generator = BasicVariantGenerator()
        config = {key: grid_search(values) for key, values in axes.items()}
        generator.add_configurations({"bench": {"run": lambda config: None, "config": config}})
        return iter(generator.next_trial, None)
    return trials


# name: the package it needs, if any; what imports it and returns a function from axes to permutations
ALTERNATIVES = {
    "itertools.product, lazily": (None, product_lazily),
    "itertools.product, a list": (None, product_list),
    "itertools.product, as CSV": (None, product_csv),
    "scikit-learn ParameterGrid": ("scikit-learn", parameter_grid),
    "Optuna GridSampler, ask()": ("optuna", grid_sampler),
    "Ray generate_variants()": ("ray", ray_variants),
    "Ray BasicVariantGenerator": ("ray", ray_trials),
}


def end_late(number, frame):
    raise TimeoutError


def read_axes(config):
    with open(config) as file:
        return {key: values for key, values in json.load(file).items() if isinstance(values, list)}


def list_grid(make, axes, limit):
    count = 0
    try:
        for count, _ in enumerate(itertools.islice(make(axes), limit), 1):
            pass
        return count, "done"
    except TimeoutError:
        return count, "time"
    except MemoryError:
        return count, "memory"


def main(name, config, limit, seconds, mib):
    resource.setrlimit(resource.RLIMIT_AS, (int(mib) << 20,) * 2)
    signal.signal(signal.SIGALRM, end_late)
    axes = read_axes(config)
    start = time.perf_counter()
    make = ALTERNATIVES[name][1]()
    imported = time.perf_counter()
    signal.alarm(int(seconds))
    try:
        count, end = list_grid(make, axes, int(limit))
    except TimeoutError:  # while out of memory was being dealt with
        count, end = 0, "memory"
    signal.alarm(0)
    listed = time.perf_counter()
    print(json.dumps({"imports": imported - start, "listing": listed - imported, "count": count, "end": end}),
          file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
