"""What the use cases need from Altegio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.appointment import Booking, Location, Service, Teacher
    from altegio_sync.domain.counts import ApiUsage
    from altegio_sync.domain.lanes import Lane
    from altegio_sync.domain.period import Period


@dataclass(frozen=True, slots=True)
class PageQuery:
    """One page of the appointments that start on the days of the period.

    ``page`` counts from 1. With ``changed_after``, the list has only the appointments that were
    made or changed since that moment; then the period may be None.
    """

    company_id: str
    period: Period | None
    zone: ZoneInfo
    page: int
    page_size: int
    changed_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """The bookings of one answer. Deleted bookings are among them.

    - ``rows``: the number of rows in the answer.
    - ``total``: how many rows Altegio announces for the whole query; None if it announces none.
    - ``unreadable``: the number of rows without a readable id.
    - ``nameless``: what could be read of the unreadable rows.
    - ``answered_at``: the time of the answer by Altegio's clock, in whole seconds.
    - ``query``: the query that was answered.
    """

    bookings: Sequence[Booking]
    rows: int
    total: int | None
    unreadable: int = 0
    nameless: Sequence[Booking] = ()
    answered_at: datetime | None = None
    query: PageQuery | None = None


class RequestBudget(Protocol):
    """Lets requests start within the limits. All programs at one address share the limits."""

    async def wait_for_turn(self) -> None:
        """Wait until the next request may start."""
        ...

    async def rest(self, seconds: float) -> None:
        """Let no request start for this time, because Altegio refuses all requests now."""
        ...


class LanedBudget(RequestBudget, Protocol):
    """A budget that keeps an order of lanes. `wait_for_turn` waits among the runs."""

    async def wait_in(self, lane: Lane) -> None:
        """Wait until the next request of the lane may start."""
        ...


class AppointmentSource(Protocol):
    """Altegio's appointments. Every method raises AltegioError when there is no usable answer."""

    usage: ApiUsage

    def counting_in(self, usage: ApiUsage) -> Self:
        """The same source; the requests that it makes are counted in ``usage`` as well."""
        ...

    async def fetch_location(self, company_id: str) -> Location: ...

    async def fetch_teachers(self, company_id: str) -> Mapping[str, Teacher]:
        """The whole staff of the location, by id. Dismissed people are included."""
        ...

    async def fetch_page(self, query: PageQuery) -> Page: ...

    async def fetch_booking(self, company_id: str, appointment_id: str, zone: ZoneInfo) -> Booking:
        """One appointment, deleted or not. Raises NotFoundError where there is none."""
        ...


class ServiceSource(AppointmentSource, Protocol):
    """Altegio's appointments and the services that are sold."""

    async def fetch_services(self, company_id: str) -> Sequence[Service]: ...


class CompanySource(Protocol):
    """The locations of the user. Raises AltegioError when there is no usable answer."""

    async def fetch_companies(self) -> Sequence[Location]:
        """The locations that the user may see, without repetitions."""
        ...
