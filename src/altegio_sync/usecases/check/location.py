"""Tests whether a run may read one location at Altegio."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from altegio_sync.domain.zones import are_same_zone, find_zone
from altegio_sync.errors import AltegioError
from altegio_sync.messages import check as texts
from altegio_sync.messages import check_names as names
from altegio_sync.messages.settings import ZONE_REMEDY
from altegio_sync.usecases.check.bookings import check_sample
from altegio_sync.usecases.check.checks import Check, what_to_do
from altegio_sync.usecases.check.timetable import check_timetable
from altegio_sync.usecases.location_zones import changed_zone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from altegio_sync.domain.appointment import Teacher
    from altegio_sync.domain.lessons import LessonRules
    from altegio_sync.domain.locations import StoredLocation
    from altegio_sync.ports import AppointmentSource, ServiceSource
    from altegio_sync.usecases.check.services import LocationFacts


async def check_altegio(
    source: ServiceSource,
    company_id: str,
    timezone: str | None,
    rules: LessonRules,
    facts: LocationFacts,
    stored: StoredLocation | None = None,
) -> AsyncIterator[Check]:
    """Test the tokens, the zone, the rights of the user, and what would be stored.

    ``facts`` is filled for `check_services`, which compares the services of all locations.
    ``stored`` is what Altegio said about the location before.
    """
    name = names.COMPANY(company=company_id)
    try:
        location = await source.fetch_location(company_id)
    except AltegioError as error:
        yield Check.bad(name, error.message, what_to_do(error))
        return
    yield Check.good(name, texts.TOKENS_ACCEPTED(company=location.id, title=location.title))
    facts.location = location
    yield _check_zone(timezone, location.timezone)
    old = changed_zone(stored, location.timezone)
    if old is not None and timezone is None:
        changed = texts.ZONE_CHANGED(company=company_id, old=old, new=str(location.timezone))
        yield Check.warning(names.TIME_ZONE(), changed, texts.READ_AGAIN())
    zone = find_zone(timezone or location.timezone) or ZoneInfo("UTC")
    timetable, bookings = await check_timetable(source, company_id, zone)
    yield timetable
    staff_check, staff = await _check_staff(source, company_id)
    yield staff_check
    facts.services.update(
        (each.id, each.title) for booking in bookings for each in booking.services
    )
    try:
        facts.services |= {each.id: each.title for each in await source.fetch_services(company_id)}
        facts.has_list = True
    except AltegioError as error:
        yield Check.warning(names.SERVICES(), error.message, texts.NOT_COMPARED())
    if bookings:
        yield check_sample(bookings, rules, staff)


def _check_zone(configured: str | None, told: str | None) -> Check:
    if find_zone(configured or told) is None:
        return Check.bad(names.TIME_ZONE(), texts.UNKNOWN_ZONE(zone=repr(told)), ZONE_REMEDY())
    if configured and told and not are_same_zone(configured, told):
        return Check.good(names.TIME_ZONE(), texts.ANOTHER_ZONE(zone=configured, told=told))
    return Check.good(names.TIME_ZONE(), texts.ZONE(zone=configured or told))


async def _check_staff(
    source: AppointmentSource, company_id: str
) -> tuple[Check, Mapping[str, Teacher]]:
    try:
        teachers = await source.fetch_teachers(company_id)
    except AltegioError as error:
        return Check.bad(names.STAFF(), error.message, texts.STAFF_RIGHT()), {}
    return Check.good(names.STAFF(), texts.STAFF(teachers=len(teachers))), teachers
