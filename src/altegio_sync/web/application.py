"""The addresses of the web server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from altegio_sync.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.requests import Request

    from altegio_sync.web.receiver import HookReceiver

_PINGED_WITHIN_S = 5.0


def make_application(
    receiver: HookReceiver,
    ping: Callable[[], Awaitable[None]],
    *,
    pages: Sequence[Route] = (),
    pinged_within_s: float = _PINGED_WITHIN_S,
) -> Starlette:
    """The application; ``ping`` raises StoreError if MongoDB cannot be reached.

    ``pages`` are further addresses, which a guard protects.
    """

    async def health(_request: Request) -> Response:
        try:
            with anyio.fail_after(pinged_within_s):
                await ping()
        except (TimeoutError, StoreError):
            return JSONResponse({"process": True, "mongodb": False}, 503)
        return JSONResponse({"process": True, "mongodb": True})

    return Starlette(
        routes=[
            Route("/hooks/{secret}", receiver.receive, methods=["POST"]),
            Route("/health", health),
            *pages,
        ]
    )
