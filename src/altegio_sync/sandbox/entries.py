"""The records of the made-up school, as queries of the API find and list them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from altegio_sync.sandbox.bodies import Body, stamp_text


@dataclass(slots=True)
class Entry:
    """A record, with the values that are compared with queries. ``text`` is its encoded JSON."""

    id: int
    body: Body
    starts: str
    changed_at: datetime
    is_deleted: bool
    created_on: str
    staff_id: str
    client_id: str
    text: bytes = b""

    @classmethod
    def of(cls, body: Body, starts: str | None = None) -> Entry:
        client = body["client"] or {}
        return cls(
            id=int(body["id"]),
            body=body,
            starts=starts or body["date"],
            changed_at=datetime.fromisoformat(body["last_change_date"]),
            is_deleted=bool(body["deleted"]),
            created_on=body["create_date"][:10],
            staff_id=str(body["staff_id"]),
            client_id=str(client.get("id", "")),
        )

    def change_at(self, moment: datetime) -> None:
        """Set the time of the last change."""
        self.changed_at = moment
        self.body = self.body | {"last_change_date": stamp_text(moment)}
        self.text = b""

    def encoded(self) -> bytes:
        if not self.text:
            self.text = json.dumps(self.body, ensure_ascii=False).encode()
        return self.text

    @property
    def order(self) -> tuple[str, int]:
        """The key for sorting by start. Records with the same start are not sorted by id."""
        return self.starts, self.id * 2_654_435_761 % 2**32


@dataclass(frozen=True, slots=True)
class RecordsFilter:
    """The conditions of a query. Dates are local texts, and both ends are included."""

    starts_from: str = ""
    starts_to: str = "9999"
    created_from: str = ""
    created_to: str = "9999"
    changed_after: datetime | None = None
    changed_before: datetime | None = None
    staff_id: str | None = None
    client_id: str | None = None
    with_deleted: bool = False

    def takes(self, entry: Entry) -> bool:
        return (
            self.starts_from <= entry.starts <= self.starts_to
            and self.created_from <= entry.created_on <= self.created_to
            and (self.changed_after is None or entry.changed_at >= self.changed_after)
            and (self.changed_before is None or entry.changed_at <= self.changed_before)
            and self.staff_id in (None, entry.staff_id)
            and self.client_id in (None, entry.client_id)
            and (self.with_deleted or not entry.is_deleted)
        )
