"""Altegio over HTTP: what can be asked, within the limits, again where that can help."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

import anyio
import anyio.to_thread

from altegio_sync.altegio.pacing import Pacer
from altegio_sync.altegio.protocol import (
    ACCEPT,
    Request,
    authorization,
    page_request,
    read_answer,
)
from altegio_sync.altegio.refusals import answered_at
from altegio_sync.altegio.translate import Translator, to_location, to_services, to_teacher
from altegio_sync.altegio.transport import Transport
from altegio_sync.altegio.wire import (
    AnyAnswer,
    CompanyAnswer,
    RecordAnswer,
    RecordsAnswer,
    ServicesAnswer,
    StaffAnswer,
    WireRecord,
)
from altegio_sync.domain.clock import steady_now
from altegio_sync.domain.counts import ApiUsage
from altegio_sync.domain.leads import LeadRules
from altegio_sync.errors import (
    AltegioError,
    AltegioRejectedError,
    AltegioUnavailableError,
    ConfigError,
    NotAltegioError,
    NotFoundError,
    RateLimitedError,
    UnexpectedAnswerError,
)
from altegio_sync.messages import api as texts
from altegio_sync.ports import Page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from types import TracebackType
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.appointment import Booking, Location, Service, Teacher
    from altegio_sync.ports import PageQuery, RequestBudget

DEFAULT_URL = "https://api.alteg.io/api/v1"
MAX_TRIES = 6
MAX_SECONDS = 180.0
LARGEST_PAGE = 1000
#: What every server serves that the old scripts asked.
_SAFE_PAGE = 50
#: How a server refuses a page that is too large for it, where it does not serve a smaller one.
_TOO_LARGE_PAGE = (400, 422)
#: What takes longer to read than other requests should wait.
_LARGE_BODY_BYTES = 8 * 1024 * 1024
_WAIT_INITIAL_S = 0.5
_WAIT_MAX_S = 30.0
#: A total beyond this is an error of the server, as a negative one is.
_MOST_BOOKINGS = 10**9
#: Where a refusal names no time; clients in the field wait as long.
_REST_S = 5.0

AnswerT = TypeVar("AnswerT", bound=AnyAnswer)


class OnRetry(Protocol):
    """Told of every try that failed and will be made again."""

    def __call__(self, error: AltegioError, *, wait_s: float, tries: int) -> None: ...


class AltegioApi:
    """Asks Altegio within its limits, again where that can help; use it as a context manager.

    Every method raises RateLimitedError or AltegioUnavailableError when ``MAX_TRIES`` tries or
    ``MAX_SECONDS`` did not help, UnexpectedAnswerError when the answers stay of an unknown shape,
    and AltegioRejectedError at once when asking again cannot help. StoreError where the budget is
    shared through MongoDB and that fails.
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
        self._secrets = (company_token, user_token)
        self._pacer: RequestBudget = pacer or Pacer()
        self._leads = leads or LeadRules()
        self.on_retry = on_retry
        self._jitter = jitter
        self._sleep = sleep
        for token in self._secrets:
            _check_token(token)
        self._transport = Transport(
            url,
            {
                "Accept": ACCEPT,
                "Content-Type": "application/json",
                "Authorization": authorization(company_token, user_token),
                "User-Agent": "altegio-sync",
            },
        )
        self._largest_page = LARGEST_PAGE

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._transport.aclose()

    def __repr__(self) -> str:
        return f"<AltegioApi {self._transport.url}>"

    async def fetch_location(self, company_id: str) -> Location:
        answer = await self._fetch(CompanyAnswer, Request(f"company/{company_id}"))
        return to_location(answer.data, company_id)

    async def fetch_services(self, company_id: str) -> Sequence[Service]:
        answer = await self._fetch(ServicesAnswer, Request(f"company/{company_id}/services/"))
        # An id that is listed twice would stand twice in the line to paste into the settings.
        return list({each.id: each for each in to_services(answer.data)}.values())

    async def fetch_teachers(self, company_id: str) -> Mapping[str, Teacher]:
        try:
            answer = await self._fetch(StaffAnswer, Request(f"company/{company_id}/staff/"))
        except (AltegioRejectedError, NotAltegioError, UnexpectedAnswerError):
            # The older path has answered tokens to which the newer one refused the right.
            answer = await self._fetch(StaffAnswer, Request(f"staff/{company_id}"))
        teachers = (to_teacher(staff) for staff in answer.data)
        return {teacher.id: teacher for teacher in teachers if teacher is not None}

    async def fetch_page(self, query: PageQuery) -> Page:
        """A page; one that is too large for the server is served smaller, from then on too."""
        size = min(query.page_size, self._largest_page)
        try:
            page = await self._fetch_page(replace(query, page_size=size))
        except AltegioRejectedError as error:
            is_too_large = size > _SAFE_PAGE and error.status in _TOO_LARGE_PAGE
            # A later page of another size would begin at another row.
            if not is_too_large or query.page > 1:
                raise
            page = await self._fetch_page(replace(query, page_size=_SAFE_PAGE))
            self._largest_page = _SAFE_PAGE
        else:
            if size > _SAFE_PAGE:
                self._largest_page = LARGEST_PAGE
        return page

    async def _fetch_page(self, query: PageQuery) -> Page:
        answer, headers, asked_at = await self._fetch_whole(RecordsAnswer, page_request(query))
        translator = self._translator(query.company_id, query.zone, asked_at)
        read = [translator.to_booking(row or WireRecord()) for row in answer.data]
        bookings = [booking for booking in read if booking.id]
        nameless = [booking for booking in read if not booking.id]
        total = answer.meta.total_count if answer.meta else None
        return Page(
            bookings,
            rows=len(read),
            total=total if isinstance(total, int) and 0 <= total <= _MOST_BOOKINGS else None,
            unreadable=len(nameless),
            nameless=nameless,
            answered_at=answered_at(headers),
            query=query,
        )

    async def fetch_booking(self, company_id: str, appointment_id: str, zone: ZoneInfo) -> Booking:
        request = Request(f"record/{company_id}/{appointment_id}")
        answer, _headers, asked_at = await self._fetch_whole(RecordAnswer, request)
        booking = self._translator(company_id, zone, asked_at).to_booking(answer.data)
        if booking.id != appointment_id:
            raise UnexpectedAnswerError(texts.ANOTHER_RECORD())
        return booking

    def _translator(self, company_id: str, zone: ZoneInfo, asked_at: float) -> Translator:
        return Translator(company_id, zone, self._leads.in_zone(zone.key), asked_at)

    async def _fetch(self, answer_type: type[AnswerT], request: Request) -> AnswerT:
        answer, _headers, _asked_at = await self._fetch_whole(answer_type, request)
        return answer

    async def _fetch_whole(
        self, answer_type: type[AnswerT], request: Request
    ) -> tuple[AnswerT, Mapping[str, str], float]:
        """Ask until it is answered, refused for good, or no longer worth a try.

        With the answer's headers, and when the request that was answered started.
        """
        retrying = _Retrying(self.usage, self.on_retry, self._jitter)
        while True:
            try:
                return await self._try_once(answer_type, request)
            except AltegioError as error:
                if isinstance(error, RateLimitedError):
                    # At once, so that nobody who shares the budget asks in vain meanwhile.
                    await self._rest(retrying.rest_s(error))
                wait_s = retrying.wait_after(error)
                if wait_s is None:
                    raise
            await self._sleep(wait_s)

    async def _rest(self, seconds: float) -> None:
        """Let nobody who shares the budget ask; not for longer than a request is tried again."""
        if seconds <= MAX_SECONDS:
            await self._pacer.rest(seconds)

    async def _try_once(
        self, answer_type: type[AnswerT], request: Request
    ) -> tuple[AnswerT, Mapping[str, str], float]:
        await self._pacer.wait_for_turn()
        self.usage.requests += 1
        asked_at = steady_now()
        answer = await self._transport.get(request)
        if self._transport.adds_slash(request, answer):
            await self._pacer.wait_for_turn()
            self.usage.requests += 1
            asked_at = steady_now()
            answer = await self._transport.get(request)
            if self._transport.adds_slash(request, answer):
                raise NotAltegioError(texts.ENDLESS_REDIRECT())
        read = partial(
            read_answer,
            answer_type,
            answer.status,
            answer.headers,
            answer.body,
            secrets=self._secrets,
        )
        try:
            if len(answer.body) > _LARGE_BODY_BYTES:
                # In a thread, so that signals and other requests need not wait for so much.
                value = await anyio.to_thread.run_sync(read, abandon_on_cancel=True)
            else:
                value = read()
        except NotFoundError as error:
            error.asked_at = asked_at  # it may be written, as any other answer
            raise
        return value, answer.headers, asked_at


def _check_token(token: str) -> None:
    """Raises ConfigError for one that no header can hold: the client would show it in its error."""
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ConfigError(texts.INVALID_TOKEN())


class _Retrying:
    """Decides after a failed try whether to try again, and when."""

    def __init__(
        self,
        usage: ApiUsage,
        on_retry: OnRetry | None,
        jitter: Callable[[], float],
    ) -> None:
        self._usage = usage
        self._on_retry = on_retry
        self._jitter = jitter
        self._started_at = anyio.current_time()
        self._tries = 0

    def wait_after(self, error: AltegioError) -> float | None:
        """Seconds to wait before another try; None to give up."""
        self._tries += 1
        if not isinstance(error, AltegioUnavailableError | UnexpectedAnswerError):
            return None
        self._usage.rate_limited += isinstance(error, RateLimitedError)
        wait_s = self._wait_s(error)
        is_too_late = anyio.current_time() - self._started_at + wait_s > MAX_SECONDS
        if self._tries >= MAX_TRIES or is_too_late:
            return None
        self._usage.retries += 1
        if self._on_retry is not None:
            self._on_retry(error, wait_s=wait_s, tries=self._tries)
        return wait_s

    def _wait_s(self, error: AltegioError) -> float:
        jitter = self._jitter()
        if isinstance(error, RateLimitedError):
            return max(self.rest_s(error), self._backoff_s()) + jitter
        told = error.retry_after_s if isinstance(error, AltegioUnavailableError) else None
        return max(told or 0.0, self._backoff_s() * (0.5 + jitter))

    def _backoff_s(self) -> float:
        backoff: float = min(_WAIT_MAX_S, _WAIT_INITIAL_S * 2 ** (self._tries - 1))
        return backoff

    @staticmethod
    def rest_s(error: RateLimitedError) -> float:
        """How long nobody need ask: Altegio refuses all requests alike."""
        return max(_REST_S if error.retry_after_s is None else error.retry_after_s, 1.0)
