"""Against the clock of the API: how near a sync comes to the pace it is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient

from benchmarks.parts import DATABASE, Ran, mongod, run_program, serving, settings
from benchmarks.results import Goal, Section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.collection import Collection

BUDGET = "altegio-sync-budget"
PAGES = 100
PAGE_SIZE = 50
LATENCIES_S = (0.05, 0.3, 1.0)
REQUESTS_PER_SECOND = 4
LIMIT = 1.03
#: Altegio's own limit. What leaves evenly arrives late at times, where the machine is busy.
ALLOWED_TO_ARRIVE = 5


#: Where the goal is out of reach, a check holds the run to what was reached.
NOISE, NOISE_OUT_OF_REACH = 0.05, 0.15
RUNS = ("first", "later")
BOUND = (
    "At a latency of 1 s the goal is out of reach of a checked pass. Some answers have to be "
    "waited for by themselves, and each such wait costs the latency less the spacing of 0.25 "
    "s: the first page, which tells how many there are, and the last one, which may be asked "
    "for only when all others came back. That alone makes 1.06, and the one per cent by which "
    "starts are further apart than they need be, so that no jitter brings five into a second, "
    "1.07. A location's first run waits for its time zone as well; later ones ask for both at "
    "once."
)


def measure() -> Section:
    section = Section(
        "1. Against the API's clock",
        f"A sync of {PAGES} pages of {PAGE_SIZE} at {REQUESTS_PER_SECOND} requests a second, and "
        "the same again (without the minute's window, which both would fill). Ideal: "
        f"`(requests - 1) / {REQUESTS_PER_SECOND} + latency` seconds. The run is what the report "
        "counts; the whole process adds Python's start, and stands beside it.",
        (
            "latency, s", "run", "requests", "ideal, s", "run, s", "ratio", "process, s",
            "most reserved in a second", "most arrived in a second", "mean spacing, ms",
        ),
    )  # fmt: skip
    with mongod() as database, MongoClient[dict[str, Any]](database.uri) as client:
        budgets = client[DATABASE][BUDGET]
        for latency_s in LATENCIES_S:
            database.drop("bench")
            with serving(PAGES * PAGE_SIZE, latency_s=latency_s) as school:
                env = settings(
                    database.uri,
                    school,
                    ALTEGIO_PAGE_SIZE=str(PAGE_SIZE),
                    ALTEGIO_REQUESTS_PER_SECOND=str(REQUESTS_PER_SECOND),
                    ALTEGIO_REQUESTS_PER_MINUTE="0",
                )
                for name in RUNS:
                    seen = len(school.seen())
                    budgets.delete_many({})
                    ran = run_program("sync", *school.period, "--json", "-q", env=env)
                    starts = Starts(reserved_starts(budgets), school.seen()[seen:])
                    _add(section, latency_s, name, ran, starts)
    section.notes.append(BOUND)
    return section


@dataclass(frozen=True, slots=True)
class Starts:
    """The starts of one run in seconds: as they were reserved, and as they came to the server."""

    reserved: Sequence[float]
    arrived: Sequence[float]

    @property
    def spacing_ms(self) -> float:
        return (self.arrived[-1] - self.arrived[0]) / (len(self.arrived) - 1) * 1000


def reserved_starts(budgets: Collection[dict[str, Any]]) -> list[float]:
    [budget] = budgets.find()
    return [each["at"].timestamp() for each in budget["starts"]]


def most_in_a_second(starts: Sequence[float]) -> int:
    return max(sum(first <= each < first + 1 for each in starts) for first in starts)


def _add(section: Section, latency_s: float, name: str, ran: Ran, starts: Starts) -> None:
    report = ran.report
    records = report["records"]
    assert records["saved" if name == RUNS[0] else "duplicates"] == PAGES * PAGE_SIZE
    requests = report["api"]["requests"]
    # The first run also requests the location, whose zone is stored then.
    expected = PAGES + (name == RUNS[0])
    assert requests == len(starts.arrived) == len(starts.reserved) == expected
    ideal_s = (requests - 1) / REQUESTS_PER_SECOND + latency_s
    reserved, arrived = map(most_in_a_second, (starts.reserved, starts.arrived))
    assert reserved <= REQUESTS_PER_SECOND
    ratio = report["seconds"] / ideal_s
    section.rows.append(
        (
            latency_s, name, requests, ideal_s, report["seconds"], ratio, ran.seconds, reserved,
            arrived, starts.spacing_ms,
        )
    )  # fmt: skip
    noise = NOISE if latency_s < 1 else NOISE_OUT_OF_REACH
    what = f"{latency_s} s latency, {name} run"
    section.goals += [
        Goal(what, ratio, LIMIT, noise=noise, by_clock=True),
        # A server that other work holds up notes late what came in time: a check tries again.
        Goal(f"{what}, arrived in a second", arrived, ALLOWED_TO_ARRIVE, noise=0.0),
    ]
