"""A server on loopback that answers the list of bookings as it likes."""

from __future__ import annotations

import json
import threading
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from altegio_sync.sandbox.bodies import (
    client_body,
    company_body,
    record_body,
    service_body,
    staff_body,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    #: The ids on a page, and what the answer says as its total; from the page's number, its size,
    #: and how many pages were requested before.
    Answer = Callable[[int, int, int], tuple[Sequence[int], Any]]

_ZONE = ZoneInfo("Europe/Kyiv")


class HostileServer:
    """Use it as a context manager. Every booking starts on the first day that is requested."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.pages = 0
        self._lock = threading.Lock()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                body = json.dumps(owner.body_of(url.path, parse_qs(url.query))).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def body_of(self, path: str, query: dict[str, list[str]]) -> dict[str, Any]:
        match path.strip("/").split("/"):
            case ["company", company]:
                return _success(company_body(company, _ZONE.key))
            case ["records", company]:
                return self._records(company, query)
            case ["record", _company, _record]:
                return {"success": True, "data": _record_of(1, "77", date(2026, 3, 2)), "meta": []}
            case _:
                return _success([])

    def _records(self, company: str, query: dict[str, list[str]]) -> dict[str, Any]:
        with self._lock:
            number = self.pages
            self.pages += 1
        ids, total = self._answer(int(query["page"][0]), int(query["count"][0]), number)
        day = date.fromisoformat(query.get("start_date", ["2026-03-02"])[0])
        rows = [_record_of(each, company, day) for each in ids]
        return _success(rows) | {"meta": {"page": 1, "total_count": total}}


def _record_of(record_id: int, company: str, day: date) -> dict[str, Any]:
    body = record_body(
        max(record_id, 1),
        company,
        _ZONE,
        datetime(day.year, day.month, day.day, 12),  # noqa: DTZ001 - local, as Altegio has it
        staff=staff_body(9, "Марко Зразок"),
        services=[service_body(1, "Урок", 300, 3600)],
        client=client_body(5, "Олена Приклад 12345678"),
    )
    return body if record_id else body | {"id": None}


def _success(data: object) -> dict[str, Any]:
    return {"success": True, "data": data, "meta": []}
