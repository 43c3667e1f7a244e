"""Days that were read to the end, and how surely nothing of them was missed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set
    from datetime import datetime

    from altegio_sync.domain.ledger import Grade
    from altegio_sync.domain.period import Period


@dataclass(frozen=True, slots=True)
class Window:
    """Days that were read to the end. ``period`` is None for a query that is not by days.

    ``ids`` are those of the last pass, ``handed_on`` those of all. ``at`` is when the first answer
    of the first one was given, where Altegio says so: bookings are handed on as they were then, or
    later. ``grade`` is None where the pass was not believed, or Altegio announced no total to hold
    it against (``announced`` is None then). ``is_cut``: a page brought nothing new, or was empty
    before the announced end, or totals came and went, or no more requests were allowed; ``seen`` is
    then what came so far.
    ``has_grown``: all that the first answer of a pass counted was seen, and the list changed since.
    """

    period: Period | None
    grade: Grade | None
    ids: frozenset[str]
    seen: int
    announced: int | None
    at: datetime | None
    handed_on: Set[str] = frozenset()
    is_cut: bool = False
    has_grown: bool = False

    @property
    def is_believed(self) -> bool:
        return self.grade is not None or (self.announced is None and not self.is_cut)

    @property
    def period_read(self) -> Period:
        """The days that were read. Only for a query by days."""
        assert self.period is not None  # noqa: S101 - narrows for mypy
        return self.period

    def without_ids(self) -> Window:
        """The ids of many windows would fill the memory."""
        return replace(self, ids=frozenset(), handed_on=frozenset())
