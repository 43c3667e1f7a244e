"""Lists the services of locations: which are kept, and how often each was booked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.period import NamedPeriod
from altegio_sync.domain.report import RunError
from altegio_sync.errors import AltegioError
from altegio_sync.messages.commands import COMPANY_FAILED
from altegio_sync.ports import PageQuery
from altegio_sync.usecases.zones import fetch_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.appointment import Service
    from altegio_sync.domain.lessons import LessonRules
    from altegio_sync.messages import Message
    from altegio_sync.ports import Page, ServiceSource


#: Altegio serves no more on one page, and often less. The list need not be exact: a school with
#: more bookings gets the number of these pages.
_LARGEST_PAGE, _MOST_PAGES = 1000, 20
_LAST_MONTH = NamedPeriod("last-30-days")


@dataclass(frozen=True, slots=True)
class Booked:
    """How often each service was booked, by id, among the ``seen`` of ``total`` bookings."""

    times: Mapping[str, int]
    seen: int
    total: int


@dataclass(slots=True)
class ServicesReport:
    """The services by company, and the errors of companies whose services are missing.

    A company that is missing in ``booked`` did not show its timetable: see ``uncounted``.
    """

    rules: LessonRules
    found: dict[str, Sequence[Service]] = field(default_factory=dict)
    booked: dict[str, Booked] = field(default_factory=dict)
    uncounted: dict[str, Message] = field(default_factory=dict)
    errors: list[RunError] = field(default_factory=list)

    def kept_as(self, service: Service) -> str | None:
        """The kind of lesson under which a booking is stored; None if it is not kept.

        A group event is never kept, whatever its service is.
        """
        if not self.rules.keeps(service, is_group_event=False):
            return None
        return "trial" if self.rules.is_trial(service) else "individual"

    def times_booked(self, company: str, service: Service) -> int | None:
        """How often the service was booked in the last 30 days; None if unknown."""
        booked = self.booked.get(company)
        return None if booked is None else booked.times.get(service.id, 0)

    def ids_kept_as(self, kind: str) -> list[str]:
        return [
            each.id
            for listed in self.found.values()
            for each in listed
            if self.kept_as(each) == kind
        ]

    def to_json(self) -> dict[str, Any]:
        return {
            "command": "services",
            "ok": not self.errors,
            "services": list(self._services_json()),
            "errors": [each.to_json() for each in self.errors],
        }

    def _services_json(self) -> Iterator[dict[str, Any]]:
        for company, listed in self.found.items():
            for service in listed:
                yield {
                    "company": company,
                    "id": service.id,
                    "title": service.title,
                    "length_s": service.length_s,
                    "kept_as": self.kept_as(service),
                    "booked": self.times_booked(company, service),
                }


async def list_services(
    source: ServiceSource,
    companies: Sequence[str],
    rules: LessonRules,
    *,
    timezone: str | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> ServicesReport:
    """The services of each company. If one of several companies fails, the others are listed.

    Raises:
        AltegioError: the only company failed.
        ConfigError: see `fetch_zone`.
    """
    report = ServicesReport(rules)
    for company in companies:
        try:
            report.found[company] = await source.fetch_services(company)
        except AltegioError as error:
            if len(companies) == 1:
                raise
            message = COMPANY_FAILED(company=company, reason=error.message)
            report.errors.append(RunError("fetch_failed", message, company))
            continue
        try:
            zone = await fetch_zone(source, company, timezone)
            today = clock().astimezone(zone).date()
            report.booked[company] = await _count(source, company, zone, today)
        except AltegioError as error:  # a token may see the services and not the timetable
            report.uncounted[company] = error.message
    return report


async def _count(source: ServiceSource, company: str, zone: ZoneInfo, today: date) -> Booked:
    """Count the bookings of the last 30 days, on a few pages."""
    query = PageQuery(company, _LAST_MONTH.on(today), zone, 1, _LARGEST_PAGE)
    page = await source.fetch_page(query)
    total = page.rows if page.total is None else page.total
    size, times = page.rows, _times(page)
    for number in range(2, min(_MOST_PAGES, -(-total // max(1, size))) + 1):
        page = await source.fetch_page(replace(query, page=number, page_size=size))
        times += _times(page)
    return Booked(times, min(total, size * _MOST_PAGES), total)


def _times(page: Page) -> Counter[str]:
    return Counter(
        service_id
        for booking in page.bookings
        if not booking.is_deleted
        for service_id in {each.id for each in booking.services}
    )
