"""Measures, and writes RESULTS.md; with `--check`, holds the ratios to their goals."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from benchmarks import growth, memory, pace, page_size, questions, startup, throughput
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
}
#: The ratios that a change may spoil, at sizes that take minutes.
CHECKS: dict[str, Callable[[], Section]] = {
    "pace": pace.measure,
    "throughput": lambda: throughput.measure(sizes=(throughput.SMALL,)),
    "memory": lambda: memory.measure(updates=False),
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
    has_failed = False
    for name in asked.names or known:
        began = time.monotonic()
        section = known[name]()
        print(section.render())
        print(f"({name}: {time.monotonic() - began:.0f} s)\n", flush=True)
        if asked.check:
            missed = [goal for goal in section.goals if not goal.holds_with_noise]
            for goal in missed:
                print(f"MISSED, noise allowed for: {goal}", flush=True)
            has_failed |= bool(missed)
        else:
            keep(name, section)
            write_results(MEASUREMENTS)
    return int(has_failed)


if __name__ == "__main__":
    sys.exit(main())
