"""Changes that were stored a moment ago, without any name or phone number of a pupil."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.field_change import FieldChange
from altegio_sync.domain.leads import USUAL_LEADS, LeadRules
from altegio_sync.domain.public_ids import public_id, public_lead

if TYPE_CHECKING:
    from datetime import timedelta

_IDS = ("teacherId", "serviceId", "companyId")
_STATUSES = frozenset(each.value for each in AttendanceStatus)


@dataclass(frozen=True, slots=True)
class LatestChange:
    """An appointment that was stored or changed.

    - ``command``: the run that did this. `serve` reads what webhooks name, `changes` polls.
    - ``changed_at``: Altegio's time of the change, if it is known.
    - ``at``: when the change was stored, by MongoDB's clock; None before this.
    - ``changes``: what may be shown of it; empty for a new appointment, and where only names
      changed.
    """

    company: str
    appointment_id: str
    command: str
    is_new: bool = False
    changes: tuple[FieldChange, ...] = ()
    changed_at: datetime | None = None
    at: datetime | None = None

    @property
    def delay(self) -> timedelta | None:
        """How long after the change in Altegio it was stored."""
        if self.at is None or self.changed_at is None or self.at < self.changed_at:
            return None
        return self.at - self.changed_at


def public_change(change: FieldChange, rules: LeadRules = USUAL_LEADS) -> FieldChange:
    """The change without values that may be private, or that the program would not write."""
    old, new = (_public(change.name, each, rules) for each in (change.old, change.new))
    return replace(change, old=old, new=new)


def _public(field: str, value: object, rules: LeadRules) -> str | bool | datetime | None:
    match value:
        case bool() | datetime():
            return value
        case str() if field == "status":
            return value if value in _STATUSES else None
        case str() | int() if field == "leadId":
            return public_lead(value, rules)
        case str() | int() if field in _IDS:
            return public_id(value)
        case _:
            return None
