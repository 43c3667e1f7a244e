"""The documents that a rule of `validate` concerns, as people look for them to correct them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.report import utc_text

if TYPE_CHECKING:
    from datetime import datetime

    Value = str | int | datetime | None


@dataclass(frozen=True, slots=True)
class WrongValue:
    """A field and what is wrong there.

    ``kind`` is a word for programs: `missing`, `empty`, the name of a BSON type, `short`, `long`.
    ``value`` is None where there is none, or where it is private.
    """

    field: str
    kind: str = ""
    value: Value = None

    def to_json(self) -> dict[str, Any]:
        return {"field": self.field, "kind": self.kind, "value": _json_value(self.value)}


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """One document. Every text in it is foreign: show it by the function for foreign text.

    A pupil is known by ``lead_id`` alone, since a name belongs in no result.
    """

    document_id: str
    appointment_id: str | None
    company_id: str | None
    teacher_id: str | None
    teacher_name: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    lead_id: str | None
    wrong: tuple[WrongValue, ...] = ()

    @property
    def known_as(self) -> str:
        return self.appointment_id or f"_id {self.document_id}"

    def to_json(self) -> dict[str, Any]:
        return {
            "appointmentId": self.appointment_id,
            "_id": self.document_id,
            "companyId": self.company_id,
            "teacherId": self.teacher_id,
            "teacherName": self.teacher_name,
            "startDateTime": _json_value(self.starts_at),
            "endDateTime": _json_value(self.ends_at),
            "leadId": self.lead_id,
            "wrong": [each.to_json() for each in self.wrong],
        }


#: Documents that are corrected together: both lessons of an overlap, all copies of a booking.
Group = tuple[FoundDocument, ...]


def _json_value(value: Value) -> str | int | None:
    return value if value is None or isinstance(value, str | int) else utc_text(value)
