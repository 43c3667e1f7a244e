"""The settings of uvicorn, and an end for connections on which no request arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

    from starlette.applications import Starlette

_KEPT_ALIVE_S = 5
_GRACE_S = 2
#: A connection is closed if no request arrived between two looks at it.
_LOOKED_EVERY_S = 5.0


class ImpatientProtocol(H11Protocol):
    """HTTP/1.1 that does not wait for ever for the rest of a request's head, as uvicorn does."""

    looked_every_s = _LOOKED_EVERY_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._last_cycle = self.cycle
        self._look = self.loop.call_later(self.looked_every_s, self._look_at_connection)

    def connection_lost(self, exc: Exception | None) -> None:
        self._look.cancel()
        super().connection_lost(exc)

    def _look_at_connection(self) -> None:
        # Before the first request there is no cycle.
        is_at_work = not getattr(self.cycle, "response_complete", True)
        if not is_at_work and self.cycle is self._last_cycle:
            self.transport.close()
            return
        self._last_cycle = self.cycle
        self._look = self.loop.call_later(self.looked_every_s, self._look_at_connection)


def make_server(
    application: Starlette, protocol: type[ImpatientProtocol] = ImpatientProtocol
) -> uvicorn.Server:
    """A server that writes no log: a line of the access log would contain the secret."""
    return uvicorn.Server(
        uvicorn.Config(
            application,
            http=protocol,
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEPT_ALIVE_S,
            timeout_graceful_shutdown=_GRACE_S,
        )
    )
