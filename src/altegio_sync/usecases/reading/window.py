"""Days that were read to the end, and how certain it is that nothing was missed."""

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
    """Days whose reading has ended, with the result.

    - ``period``: the days; None for a query that is not by days.
    - ``grade``: None where no pass was believed, or where Altegio announced no total to compare
      the pass with.
    - ``ids``: the ids that the last pass saw. ``handed_on``: the ids that any pass handed on.
    - ``seen``: the number of distinct bookings of the last pass.
    - ``announced``: the total that Altegio announced; None where it announced none.
    - ``at``: the time of the first answer, where Altegio says it. Every booking was handed on in
      the state of this time or of a later time.
    - ``is_cut``: the last pass ended early. A page brought nothing new, or was empty before the
      announced end, or only some answers had a total, or no more requests were allowed.
    - ``has_grown``: everything was seen that the first answer of a pass counted, and the list has
      changed since that answer.
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
        """Whether the window has a grade, or was read to the end of a list without a total."""
        return self.grade is not None or (self.announced is None and not self.is_cut)

    @property
    def period_read(self) -> Period:
        """The days that were read. Only for a query by days."""
        assert self.period is not None  # noqa: S101 - narrows for mypy
        return self.period

    def without_ids(self) -> Window:
        """A copy to keep for long: the ids of many windows would fill the memory."""
        return replace(self, ids=frozenset(), handed_on=frozenset())
