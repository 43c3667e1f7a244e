"""A service that takes pings as healthchecks.io does."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from types import TracebackType


class _ManyAtOnce(ThreadingHTTPServer):
    """Accepts many connections at the same time; the usual server refuses the sixth."""

    request_queue_size = 128
    daemon_threads = True


@dataclass(frozen=True, slots=True)
class Ping:
    """``path`` is the part behind the address of the check: /start, /0."""

    path: str
    rid: str
    body: Any


@dataclass
class PingServer:
    """Use it as a context manager. It answers with ``status``, after ``delay_s``.

    The ping of a begin is on its way for ``start_takes_s``.
    """

    status: int = 200
    delay_s: float = 0
    start_takes_s: float = 0
    pings: list[Ping] = field(default_factory=list)

    def __enter__(self) -> Self:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                rid = parse_qs(parts.query).get("rid", [""])[0]
                path = parts.path.removeprefix("/secret-check")
                time.sleep(server.start_takes_s if path == "/start" else 0)
                server.pings.append(Ping(path, rid, json.loads(body) if body else {}))
                time.sleep(server.delay_s)
                self.send_response(server.status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

        self._http = _ManyAtOnce(("127.0.0.1", 0), Handler)
        # It looks so often whether it shall end.
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/secret-check"

    @property
    def paths(self) -> list[str]:
        return [each.path for each in self.pings]
