"""The most memory that the program takes, as the period grows."""

from __future__ import annotations

from benchmarks.parts import DATABASE, mongod, run_program, serving, settings
from benchmarks.results import Goal, Section

SIZES = (20_000, 100_000, 300_000, 1_000_000)
MOST_MB = 120
MOST_GROWTH = 1.1
#: The peaks of the same run twice differ by as much.
NOISE = 0.1
BOUND = (
    "A run holds the pages that are under way and the ids of two windows of 10,000 records, "
    "whatever the period holds. What grows is the chance that many of the pages are full at "
    "one moment: the peak is the most of all moments, and more records have more of them. It "
    "levels off at some hundred thousand."
)


def measure(*, updates: bool = True) -> Section:
    section = Section(
        "3. Memory",
        "The most that the program's process had, of new records and of the same again.",
        ("job", "records", "peak, MB", "run, s", "records/s"),
    )
    peaks: dict[str, list[float]] = {}
    with mongod() as database:
        for size in SIZES:
            database.drop(DATABASE)
            with serving(size) as school:
                for job in ("new", "unchanged, --update") if updates else ("new",):
                    options = ["--update"] if "update" in job else []
                    ran = run_program(
                        *("sync", *school.period, "--json", "-q", *options),
                        env=settings(database.uri, school),
                    )
                    run_s = ran.report["seconds"]
                    assert ran.report["records"]["fetched"] == size
                    peaks.setdefault(job, []).append(ran.peak_mb)
                    section.rows.append((job, size, ran.peak_mb, run_s, size / run_s))
    for job, (small, *_, large) in peaks.items():
        section.goals += [
            Goal(f"{job}, the larger", large, MOST_MB, unit=" MB"),
            Goal(f"{job}, the larger against the smaller", large / small, MOST_GROWTH, noise=NOISE),
        ]
    section.notes.append(BOUND)
    return section
