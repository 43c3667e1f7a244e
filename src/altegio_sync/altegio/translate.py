"""Translates the wire models into bookings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from altegio_sync.altegio.wire import (
    DAMAGED_TEXT,
    UNREADABLE,
    DamagedRecord,
    Mark,
    WireClient,
    WireCompany,
    WireRecord,
    WireService,
)
from altegio_sync.domain.appointment import (
    CLIENT_NAME,
    RECORD,
    SERVICES,
    AttendanceStatus,
    Booking,
    Lead,
    Location,
    Service,
    Teacher,
)
from altegio_sync.domain.hook_settings import HookAddress
from altegio_sync.domain.leads import USUAL_LEADS, LeadRules

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from altegio_sync.altegio.wire import WireHookSettings, WireStaff


_STATUSES = {each.value: each for each in AttendanceStatus}


@dataclass(frozen=True, slots=True)
class Translator:
    """Translates records of one company, whose calendar is in ``zone``.

    ``asked_at`` is when the request for the records started, by `steady_now`, and ``answered_at``
    the time of the answer by Altegio's clock.
    """

    company_id: str
    zone: ZoneInfo
    leads: LeadRules = USUAL_LEADS
    asked_at: float | None = None
    answered_at: datetime | None = None

    def to_booking(self, record: WireRecord) -> Booking:
        """The booking; its id is empty if the record's id cannot be read."""
        starts_at, offset_disagrees = _to_start(self.zone, record.date, record.datetime)
        status = _to_status(record)
        length_s = _to_length_s(record)
        ends_at = _add_seconds(starts_at, length_s)
        is_deleted = None if isinstance(record.deleted, Mark) else bool(record.deleted)
        services = to_services(record.services)
        damaged = _find_damage(record, services)
        is_damaged = bool(damaged) and CLIENT_NAME in damaged
        lead = None if is_damaged else self._to_lead(record.client)
        teacher_id = (record.staff.id if record.staff else None) or record.staff_id
        return Booking(
            id=record.id or "",
            company_id=record.company_id or self.company_id,
            lead=lead,
            teacher_id=teacher_id,
            teacher=to_teacher(record.staff),
            services=services,
            is_group_event=record.activity_id not in (None, 0),
            starts_at=starts_at,
            ends_at=ends_at,
            status=status,
            is_deleted=is_deleted,
            offset_disagrees=offset_disagrees,
            problems=_name_problems(starts_at, length_s, ends_at, status, is_deleted),
            damaged=damaged,
            version=record.last_change_date,
            changed_at=_to_changed_at(self.zone, record.last_change_date),
            asked_at=self.asked_at,
            answered_at=self.answered_at,
            possible_leads=() if lead or is_damaged else self._to_possible_leads(record.client),
        )

    def _to_possible_leads(self, client: WireClient | Mark | None) -> tuple[Lead, ...]:
        if not isinstance(client, WireClient):
            return ()
        return self.leads.possible(client.name, client.surname, client.patronymic)

    def _to_lead(self, client: WireClient | Mark | None) -> Lead | None:
        if not isinstance(client, WireClient):
            return None
        return self.leads.read(client.name, client.surname, client.patronymic, client.id)


# Many lessons begin at the same moment, and a conversion between zones is slow.
@lru_cache(maxsize=4096)
def _to_start(zone: ZoneInfo, date: str, datetime_text: str) -> tuple[datetime | None, bool]:
    """The start in UTC, and whether ``datetime_text`` (`datetime`) is another moment than ``date``.

    `date` is right: the offset of `datetime` was an hour wrong in summer at some locations. It is
    used only to decide which of the two repeated hours in autumn is meant.
    """
    local = to_moment(date)
    if local is None:
        return None, False
    full = to_moment(datetime_text)
    if full is None and local.tzinfo is not None:
        full = local  # an offset in `date` is as doubtful as the offset in `datetime`
    local = local.replace(tzinfo=zone)
    offset = None if full is None else full.utcoffset()
    try:
        later = local.replace(fold=1)
        # In a repeated hour, the second reading is the later moment. In the hour that spring
        # skips, the second reading is the earlier moment, which is not meant.
        is_repeated = later.astimezone(UTC) > local.astimezone(UTC)
        if is_repeated and later.utcoffset() == offset:
            local = later
        starts_at = local.astimezone(UTC)
    except OverflowError:
        return None, False
    # A moment at the edge of the calendar has no equivalent in UTC, but it can be compared.
    return starts_at, offset is not None and full != starts_at


def _find_damage(record: WireRecord, services: tuple[Service, ...]) -> tuple[str, ...]:
    """The damaged parts, except a teacher's name: the staff list has the name too."""
    if isinstance(record, DamagedRecord):
        return (RECORD,)
    client = record.client
    damaged: list[str] = []
    if len(services) < len(record.services) and UNREADABLE in record.services:
        damaged.append(SERVICES)
    if isinstance(client, Mark) or (client is not None and _is_damaged(client)):
        damaged.append(CLIENT_NAME)
    return tuple(damaged)


def _is_damaged(client: WireClient) -> bool:
    return (
        client.name is DAMAGED_TEXT
        or client.surname is DAMAGED_TEXT
        or client.patronymic is DAMAGED_TEXT
    )


def _to_changed_at(zone: ZoneInfo, text: str) -> datetime | None:
    moment = to_moment(text)
    if moment is None:
        return None
    try:
        # So far, the text has always had an offset. Without an offset it would be a local time.
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return None


def _name_problems(
    starts_at: datetime | None,
    length_s: int | None,
    ends_at: datetime | None,
    status: AttendanceStatus | None,
    is_deleted: bool | None,  # noqa: FBT001 - as the booking has it
) -> tuple[str, ...]:
    if ends_at is not None and status is not None and is_deleted is not None:
        return ()
    problems = {
        "date": starts_at is None,
        "length": length_s is None,
        "end": None not in (starts_at, length_s) and ends_at is None,
        "status": status is None,
        "deleted": is_deleted is None,
    }
    return tuple(name for name, is_wrong in problems.items() if is_wrong)


def to_teacher(staff: WireStaff | None) -> Teacher | None:
    """The teacher, if the record has both the id and a name."""
    if staff is None or staff.id is None:
        return None
    name = _single_spaced(staff.name)
    return Teacher(staff.id, name) if name else None


def to_services(services: Iterable[WireService | Mark | None]) -> tuple[Service, ...]:
    return tuple(
        [
            Service(each.id, _single_spaced(each.title), _positive(each.duration))
            for each in services
            if isinstance(each, WireService) and each.id is not None
        ]
    )


def to_hook_addresses(settings: WireHookSettings) -> tuple[HookAddress, ...]:
    """The addresses, with their own switches where the server has them."""
    own = {each.url: each for each in settings.url_settings if each is not None}
    found = []
    for url in settings.urls:
        switches = own.get(url, settings)
        if url:
            found.append(HookAddress(url, switches.active is True, switches.record is True))
    return tuple(found)


def to_location(company: WireCompany, company_id: str) -> Location:
    zone = company.timezone_name or None
    return Location(company.id or company_id, company.title, zone, company.city)


def _single_spaced(text: str) -> str:
    return " ".join(text.split())


def to_moment(text: str) -> datetime | None:
    """The moment. It is parsed, never sliced: Altegio writes both "+0300" and "+03:00"."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    # A date without a time is no start, since nothing says that the lesson begins at midnight.
    return moment if len(text.strip()) > len("2026-01-01") else None


def _to_status(record: WireRecord) -> AttendanceStatus | None:
    number = record.visit_attendance
    if number is None:
        number = record.attendance
    return _STATUSES.get(str(number))


def _to_length_s(record: WireRecord) -> int | None:
    return _positive(record.seance_length) or _positive(record.length)


def _positive(number: int | Mark | None) -> int | None:
    return number if isinstance(number, int) and number > 0 else None


def _add_seconds(moment: datetime | None, seconds: int | None) -> datetime | None:
    if moment is None or seconds is None:
        return None
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return None
