"""Random configs, and by brute force what their plan must be."""

import collections
import functools
import itertools
import math
from decimal import Decimal

from values import ALIKE, NUMBERS, POOL, STRINGS, canonical, spell, spell_string

# Keys that a Fork has a default of, which any other program has only where the config has them; and keys that furcate
# checks for a Fork, with values that pass.
DEFAULTS = {"learning_rate": Decimal("0.001"), "verbose": Decimal(2), "cache": False, "seed": Decimal(42),
            "prefetch": Decimal(1), "log_dir": "logs"}
CHECKED = {"learning_rate": [number for number in NUMBERS if not number.is_nan() and 0 <= number < 10**300],
           "cache": [True, False], "batch_size": [Decimal(number) for number in (1, 32, 64, 100)],
           "verbose": [Decimal(0), Decimal(1), Decimal(2)], "train_prefix": [text for text in STRINGS if "\0" not in text]}
FREE = ["a", "b", "layers", "drop_out", "é", "x y", "null", "1", "日本", "#"]
ORDERS = ["spread", "shuffle", "config"]


class Sample:
    """A config: `keys` in their order, those with a list are axes; the entries of exclude_configs; the order."""

    def __init__(self, keys, entries, order):
        self.keys, self.entries, self.order = keys, entries, order

    @functools.cached_property
    def axes(self):
        """The canonical values of each axis, each once."""
        return {key: list(dict.fromkeys(map(canonical, values)))
                for key, values in self.keys.items() if isinstance(values, list)}

    @functools.cached_property
    def constants(self):
        return {key: canonical(value) for key, value in self.keys.items() if not isinstance(value, list)}

    @property
    def product(self):
        return math.prod(map(len, self.axes.values()))

    def has_duplicates(self):
        return any(len(values) < len(self.keys[key]) for key, values in self.axes.items())

    # --- exclusion ---

    def wanted(self, key, value):
        """The canonical values that an entry's value stands for."""
        itself = canonical(value)
        if not isinstance(value, list) or itself in self.axes.get(key, []):
            return {itself}
        return {itself, *map(canonical, value)}

    @functools.cached_property
    def exclusions(self):
        return [{key: self.wanted(key, value) for key, value in entry.items()} for entry in self.entries]

    def excludes(self, permutation):
        """Whether an entry has all of its pairs in the permutation, an object of canonical values."""
        return any(entry and all(key in permutation and permutation[key] in wanted for key, wanted in entry.items())
                   for entry in self.exclusions)

    def named(self, choice):
        """The permutation that has these values on the axes."""
        return {**self.constants, **dict(zip(self.axes, choice))}

    @functools.cached_property
    def choices(self):
        """All choices of the axes' values, as itertools.product has them, and whether they are kept."""
        return [(choice, not self.excludes(self.named(choice))) for choice in itertools.product(*self.axes.values())]

    @property
    def kept(self):
        return [choice for choice, keeps in self.choices if keeps]

    def kept_set(self):
        """What is kept, without regard to the order of keys."""
        return {frozenset(zip(self.axes, choice)) for choice in self.kept}

    def idle_parts(self):
        """How many pairs of entries can match nothing, wholly or by one element."""
        possible = {**{key: {value} for key, value in self.constants.items()},
                    **{key: set(values) for key, values in self.axes.items()}}
        count = sum(not entry for entry in self.entries)
        for entry, wanted in zip(self.entries, self.exclusions):
            for key, value in entry.items():
                met = wanted[key] & possible.get(key, set())
                elements = set(map(canonical, value)) if isinstance(value, list) and canonical(value) not in met else set()
                count += not met or key in self.axes and not elements <= possible[key]
        return count

    @functools.cached_property
    def masks(self):
        """For each axis and each of its values the entries that it does not keep from matching, a bit each."""
        others = [entry and all(self.constants.get(key) in wanted for key, wanted in entry.items() if key not in self.axes)
                  for entry in self.exclusions]
        live = [entry for entry, other in zip(self.exclusions, others) if other]
        return [[sum((value in entry.get(key, values)) << i for i, entry in enumerate(live)) for value in values]
                for key, values in self.axes.items()]

    def keeps(self):
        """Whether each choice is kept, as in `choices`, in less time when there are many."""
        rows = [-1]
        for masks in self.masks:
            rows = [row & mask for row in rows for mask in masks]
        return [row == 0 for row in rows]

    def count_kept(self):
        """The same counted, for products too large to list."""
        levels = [collections.Counter(masks) for masks in self.masks]

        @functools.cache
        def count(level, alive):
            if level == len(levels) or alive == 0:
                return math.prod(map(len, self.masks[level:])) if alive == 0 else 0
            return sum(times * count(level + 1, alive & mask) for mask, times in levels[level].items())
        return count(0, -1)

    # --- the file ---

    def shuffled(self, chance):
        """The same config with keys, axis values, entries and the keys of entries in another order."""
        keys = {key: chance.sample(value, len(value)) if isinstance(value, list) else value
                for key, value in chance.sample(list(self.keys.items()), len(self.keys))}
        entries = [dict(chance.sample(list(entry.items()), len(entry)))
                   for entry in chance.sample(self.entries, len(self.entries))]
        return Sample(keys, entries, self.order)

    def text(self, chance):
        """A config file, JSON in the wide sense or YAML."""
        members = [(key, spell(value, chance)) for key, value in self.keys.items()]
        entries = [spell(entry, chance) for entry in self.entries]
        meta = f"{{order: {self.order}, exclude_configs: [" + ",\n  ".join(entries) + "]}"
        members.insert(chance.randrange(len(members) + 1), ("meta", meta))
        if chance.random() < 0.5:
            return "{" + ",\n ".join(f"{spell_string(key, chance)}: {value}" for key, value in members) + "}\n"
        return "".join(f"{spell_string(key, chance)}: {value}\n" for key, value in members)


# --- random configs ---

def random_axis(chance, key):
    pool = CHECKED.get(key) or chance.choice([POOL, POOL, ALIKE])
    values = chance.sample(pool, chance.randrange(1, min(6, len(pool)) + 1))
    if chance.random() < 0.1:
        values.insert(chance.randrange(len(values) + 1), chance.choice(values))
    return values


def random_wanted(chance, values):
    """A value for an entry: of the axis, an array of such, or anything."""
    roll = chance.random()
    if roll < 0.7:
        return chance.choice(values)
    if roll < 0.85:
        return chance.sample(values, chance.randrange(1, len(values) + 1)) + chance.sample(POOL, chance.choice([0, 0, 1]))
    return chance.choice([[], [chance.choice(values)], [[chance.choice(values)]], chance.choice(POOL)])


def random_entry(chance, axes, constants, least):
    """An entry on `least` axes or more, with a constant or an unknown key now and then."""
    names = chance.sample(list(axes), chance.randrange(least, len(axes) + 1))
    entry = {key: random_wanted(chance, axes[key]) for key in names}
    if chance.random() < 0.15:
        key = chance.choice([*constants, *DEFAULTS])
        if key not in axes:
            entry[key] = random_wanted(chance, [constants.get(key, DEFAULTS.get(key))])
    if chance.random() < 0.05:
        entry[chance.choice(["batch_sise", "meta", "gpu_id", ""])] = chance.choice(POOL)
    return dict(chance.sample(list(entry.items()), len(entry)))


def random_sample(chance):
    most, order = chance.choice([6, 30, 30, 100, 100, 300, 2000]), chance.choice(ORDERS)
    axes = {}
    for key in chance.sample([*FREE, *CHECKED], chance.randrange(1, 7)):
        axis = random_axis(chance, key)
        if math.prod(map(len, axes.values())) * len(axis) <= most:
            axes[key] = axis
    axes = axes or {"a": [None]}
    constants = {key: chance.choice([value for value in POOL if not isinstance(value, list)])
                 for key in chance.sample(["c", "d_e", "{}"], chance.randrange(3))}
    many = chance.random() < 0.01
    least = min(chance.choice([0, 1, 2, 2, 3, 6]), len(axes))
    count = chance.randrange(100, 400) if many else chance.randrange(13)
    entries = [random_entry(chance, axes, constants, len(axes) if many else least) for _ in range(count)]
    keys = list({**axes, **constants}.items())
    return Sample(dict(chance.sample(keys, len(keys))), entries, order)
