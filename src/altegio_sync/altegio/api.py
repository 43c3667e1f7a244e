"""Requests to Altegio, within its limits, and repeated where this can help."""

from __future__ import annotations

import random
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import anyio

from altegio_sync.altegio.company_list import fetch_companies
from altegio_sync.altegio.pacing import Pacer
from altegio_sync.altegio.protocol import Request, page_request
from altegio_sync.altegio.refusals import answered_at
from altegio_sync.altegio.requesting import Requester, RetryRules
from altegio_sync.altegio.translate import (
    Translator,
    to_hook_addresses,
    to_location,
    to_services,
    to_teacher,
)
from altegio_sync.altegio.wire import (
    CompanyAnswer,
    HookSettingsAnswer,
    RecordAnswer,
    RecordsAnswer,
    ServicesAnswer,
    StaffAnswer,
    WireRecord,
)
from altegio_sync.domain.counts import ApiUsage
from altegio_sync.domain.leads import LeadRules
from altegio_sync.errors import (
    AltegioRejectedError,
    NotAltegioError,
    UnexpectedAnswerError,
)
from altegio_sync.messages import api as texts
from altegio_sync.ports import Page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from types import TracebackType
    from zoneinfo import ZoneInfo

    from altegio_sync.altegio.requesting import Answered
    from altegio_sync.altegio.retrying import OnRetry
    from altegio_sync.domain.appointment import Booking, Location, Service, Teacher
    from altegio_sync.domain.hook_settings import HookAddress
    from altegio_sync.ports import PageQuery, RequestBudget

DEFAULT_URL = "https://api.alteg.io/api/v1"
LARGEST_PAGE = 1000
#: The page size of the old scripts, which every server serves.
_SAFE_PAGE = 50
#: The statuses of a server that refuses a page size instead of serving smaller pages.
_TOO_LARGE_PAGE = (400, 422)
#: A larger total is an error of the server, as is a negative total.
_MOST_BOOKINGS = 10**9


@dataclass(slots=True)
class _PageSizes:
    """The largest page that the server is known to serve."""

    largest: int = LARGEST_PAGE


class AltegioApi:
    """Requests Altegio within its limits, and repeats where this can help; a context manager.

    Every method raises RateLimitedError or AltegioUnavailableError when six tries or three minutes
    did not help, UnexpectedAnswerError when the shape of the answers stays unknown,
    AltegioRejectedError at once when another try cannot help, and StoreError where the budget is
    shared through MongoDB and MongoDB fails.
    """

    def __init__(
        self,
        company_token: str,
        user_token: str,
        *,
        url: str = DEFAULT_URL,
        pacer: RequestBudget | None = None,
        leads: LeadRules | None = None,
        on_retry: OnRetry | None = None,
        usage: ApiUsage | None = None,
        jitter: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self.usage = usage or ApiUsage()
        self._leads = leads or LeadRules()
        self._requester = Requester(
            url,
            (company_token, user_token),
            pacer or Pacer(),
            self.usage,
            RetryRules(on_retry, jitter, sleep),
        )
        self._sizes = _PageSizes()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def counting_in(self, usage: ApiUsage) -> Self:
        """The same API; the requests that start here are counted in ``usage`` as well."""
        other = copy(self)
        other.usage = usage
        other._requester = self._requester.counting_in(usage)  # noqa: SLF001 - a copy of this
        return other

    def within(self, budget: RequestBudget) -> Self:
        """The same API; the requests that start here are within this budget."""
        other = copy(self)
        other._requester = self._requester.within(budget)  # noqa: SLF001 - a copy of this
        return other

    async def aclose(self) -> None:
        await self._requester.aclose()

    def __repr__(self) -> str:
        return f"<AltegioApi {self._requester.url}>"

    async def fetch_location(self, company_id: str) -> Location:
        answer = await self._requester.fetch(CompanyAnswer, Request(f"company/{company_id}"))
        return to_location(answer.value.data, company_id)

    async def fetch_companies(self) -> Sequence[Location]:
        """The locations that the user may see; see `company_list.fetch_companies`."""
        return await fetch_companies(self._requester)

    async def fetch_services(self, company_id: str) -> Sequence[Service]:
        answer = await self._requester.fetch(
            ServicesAnswer, Request(f"company/{company_id}/services/")
        )
        # An id that is listed twice would be twice in the line to paste into the settings.
        return list({each.id: each for each in to_services(answer.value.data)}.values())

    async def fetch_hook_addresses(self, company_id: str) -> Sequence[HookAddress]:
        """The addresses that Altegio sends the location's webhooks to."""
        request = Request(f"hooks_settings/{company_id}")
        answer = await self._requester.fetch(HookSettingsAnswer, request)
        return to_hook_addresses(answer.value.data)

    async def fetch_teachers(self, company_id: str) -> Mapping[str, Teacher]:
        try:
            answer = await self._requester.fetch(
                StaffAnswer, Request(f"company/{company_id}/staff/")
            )
        except (AltegioRejectedError, NotAltegioError, UnexpectedAnswerError):
            # The older path has accepted tokens that the newer path refused.
            answer = await self._requester.fetch(StaffAnswer, Request(f"staff/{company_id}"))
        teachers = (to_teacher(staff) for staff in answer.value.data)
        return {teacher.id: teacher for teacher in teachers if teacher is not None}

    async def fetch_page(self, query: PageQuery) -> Page:
        """A page. Where the server refuses the page size, this and later pages are smaller."""
        size = min(query.page_size, self._sizes.largest)
        try:
            page = await self._fetch_page(replace(query, page_size=size))
        except AltegioRejectedError as error:
            is_too_large = size > _SAFE_PAGE and error.status in _TOO_LARGE_PAGE
            # With another size, a later page would begin at another row.
            if not is_too_large or query.page > 1:
                raise
            page = await self._fetch_page(replace(query, page_size=_SAFE_PAGE))
            self._sizes.largest = _SAFE_PAGE
        else:
            if size > _SAFE_PAGE:
                self._sizes.largest = LARGEST_PAGE
        return page

    async def _fetch_page(self, query: PageQuery) -> Page:
        answer = await self._requester.fetch(RecordsAnswer, page_request(query))
        translator = self._translator(query.company_id, query.zone, answer)
        read = [translator.to_booking(row or WireRecord()) for row in answer.value.data]
        bookings = [booking for booking in read if booking.id]
        nameless = [booking for booking in read if not booking.id]
        meta = answer.value.meta
        total = meta.total_count if meta else None
        return Page(
            bookings,
            rows=len(read),
            total=total if isinstance(total, int) and 0 <= total <= _MOST_BOOKINGS else None,
            unreadable=len(nameless),
            nameless=nameless,
            answered_at=translator.answered_at,
            query=query,
        )

    async def fetch_booking(self, company_id: str, appointment_id: str, zone: ZoneInfo) -> Booking:
        request = Request(f"record/{company_id}/{appointment_id}")
        answer = await self._requester.fetch(RecordAnswer, request)
        booking = self._translator(company_id, zone, answer).to_booking(answer.value.data)
        if booking.id != appointment_id:
            raise UnexpectedAnswerError(texts.ANOTHER_RECORD())
        return booking

    def _translator(self, company_id: str, zone: ZoneInfo, answer: Answered[Any]) -> Translator:
        leads = self._leads.in_zone(zone.key)
        return Translator(company_id, zone, leads, answer.asked_at, answered_at(answer.headers))
