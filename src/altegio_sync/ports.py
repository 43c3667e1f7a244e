"""What the use cases need from the outside, as protocols; adapters in `altegio` and `mongo`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from altegio_sync.domain.report import Outcome, RecordCounts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.appointment import Booking, Location, Service, Teacher
    from altegio_sync.domain.field_change import FieldChange
    from altegio_sync.domain.ledger import DayRecord, LedgerEntry
    from altegio_sync.domain.lessons import Skipped, Verdict
    from altegio_sync.domain.period import Period
    from altegio_sync.domain.report import ApiUsage, LeadChange, SyncMode, WritingRun
    from altegio_sync.domain.run_marks import MarkChange, OpenRun, RunMark


@dataclass(frozen=True, slots=True)
class PageQuery:
    """One page, 1-based, of the appointments that start on the period's days.

    With ``changed_after``, of those that were made or changed since; the period may be left out.
    """

    company_id: str
    period: Period | None
    zone: ZoneInfo
    page: int
    page_size: int
    changed_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """The bookings of one answer, deleted ones among them.

    ``rows`` counts what the answer held, ``unreadable`` those of them without an id to know them
    by, and ``nameless`` is what can be read of these; ``total`` is what Altegio announces for the
    whole query, None where it does not say. ``answered_at`` is the time of the answer by Altegio's
    own clock, to the second. ``query`` is what was asked.
    """

    bookings: Sequence[Booking]
    rows: int
    total: int | None
    unreadable: int = 0
    nameless: Sequence[Booking] = ()
    answered_at: datetime | None = None
    query: PageQuery | None = None


class RequestBudget(Protocol):
    """Lets requests start within the limits; shared by all who ask from one address."""

    async def wait_for_turn(self) -> None:
        """Return at the moment at which the next request may start."""
        ...

    async def rest(self, seconds: float) -> None:
        """Let no request start for so long: Altegio refuses them all alike."""
        ...


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


@dataclass(frozen=True, slots=True)
class Overtaken:
    """An answer that was not written, because the stored document may be newer.

    ``only_by_id``: another answer from a list would not help, since its stamp is older.
    """

    verdict: Verdict
    only_by_id: bool


@dataclass(slots=True)
class BatchResult:
    """What became of a batch: an outcome for every verdict of it, in order, and the counts.

    Those in ``overtaken`` have no outcome yet: Altegio has to be asked about them again.
    """

    outcomes: list[tuple[Verdict, Outcome]]
    overtaken: list[Overtaken] = field(default_factory=list)
    changes: Counter[str] = field(default_factory=Counter)
    #: The ids of stored appointments that would be skipped now.
    no_longer_kept: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    #: The ids of kept appointments whose lead may be the wrong one.
    doubtful: set[str] = field(default_factory=set)
    lead_changes: list[LeadChange] = field(default_factory=list)
    #: By appointment id, the old and new values that may be shown, where it was updated.
    differences: dict[str, Sequence[FieldChange]] = field(default_factory=dict)

    def add_to(self, counts: RecordCounts) -> None:
        for verdict, outcome in self.outcomes:
            counts.count(outcome, getattr(verdict, "reason", None))
        counts.changes += self.changes
        counts.no_longer_kept += len(self.no_longer_kept)
        counts.doubtful += len(self.doubtful)


@dataclass(slots=True)
class MarkResult:
    """The ids that were marked; of the others, those to ask about again, and what was refused.

    What is in none of them stands in the scope no longer.
    """

    marked: set[str] = field(default_factory=set)
    overtaken: set[str] = field(default_factory=set)
    failures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IndexProblem:
    """Why there is no unique index; ``is_remade``: it was lost, and was made again."""

    reason: str = ""
    is_remade: bool = False


class AppointmentStore(Protocol):
    """The school's collection. Every method raises StoreError when MongoDB fails it."""

    async def prepare(self, *, dry_run: bool) -> IndexProblem | None:
        """Make sure of the unique index; None where it was there, or is made for the first time."""
        ...

    async def store_batch(
        self,
        batch: Sequence[Verdict],
        *,
        mode: SyncMode,
        dry_run: bool,
        by_id: bool = False,
        run: WritingRun | None = None,
    ) -> BatchResult:
        """Bring a batch of distinct bookings into the collection; nothing is stored twice.

        The leads that it changes are kept for the undo of ``run``, where it is given.
        ``by_id``: each was asked for by its id, so it is written whatever its stamp.
        """
        ...

    async def find_server_time(self) -> datetime:
        """MongoDB's own clock."""
        ...

    async def count_undeleted(self, scope: StoredScope) -> int:
        """How many documents of the scope are not marked deleted."""
        ...

    async def find_undeleted(self, scope: StoredScope) -> Collection[str]:
        """The ids, all digits, of the scope's documents that are not marked deleted."""
        ...

    async def mark_deleted(
        self, gone: Mapping[str, float | None], scope: StoredScope
    ) -> MarkResult:
        """Mark the scope's documents with these ids as deleted.

        The values are when Altegio was asked about each, by `steady_now`.
        """
        ...


@dataclass(frozen=True, slots=True)
class StoredScope:
    """The stored appointments of a company that start on the period's local days.

    ``includes_documents_without_company`` adds the documents without a `companyId`. The old
    scripts wrote such documents.
    """

    company_id: str
    period: Period
    zone: ZoneInfo
    includes_documents_without_company: bool


class Ledger(Protocol):
    """What is known to be complete, by company and local day. Raises StoreError."""

    async def find_days(self, company_id: str, period: Period) -> Mapping[date, DayRecord]: ...

    async def write(self, company_id: str, entries: Sequence[LedgerEntry]) -> None:
        """Keep the entries; a day's stronger one that still counts stays beside a weaker one."""
        ...

    async def find_outdated(self, company_id: str, settings: str) -> tuple[int, Period] | None:
        """How many days are entered only under other settings, and from which to which."""
        ...

    async def list_companies(self) -> Sequence[str]:
        """The companies that days are entered for."""
        ...

    async def find_timezone(self, company_id: str) -> str | None:
        """The zone in which the company's days were cut last."""
        ...


class CursorStore(Protocol):
    """How far `changes` has come, by company. Raises StoreError."""

    async def find_cursor(self, company_id: str) -> datetime | None: ...

    async def move_cursor(self, company_id: str, to: datetime, run_id: str) -> None: ...


class Leases(Protocol):
    """Keeps two runs of the same work off a company."""

    def hold(self, company_id: str, work: str) -> AbstractAsyncContextManager[None]:
        """Hold the company while in the context; runs of other ``work`` share it.

        Raises:
            LeaseHeldError: another run holds it, and did for as long as was waited.
        """
        ...


@dataclass(frozen=True, slots=True)
class WrongIndex:
    """An index that is not the unique one needed: what is wrong with it, and what to do."""

    name: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class StoreState:
    """What MongoDB says of itself and of the collection; ``server_time`` is its own clock's.

    ``in_its_place`` is an index on the id that is not the one needed. ``product`` is the server's
    name. ``kind`` is what MongoDB calls the collection: a `view`, a `timeseries` or a `capped` one
    cannot be used.
    """

    version: str
    documents: int
    has_unique_index: bool
    in_its_place: WrongIndex | None
    server_time: datetime
    product: str = "MongoDB"
    kind: str = "collection"


class RunStore(Protocol):
    """Where the reports of runs are kept, and what is known of the last runs. Raises StoreError."""

    async def keep_report(self, report: Mapping[str, Any]) -> None: ...

    async def forget_old_reports(self) -> None: ...

    async def find_marks(self, command: str | None = None) -> Sequence[RunMark]:
        """What is known of the last runs, for each company and for all together."""
        ...

    async def note_start(self, command: str, company: str, run: OpenRun) -> None:
        """Remember that the run works on the company, in case that it never ends."""
        ...

    async def write_marks(
        self, command: str, run_id: str, changes: Sequence[MarkChange]
    ) -> None: ...

    async def find_last(self, *commands: str) -> Mapping[str, Any] | None:
        """The report of the run that began last, its moments as datetimes.

        Of any of the commands; without one, of those that bring appointments from Altegio.
        """
        ...

    async def find_timezone(self) -> str | None:
        """The zone of the run that began last, of those that came so far as to know theirs."""
        ...


class Progress(Protocol):
    """What a run tells while it goes on. `SilentProgress` is the one that does nothing."""

    def begin(self, company_id: str, period: Period | None, timezone: str) -> None: ...

    def expect(self, records: int, pages: int) -> None:
        """So many more records and pages are still to be read."""
        ...

    def resume(self, done_days: int, days: int) -> None:
        """So many of the period's days need not be read again."""
        ...

    def page_done(self, number: int, rows: int, counts: RecordCounts) -> None:
        """A page was read and stored; ``counts`` is about this page alone."""
        ...

    def appointment(
        self, verdict: Verdict, outcome: Outcome, changes: Sequence[FieldChange] = ()
    ) -> None: ...

    def skipped(self, skipped: Skipped) -> None: ...

    def doubtful(self, verdict: Verdict) -> None:
        """A kept appointment, whose lead may be the wrong one."""
        ...

    def warn(self, event: str, **fields: object) -> None:
        """``event`` is a constant name; fields are ids, counts and times only."""
        ...


class SilentProgress:
    """Tells nothing; a base for those who want some of it."""

    def begin(self, company_id: str, period: Period | None, timezone: str) -> None: ...

    def expect(self, records: int, pages: int) -> None: ...

    def resume(self, done_days: int, days: int) -> None: ...

    def page_done(self, number: int, rows: int, counts: RecordCounts) -> None: ...

    def appointment(
        self, verdict: Verdict, outcome: Outcome, changes: Sequence[FieldChange] = ()
    ) -> None: ...

    def skipped(self, skipped: Skipped) -> None: ...

    def doubtful(self, verdict: Verdict) -> None: ...

    def warn(self, event: str, **fields: object) -> None: ...
