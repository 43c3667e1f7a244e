"""Serves a `Listing` on loopback, in a process of its own: `python -m benchmarks.school_server`.

Prints its port; `/seen` tells when the requests for records came, by a monotonic clock.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import time
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import uvicorn

from benchmarks import listing
from benchmarks.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    Send = Callable[[Mapping[str, Any]], Awaitable[None]]

_HEADERS = [(b"content-type", b"application/json")]


class SchoolServer:
    """An ASGI application with the two endpoints that a sync asks."""

    def __init__(self, school: Listing, *, latency_s: float, serves: int, recent: int) -> None:
        self._school = school
        self._latency_s = latency_s
        self._serves = serves
        self._recent = recent
        self._seen: list[float] = []

    async def __call__(self, scope: Mapping[str, Any], _receive: object, send: Send) -> None:
        path: str = scope["path"]
        if path == "/seen":
            body = json.dumps(self._seen).encode()
        else:
            self._seen.append(time.monotonic())
            if self._latency_s:
                await asyncio.sleep(self._latency_s)
            query = {name: each[-1] for name, each in parse_qs(scope["query_string"]).items()}
            body = self._records(query) if "/records/" in path else listing.company()
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": body})

    def _records(self, query: Mapping[bytes, bytes]) -> bytes:
        count = min(int(query.get(b"count", b"50")), self._serves)
        if b"changed_after" in query:
            places = self._school.newest(self._recent)
        else:
            first, last = (date.fromisoformat(query[name].decode()) for name in _DATES)
            places = self._school.between(first, last)
        return self._school.page(places, int(query.get(b"page", b"1")), count)


_DATES = (b"start_date", b"end_date")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--changed", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--serves", type=int, default=1000)
    parser.add_argument("--recent", type=int, default=0)
    asked = parser.parse_args()
    app = SchoolServer(
        Listing(asked.size, asked.changed),
        latency_s=asked.latency,
        serves=asked.serves,
        recent=asked.recent,
    )
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(app, lifespan="off", log_level="critical", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
