"""The lanes of the shared budget: notices first, then polls, and at least half for runs.

The clock of most of these tests is a number: MongoDB reserves each start at a made-up time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient

from altegio_sync.domain.lanes import Lane
from altegio_sync.mongo.bookkeeping.budget import BUDGET_COLLECTION, LaneQueue
from altegio_sync.mongo.bookkeeping.budget_document import Limits, plan_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pymongo.database import Database

    Document = dict[str, Any]

NOON = datetime(2026, 4, 10, 12, 0, tzinfo=UTC)
ALTEGIO = Limits(4, 195, 60.0)
_ANSWER = {"next_at": 1, "is_granted": 1, "others": 1}
ALWAYS: Iterable[float] = [0.0] * 10_000


@pytest.fixture
def budgets(db_uri: str) -> Iterator[Database[Document]]:
    with MongoClient[dict[str, Any]](db_uri, tz_aware=True) as client:
        yield client.get_default_database()


@dataclass
class Asking:
    """A process that has requests for a lane; ``due`` is when each of them is wanted."""

    lane: Lane
    due: Iterable[float]
    process: str = "one"
    queue: LaneQueue = field(init=False)
    starts: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    asked: int = 0

    def begin(self, limits: Limits) -> None:
        self.queue = LaneQueue(limits, self.lane)
        self._left = iter(self.due)
        self._wanted = next(self._left, None)

    @property
    def next_at(self) -> float | None:
        return None if self._wanted is None else max(self._wanted, self.queue.asks_at)

    def note(self, start: float, now: float, *, is_granted: bool, others: int) -> None:
        self.asked += 1
        self.queue.note_answer(start, now, is_granted=is_granted, others=others)
        if is_granted and self._wanted is not None:
            self.starts.append(start)
            self.waits.append(start - self._wanted)
            self._wanted = next(self._left, None)


def play(
    database: Database[Document], limits: Limits, all_asking: Sequence[Asking], until: float
) -> None:
    """Let them reserve starts until this second, each as soon as it may ask."""
    collection = database[BUDGET_COLLECTION]
    collection.drop()
    for each in all_asking:
        each.begin(limits)
    now = 0.0
    while True:
        waiting = [each for each in all_asking if each.next_at is not None]
        if not waiting:
            return
        asking = min(waiting, key=lambda each: each.next_at or 0.0)
        # The answer of MongoDB comes a millisecond later.
        now = max(now + 0.001, asking.next_at or 0.0)
        if now > until:
            return
        at = NOON + timedelta(seconds=round(now, 3))
        plan = plan_start(limits, asking.lane, asking.process, at)
        budget = collection.find_one_and_update(
            {"_id": "key"}, plan, _ANSWER, upsert=True, return_document=True
        )
        assert budget is not None
        start = (budget["next_at"] - NOON).total_seconds()
        asking.note(start, now, is_granted=budget["is_granted"], others=budget["others"])


def most_in_any(seconds: float, starts: Iterable[float]) -> int:
    starts = list(starts)
    counts = [sum(first <= start < first + seconds for start in starts) for first in starts]
    return max(counts, default=0)


def within(starts: Iterable[float], begin: float, end: float) -> int:
    return sum(begin <= start < end for start in starts)


def test_a_run_alone_uses_everything_and_asks_once_for_each_request(
    budgets: Database[Document],
) -> None:
    run = Asking(Lane.RUNS, ALWAYS)

    play(budgets, ALTEGIO, [run], 125)

    # As before there were lanes: 195 in the first 49 s of each minute.
    assert within(run.starts, 0, 50) == 195
    assert within(run.starts, 60, 110) >= 190
    assert run.asked <= 1.4 * len(run.starts)


@pytest.mark.parametrize("lane", [Lane.NOTICES, Lane.POLLS])
def test_notices_and_polls_have_a_quarter_of_each_minute_even_alone(
    budgets: Database[Document], lane: Lane
) -> None:
    asking = Asking(lane, ALWAYS)

    play(budgets, ALTEGIO, [asking], 200)

    assert most_in_any(60, asking.starts) == 195 // 4
    assert within(asking.starts, 0, 180) >= 3 * (195 // 4) - 1


def test_runs_keep_half_of_each_minute(budgets: Database[Document]) -> None:
    run, polls, notices = (Asking(lane, ALWAYS, lane) for lane in reversed(Lane))

    play(budgets, ALTEGIO, [run, polls, notices], 180)

    everything = [*run.starts, *polls.starts, *notices.starts]
    assert most_in_any(60, everything) <= 195
    assert all(within(run.starts, begin, begin + 60) >= 90 for begin in (0, 60, 120))
    assert within(everything, 60, 180) >= 2 * 190


def test_what_notices_and_polls_do_not_use_is_for_runs(budgets: Database[Document]) -> None:
    run = Asking(Lane.RUNS, ALWAYS)
    serve = [Asking(Lane.NOTICES, [0.0], "two"), Asking(Lane.POLLS, [0.0, 300.0], "two")]

    play(budgets, ALTEGIO, [run, *serve], 180)

    assert within(run.starts, 60, 180) >= 2 * 190


def test_a_notice_goes_before_a_run_that_uses_everything(budgets: Database[Document]) -> None:
    runs = [Asking(Lane.RUNS, ALWAYS, f"run {number}") for number in range(3)]
    polls = Asking(Lane.POLLS, [1.0 + 5 * number for number in range(60)], "serve")
    notices = Asking(Lane.NOTICES, [2.0 + 2 * number for number in range(120)], "serve")

    play(budgets, ALTEGIO, [*runs, polls, notices], 150)

    assert len(notices.starts) >= 73
    waits = sorted(notices.waits)
    assert waits[int(len(waits) * 0.95)] <= 3.0
    assert sum(len(each.starts) for each in runs) >= 2.4 * 90


def test_the_lanes_of_all_processes_are_one(budgets: Database[Document]) -> None:
    serving = [Asking(Lane.NOTICES, ALWAYS, f"serve {number}") for number in range(3)]

    play(budgets, ALTEGIO, serving, 150)

    starts = [start for each in serving for start in each.starts]
    assert most_in_any(60, starts) == 195 // 4


def test_no_run_is_left_out_because_another_one_asks_a_little_earlier(
    budgets: Database[Document],
) -> None:
    # Of several that ask at the same moment, the first one in this list is always faster.
    runs = [Asking(Lane.RUNS, ALWAYS, f"run {number}") for number in range(4)]

    play(budgets, ALTEGIO, runs, 130)

    shares = sorted(len(each.starts) for each in runs)
    assert sum(shares) >= 380
    assert shares[0] >= shares[-1] / 2


demands = st.lists(
    st.tuples(
        st.sampled_from(Lane), st.integers(1, 2), st.lists(st.floats(0, 8), min_size=1, max_size=40)
    ),
    min_size=1,
    max_size=5,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(demands, st.integers(0, 12), st.integers(0, 40))
def test_whoever_asks_no_window_and_no_lane_has_more_than_allowed(
    budgets: Database[Document],
    demanded: list[tuple[Lane, int, list[float]]],
    a_second: int,
    a_minute: int,
) -> None:
    limits = Limits(a_second, a_minute, 3.0)
    all_asking = [Asking(lane, sorted(due), f"process {number}") for lane, number, due in demanded]

    play(budgets, limits, all_asking, 1000)

    starts = [start for each in all_asking for start in each.starts]
    assert len(starts) == sum(len(due) for *_, due in demanded)
    assert not a_second or most_in_any(1.0, starts) <= a_second
    assert not a_minute or most_in_any(3.0, starts) <= a_minute
    for lane in (Lane.NOTICES, Lane.POLLS):
        most = limits.most_of(lane)
        of_lane = [start for each in all_asking if each.lane is lane for start in each.starts]
        assert most is None or most_in_any(3.0, of_lane) <= most
