"""The made-up school: its bookings, and which of them a query of the API lists."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import RLock
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from altegio_sync.sandbox.bodies import (
    Body,
    client_body,
    company_body,
    local_text,
    record_body,
    stamp_text,
)
from altegio_sync.sandbox.changes import ChangeKind, SchoolChange
from altegio_sync.sandbox.entries import Entry
from altegio_sync.sandbox.made_up import MonthMaker
from altegio_sync.sandbox.people import DISMISSED, EXTRA, GROUP, INDIVIDUAL, TEACHERS, TRIAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from altegio_sync.sandbox.entries import RecordsFilter
    from altegio_sync.sandbox.oddities import PlantedRecord

_MAX_LISTS = 64
#: The id before the first one of `School.record`.
_BOOKED_FROM = 900_000_000


@dataclass
class School:
    """A location with staff, services and a calendar around today.

    The records are made up from ``months_back`` to ``months_ahead``, counted from ``today``:
    ``lessons_a_month`` in each month, and the same records for the same ``seed``. A month is made
    up when it is first asked for. The school can be changed while it is served. ``clock`` is the
    server's clock: changes and answers have its time. ``first_id`` is added to the ids of records.
    """

    seed: int = 1
    today: date | None = None
    company_id: str = "77"
    timezone: str = "Europe/Kyiv"
    lessons_a_month: int = 620
    staff: Sequence[Body] = field(default_factory=lambda: [*TEACHERS, *DISMISSED])
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    services: Sequence[Body] = field(default_factory=lambda: [*INDIVIDUAL, *TRIAL, *GROUP, EXTRA])
    title: str = "Школа мов «Приклад»"
    city: str = "Київ"
    first_id: int = 0
    months_back: int = 13
    months_ahead: int = 2

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.timezone)
        self.individual_service_ids = frozenset(str(each["id"]) for each in INDIVIDUAL)
        self.trial_service_ids = frozenset(str(each["id"]) for each in TRIAL)
        self._entries: dict[int, Entry] = {}
        self._planted: list[PlantedRecord] = []
        self._made: set[date] = set()
        self._is_changed = False
        self._next_id = _BOOKED_FROM + self.first_id
        self._lists: dict[RecordsFilter, list[Entry]] = {}
        self._lock = RLock()
        #: Each is called after a change of a booking, in the thread of the change.
        self.listeners: list[Callable[[SchoolChange], None]] = []

    @classmethod
    def empty(cls, *, company_id: str = "77", timezone: str = "Europe/Kyiv") -> School:
        """A school without a single booking."""
        return cls(company_id=company_id, timezone=timezone, lessons_a_month=0)

    @property
    def company(self) -> Body:
        return company_body(self.company_id, self.timezone, self.title, self.city)

    @property
    def records_in_memory(self) -> int:
        return len(self._entries)

    def copy(self) -> School:
        """Another school with the same bookings. Changing one does not change the other."""
        with self._lock:
            self._make()
            other = copy.copy(self)
            vars(other).update(_entries=dict(self._entries), _made=set(self._made), _lists={})
        other.listeners = []
        return other

    def planted(self, start: date, end: date) -> list[PlantedRecord]:
        """The made-up records from ``start`` to ``end``, both days included, newest first."""
        first, last = start.isoformat(), f"{end.isoformat()} 24"
        with self._lock:
            self._make(first, last)
            return [each for each in self._planted if first <= each.starts < last]

    def lessons(self, first: date, last: date) -> list[Body]:
        """The records of these days that are not deleted and have a client, by their id."""
        span = first.isoformat(), f"{last.isoformat()} 24"
        with self._lock:
            self._make()
            entries = [each for each in self._entries.values() if span[0] <= each.starts < span[1]]
        lessons = [each for each in entries if each.client_id and not each.is_deleted]
        return [each.body for each in sorted(lessons, key=lambda entry: entry.id)]

    def record(
        self,
        start: datetime,
        client: str | None = "Проба Вигадана 12345",
        *,
        service: Body = INDIVIDUAL[0],
        teacher: Body = TEACHERS[0],
        **fields: Any,
    ) -> Body:
        """The body of one more appointment at the local time ``start``. `add` books it."""
        with self._lock:
            self._next_id += 1
            number = self._next_id
        person = None if client is None else client_body(170_000_000 + number % 10**7, client)
        body = record_body(
            number,
            self.company_id,
            self.zone,
            start,
            staff=teacher,
            services=[service],
            client=person,
        )
        return body | fields

    def add(self, body: Body) -> None:
        """Book a record. Its last change is now."""
        self._put(body, None)

    def change(self, record_id: int, **fields: Any) -> None:
        """Set fields of a record. Its last change is now. KeyError if there is no such record."""
        entry = self._entry(record_id)
        # A record whose date cannot be read keeps its place in the calendar.
        self._put(entry.body | fields, None if "date" in fields else entry.starts)

    def move(self, record_id: int, start: datetime, **fields: Any) -> None:
        """Give a record another local time, and perhaps set other fields."""
        aware = start.replace(tzinfo=self.zone)
        stamp = aware.isoformat(timespec="seconds")
        self.change(record_id, date=local_text(start), datetime=stamp, **fields)

    def remove(self, record_id: int) -> None:
        """Remove a record: Altegio answers 404 when it is asked for this id."""
        with self._lock:
            self._make()
            body = self._entries.pop(record_id).body
            self._is_changed = True
            self._lists.clear()
        self._announce(SchoolChange(self.company_id, ChangeKind.DELETE, body, body))

    def let_time_pass(self, span: timedelta) -> None:
        """Make the last change of every record older by ``span``."""
        with self._lock:
            self._make()
            for entry in self._entries.values():
                entry.change_at(entry.changed_at - span)
            self._is_changed = True
            self._lists.clear()

    def forget_made_up(self) -> None:
        """Free the memory of made-up records, which are the same when they are made up again.

        Nothing is forgotten if a record was booked, changed or removed.
        """
        with self._lock:
            if not self._is_changed:
                self._entries.clear()
                self._planted.clear()
                self._made.clear()
                self._lists.clear()

    def get(self, record_id: int) -> Body | None:
        with self._lock:
            self._make()
            entry = self._entries.get(record_id)
            return entry.body if entry else None

    def list_records(
        self, wanted: RecordsFilter, offset: int, count: int
    ) -> tuple[list[bytes], int]:
        """The JSON of the records on a page, newest visit first, and the total for the filter."""
        with self._lock:
            self._make(wanted.starts_from, wanted.starts_to)
            entries = self._lists.get(wanted)
            if entries is None:
                entries = [each for each in self._entries.values() if wanted.takes(each)]
                entries.sort(key=lambda entry: entry.order, reverse=True)
                if len(self._lists) >= _MAX_LISTS:
                    self._lists.clear()
                self._lists[wanted] = entries
            return [each.encoded() for each in entries[offset : offset + count]], len(entries)

    def _entry(self, record_id: int) -> Entry:
        with self._lock:
            self._make()
            return self._entries[record_id]

    def _put(self, body: Body, starts: str | None) -> None:
        now = self.clock().astimezone(self.zone)
        changed = body | {"last_change_date": stamp_text(now)}
        with self._lock:
            self._make()
            old = self._entries.get(int(body["id"]))
            self._entries[int(body["id"])] = Entry.of(changed, starts)
            self._is_changed = True
            self._lists.clear()
        before = None if old is None else old.body
        self._announce(SchoolChange.of(self.company_id, before, changed))

    def _announce(self, change: SchoolChange) -> None:
        for listener in self.listeners:
            listener(change)

    def _make(self, first: str = "", last: str = "9999") -> None:
        """Make up the months of these days, unless they exist. Every change makes up all months."""
        if not self.lessons_a_month or (self._is_changed and self._made):
            return
        if self.today is None:
            self.today = datetime.now(self.zone).date()
        today = self.today
        planted: list[PlantedRecord] = []
        for distance in range(-self.months_back, self.months_ahead + 1):
            months = today.year * 12 + today.month - 1 + distance
            month = date(months // 12, months % 12 + 1, 1)
            if month not in self._made and first[:7] <= f"{month:%Y-%m}" <= last[:7]:
                self._made.add(month)
                maker = MonthMaker.of(
                    *(self.company_id, self.zone, today, month, self.seed), first_id=self.first_id
                )
                planted += maker.make(self.lessons_a_month)
        if not planted:
            return
        for each in planted:
            entry = Entry.of(each.body, each.starts)
            self._entries[entry.id] = entry
        self._planted += planted
        self._planted.sort(key=lambda each: each.starts, reverse=True)
        self._lists.clear()
