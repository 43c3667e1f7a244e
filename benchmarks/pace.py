"""Against the clock of the API: how near a sync comes to the pace it is allowed."""

from __future__ import annotations

from benchmarks.parts import Ran, School, mongod, run_program, serving, settings
from benchmarks.results import Goal, Section

PAGES = 100
PAGE_SIZE = 50
LATENCIES_S = (0.05, 0.3, 1.0)
REQUESTS_PER_SECOND = 4
LIMIT = 1.03


def measure() -> Section:
    section = Section(
        "1. Against the API's clock",
        f"A sync of {PAGES} pages of {PAGE_SIZE} at {REQUESTS_PER_SECOND} requests a second. "
        f"Ideal: `(requests - 1) / {REQUESTS_PER_SECOND} + latency` seconds. The run is what the "
        "report counts; the whole process adds Python's start, and stands beside it.",
        (
            "latency, s", "requests", "ideal, s", "run, s", "ratio", "process, s",
            "most starts in a second", "mean spacing, ms",
        ),
    )  # fmt: skip
    with mongod() as database:
        for latency_s in LATENCIES_S:
            database.drop("bench")
            with serving(PAGES * PAGE_SIZE, latency_s=latency_s) as school:
                ran = run_program(
                    *("sync", *school.period, "--json", "-q"),
                    env=settings(
                        database.uri,
                        school,
                        ALTEGIO_PAGE_SIZE=str(PAGE_SIZE),
                        ALTEGIO_REQUESTS_PER_SECOND=str(REQUESTS_PER_SECOND),
                        ALTEGIO_REQUESTS_PER_MINUTE="195",
                    ),
                )
                _add(section, latency_s, ran, school)
    return section


def _add(section: Section, latency_s: float, ran: Ran, school: School) -> None:
    report = ran.report
    assert report["records"]["saved"] == school.listing.size
    requests = report["api"]["requests"]
    ideal_s = (requests - 1) / REQUESTS_PER_SECOND + latency_s
    starts = school.seen()
    most = max(sum(first <= each < first + 1 for each in starts) for first in starts)
    spacing_ms = (starts[-1] - starts[0]) / (len(starts) - 1) * 1000
    ratio = report["seconds"] / ideal_s
    section.rows.append(
        (latency_s, requests, ideal_s, report["seconds"], ratio, ran.seconds, most, spacing_ms)
    )
    section.goals.append(Goal(f"{latency_s} s latency", ratio, LIMIT, noise=0.05))
