"""What the use cases need from the outside, as protocols; adapters in `altegio` and `mongo`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from altegio_sync.domain.report import Outcome, RecordCounts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.appointment import Booking, Location, Service, Teacher
    from altegio_sync.domain.lessons import Skipped, Verdict
    from altegio_sync.domain.period import Period
    from altegio_sync.domain.report import ApiUsage, SyncMode


@dataclass(frozen=True, slots=True)
class PageQuery:
    """One page, 1-based, of the appointments that start on the period's days."""

    company_id: str
    period: Period
    zone: ZoneInfo
    page: int
    page_size: int


@dataclass(frozen=True, slots=True)
class Page:
    """The bookings of one answer, deleted ones among them.

    ``rows`` counts what the answer held, ``unreadable`` those of them without an id to know them
    by; ``total`` is what Altegio announces for the whole query, None where it does not say.
    """

    bookings: Sequence[Booking]
    rows: int
    total: int | None
    unreadable: int = 0


class AppointmentSource(Protocol):
    """Altegio. Every method raises AltegioError when the answer cannot be had."""

    usage: ApiUsage

    async def fetch_location(self, company_id: str) -> Location: ...

    async def fetch_teachers(self, company_id: str) -> Mapping[str, Teacher]:
        """The location's whole staff by id, dismissed people included."""
        ...

    async def fetch_services(self, company_id: str) -> Sequence[Service]: ...

    async def fetch_page(self, query: PageQuery) -> Page: ...

    async def fetch_booking(self, company_id: str, appointment_id: str, zone: ZoneInfo) -> Booking:
        """One appointment by its id, deleted or not; NotFoundError where there is none."""
        ...


@dataclass(slots=True)
class BatchResult:
    """What became of a batch: an outcome for every verdict of it, in order, and the counts."""

    outcomes: list[tuple[Verdict, Outcome]]
    changes: Counter[str] = field(default_factory=Counter)
    no_longer_kept: int = 0
    failures: list[str] = field(default_factory=list)

    def add_to(self, counts: RecordCounts) -> None:
        for verdict, outcome in self.outcomes:
            counts.count(outcome, getattr(verdict, "reason", None))
        counts.changes += self.changes
        counts.no_longer_kept += self.no_longer_kept


class AppointmentStore(Protocol):
    """The school's collection. Every method raises StoreError when MongoDB fails it."""

    async def prepare(self, *, dry_run: bool) -> str | None:
        """Make sure of the unique index; a warning where there is none, None where all is well."""
        ...

    async def store_batch(
        self, batch: Sequence[Verdict], *, mode: SyncMode, dry_run: bool
    ) -> BatchResult:
        """Bring a batch of distinct bookings into the collection; nothing is stored twice."""
        ...


@dataclass(frozen=True, slots=True)
class StoreState:
    """What MongoDB says of itself and of the collection; ``server_time`` is its own clock's."""

    version: str
    documents: int
    has_unique_index: bool
    server_time: datetime


class RunStore(Protocol):
    """Where the reports of runs are kept."""

    async def keep_report(self, report: Mapping[str, Any]) -> None: ...

    async def find_last(self, command: str = "sync") -> Mapping[str, Any] | None:
        """The report of the command's run that began last, its moments as datetimes."""
        ...


class Progress(Protocol):
    """What a run tells while it goes on. `SilentProgress` is the one that does nothing."""

    def begin(self, company_id: str, period: Period, timezone: str) -> None: ...

    def expect(self, records: int, pages: int) -> None:
        """So many more records and pages are still to be read."""
        ...

    def page_done(self, number: int, rows: int, counts: RecordCounts) -> None:
        """A page was read and stored; ``counts`` is about this page alone."""
        ...

    def appointment(self, verdict: Verdict, outcome: Outcome) -> None: ...

    def skipped(self, skipped: Skipped) -> None: ...

    def warn(self, event: str, **fields: object) -> None:
        """``event`` is a constant name; fields are ids, counts and times only."""
        ...


class SilentProgress:
    """Tells nothing; a base for those who want some of it."""

    def begin(self, company_id: str, period: Period, timezone: str) -> None: ...

    def expect(self, records: int, pages: int) -> None: ...

    def page_done(self, number: int, rows: int, counts: RecordCounts) -> None: ...

    def appointment(self, verdict: Verdict, outcome: Outcome) -> None: ...

    def skipped(self, skipped: Skipped) -> None: ...

    def warn(self, event: str, **fields: object) -> None: ...
