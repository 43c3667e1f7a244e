"""A server on loopback that answers the list of bookings as it likes."""

from __future__ import annotations

import json
import threading
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from altegio_sync.sandbox.bodies import (
    client_body,
    company_body,
    record_body,
    service_body,
    staff_body,
)
from tests.rawserver import RawServer, Seen, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    #: The ids on a page, and what the answer says as its total; from the page's number, its size,
    #: and how many pages were requested before.
    Answer = Callable[[int, int, int], tuple[Sequence[int], Any]]

_ZONE = ZoneInfo("Europe/Kyiv")


class HostileServer(RawServer):
    """Use it as a context manager. Every booking starts on the first day that is requested."""

    def __init__(self, rows: Answer) -> None:
        super().__init__(self._reply)
        self._rows = rows
        self.pages = 0
        self._lock = threading.Lock()

    def _reply(self, seen: Seen) -> bytes:
        body = self._body_of(seen.path, seen.query)
        return reply(200, json.dumps(body).encode(), Content_Type="application/json")

    def _body_of(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        match path.removeprefix("/api/v1").strip("/").split("/"):
            case ["company", company]:
                return _success(company_body(company, _ZONE.key))
            case ["records", company]:
                return self._records(company, query)
            case ["record", _company, _record]:
                return {"success": True, "data": _record_of(1, "77", date(2026, 3, 2)), "meta": []}
            case _:
                return _success([])

    def _records(self, company: str, query: dict[str, str]) -> dict[str, Any]:
        with self._lock:
            number = self.pages
            self.pages += 1
        ids, total = self._rows(int(query["page"]), int(query["count"]), number)
        day = date.fromisoformat(query.get("start_date", "2026-03-02"))
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
