"""Tests everything a run needs, one finding after another."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from altegio_sync.domain.foreign_text import shown
from altegio_sync.domain.kept_share import MIN_RECORDS, likely_setting
from altegio_sync.domain.lessons import Kept, Skipped, SkipReason, is_trial_title, judge
from altegio_sync.domain.period import Period
from altegio_sync.domain.warnings import counted, some_ids
from altegio_sync.domain.zones import ZONE_REMEDY, are_same_zone, find_zone
from altegio_sync.errors import AltegioError
from altegio_sync.ports import PageQuery

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence

    from altegio_sync.domain.appointment import Booking, Teacher
    from altegio_sync.domain.lessons import LessonRules
    from altegio_sync.ports import AppointmentSource, Page, ServiceSource, StoreState

#: A clock further off than this makes "today" and the age of a run doubtful.
MAX_CLOCK_OFFSET_S = 60
_LARGEST_PAGE = 1000
_SAME_CLOCK_S = 0.05
_DAYS_LOOKED_AT = 365
_SAMPLE = 100
_MOST_PAGES = 10
#: The findings about what is set: a person mends them in the settings.
ABOUT_SETTINGS = ("settings", "services")


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


@dataclass(slots=True)
class LocationFacts:
    """What was learnt of a location: the titles of its services and of those of its bookings."""

    services: dict[str, str] = field(default_factory=dict)
    #: Whether the location answered with its list of services.
    has_list: bool = False


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
    timetable, bookings = await _check_timetable(source, company_id, zone)
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


def check_services(rules: LessonRules, locations: Sequence[LocationFacts]) -> list[Finding]:
    """The service ids of the settings; a list is for all locations, so one must have the id."""
    wanted = sorted(rules.individual_ids | rules.trial_ids)
    if not wanted or not locations or not all(each.has_list for each in locations):
        return []
    known = {id_: title for each in locations for id_, title in each.services.items()}
    where = "this location" if len(locations) == 1 else "any of these locations"
    hint = "altegio-sync services lists the ids for ALTEGIO_SERVICE_IDS"
    unknown = [each for each in wanted if each not in known]
    if not unknown:
        text = f"all {len(wanted)} are services of {where}"
        return _check_lists(rules, known) or [Finding.good("services", text)]
    return [
        Finding.bad("services", f"{shown(each)} is not a service of {where}", hint)
        for each in unknown
    ]


def _check_lists(rules: LessonRules, titles: Mapping[str, str]) -> list[Finding]:
    """Services that seem to be in the wrong list: their lessons would have the wrong `IsTrial`."""
    both = rules.individual_ids & rules.trial_ids
    trial_titled = {each for each in rules.individual_ids - both if is_trial_title(titles[each])}
    # Without a list of trial lessons the title decides, and the lesson is a trial all the same.
    misplaced = trial_titled if rules.trial_ids else set[str]()
    found = []
    if both:
        text = f"{_listed(both)} in ALTEGIO_SERVICE_IDS and in ALTEGIO_TRIAL_SERVICE_IDS"
        hint = "name each service in one list: these lessons are stored as trial lessons"
        found.append(Finding.warning("services", text, hint))
    if misplaced:
        text = f"{_listed(misplaced)} in ALTEGIO_SERVICE_IDS, with a trial lesson's title"
        hint = "the id may belong into ALTEGIO_TRIAL_SERVICE_IDS"
        if not any(is_trial_title(titles[each]) for each in rules.trial_ids):
            hint = "the two lists may be swapped: compare them with altegio-sync services"
        found.append(Finding.warning("services", text, hint))
    return found


def _listed(ids: Iterable[str]) -> str:
    found = sorted(ids)
    return f"{some_ids(found)} {'is' if len(found) == 1 else 'are'}"


def check_sample(
    bookings: Sequence[Booking], rules: LessonRules, staff: Mapping[str, Teacher]
) -> Finding:
    """What would become of the newest bookings under the settings, by counts only."""
    verdicts = [judge(each, rules, staff) for each in newest(bookings)]
    kept = [each for each in verdicts if isinstance(each, Kept)]
    reasons = Counter(each.reason for each in verdicts if isinstance(each, Skipped))
    text = f"{len(kept)} of the newest {counted(len(verdicts), 'booking')} would be stored"
    if reasons:
        text += ", not stored: " + ", ".join(
            f"{reason.value} {reasons[reason]}" for reason in SkipReason if reasons[reason]
        )
    doubtful = sum(each.appointment.lead.is_doubtful for each in kept)
    text += f"; {doubtful} with a doubtful lead" if doubtful else ""
    lengths = Counter(len(each.appointment.lead.id) for each in kept)
    if lengths:
        told = (
            f"{counted(length, 'digit')} ({count})" for length, count in sorted(lengths.items())
        )
        text += f"; length of the lead ids: {', '.join(told)}"
    if not kept and len(verdicts) >= MIN_RECORDS:
        return Finding.warning("bookings", text, str(likely_setting(reasons)))
    return Finding.good("bookings", text)


def newest(bookings: Sequence[Booking]) -> list[Booking]:
    """At most 100 bookings, those that start last."""
    first = datetime.min.replace(tzinfo=UTC)
    return sorted(bookings, key=lambda each: each.starts_at or first)[-_SAMPLE:]


def _check_zone(configured: str | None, told: str | None) -> Finding:
    name = "time zone"
    if find_zone(configured or told) is None:
        return Finding.bad(name, f"Altegio names {told!r}", ZONE_REMEDY)
    if configured and told and not are_same_zone(configured, told):
        text = f"{configured} (ALTEGIO_TIMEZONE), though Altegio says {told}"
        return Finding.good(name, text)
    return Finding.good(name, f"{configured or told}")


async def _check_timetable(
    source: AppointmentSource, company_id: str, zone: ZoneInfo
) -> tuple[Finding, Sequence[Booking]]:
    """The finding, and bookings with the newest among them."""
    name = "timetable"
    today = datetime.now(zone).date()
    year = Period.of_days(today - timedelta(days=_DAYS_LOOKED_AT), today)
    query = PageQuery(company_id, year, zone, 1, _LARGEST_PAGE)
    try:
        page = await source.fetch_page(query)
        total = page.rows if page.total is None else page.total
        bookings = [*page.bookings, *await _fetch_newest(source, query, page, total)]
    except AltegioError as error:
        return Finding.bad(name, str(error), "the user needs the right to the timetable"), []
    if page.rows < min(_LARGEST_PAGE, total):
        size = f"serves {page.rows} a page when {_LARGEST_PAGE} are requested"
    elif page.rows == _LARGEST_PAGE:
        size = f"serves {_LARGEST_PAGE} a page: ALTEGIO_PAGE_SIZE=auto saves requests"
    else:
        size = f"page size unknown, since all {page.rows} fit on one page"
    return Finding.good(name, f"{total} records in the last year; {size}"), bookings


async def _fetch_newest(
    source: AppointmentSource, query: PageQuery, first: Page, total: int
) -> list[Booking]:
    """More pages where the first does not hold the newest bookings.

    Altegio lists the newest first, which its documentation does not promise.
    """
    if not first.rows or first.rows >= total:
        return []
    starts = [each.starts_at for each in first.bookings if each.starts_at is not None]
    pages, last = min(-(-_SAMPLE // first.rows), _MOST_PAGES), -(-total // first.rows)
    is_ascending = bool(starts) and starts[0] < starts[-1]
    numbers = range(max(2, last - pages), last + 1) if is_ascending else range(2, pages + 1)
    found: list[Booking] = []
    for number in numbers:
        page = await source.fetch_page(replace(query, page=number, page_size=first.rows))
        found += page.bookings
    return found


async def _check_staff(
    source: AppointmentSource, company_id: str
) -> tuple[Finding, Mapping[str, Teacher]]:
    try:
        teachers = await source.fetch_teachers(company_id)
    except AltegioError as error:
        hint = "teachers known only by id will be unknown: give the user the right to the staff"
        return Finding.bad("staff", str(error), hint), {}
    return Finding.good("staff", f"{len(teachers)} teachers, former ones included"), teachers


def _offset_text(offset_s: float) -> str:
    if abs(offset_s) < _SAME_CLOCK_S:
        return "the same as"
    return f"{abs(offset_s):.1f} s {'ahead of' if offset_s > 0 else 'behind'}"


def check_store(state: StoreState, lacking: Sequence[str] = ()) -> list[Finding]:
    """What MongoDB says of itself, its index and its clock; ``lacking`` names what it lacks."""
    offset_s = (state.server_time - datetime.now(UTC)).total_seconds()
    clock = f"MongoDB's clock is {_offset_text(offset_s)} this machine's"
    return [
        Finding.good("MongoDB", f"version {state.version}, {state.documents} documents"),
        *_check_server(state, lacking),
        *([_check_index(state)] if state.kind == "collection" else ()),
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
    hint = "the next sync makes it, or reports what prevents it; duplicates: altegio-sync clean"
    return Finding.bad(name, none, hint)
