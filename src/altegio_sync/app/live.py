"""Reads the live page of a school, for any number of readers at the same time."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import anyio

from altegio_sync.app.companies import find_companies, find_company_scope
from altegio_sync.app.status import collect_school_status
from altegio_sync.app.todo import collect_todo
from altegio_sync.domain.clock import steady_now, utc_now
from altegio_sync.domain.live import LivePage, Overview, Place, Section, View, Webhooks
from altegio_sync.domain.period_words import parse_period
from altegio_sync.domain.validation import RuleContext
from altegio_sync.domain.zones import find_zone
from altegio_sync.errors import StoreError
from altegio_sync.usecases.coverage import collect_coverage
from altegio_sync.usecases.live import read_changes, read_month, read_timetable
from altegio_sync.usecases.stopping import StopSignal
from altegio_sync.usecases.validate import KnownFindings, find_known
from altegio_sync.usecases.zones import LocalZone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence
    from datetime import datetime

    from altegio_sync.app.school import School
    from altegio_sync.domain.attention import Attention
    from altegio_sync.domain.company_scope import CompanyScope
    from altegio_sync.domain.leads import LeadRules
    from altegio_sync.domain.ledger import CompanyCoverage
    from altegio_sync.messages import Message

#: A section is read again after so many times the time that reading took, once for all.
_PAUSE_FACTOR = 20
#: Except for these, whose queries are small: they follow within seconds on a busy machine too.
_PAUSED_AT_MOST_S = {Section.NOW: 10.0, Section.TODAY: 3.0, Section.CHANGES: 3.0}
_REMEMBERED = 100
_STAFF_SINCE = timedelta(days=400)
#: The days of the list of what needs correction, as by default in `todo`.
_AROUND = parse_period("around")


@dataclass(slots=True)
class _Known:
    """Something that was read, and when it is read again."""

    value: Any = None
    is_read: bool = False
    next_at: float = 0.0
    reading: anyio.Lock = field(default_factory=anyio.Lock)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all sections of a view need."""

    school: School
    places: Sequence[Place]
    poll_interval: timedelta | None
    company: str | None
    local: LocalZone
    companies: CompanyScope | None
    #: What the rules of `validate` found; None where they could not be run yet.
    findings: KnownFindings | None = None
    #: What needs attention at any location, where there are several.
    in_need: Sequence[Attention] = ()

    @property
    def ids(self) -> Sequence[str]:
        """The chosen location, else the only one."""
        return self.wanted or [each.company for each in self.places]

    @property
    def zone(self) -> ZoneInfo:
        return self.local.zone

    @property
    def wanted(self) -> Sequence[str]:
        return () if self.company is None else (self.company,)

    @property
    def leads(self) -> LeadRules:
        return self.school.config.leads.in_zone(self.zone.key)


class LivePages:
    """The pages of a school.

    ``opened`` returns the school, or raises StoreError while MongoDB has never answered. What was
    read is read again after a while, by one reader for all. If MongoDB does not answer, a page
    shows what was read before, and says so.
    """

    def __init__(
        self,
        opened: Callable[[], School],
        *,
        poll_interval: Callable[[], timedelta | None] = lambda: None,
        clock: Callable[[], datetime] = utc_now,
        steady: Callable[[], float] = steady_now,
    ) -> None:
        self._opened = opened
        self._poll_interval = poll_interval
        self._clock = clock
        self._steady = steady
        self._known: OrderedDict[object, _Known] = OrderedDict()
        self._outages = 0

    def note_outage(self) -> None:
        """MongoDB does not answer now: how long reading takes says nothing about its cost."""
        self._outages += 1

    async def read(self, view: View, sections: Collection[Section] = tuple(Section)) -> LivePage:
        """The page with these sections. An unknown location of the view is not used."""
        frame, problem = await self._read(("frame", view.company), partial(self._find_frame, view))
        if frame is None:
            return LivePage(view, self._clock(), problem=problem)
        now = self._clock().astimezone(frame.zone)
        view = replace(view, company=frame.company)
        page = LivePage(view, now, frame.places)
        if Section.NOW in sections:
            frame, problem = await self._with_findings(frame, problem)
            frame, problem = await self._with_needs(frame, problem)
        contents = {}
        for section in sections:
            key = (section, view.company, page.day if section is Section.TODAY else None)
            read = partial(_READ[section], frame, page)
            content, failed = await self._read(key, read, _PAUSED_AT_MOST_S.get(section, inf))
            problem = problem or failed
            if content is not None:
                contents[section] = content
        return replace(page, contents=contents, problem=problem)

    async def _with_findings(
        self, frame: _Frame, problem: Message | None
    ) -> tuple[_Frame, Message | None]:
        """The frame with what the rules find. They read the whole collection, the rest is cheap."""
        key = ("findings", frame.company)
        found, failed = await self._read(key, partial(_find_findings, frame))
        return replace(frame, findings=found), problem or failed

    async def _with_needs(
        self, frame: _Frame, problem: Message | None
    ) -> tuple[_Frame, Message | None]:
        """The frame with what needs attention elsewhere. Only one status for all readers."""
        if frame.company is None:
            return frame, problem
        found, failed = await self._read("in need", partial(_find_in_need, frame.school))
        return replace(frame, in_need=found or ()), problem or failed

    async def _read(
        self, key: object, read: Callable[[], Awaitable[Any]], paused_at_most_s: float = inf
    ) -> tuple[Any, Message | None]:
        """What was read under the key, now or before; and why it could not be read now."""
        known = self._known.setdefault(key, _Known())
        self._known.move_to_end(key)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        async with known.reading:
            begun, outages = self._steady(), self._outages
            if known.is_read and begun < known.next_at:
                return known.value, None
            try:
                known.value, known.is_read = await read(), True
            except StoreError as error:
                return known.value, error.message
            ended = self._steady()
            pause_s = (ended - begun) * _PAUSE_FACTOR if outages == self._outages else 0.0
            known.next_at = ended + min(pause_s, paused_at_most_s)
            return known.value, None

    async def _find_frame(self, view: View) -> _Frame:
        school = self._opened()
        ids = await find_companies(school)
        stored = await school.locations.find_all()
        places = [Place(each, stored[each].title if each in stored else "") for each in ids]
        company = None
        if len(ids) > 1:
            company = view.company if view.company in ids else ids[0]
        local = await school.find_zone()
        zones = await school.find_location_zones()
        own = find_zone(zones.get(company or next(iter(ids), "")))
        if school.config.timezone is None and own is not None:
            local = LocalZone(own, local.source)
        wanted = () if company is None else (company,)
        scope = await find_company_scope(school, wanted)
        return _Frame(school, places, self._poll_interval(), company, local, scope)


async def _find_findings(frame: _Frame) -> KnownFindings:
    now = await frame.school.appointments.find_server_time()
    context = RuleContext(now, leads=frame.leads, companies=frame.companies)
    return await find_known(frame.school.validator, context)


async def _find_in_need(school: School) -> Sequence[Attention]:
    """What needs attention at any location. The rules do not look at the documents for this."""
    status = await collect_school_status(school, known=KnownFindings())
    return [each for each in status.attention if each.company is not None]


async def _read_overview(frame: _Frame, _page: LivePage) -> Overview:
    status = await collect_school_status(frame.school, wanted=frame.wanted, known=frame.findings)
    known = [each.company for each in frame.places]
    in_need = {each.company for each in frame.in_need} - {frame.company}
    return Overview(
        status,
        others=[each for each in known if each in in_need],
        about_lost=[each for each in frame.in_need if each.company not in known],
    )


async def _read_today(frame: _Frame, page: LivePage) -> object:
    source = frame.school.export
    return await read_timetable(source, page.day, frame.zone, frame.leads, frame.companies)


async def _read_changes(frame: _Frame, page: LivePage) -> object:
    school = frame.school
    teachers: dict[str, str] = {}
    for company in frame.ids:
        staff = await school.locations.find_staff(company, page.now - _STAFF_SINCE)
        teachers |= {each.id: each.name for each in staff.teachers.values()}
    companies = frame.wanted or None
    return await read_changes(school.latest, school.export, teachers, frame.leads, companies)


async def _read_todo(frame: _Frame, _page: LivePage) -> object:
    return await collect_todo(
        frame.school, _AROUND, StopSignal(), companies=frame.wanted, asks_altegio=False
    )


async def _read_month(frame: _Frame, page: LivePage) -> object:
    return await read_month(frame.school.stats, page.now, frame.zone, frame.companies)


async def _read_coverage(frame: _Frame, page: LivePage) -> CompanyCoverage:
    school = frame.school
    report = await collect_coverage(
        school.ledger,
        None,
        companies=frame.ids,
        rules_fingerprint=school.config.settings_hash,
        configured_zone=school.config.timezone,
        local=frame.local,
        now=page.now,
        zones=await school.find_location_zones(),
    )
    return report.whole()


async def _read_webhooks(frame: _Frame, _page: LivePage) -> Webhooks:
    now = await frame.school.appointments.find_server_time()
    figures = await frame.school.webhook_figures.find(now, frame.wanted)
    return Webhooks(now, figures, frame.poll_interval)


_READ: dict[Section, Callable[[_Frame, LivePage], Awaitable[object]]] = {
    Section.NOW: _read_overview,
    Section.TODAY: _read_today,
    Section.CHANGES: _read_changes,
    Section.TODO: _read_todo,
    Section.MONTH: _read_month,
    Section.COMPLETE: _read_coverage,
    Section.WEBHOOKS: _read_webhooks,
}
