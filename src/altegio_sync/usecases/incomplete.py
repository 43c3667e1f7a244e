"""Says which days could not be read completely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from altegio_sync.domain.report import RunError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from altegio_sync.domain.period import Period
    from altegio_sync.usecases.reading import Window

_CUT = "Altegio's pages and totals contradict each other"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What was seen of some windows, and what was announced for those that were asked for."""

    seen: int
    announced: int | None
    is_cut: bool

    @classmethod
    def of(cls, windows: Iterable[Window]) -> Shortfall:
        windows = list(windows)
        announced = [each.announced for each in windows if each.announced is not None]
        is_cut = any(each.is_cut for each in windows)
        # Totals that contradict each other have no sum.
        has_sum = len(announced) == 1 or (announced and not is_cut)
        seen = sum(each.seen for each in windows)
        return cls(seen, sum(announced) if has_sum else None, is_cut)

    def __str__(self) -> str:
        announced = "" if self.announced is None else f", {self.announced} announced"
        why = f" ({_CUT})" if self.is_cut else ""
        return f"{self.seen} appointments seen{announced}{why}"


def incomplete_errors(company: str, days: Iterable[tuple[Period, Window]]) -> list[RunError]:
    """One error for days that follow each other and lack the same."""
    ordered = sorted(days, key=lambda each: each[0].start)
    return [_error(company, each) for each in _neighbours(ordered)]


def _neighbours(ordered: Iterable[tuple[Period, Window]]) -> Iterator[list[tuple[Period, Window]]]:
    joined: list[tuple[Period, Window]] = []
    for period, window in ordered:
        if joined and (
            joined[-1][0].end != period.start
            or (joined[-1][1].grade is None) != (window.grade is None)
        ):
            yield joined
            joined = []
        joined.append((period, window))
    if joined:
        yield joined


def _error(company: str, days: Sequence[tuple[Period, Window]]) -> RunError:
    first, last = days[0][0].start, days[-1][0].last_day
    is_checked = days[0][1].grade is not None
    why = "could be checked but not proved" if is_checked else "would not settle"
    seen = Shortfall.of(window for _period, window in days)
    return RunError(
        "incomplete",
        f"The list of {first} to {last} {why}: {seen}. What was seen is stored; run it again",
        company,
    )
