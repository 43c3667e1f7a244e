"""The possible outcomes of a window of days, and how many days had each outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from altegio_sync.domain.counts import DayCounts
from altegio_sync.domain.ledger import Grade

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from altegio_sync.usecases.reading.window import Window


@dataclass(frozen=True, slots=True)
class Entered:
    """The days are complete, all of their appointments are stored: they go into the ledger."""

    window: Window


@dataclass(frozen=True, slots=True)
class Unsettled:
    """The list did not settle, or an appointment of these days could not be stored or requested."""

    window: Window


@dataclass(frozen=True, slots=True)
class AwaitsMarking:
    """Stored appointments of these days are gone at Altegio, and are not marked deleted yet.

    ``asked_at`` has the id of each, and when Altegio was asked about it, by `steady_now`.
    ``is_settled``: nothing else keeps the days from being complete.
    """

    window: Window
    asked_at: Mapping[str, float | None]
    is_settled: bool


WindowOutcome = Entered | Unsettled | AwaitsMarking


def count_days(outcomes: Iterable[WindowOutcome]) -> DayCounts:
    """The days by grade. Days that still await marking are unsettled."""
    counts = DayCounts()
    for each in outcomes:
        days = each.window.period_read.days
        match each:
            case Entered(window) if window.grade is Grade.PROVED:
                counts.proved += days
            case Entered():
                counts.checked += days
            case Unsettled() | AwaitsMarking():
                counts.unsettled += days
    return counts
