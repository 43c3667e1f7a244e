"""Wrong answers, like those of the API and of the proxies in front of it."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, JSONResponse, Response
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


class Fault(Enum):
    """A kind of failure. The answer of `SLOW` is correct, but late."""

    TOO_MANY = "429"
    REFUSED_AS_200 = "the limit's refusal as HTTP 200"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "502"
    HTML = "HTML with 200"
    PROXY_403 = "a proxy's 403 in HTML"
    EMPTY = "200 without a body"
    CUT = "half a body"
    RESET = "a connection reset before the answer"
    SLOW = "an answer that takes long"
    UNAUTHORIZED = "401"


#: The faults that happen by chance. Tokens do not become wrong by chance.
RANDOM_FAULTS = tuple(fault for fault in Fault if fault is not Fault.UNAUTHORIZED)


@dataclass(slots=True)
class PlannedFault:
    """A failure of the next ``times`` list requests; see `SandboxServer.fail`."""

    fault: Fault
    times: int
    page: int | None
    after: int
    company_id: str | None

    def takes(self, company_id: str, page: str) -> bool:
        """Whether this list request fails. Each call is counted as a request."""
        if self.times == 0 or (self.page is not None and page != str(self.page)):
            return False
        if self.company_id not in (None, company_id):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= self.times > 0
        return True


class Transports(dict[tuple[str, int], "asyncio.Transport"]):
    """The open connections by the client's address, to reset one: ASGI itself cannot do this."""

    def protocol(self) -> type[H11Protocol]:
        transports = self

        class TrackedProtocol(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                # Without this option, the second part of an answer waits until the client confirms
                # the first part.
                connection = transport.get_extra_info("socket")
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                transports[transport.get_extra_info("peername")[:2]] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                transports.pop(self.transport.get_extra_info("peername", ("", 0))[:2], None)
                super().connection_lost(exc)

        return TrackedProtocol


class CutResponse(Response):
    """Announces the whole body, sends half of it, and closes the connection."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        half = bytes(self.body)[: len(self.body) // 2]
        # Never completed: the server closes the connection when this returns.
        await send({"type": "http.response.body", "body": half, "more_body": True})


class ResetResponse(Response):
    """Resets the TCP connection before a byte is sent."""

    def __init__(self, transports: Transports) -> None:
        super().__init__()
        self._transports = transports

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        transport = self._transports[tuple(scope["client"])]
        connection = transport.get_extra_info("socket")
        linger = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()


def refusal(status: int, message: str | None, **meta: Any) -> JSONResponse:
    """A failure in the API's form. Without a message, `meta` is `[]`."""
    details: Any = [] if message is None else {"message": message, **meta}
    return JSONResponse({"success": False, "data": None, "meta": details}, status)


def limit_refusal(status: int, wait_s: int, retry_after: str | None = None) -> Response:
    """The refusal of a request over the limits. The real API's text is Russian too."""
    message = f"Превышен лимит запросов, попробуйте повторить запрос через {wait_s} секунд."
    response = refusal(status, message)
    if retry_after is not None:
        response.headers["Retry-After"] = retry_after
    return response


def fault_response(
    fault: Fault, right_answer: Response, transports: Transports, retry_after: str | None
) -> Response:
    """The answer that is sent instead of the right answer."""
    makers: dict[Fault, Callable[[], Response]] = {
        Fault.TOO_MANY: lambda: limit_refusal(429, 0, retry_after),
        Fault.REFUSED_AS_200: lambda: limit_refusal(200, 0, retry_after),
        Fault.SERVER_ERROR: lambda: refusal(500, "Internal error."),
        Fault.BAD_GATEWAY: lambda: HTMLResponse(_PAGE.format("502 Bad Gateway"), 502),
        Fault.HTML: lambda: HTMLResponse(_PAGE.format("Under maintenance")),
        Fault.PROXY_403: lambda: HTMLResponse(_PAGE.format("Attention required"), 403),
        Fault.EMPTY: lambda: Response(media_type="application/json"),
        Fault.CUT: lambda: CutResponse(right_answer.body, headers=dict(right_answer.headers)),
        Fault.RESET: lambda: ResetResponse(transports),
        Fault.SLOW: lambda: right_answer,
        Fault.UNAUTHORIZED: lambda: refusal(401, "Authentication needed."),
    }
    return makers[fault]()
