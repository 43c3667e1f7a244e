"""What we know about an appointment as the fields of a stored document, and how two differ."""

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
#: The fields that a booking decides; `createdAt` and `updatedAt` are about the document itself.
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
#: What old documents never had; it comes along with other fields, and alone is no change.
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
    """What can still be read of a booking that would not be kept; the rest stays as stored."""
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
    """What a stored document should say of the booking."""
    if isinstance(verdict, Kept):
        return to_fields(verdict.appointment)
    return to_readable_fields(verdict.booking, verdict.teacher)


def settled_fields(
    wanted: dict[str, Any], verdict: Verdict, stored: Mapping[str, Any]
) -> tuple[dict[str, Any], Lead | None]:
    """The wanted fields and the lead, given the lead that is stored already."""
    lead = verdict.booking.lead
    if lead is None:
        return wanted, None
    settled = settle(lead, stored.get("leadId"))
    if settled is lead:
        return wanted, lead
    return {**wanted, "leadId": settled.id, "leadName": settled.name}, settled


def changed_fields(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The wanted fields that the stored document has otherwise, or lacks.

    Types count: an id kept as a number is another value to the school's other programs. A
    `companyId` that is lacking alone is no change, since old documents never had it, and neither is
    another stamp alone (`changed_stamp`).
    """
    # The usual case, at half the price: nothing changed. Of what we write, flags alone are equal to
    # values of other types.
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
    """The wanted stamp, where the stored document has another one or none."""
    if STAMP not in wanted or stored.get(STAMP) == wanted[STAMP]:
        return {}
    return {STAMP: wanted[STAMP]}


def reported_names(stored: Mapping[str, Any], changed: Mapping[str, Any]) -> set[str]:
    """The names of what changed, without a stamp and a `companyId` that is only filled in."""
    return {name for name in changed if name not in _NEW_FIELDS or _is_reported(name, stored)}


def _is_reported(name: str, stored: Mapping[str, Any]) -> bool:
    return name == "companyId" and name in stored


def _is_same(stored: object, wanted: object) -> bool:
    """Whether two moments that are not equal differ by less than BSON keeps."""
    if isinstance(stored, datetime) and isinstance(wanted, datetime):
        return _milliseconds(stored) == _milliseconds(wanted)
    return False


def _milliseconds(moment: datetime) -> datetime:
    """BSON dates hold no more than milliseconds."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
