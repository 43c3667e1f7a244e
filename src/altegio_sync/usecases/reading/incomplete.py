"""Reports the days that could not be read completely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from altegio_sync.domain.report import RunError
from altegio_sync.messages import sync as texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from altegio_sync.messages import Message
    from altegio_sync.usecases.reading.window import Window


@dataclass(frozen=True, slots=True)
class Shortfall:
    """How many appointments of some windows were seen, and how many Altegio announced."""

    seen: int
    announced: int | None
    is_cut: bool

    @classmethod
    def of(cls, windows: Iterable[Window]) -> Shortfall:
        windows = list(windows)
        announced = [each.announced for each in windows if each.announced is not None]
        is_cut = any(each.is_cut for each in windows)
        # Totals that contradict each other cannot be added up.
        has_sum = len(announced) == 1 or (announced and not is_cut)
        seen = sum(each.seen for each in windows)
        return cls(seen, sum(announced) if has_sum else None, is_cut)

    def describe(self) -> Message:
        if self.announced is None:
            template = texts.SEEN_CONTRADICTORY if self.is_cut else texts.SEEN
            return template(seen=self.seen)
        template = texts.SEEN_OF_CONTRADICTORY if self.is_cut else texts.SEEN_OF
        return template(seen=self.seen, announced=self.announced)


def incomplete_errors(company: str, windows: Iterable[Window]) -> list[RunError]:
    """One error for windows that follow each other and have the same problem."""
    ordered = sorted(windows, key=lambda each: each.period_read.start)
    return [_error(company, each) for each in _join_neighbours(ordered)]


def _join_neighbours(ordered: Iterable[Window]) -> Iterator[list[Window]]:
    joined: list[Window] = []
    for window in ordered:
        if joined and not _has_same_problem(joined[-1], window):
            yield joined
            joined = []
        joined.append(window)
    if joined:
        yield joined


def _has_same_problem(window: Window, following: Window) -> bool:
    is_next = window.period_read.end == following.period_read.start
    return is_next and (window.grade is None) == (following.grade is None)


def _error(company: str, windows: Sequence[Window]) -> RunError:
    first, last = windows[0].period_read.start, windows[-1].period_read.last_day
    is_checked = windows[0].grade is not None
    template = texts.UNPROVED_DAYS if is_checked else texts.UNSETTLED_DAYS
    seen = Shortfall.of(windows).describe()
    return RunError("incomplete", template(first=first, last=last, seen=seen), company)
