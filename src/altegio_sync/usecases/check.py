"""Tests everything a run needs, one finding after another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from altegio_sync.domain.period import Period
from altegio_sync.errors import AltegioError
from altegio_sync.ports import PageQuery

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from altegio_sync.ports import AppointmentSource, StoreState

#: A clock further off than this makes "today" and the age of a run doubtful.
MAX_CLOCK_OFFSET_S = 60
_LARGEST_PAGE = 1000
_DAYS_LOOKED_AT = 365


class Level(StrEnum):
    """A warning is shown and does not change the exit code."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing tested; ``hint`` says what to do about a warning or a failure."""

    name: str
    level: Level
    text: str
    hint: str = ""

    @property
    def ok(self) -> bool:
        """Whether a run can go on; it can after a warning."""
        return self.level is not Level.FAIL

    @classmethod
    def good(cls, name: str, text: str) -> Finding:
        return cls(name, Level.OK, text)

    @classmethod
    def warning(cls, name: str, text: str, hint: str) -> Finding:
        return cls(name, Level.WARN, text, hint)

    @classmethod
    def bad(cls, name: str, text: str, hint: str) -> Finding:
        return cls(name, Level.FAIL, text, hint)


async def check_altegio(
    source: AppointmentSource, company_id: str, timezone: str | None
) -> AsyncIterator[Finding]:
    """Tokens, time zone, the right to the timetable and the staff, and the size of a page."""
    name = f"company {company_id}"
    try:
        location = await source.fetch_location(company_id)
    except AltegioError as error:
        yield Finding.bad(name, str(error), "nothing more can be asked for this company")
        return
    yield Finding.good(name, f"tokens accepted, location {location.id}")
    yield (zone_finding := _check_zone(timezone, location.timezone))
    zone = ZoneInfo(timezone or location.timezone or "UTC") if zone_finding.ok else ZoneInfo("UTC")
    yield await _check_timetable(source, company_id, zone)
    yield await _check_staff(source, company_id)


def _check_zone(configured: str | None, told: str | None) -> Finding:
    name = "time zone"
    try:
        ZoneInfo(configured or told or "")
    except (KeyError, ValueError, OSError):
        return Finding.bad(name, f"Altegio names {told!r}", "set ALTEGIO_TIMEZONE")
    if configured and told and configured != told:
        text = f"{configured} (ALTEGIO_TIMEZONE), though Altegio says {told}"
        return Finding.good(name, text)
    return Finding.good(name, f"{configured or told}")


async def _check_timetable(source: AppointmentSource, company_id: str, zone: ZoneInfo) -> Finding:
    name = "timetable"
    today = datetime.now(zone).date()
    year = Period.of_days(today - timedelta(days=_DAYS_LOOKED_AT), today)
    try:
        page = await source.fetch_page(PageQuery(company_id, year, zone, 1, _LARGEST_PAGE))
    except AltegioError as error:
        return Finding.bad(name, str(error), "the user needs the right to the timetable")
    total = page.rows if page.total is None else page.total
    if page.rows < min(_LARGEST_PAGE, total):
        size = f"serves {page.rows} a page when asked for {_LARGEST_PAGE}"
    elif page.rows == _LARGEST_PAGE:
        size = f"serves {_LARGEST_PAGE} a page: ALTEGIO_PAGE_SIZE=auto saves requests"
    else:
        size = f"page size unknown, all {page.rows} fit one"
    return Finding.good(name, f"{total} records in the last year; {size}")


async def _check_staff(source: AppointmentSource, company_id: str) -> Finding:
    try:
        teachers = await source.fetch_teachers(company_id)
    except AltegioError as error:
        hint = "teachers told by id alone will be unknown: give the user the right to the staff"
        return Finding.bad("staff", str(error), hint)
    return Finding.good("staff", f"{len(teachers)} people, dismissed ones included")


def check_store(state: StoreState, lacking: Sequence[str] = ()) -> list[Finding]:
    """What MongoDB says of itself, its index and its clock; ``lacking`` names what it lacks."""
    offset_s = (state.server_time - datetime.now(UTC)).total_seconds()
    clock = f"{offset_s:+z.1f} s against ours"
    return [
        Finding.good("MongoDB", f"version {state.version}, {state.documents} documents"),
        *_check_server(state, lacking),
        _check_index(state),
        Finding.good("clock", clock)
        if abs(offset_s) <= MAX_CLOCK_OFFSET_S
        else Finding.bad("clock", clock, "set the clocks, by NTP"),
    ]


def _check_server(state: StoreState, lacking: Sequence[str]) -> Iterator[Finding]:
    if lacking:
        yield Finding.bad(
            "MongoDB features",
            f"{state.product} (version {state.version}) lacks {', '.join(lacking)}",
            "use MongoDB 5.0 or later, on a server of your own or in Atlas: stats, validate, clean "
            "and the shared budget fail here",
        )
    if state.kind != "collection":
        yield Finding.bad(
            "collection",
            f"ALTEGIO_COLLECTION names a collection of the kind {state.kind}",
            "name an ordinary collection: documents of this one cannot be changed",
        )


def _check_index(state: StoreState) -> Finding:
    name, none = "index", "no unique index on appointmentId"
    if state.has_unique_index:
        return Finding.good(name, "unique")
    if state.in_its_place is not None:
        wrong = state.in_its_place
        text = f"{none}: {wrong.name} is in its place and {wrong.problem}"
        return Finding.bad(name, text, wrong.remedy)
    if state.documents == 0:
        return Finding.good(name, f"{none} yet; the first run makes it")
    return Finding.bad(name, none, "a sync makes it, or says what is in its way")
