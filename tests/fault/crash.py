#!/usr/bin/env python3
"""Faults at every point of furcate: no finished run is lost or repeated, nothing is left behind.

usage: crash.py [--jobs N] [--sample N | --all | --only PROGRAM/KIND/POINT] [KIND...]
KIND: of faults.KINDS; default: all but "memory", which has more points than all others; --all: that too.
FURCATE_BUILD: the build folder.
"""

import argparse
import collections
import concurrent.futures
import os
import random
import sys
import time

from faults import KINDS
from trial import PROGRAMS, carry_out, count_points


def try_point(program, name, at):
    return program, name, at, carry_out(program, KINDS[name], at)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--jobs", type=int, default=4 * os.cpu_count())
    options.add_argument("--sample", type=int)
    options.add_argument("--all", action="store_true")
    options.add_argument("--only")
    options.add_argument("kinds", nargs="*")
    options = options.parse_args()
    if options.only:
        program, name, at = options.only.split("/")
        print(carry_out(program, KINDS[name], int(at)))
        return
    points = []
    for program in PROGRAMS:
        counts = count_points(program)
        print(program, counts)
        for name in options.kinds or [kind for kind in KINDS if options.all or kind != "memory"]:
            points += [(program, name, at) for at in range(1, counts[KINDS[name].cause] + 1)]
    if options.sample:
        dice = random.Random(int(os.environ.get("FURCATE_SEED", "0")))  # the same points at each time
        points = dice.sample(points, min(len(points), options.sample))
    started, tried, broken, unmet = time.time(), collections.Counter(), collections.Counter(), 0
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        for future in concurrent.futures.as_completed([pool.submit(try_point, *point) for point in points]):
            program, name, at, (met, call, what, folder) = future.result()
            tried[program, name] += 1
            if what:
                broken[program, name] += 1
                print(f"{program}/{name}/{at} at {call}: {what}; see {folder}", flush=True)
            unmet += not met
    for key, count in tried.items():
        print(*key, count, "broken", broken[key])
    print(f"{len(points)} points, {unmet} unmet, {time.time() - started:.0f} s")
    sys.exit(bool(broken))


main()
