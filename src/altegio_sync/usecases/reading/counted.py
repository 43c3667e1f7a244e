"""Finds out whether a reading saw every booking that one answer counted, in a changing list."""

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
    """The bookings that the first answer of a pass counted: their ``total``, and which were seen.

    A booking in this answer, or on a later page, is certainly one of them where a page before this
    answer had shown it too (``seen_before``), or where its last change is older than this answer.
    A booking that was changed in the second of the answer may have entered the list after it: the
    booking is ``unsure``.
    """

    at: datetime | None
    total: int
    seen_before: Set[str]
    seen: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)

    @classmethod
    def by(cls, first: Page, seen_before: Set[str]) -> list[Counted]:
        """One `Counted` for the first answer; none where its total may be the rows of its page."""
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
        """Whether all were certainly seen. ``without_id`` is the number of rows without an id.

        More than the total is not enough: then the total was wrong.
        """
        return len(self.seen) + without_id == self.total

    def may_be_seen(self, without_id: int) -> bool:
        """Whether all may have been seen, if the list only grew. The unsure bookings count too."""
        return len(self.seen | self.unsure) + without_id >= self.total


def is_new_since(booking: Booking, moment: datetime | None) -> bool:
    """Whether the booking may have entered a list of changes after the moment."""
    if moment is None or booking.changed_at is None:
        return False
    return booking.changed_at >= moment
