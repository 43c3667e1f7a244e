"""Makes the fields of a stored document from an appointment, and compares documents."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.leads import settle
from altegio_sync.domain.lessons import Kept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from altegio_sync.domain.appointment import Appointment, Booking, Lead, Teacher
    from altegio_sync.domain.lessons import Verdict

KEY = "appointmentId"
#: Altegio's time stamp of the last change.
STAMP = "altegioUpdatedAt"
#: Fields from the booking. `createdAt` and `updatedAt` are about the document itself.
BOOKING_FIELDS = (
    KEY,
    "leadId",
    "leadName",
    "teacherId",
    "teacherName",
    "serviceId",
    "serviceName",
    "startDateTime",
    "endDateTime",
    "status",
    "IsTrial",
    "isDeleted",
    "companyId",
    STAMP,
)
#: Old documents lack these fields. If only they are added, this is not reported as a change.
_NEW_FIELDS = frozenset({"companyId", STAMP})
_LACKING = object()


def to_fields(appointment: Appointment) -> dict[str, Any]:
    fields = {
        KEY: appointment.id,
        "leadId": appointment.lead.id,
        "leadName": appointment.lead.name,
        "teacherId": appointment.teacher.id,
        "teacherName": appointment.teacher.name,
        "serviceId": appointment.service.id,
        "serviceName": appointment.service.title,
        "startDateTime": appointment.starts_at,
        "endDateTime": appointment.ends_at,
        "status": appointment.status.value,
        "IsTrial": appointment.is_trial,
        "isDeleted": appointment.is_deleted,
        "companyId": appointment.company_id,
    }
    if appointment.changed_at is not None:
        fields[STAMP] = appointment.changed_at
    return fields


def to_readable_fields(booking: Booking, teacher: Teacher | None) -> dict[str, Any]:
    """The readable fields of a booking that is not kept. The document's other fields stay."""
    fields: dict[str, Any] = {"companyId": booking.company_id}
    if booking.lead is not None:
        fields |= {"leadId": booking.lead.id, "leadName": booking.lead.name}
    if teacher is not None:
        fields |= {"teacherId": teacher.id, "teacherName": teacher.name}
    if booking.starts_at is not None and booking.ends_at is not None:
        fields |= {"startDateTime": booking.starts_at, "endDateTime": booking.ends_at}
    if booking.status is not None:
        fields["status"] = booking.status.value
    if booking.is_deleted is not None:
        fields["isDeleted"] = booking.is_deleted
    if booking.changed_at is not None:
        fields[STAMP] = booking.changed_at
    return fields


def wanted_fields(verdict: Verdict) -> dict[str, Any]:
    """The fields that a stored document of the booking should have."""
    if isinstance(verdict, Kept):
        return to_fields(verdict.appointment)
    return to_readable_fields(verdict.booking, verdict.teacher)


def settled_fields(
    wanted: dict[str, Any], verdict: Verdict, stored: Mapping[str, Any]
) -> tuple[dict[str, Any], Lead | None]:
    """The wanted fields and the lead, after comparison with the stored lead."""
    lead = verdict.booking.lead
    if lead is None:
        return wanted, None
    settled = settle(lead, stored.get("leadId"))
    if settled is lead:
        return wanted, lead
    return {**wanted, "leadId": settled.id, "leadName": settled.name}, settled


def changed_fields(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The wanted fields that are missing in the stored document, or have another value there.

    A value of another type is another value: the school's other programs distinguish the id 501
    from the text "501". The result is empty if only `companyId` is missing, which old documents
    lack, or if only the stamp differs (`changed_stamp`).
    """
    # In the usual case nothing changed, and this comparison takes half the time. In Python
    # True == 1, so the two flags are compared by identity.
    rest = {"_id": stored.get("_id"), "updatedAt": stored.get("updatedAt")}
    if (
        {**wanted, **rest} == stored
        and stored.get("IsTrial") is wanted.get("IsTrial")
        and stored.get("isDeleted") is wanted.get("isDeleted")
    ):
        return {}
    changed = {}
    for name, value in wanted.items():
        found = stored.get(name, _LACKING)
        if (type(found) is not type(value) or found != value) and not _is_same(found, value):
            changed[name] = value
    return changed if reported_names(stored, changed) else {}


def changed_stamp(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The wanted stamp, if the stored document has another stamp or none."""
    if STAMP not in wanted or stored.get(STAMP) == wanted[STAMP]:
        return {}
    return {STAMP: wanted[STAMP]}


def reported_names(stored: Mapping[str, Any], changed: Mapping[str, Any]) -> set[str]:
    """The names of the changed fields, without the stamp and a `companyId` that was missing."""
    return {name for name in changed if name not in _NEW_FIELDS or _is_reported(name, stored)}


def _is_reported(name: str, stored: Mapping[str, Any]) -> bool:
    return name == "companyId" and name in stored


def _is_same(stored: object, wanted: object) -> bool:
    """Whether two unequal moments are equal in BSON, which keeps milliseconds."""
    if isinstance(stored, datetime) and isinstance(wanted, datetime):
        return to_milliseconds(stored) == to_milliseconds(wanted)
    return False


def to_milliseconds(moment: datetime) -> datetime:
    """The moment as BSON keeps it, to the millisecond."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
