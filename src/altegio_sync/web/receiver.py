"""Receives webhooks: a notice is stored before it is answered.

Altegio waits 15 seconds for the answer and never repeats a notice. So no answer takes longer. A
notice that cannot be stored is lost, and the next poll brings the change.
"""

from __future__ import annotations

import hmac
import math
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

import anyio
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from altegio_sync.domain.notices import HookOutcome
from altegio_sync.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from starlette.requests import Request

    from altegio_sync.domain.notices import Delivery, Notice, UnreadableNotice

MOST_BYTES = 256 * 1024
#: Both together are 15 seconds.
_RECEIVED_WITHIN_S = 5.0
_STORED_WITHIN_S = 10.0
#: When the server stops, a request that waits is answered after this time.
_CLOSED_WITHIN_S = 0.5


def not_found() -> Response:
    """The same answer for a wrong secret and for an address that does not exist."""
    return _refusal(404)


def _refusal(status: int) -> Response:
    """The body may still be under way, so the connection is not used any more."""
    return Response(status_code=status, headers={"Connection": "close"})


class _TooLargeError(Exception):
    """The body is larger than `MOST_BYTES`."""


class HookReceiver:
    """Answers `POST /hooks/{secret}`.

    ``read`` reads a body, and ``store`` returns when the notices are stored durably. ``counts`` has
    the outcomes since the start. Without ``secrets`` every notice is refused.
    """

    def __init__(
        self,
        secrets: Sequence[str],
        read: Callable[[bytes], Delivery],
        store: Callable[[Sequence[Notice | UnreadableNotice]], Awaitable[None]],
        *,
        received_within_s: float = _RECEIVED_WITHIN_S,
        stored_within_s: float = _STORED_WITHIN_S,
        closed_within_s: float = _CLOSED_WITHIN_S,
    ) -> None:
        self._secrets = [each.encode() for each in secrets]
        self._read = read
        self._store = store
        self._received_within_s = received_within_s
        self._stored_within_s = stored_within_s
        self._closed_within_s = closed_within_s
        self._closes_at = math.inf
        self._scopes: set[anyio.CancelScope] = set()
        self.counts: Counter[HookOutcome] = Counter()

    def close(self) -> None:
        """Answer what waits, for example for MongoDB, before the server closes the connections."""
        self._closes_at = anyio.current_time() + self._closed_within_s
        for scope in self._scopes:
            scope.deadline = min(scope.deadline, self._closes_at)

    @contextmanager
    def _fail_after(self, seconds: float) -> Iterator[None]:
        with anyio.fail_after(seconds) as scope:
            scope.deadline = min(scope.deadline, self._closes_at)
            self._scopes.add(scope)
            try:
                yield
            finally:
                self._scopes.discard(scope)

    async def receive(self, request: Request) -> Response:
        # The address may have been entered with a slash at its end.
        if not self._knows(request.path_params["secret"].rstrip("/")):
            return self._refuse(HookOutcome.WRONG_SECRET, not_found())
        try:
            with self._fail_after(self._received_within_s):
                body = await _read_body(request)
        except _TooLargeError:
            return self._refuse(HookOutcome.TOO_LARGE, _refusal(413))
        except (TimeoutError, ClientDisconnect):
            return self._refuse(HookOutcome.TOO_SLOW, _refusal(408))
        return await self._take(self._read(body))

    async def _take(self, delivery: Delivery) -> Response:
        try:
            with self._fail_after(self._stored_within_s):
                await self._store(delivery.notices)
        except (TimeoutError, StoreError):
            self.counts[HookOutcome.NOT_STORED] += len(delivery.notices)
            return Response(status_code=503)
        self.counts += delivery.outcomes
        return Response(status_code=204)

    def _knows(self, secret: str) -> bool:
        """Whether it is one of the secrets. The time does not show which characters are wrong."""
        given = secret.encode(errors="surrogatepass")
        return sum(hmac.compare_digest(given, each) for each in self._secrets) > 0

    def _refuse(self, outcome: HookOutcome, answer: Response) -> Response:
        self.counts[outcome] += 1
        return answer


async def _read_body(request: Request) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > MOST_BYTES:
        raise _TooLargeError
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise _TooLargeError
    return bytes(body)
