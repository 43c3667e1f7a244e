"""The settings of uvicorn, and an end for connections on which no request arrives."""

from __future__ import annotations

import errno
import os
import re
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import anyio
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from altegio_sync.errors import ConfigError
from altegio_sync.messages import serve as texts
from altegio_sync.messages.os_errors import os_reason

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator, Sequence

    from starlette.applications import Starlette

    from altegio_sync.usecases.stopping import StopSignal

_KEPT_ALIVE_S = 5
_GRACE_S = 1
_BACKLOG = 2048
#: A connection is closed if no request arrived, and no part of an answer left, between two looks.
_LOOKED_EVERY_S = 5.0
_IN_BRACKETS = re.compile(r"^\[(.*:.*)\]$")


class ImpatientProtocol(H11Protocol):
    """HTTP/1.1 that does not wait for ever, as uvicorn does.

    A client may send only a part of a request's head, or not read the answer.
    """

    looked_every_s = _LOOKED_EVERY_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._last_cycle = self.cycle
        self._last_unsent = 0
        self._look = self.loop.call_later(self.looked_every_s, self._look_at_connection)

    def connection_lost(self, exc: Exception | None) -> None:
        self._look.cancel()
        super().connection_lost(exc)

    def _look_at_connection(self) -> None:
        unsent = self.transport.get_write_buffer_size()
        if 0 < unsent == self._last_unsent:
            self.transport.abort()
            return
        # Before the first request there is no cycle.
        is_at_work = unsent or not getattr(self.cycle, "response_complete", True)
        if not is_at_work and self.cycle is self._last_cycle:
            self.transport.close()
            return
        self._last_cycle, self._last_unsent = self.cycle, unsent
        self._look = self.loop.call_later(self.looked_every_s, self._look_at_connection)


class _Server(uvicorn.Server):
    """A server that leaves the signals to the command, and ends its streams before it stops."""

    def __init__(self, config: uvicorn.Config, close_streams: Sequence[Callable[[], None]]) -> None:
        super().__init__(config)
        self._close_streams = close_streams

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # A stream does not end by itself, so uvicorn would wait for it in vain.
        for close in self._close_streams:
            close()
        await super().shutdown(sockets)


def make_server(
    application: Starlette,
    protocol: type[ImpatientProtocol] = ImpatientProtocol,
    close_streams: Sequence[Callable[[], None]] = (),
) -> uvicorn.Server:
    """A server that writes no log: a line of the access log would contain the secret.

    ``close_streams`` are called when the server stops: each ends the streams that it knows.
    """
    config = uvicorn.Config(
        application,
        http=protocol,
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        # Who asked is the other end of the connection, whatever a header says.
        proxy_headers=False,
        timeout_keep_alive=_KEPT_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
    )
    return _Server(config, close_streams)


class WebServer:
    """Serves the application at an open socket until the stop; a part of `serve`."""

    def __init__(
        self,
        application: Starlette,
        listening: socket.socket,
        close_streams: Sequence[Callable[[], None]] = (),
    ) -> None:
        self._server = make_server(application, close_streams=close_streams)
        self._listening = listening

    async def run(self, stop: StopSignal) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: self._server.serve(sockets=[self._listening]))
            with stop.interrupting():
                await anyio.sleep_forever()
            self._server.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """A socket that accepts connections; port 0 means a free port.

    An address of IPv6 may be in brackets, as in URLs.

    Raises:
        ConfigError: the port is in use, or this machine does not have the address.
    """
    try:
        [(family, _, _, _, address), *_] = socket.getaddrinfo(
            _IN_BRACKETS.sub(r"\1", host),
            port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except socket.gaierror as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(texts.CANNOT_LISTEN(host=host, port=str(port), reason=reason)) from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(texts.PORT_IN_USE(host=host, port=str(port))) from None
        # The socket module adds the address to the system's words.
        plain = OSError(error.errno, os.strerror(error.errno or 0))
        raise ConfigError(
            texts.CANNOT_LISTEN(host=host, port=str(port), reason=os_reason(plain))
        ) from None


def address_of(listening: socket.socket) -> str:
    """The address of the server, such as http://127.0.0.1:8077."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
