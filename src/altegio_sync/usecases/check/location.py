"""Tests what one location at Altegio lets a run read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from altegio_sync.domain.foreign_text import shown
from altegio_sync.domain.zones import ZONE_REMEDY, are_same_zone, find_zone
from altegio_sync.errors import AltegioError
from altegio_sync.usecases.check.bookings import check_sample
from altegio_sync.usecases.check.checks import Finding
from altegio_sync.usecases.check.timetable import check_timetable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from altegio_sync.domain.appointment import Teacher
    from altegio_sync.domain.lessons import LessonRules
    from altegio_sync.ports import AppointmentSource, ServiceSource
    from altegio_sync.usecases.check.services import LocationFacts


async def check_altegio(
    source: ServiceSource,
    company_id: str,
    timezone: str | None,
    rules: LessonRules,
    facts: LocationFacts,
) -> AsyncIterator[Finding]:
    """Tokens, time zone, the right to the timetable and the staff, and what would be stored.

    ``facts`` is filled for `check_services`, which looks at all locations together.
    """
    name = f"company {company_id}"
    try:
        location = await source.fetch_location(company_id)
    except AltegioError as error:
        yield Finding.bad(name, str(error), "nothing more can be requested for this company")
        return
    yield Finding.good(name, f"tokens accepted, location {location.id}, {shown(location.title)}")
    yield _check_zone(timezone, location.timezone)
    zone = find_zone(timezone or location.timezone) or ZoneInfo("UTC")
    timetable, bookings = await check_timetable(source, company_id, zone)
    yield timetable
    staff_finding, staff = await _check_staff(source, company_id)
    yield staff_finding
    facts.services.update(
        (each.id, each.title) for booking in bookings for each in booking.services
    )
    try:
        facts.services |= {each.id: each.title for each in await source.fetch_services(company_id)}
        facts.has_list = True
    except AltegioError as error:
        yield Finding.warning("services", str(error), "the service ids could not be compared")
    if bookings:
        yield check_sample(bookings, rules, staff)


def _check_zone(configured: str | None, told: str | None) -> Finding:
    name = "time zone"
    if find_zone(configured or told) is None:
        return Finding.bad(name, f"Altegio names {told!r}", ZONE_REMEDY)
    if configured and told and not are_same_zone(configured, told):
        text = f"{configured} (ALTEGIO_TIMEZONE), though Altegio says {told}"
        return Finding.good(name, text)
    return Finding.good(name, f"{configured or told}")


async def _check_staff(
    source: AppointmentSource, company_id: str
) -> tuple[Finding, Mapping[str, Teacher]]:
    try:
        teachers = await source.fetch_teachers(company_id)
    except AltegioError as error:
        hint = "teachers known only by id will be unknown: give the user the right to the staff"
        return Finding.bad("staff", str(error), hint), {}
    return Finding.good("staff", f"{len(teachers)} teachers, former ones included"), teachers
