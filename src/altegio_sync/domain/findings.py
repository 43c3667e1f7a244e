"""The documents that a rule of `validate` found, with what people need to correct them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from altegio_sync.domain.json_form import JsonForm, Key

if TYPE_CHECKING:
    from datetime import datetime

    Value = str | int | datetime | None


@dataclass(frozen=True, slots=True)
class WrongValue(JsonForm):
    """A field and what is wrong with it.

    ``kind`` is a word for programs: `missing`, `empty`, the name of a BSON type, `short`, `long`.
    ``value`` is None if there is none, or if it is private.
    """

    field: str
    kind: str = ""
    value: Value = None


@dataclass(frozen=True, slots=True)
class FoundDocument(JsonForm):
    """One document. Other people wrote all its texts, so they are shown by `plain`.

    Only ``lead_id`` identifies the pupil, since results contain no names.
    """

    json_keys = (
        *(Key("appointmentId", "appointment_id"), Key("_id", "document_id")),
        *(Key("companyId", "company_id"), Key("teacherId", "teacher_id")),
        *(Key("teacherName", "teacher_name"), Key("startDateTime", "starts_at")),
        *(Key("endDateTime", "ends_at"), Key("leadId", "lead_id"), "wrong"),
    )

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


#: Documents that are corrected together: both lessons of an overlap, all copies of a booking.
Group = tuple[FoundDocument, ...]
