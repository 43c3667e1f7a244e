"""Whether all that one answer counted was seen since, in a list that changes while it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set
    from datetime import datetime

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.ports import Page


@dataclass(slots=True)
class Counted:
    """The bookings that the first answer of a pass counted, and those of them that were seen.

    A booking that came back since stood in the list at that time when it was seen before, or was
    changed last before the answer. A booking that was changed in the second of the answer may have
    entered the list after it: it is ``unsure``.
    """

    at: datetime | None
    total: int
    seen_before: Set[str]
    seen: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)

    @classmethod
    def by(cls, first: Page, seen_before: Set[str]) -> list[Counted]:
        """None of it where the total may be the page's own count."""
        if first.total is None or first.total <= first.rows:
            return []
        return [cls(first.answered_at, first.total, frozenset(seen_before))]

    def take(self, page: Page) -> None:
        for each in page.bookings:
            if each.id in self.seen_before:
                self.seen.add(each.id)
            elif self.at is None or each.changed_at is None or each.changed_at == self.at:
                self.unsure.add(each.id)
            elif each.changed_at < self.at:
                self.seen.add(each.id)

    def is_seen(self, without_id: int) -> bool:
        """All of them, for sure. More than were counted means that the total was wrong."""
        return len(self.seen) + without_id == self.total

    def may_be_seen(self, without_id: int) -> bool:
        """All of them, where the list only grew: what entered it in that second counts as well."""
        return len(self.seen | self.unsure) + without_id >= self.total


def is_new_since(booking: Booking, moment: datetime | None) -> bool:
    """Whether it may have entered a list of changes after the moment."""
    if moment is None or booking.changed_at is None:
        return False
    return booking.changed_at >= moment
