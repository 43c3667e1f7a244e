"""A change of a booking in the made-up school."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from altegio_sync.sandbox.bodies import Body


class ChangeKind(StrEnum):
    """What happened to the booking, in the words of Altegio's webhooks."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class SchoolChange:
    """A booking that was made, changed or deleted.

    ``before`` is None for a new booking. If a booking was removed for good, ``after`` is what it
    was, since Altegio's webhook contains it.
    """

    company_id: str
    kind: ChangeKind
    after: Body
    before: Body | None

    @property
    def record_id(self) -> int:
        return int(self.after["id"])

    @classmethod
    def of(cls, company_id: str, before: Body | None, after: Body) -> SchoolChange:
        """The change from one state to the next."""
        if before is None:
            kind = ChangeKind.CREATE
        elif after["deleted"] and not before["deleted"]:
            kind = ChangeKind.DELETE
        else:
            kind = ChangeKind.UPDATE
        return cls(company_id, kind, after, before)
