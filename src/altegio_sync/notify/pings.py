"""Pings of healthchecks.io and compatible services: a run began, ended with a code, or gave way.

The protocol is in the documentation of healthchecks.io, *Pinging API*: `URL/start`, `URL/0` to
`URL/255`, `URL/log`, and `?rid=` with the same UUID at the start and at the end of a run.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING
from uuid import uuid4

import anyio
import httpx2

from altegio_sync.messages import notify as texts

if TYPE_CHECKING:
    from altegio_sync.messages import Message

#: A service that does not answer delays a run by this much in all.
MOST_SECONDS = 10.0
_LONGEST_BODY = 10_000


class Pinger:
    """Sends the pings of one run to one address, which is a secret."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._run_id = str(uuid4())

    async def send(
        self, ending: str, body: str = "", seconds: float = MOST_SECONDS
    ) -> Message | None:
        """Send a ping. Returns what went wrong, without the address; None if all is well."""
        with anyio.move_on_after(seconds):
            try:
                return await self._post(f"{self._url}/{ending}", body)
            except httpx2.ConnectError as error:
                return texts.PING_FAILED(reason=_why_not_connected(error))
            except httpx2.TransportError:
                return texts.PING_FAILED(reason=texts.BROKEN_OFF())
            except (ValueError, OSError, httpx2.HTTPError, httpx2.InvalidURL):
                return texts.PING_FAILED(reason=texts.UNUSABLE_ADDRESS())
        return texts.PING_FAILED(reason=texts.NO_ANSWER(seconds=int(MOST_SECONDS)))

    async def _post(self, url: str, body: str) -> Message | None:
        async with httpx2.AsyncClient(timeout=MOST_SECONDS) as client:
            content = body.encode()[:_LONGEST_BODY]
            async with client.stream(
                "POST", url, params={"rid": self._run_id}, content=content
            ) as answer:
                # The answer's body says nothing that is needed, and may be endless.
                status = answer.status_code
        if answer.is_success:
            return None
        return texts.PING_FAILED(reason=texts.HTTP_STATUS(status=status))


def _why_not_connected(error: httpx2.ConnectError) -> Message:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return texts.UNTRUSTED_CERTIFICATE()
        cause = cause.__cause__ or cause.__context__
    return texts.NO_CONNECTION()
