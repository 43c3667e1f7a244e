"""In-memory stand-ins for the ports, for tests of what is decided above them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.appointment import (
    AttendanceStatus,
    Booking,
    Lead,
    Location,
    Service,
    Teacher,
)
from altegio_sync.domain.report import ApiUsage
from altegio_sync.errors import NotFoundError
from altegio_sync.ports import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from altegio_sync.ports import PageQuery

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def booking(appointment_id: str, **changes: Any) -> Booking:
    """A booking to be kept, but for the changes."""
    whole = Booking(
        id=appointment_id,
        company_id="77",
        lead=Lead("12345", "Олена Приклад"),
        teacher_id="9",
        teacher=Teacher("9", "Марко Зразок"),
        services=(Service("1", "Індивідуальний урок"),),
        is_group_event=False,
        starts_at=START,
        ends_at=START + timedelta(hours=1),
        status=AttendanceStatus.PENDING,
        is_deleted=False,
    )
    return replace(whole, **changes)


class ListSource:
    """Altegio as a list that may move: ``before_page`` is called ahead of every answer."""

    def __init__(
        self,
        bookings: Sequence[Booking],
        *,
        served_page_size: int = 1000,
        before_page: Callable[[list[Booking], PageQuery], None] | None = None,
        total: Callable[[int], int | None] = lambda length: length,
    ) -> None:
        self.list = list(bookings)
        self.usage = ApiUsage()
        self.asked: list[PageQuery] = []
        self.answered_at: datetime | None = None
        self._served_page_size = served_page_size
        self._before_page = before_page
        self._total = total

    async def fetch_location(self, company_id: str) -> Location:
        return Location(company_id, "Школа", "Europe/Kyiv")

    async def fetch_teachers(self, company_id: str) -> Mapping[str, Teacher]:
        del company_id
        return {}

    async def fetch_services(self, company_id: str) -> Sequence[Service]:
        del company_id
        return []

    async def fetch_booking(self, company_id: str, appointment_id: str, zone: ZoneInfo) -> Booking:
        del company_id, zone
        for each in self.list:
            if each.id == appointment_id:
                return each
        raise NotFoundError("404")

    async def fetch_page(self, query: PageQuery) -> Page:
        self.usage.requests += 1
        self.asked.append(query)
        if self._before_page is not None:
            self._before_page(self.list, query)
        size = min(query.page_size, self._served_page_size)
        listed = [each for each in self.list if _is_listed(each, query)]
        rows = listed[(query.page - 1) * size : query.page * size]
        return Page(rows, len(rows), self._total(len(listed)), answered_at=self.answered_at)


def _is_listed(booking: Booking, query: PageQuery) -> bool:
    if query.period is None or booking.starts_at is None:
        return True
    start, end = query.period.moments(query.zone)
    return start <= booking.starts_at < end
