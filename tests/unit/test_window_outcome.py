"""How many days each outcome of a window counts."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.domain.counts import DayCounts
from altegio_sync.domain.ledger import Grade
from altegio_sync.domain.period import Period
from altegio_sync.usecases.reading.window import Window
from altegio_sync.usecases.window_outcome import AwaitsMarking, Entered, Unsettled, count_days

if TYPE_CHECKING:
    from altegio_sync.usecases.window_outcome import WindowOutcome


def window(days: int, grade: Grade | None = None) -> Window:
    period = Period(date(2026, 3, 1), date(2026, 3, 1 + days))
    return Window(period, grade, frozenset(), 0, 0, None)


def test_days_are_counted_by_grade_and_days_that_await_marking_are_unsettled() -> None:
    outcomes: list[WindowOutcome] = [
        Entered(window(1, Grade.PROVED)),
        Entered(window(2, Grade.CHECKED)),
        Unsettled(window(4)),
        AwaitsMarking(window(8, Grade.PROVED), {"501": None}, is_settled=True),
    ]

    assert count_days(outcomes) == DayCounts(checked=2, proved=1, unsettled=12)


@given(
    st.lists(
        st.builds(Entered, st.builds(window, st.integers(1, 9), st.sampled_from(Grade)))
        | st.builds(Unsettled, st.builds(window, st.integers(1, 9)))
    )
)
def test_every_day_is_counted_once(outcomes: list[Entered | Unsettled]) -> None:
    counts = count_days(outcomes)

    days = sum(each.window.period_read.days for each in outcomes)
    assert counts.checked + counts.proved + counts.unsettled == days
