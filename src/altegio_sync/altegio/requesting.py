"""One request to Altegio: within the limits, and repeated where this can help."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, Self, TypeVar

import anyio.to_thread

from altegio_sync.altegio.protocol import ACCEPT, Request, authorization, read_answer
from altegio_sync.altegio.retrying import MAX_SECONDS, OnRetry, Retrying
from altegio_sync.altegio.transport import Transport
from altegio_sync.altegio.wire import AnyAnswer
from altegio_sync.domain.clock import steady_now
from altegio_sync.errors import (
    AltegioError,
    ConfigError,
    NotAltegioError,
    NotFoundError,
    RateLimitedError,
)
from altegio_sync.messages import api as texts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from altegio_sync.altegio.transport import RawAnswer
    from altegio_sync.domain.counts import ApiUsage
    from altegio_sync.ports import RequestBudget

#: A larger body is read in a thread.
_LARGE_BODY_BYTES = 8 * 1024 * 1024

AnswerT = TypeVar("AnswerT", bound=AnyAnswer)


@dataclass(frozen=True, slots=True)
class Answered(Generic[AnswerT]):
    """An answer with its headers; ``asked_at`` is when its request started, by `steady_now`."""

    value: AnswerT
    headers: Mapping[str, str]
    asked_at: float


@dataclass(frozen=True, slots=True)
class RetryRules:
    """The random part of a wait, and how to wait. ``on_retry`` is called before each retry."""

    on_retry: OnRetry | None
    jitter: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]


class Requester:
    """Sends requests with both tokens, and counts every start of a request in ``usage``.

    Raises:
        ConfigError: a header cannot contain the token; or see `Transport`.
    """

    def __init__(
        self,
        url: str,
        tokens: tuple[str, str],
        budget: RequestBudget,
        usage: ApiUsage,
        rules: RetryRules,
    ) -> None:
        self._secrets = tokens
        self._budget = budget
        self._usages: tuple[ApiUsage, ...] = (usage,)
        self._rules = rules
        for token in tokens:
            check_token(token)
        headers = {
            "Accept": ACCEPT,
            "Content-Type": "application/json",
            "Authorization": authorization(*tokens),
            "User-Agent": "altegio-sync",
        }
        self._transport = Transport(url, headers)

    @property
    def url(self) -> str:
        return self._transport.url

    def counting_in(self, usage: ApiUsage) -> Self:
        """This requester; the requests that start here are counted in ``usage`` as well."""
        other = copy(self)
        other._usages = (*self._usages, usage)  # noqa: SLF001 - a copy of this
        return other

    def within(self, budget: RequestBudget) -> Self:
        """This requester; the requests that start here are within this budget."""
        other = copy(self)
        other._budget = budget  # noqa: SLF001 - a copy of this
        return other

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def fetch(self, answer_type: type[AnswerT], request: Request) -> Answered[AnswerT]:
        """Send the request until it is answered, or until another try cannot help any more."""
        retrying = Retrying(self._usages, self._rules.on_retry, self._rules.jitter)
        while True:
            try:
                return await self._try_once(answer_type, request)
            except AltegioError as error:
                if isinstance(error, RateLimitedError):
                    # Rest at once, so that no run with the same budget sends a request in vain.
                    await self._rest(retrying.rest_s(error))
                wait_s = retrying.wait_after(error)
                if wait_s is None:
                    raise
            await self._rules.sleep(wait_s)

    async def _rest(self, seconds: float) -> None:
        """Stop all requests of the budget, but not for longer than a request is tried again."""
        if seconds <= MAX_SECONDS:
            await self._budget.rest(seconds)

    async def _try_once(self, answer_type: type[AnswerT], request: Request) -> Answered[AnswerT]:
        asked_at, answer = await self._send(request)
        if self._transport.adds_slash(request, answer):
            asked_at, answer = await self._send(request)
            if self._transport.adds_slash(request, answer):
                raise NotAltegioError(texts.ENDLESS_REDIRECT())
        try:
            value = await self._read(answer_type, answer)
        except NotFoundError as error:
            error.asked_at = asked_at  # a 404 is an answer too, and may lead to a write
            raise
        return Answered(value, answer.headers, asked_at)

    async def _send(self, request: Request) -> tuple[float, RawAnswer]:
        await self._budget.wait_for_turn()
        for each in self._usages:
            each.requests += 1
        asked_at = steady_now()
        return asked_at, await self._transport.send(request)

    async def _read(self, answer_type: type[AnswerT], answer: RawAnswer) -> AnswerT:
        read = partial(
            read_answer,
            answer_type,
            answer.status,
            answer.headers,
            answer.body,
            secrets=self._secrets,
        )
        if len(answer.body) > _LARGE_BODY_BYTES:
            # In a thread, so that signals and other requests do not wait for a large body.
            return await anyio.to_thread.run_sync(read, abandon_on_cancel=True)
        return read()


def check_token(token: str) -> None:
    """Raises ConfigError if no header can contain the token. The client's error would show it."""
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ConfigError(texts.INVALID_TOKEN())
