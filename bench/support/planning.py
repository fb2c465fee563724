"""What `furcate plan` needs: to the first permutation, to list all, to match finished rows."""
import statistics

from grid import count_left, entries, grid, make_finished, write_config
from measure import FURCATE, alternate, measure
from table import FIGURES, Budget, figure_cells, peak, print_table, rate_cells, ratio_cell, verdict, walls

SMALL, ENTANGLED, FINISHED = Budget(0.010, 8), Budget(0.250, 32), Budget(1.5, 100)
FIRST = {0: (0, SMALL), 10: (2, SMALL), 200: (3, ENTANGLED)}  # exclude entries: keys of each, budget
STREAMED = {0: 0, 10: 2}  # the same
PER_SECOND = 1e6


def plan(config, *options):
    return lambda: measure([FURCATE, "plan", *options, config], config.parent)


def make_grid(folder, axes, count, keys):
    return write_config(folder / f"{axes}-{count}.json", grid(axes), exclude_configs=entries(axes, count, keys))


def print_first(folder, rounds):
    cases = {(axes, count): plan(make_grid(folder, axes, count, keys), "--limit", "1")
             for count, (keys, _) in FIRST.items() for axes in (3, 6, 9)}
    taken = alternate(cases, 4 * rounds)  # they take milliseconds
    rows = []
    for (axes, count), figures in taken.items():
        keys, budget = FIRST[count]
        uncounted = any("at most" in each.err for each in figures)
        rows.append([f"10^{axes}, {count} entries" + f" of {keys} keys" * (keys > 0), *figure_cells(figures),
                     ratio_cell(figures, taken[3, count]), str(budget),
                     budget.judge(figures, **{'counted "at most"': uncounted})])
    print_table("To the first permutation: furcate plan --limit 1",
                ["permutations, exclude entries", *FIGURES, "of 10^3", "budget", ""], rows)


def print_list(folder, rounds):
    configs = {(axes, count): make_grid(folder, axes, count, keys)
               for count, keys in STREAMED.items() for axes in (6, 7)}
    taken = alternate({name: plan(config, "--format", "csv") for name, config in configs.items()}, rounds)
    rows = []
    for (axes, count), figures in taken.items():
        left = count_left(configs[axes, count])
        rates = [left / wall for wall in walls(figures)]
        growth = peak(figures) / peak(taken[6, count])
        rows.append([f"10^{axes}, {count} entries", *figure_cells(figures), *rate_cells(rates),
                     "> 1 M/s, the same peak",
                     verdict(rate=statistics.median(rates) < PER_SECOND, memory=growth > 1.1)])
    print_table("To list all: furcate plan --format csv (every config key and the label)",
                ["permutations, exclude entries", *FIGURES, "rate", "min-max", "budget", ""], rows)


def print_finished(folder, rounds):
    cases = {}
    for axes in (6, 9):
        below = folder / f"finished-{axes}"
        below.mkdir()
        cases[f"10^{axes}, 10^6 of them done"] = plan(make_finished(below, axes, 10 ** 6))
    rows = [[name, *figure_cells(figures), str(FINISHED), FINISHED.judge(figures)]
            for name, figures in alternate(cases, rounds).items()]
    print_table("To match 10^6 finished rows: furcate plan", ["permutations", *FIGURES, "budget", ""], rows)
