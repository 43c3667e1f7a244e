"""A school's list of records, made by arithmetic, so that serving it costs next to nothing.

The sandbox keeps every record and answers some thousands a second, less than the program reads:
it would measure itself. Here a record's place in the list decides all of it, and a page is one
template of the sandbox's own record, filled in as many times as the page has rows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from altegio_sync.sandbox.bodies import (
    client_body,
    company_body,
    record_body,
    service_body,
    staff_body,
)

COMPANY = "77"
ZONE = ZoneInfo("Europe/Kyiv")
SERVICE = service_body(501, "Індивідуальний урок", 450, 3600)
#: All of it lies in the past, so that no figure depends on today.
LAST_DAY = date(2025, 12, 31)
A_DAY = 200
TEACHERS = 20
LEADS = 5000
FIRST_ID = 10_000_000
_FIRST_HOUR = 8
_ARRIVED, _NO_SHOW = 1, -1


@dataclass(frozen=True, slots=True)
class Listing:
    """``size`` records, ``A_DAY`` of them on each of the days up to ``LAST_DAY``.

    With ``changed``, every so many-th of them has another attendance than without it.
    """

    size: int
    changed: int = 0

    @property
    def first_day(self) -> date:
        return LAST_DAY - timedelta(days=-(-self.size // A_DAY) - 1)

    def between(self, first: date, last: date) -> range:
        """The places of the records on these days, both included."""
        start = (first - self.first_day).days * A_DAY
        end = ((last - self.first_day).days + 1) * A_DAY
        return range(max(0, start), max(0, min(end, self.size)))

    def newest(self, count: int) -> range:
        return range(max(0, self.size - count), self.size)

    def page(self, places: range, number: int, count: int) -> bytes:
        """The body of an answer: the newest come first."""
        end = places.stop - (number - 1) * count
        rows = (self.row(place) for place in range(end - 1, max(places.start, end - count) - 1, -1))
        return b'{"success": true, "data": [%b], "meta": {"page": %d, "total_count": %d}}' % (
            b",".join(rows),
            number,
            len(places),
        )

    def row(self, place: int) -> bytes:
        day, slot = divmod(place, A_DAY)
        hour, teacher = divmod(slot, TEACHERS)
        moment, offset = _moment(self.first_day + timedelta(days=day), hour)
        is_changed = self.changed and place % self.changed == 0
        return _template() % {
            b"id": FIRST_ID + place,
            b"teacher": 900 + teacher,
            b"lead": 10_000 + place * 7 % LEADS,
            b"moment": moment,
            b"iso": moment.replace(b" ", b"T") + offset,
            b"status": _NO_SHOW if is_changed else _ARRIVED,
        }


def company() -> bytes:
    body = {"success": True, "data": company_body(COMPANY, ZONE.key), "meta": []}
    return json.dumps(body).encode()


@cache
def _moment(day: date, hour: int) -> tuple[bytes, bytes]:
    moment = datetime(day.year, day.month, day.day, _FIRST_HOUR + hour, tzinfo=ZONE)
    return moment.strftime("%Y-%m-%d %H:%M:%S").encode(), moment.isoformat()[-6:].encode()


@cache
def _template() -> bytes:
    """The sandbox's record with a gap for each thing in which records differ."""
    record = record_body(
        1,
        COMPANY,
        ZONE,
        datetime(2025, 1, 1, 10),  # noqa: DTZ001 - local, as the wire has it
        staff=staff_body(2, "Марко Зразок"),
        services=[SERVICE],
        client=client_body(3, "Олена Приклад @lead@", "", ""),
    )
    record |= {
        "id": "@id@",
        "staff_id": "@teacher@",
        "staff": record["staff"] | {"id": "@teacher@", "name": "Марко Зразок @teacher@"},
        "date": "@moment@",
        "datetime": "@iso@",
        "visit_attendance": "@status@",
        "attendance": "@status@",
    }
    text = json.dumps(record, ensure_ascii=False).replace("%", "%%")
    for name in ("id", "teacher", "status"):
        text = text.replace(f'"@{name}@"', f"%({name})d").replace(f"@{name}@", f"%({name})d")
    text = text.replace("@lead@", "%(lead)d")
    return text.replace("@moment@", "%(moment)b").replace("@iso@", "%(iso)b").encode()
