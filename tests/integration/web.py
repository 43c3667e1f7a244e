"""An application behind the server that `serve` uses, at a free port."""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import httpx2

from altegio_sync.web.server import ImpatientProtocol, make_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from starlette.applications import Starlette


@asynccontextmanager
async def serving(
    application: Starlette,
    protocol: type[ImpatientProtocol] = ImpatientProtocol,
    close_streams: Sequence[Callable[[], None]] = (),
) -> AsyncIterator[httpx2.AsyncClient]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = make_server(application, protocol, close_streams)
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: server.serve(sockets=[listening]))
        try:
            async with httpx2.AsyncClient(base_url=base, timeout=60) as client:
                yield client
        finally:
            server.should_exit = True
    listening.close()
