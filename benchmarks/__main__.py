"""Measures, and writes RESULTS.md; with `--check`, holds the ratios to their goals.

A check does not fail because the machine is busy: it holds counts, memory, and ratios to a peer of
the same run, and what misses its goal is measured again.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from benchmarks import (
    chain,
    growth,
    locations,
    memory,
    pace,
    page_size,
    questions,
    serve_day,
    serve_notices,
    startup,
    throughput,
)
from benchmarks.results import keep, write_results

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.results import Section

MEASUREMENTS: dict[str, Callable[[], Section]] = {
    "pace": pace.measure,
    "throughput": throughput.measure,
    "memory": memory.measure,
    "questions": questions.measure,
    "startup": startup.measure,
    "growth": growth.measure,
    "page_size": page_size.measure,
    "chain": chain.measure,
    "locations": locations.measure,
    "serve_day": serve_day.measure,
    "notices_delay": serve_notices.measure_delay,
    "notices_rate": serve_notices.measure_rate,
    "notices_forged": serve_notices.measure_forged,
}
#: So often a check measures what misses a goal.
TRIES = 3
#: The ratios that a change may spoil, at sizes that take minutes.
CHECKS: dict[str, Callable[[], Section]] = {
    "pace": pace.measure,
    "throughput": lambda: throughput.measure(sizes=(throughput.SMALL,)),
    "memory": lambda: memory.measure(updates=False),
    "chain": lambda: chain.measure(renews_docs=False),
    "locations": locations.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASUREMENTS)}")
    parser.add_argument(
        "--check", action="store_true", help="hold ratios to their goals, write nothing"
    )
    parser.add_argument(
        "--small", action="store_true", help="questions to 1,000,000 documents only"
    )
    asked = parser.parse_args()
    known = CHECKS if asked.check else MEASUREMENTS
    if unknown := set(asked.names) - set(known):
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    if asked.small:
        MEASUREMENTS["questions"] = lambda: questions.measure(sizes=questions.SIZES[:1])
    names = asked.names or list(known)
    if asked.check:
        held = [check(name, known[name]) for name in names]
        return int(not all(held))
    for name in names:
        keep(name, measure(name, known[name]))
        write_results(MEASUREMENTS)
    return 0


def measure(name: str, measurement: Callable[[], Section]) -> Section:
    """Measure, and print the section."""
    began = time.monotonic()
    section = measurement()
    print(section.render())
    print(f"({name}: {time.monotonic() - began:.0f} s)\n", flush=True)
    return section


def check(name: str, measurement: Callable[[], Section]) -> bool:
    """Whether every goal is met in one of several tries, noise allowed for."""
    missed: set[str] = set()
    for number in range(TRIES):
        goals = measure(name, measurement).goals
        now = {goal.what: goal for goal in goals if not goal.holds_with_noise}
        missed = missed & now.keys() if number else set(now)
        for what in sorted(missed):
            print(f"MISSED in try {number + 1} of {TRIES}: {now[what]}", flush=True)
        if not missed:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
