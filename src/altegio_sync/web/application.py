"""The addresses of the web server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from altegio_sync.errors import StoreError
from altegio_sync.web.receiver import not_found

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.requests import Request

    from altegio_sync.web.receiver import HookReceiver

_PINGED_WITHIN_S = 5.0


def _ignore(_error: Exception) -> None: ...


def make_application(
    receiver: HookReceiver,
    ping: Callable[[], Awaitable[None]],
    *,
    pages: Sequence[Route] = (),
    on_error: Callable[[Exception], None] = _ignore,
    pinged_within_s: float = _PINGED_WITHIN_S,
) -> Starlette:
    """The application; ``ping`` raises StoreError if MongoDB cannot be reached.

    ``pages`` are further addresses, which a guard protects. ``on_error`` gets an error that no part
    of the program expected: the request is answered with 500.
    """

    async def health(_request: Request) -> Response:
        try:
            with anyio.fail_after(pinged_within_s):
                await ping()
        except (TimeoutError, StoreError):
            return JSONResponse({"process": True, "mongodb": False}, 503)
        return JSONResponse({"process": True, "mongodb": True})

    async def fail(_request: Request, error: Exception) -> Response:
        on_error(error)
        return Response(status_code=500)

    async def find_nothing(_request: Request, _error: Exception) -> Response:
        return not_found()

    application = Starlette(
        exception_handlers={Exception: fail, 404: find_nothing},
        routes=[
            Route("/hooks/{secret:path}", receiver.receive, methods=["POST"]),
            Route("/health", health),
            *pages,
        ],
    )
    # Whoever sends webhooks follows no redirect, and its address would show the secret to logs.
    application.router.redirect_slashes = False
    return application
