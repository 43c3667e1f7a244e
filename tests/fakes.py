"""In-memory stand-ins for the ports, for tests of what is decided above them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import anyio

from altegio_sync.domain.appointment import (
    AttendanceStatus,
    Booking,
    Lead,
    Location,
    Service,
    Teacher,
)
from altegio_sync.domain.counts import ApiUsage, Outcome
from altegio_sync.domain.ledger import DayRecord
from altegio_sync.domain.lessons import Skipped
from altegio_sync.domain.locations import StoredLocation, StoredStaff
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import SyncMode
from altegio_sync.domain.run_marks import OpenRun, RunMark
from altegio_sync.domain.run_summary import RunSummary
from altegio_sync.domain.stored import read_stored
from altegio_sync.errors import LeaseHeldError, NotFoundError
from altegio_sync.messages import as_message
from altegio_sync.ports import BatchResult, MarkResult, Page, SilentProgress
from altegio_sync.usecases.run_context import RunContext

if TYPE_CHECKING:
    from collections.abc import (
        AsyncIterator,
        Callable,
        Collection,
        Mapping,
        Sequence,
    )
    from datetime import date

    from altegio_sync.domain.conditions import Reported
    from altegio_sync.domain.ledger import LedgerEntry
    from altegio_sync.domain.lessons import Verdict
    from altegio_sync.domain.report import WritingRun
    from altegio_sync.domain.run_marks import MarkChange
    from altegio_sync.domain.stats import StatsQuery, StoredCounts
    from altegio_sync.domain.validation import RuleContext, RuleFinding
    from altegio_sync.errors import AltegioError, StoreError
    from altegio_sync.ports import IndexProblem, PageQuery, StoredScope

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
READING_COMMANDS = ("sync", "changes")
#: Long after the days of the bookings here.
NOW = datetime(2026, 4, 10, 9, 0, tzinfo=UTC)


def booking(appointment_id: str, **changes: Any) -> Booking:
    """A booking to be kept, but for the changes."""
    whole = Booking(
        id=appointment_id,
        company_id="77",
        lead=Lead("12345", "Олена Приклад"),
        teacher_id="9",
        teacher=Teacher("9", "Марко Зразок"),
        services=(Service("1", "Індивідуальний урок"),),
        is_group_event=False,
        starts_at=START,
        ends_at=START + timedelta(hours=1),
        status=AttendanceStatus.PENDING,
        is_deleted=False,
    )
    return replace(whole, **changes)


class ListSource:
    """Altegio as a list that may move: ``before_page`` is called ahead of every answer.

    What stands in ``refusals``, by id, is raised instead of an answer about that one.
    """

    def __init__(
        self,
        bookings: Sequence[Booking],
        *,
        served_page_size: int = 1000,
        before_page: Callable[[list[Booking], PageQuery], None] | None = None,
        total: Callable[[int], int | None] = lambda length: length,
    ) -> None:
        self.list = list(bookings)
        self.usage = ApiUsage()
        self.asked: list[PageQuery] = []
        self.asked_ids: list[str] = []
        self.refusals: dict[str, AltegioError] = {}
        self.answered_at: datetime | None = None
        self._served_page_size = served_page_size
        self._before_page = before_page
        self._total = total

    def counting_in(self, usage: ApiUsage) -> Any:
        return _CountedSource(self, usage)

    async def fetch_location(self, company_id: str) -> Location:
        self.usage.requests += 1
        return Location(company_id, "Школа", "Europe/Kyiv")

    async def fetch_teachers(self, company_id: str) -> Mapping[str, Teacher]:
        del company_id
        self.usage.requests += 1
        return {"9": Teacher("9", "Марко Зразок")}

    async def fetch_services(self, company_id: str) -> Sequence[Service]:
        del company_id
        self.usage.requests += 1
        return []

    async def fetch_booking(self, company_id: str, appointment_id: str, zone: ZoneInfo) -> Booking:
        del company_id, zone
        self.usage.requests += 1
        self.asked_ids.append(appointment_id)
        if appointment_id in self.refusals:
            raise self.refusals[appointment_id]
        for each in self.list:
            if each.id == appointment_id:
                return each
        raise NotFoundError("404")

    async def fetch_page(self, query: PageQuery) -> Page:
        self.usage.requests += 1
        self.asked.append(query)
        if self._before_page is not None:
            self._before_page(self.list, query)
        size = min(query.page_size, self._served_page_size)
        listed = _listed(self.list, query)
        rows = listed[(query.page - 1) * size : query.page * size]
        return Page(
            rows, len(rows), self._total(len(listed)), answered_at=self.answered_at, query=query
        )


class _CountedSource:
    """The methods of a source; every call is counted in ``usage`` too."""

    def __init__(self, source: ListSource, usage: ApiUsage) -> None:
        self._source = source
        self.usage = usage

    def __getattr__(self, name: str) -> Any:
        async def counted(*args: Any) -> Any:
            self.usage.requests += 1
            return await getattr(self._source, name)(*args)

        return counted


def _listed(bookings: Sequence[Booking], query: PageQuery) -> list[Booking]:
    if query.period is None:
        return list(bookings)
    # In UTC, as the bookings: comparing two zones takes ten times as long.
    start, end = (each.astimezone(UTC) for each in query.period.moments(query.zone))
    return [each for each in bookings if each.starts_at is None or start <= each.starts_at < end]


class MemoryStore:
    """The collection as a mapping of ids to bookings; ``refused`` ids cannot be stored.

    ``log`` is told of every write, so that tests can see what was written after what.
    """

    def __init__(self, *stored: Booking, log: list[str] | None = None) -> None:
        self.stored = {each.id: each for each in stored}
        self.refused: set[str] = set()
        self.marked: list[str] = []
        self.by_id: list[str] = []
        #: What another program changes once, before it can be marked.
        self.overtaken: set[str] = set()
        self.scopes: list[StoredScope] = []
        self.now = NOW
        self.log = [] if log is None else log

    async def prepare(self, *, dry_run: bool) -> IndexProblem | None:
        del dry_run
        return None

    async def store_batch(
        self,
        batch: Sequence[Verdict],
        *,
        mode: SyncMode,
        dry_run: bool,
        by_id: bool = False,
        run: WritingRun | None = None,
    ) -> BatchResult:
        del run
        old = {each.booking.id: self.stored.get(each.booking.id) for each in batch}
        result = BatchResult([(each, self._store(each, mode, dry_run)) for each in batch])
        for each, outcome in result.outcomes:
            before = old[each.booking.id]
            if before is not None and outcome in (Outcome.UPDATED, Outcome.STALE):
                result.changes.update(_differing_fields(before, each))
            if before is not None and isinstance(each, Skipped):
                result.no_longer_kept.append(each.booking.id)
        self.by_id += [each.booking.id for each in batch if by_id]
        failed = [each.booking.id for each, outcome in result.outcomes if outcome is Outcome.FAILED]
        result.failures += [as_message(f"refused {each}") for each in failed]
        self.log.append("stored")
        return result

    def _store(self, verdict: Verdict, mode: SyncMode, dry_run: bool) -> Outcome:
        booking = verdict.booking
        old = self.stored.get(booking.id)
        if old is not None and not _differing_fields(old, verdict):
            return Outcome.DUPLICATE
        if old is not None and mode is SyncMode.NEW_ONLY:
            return Outcome.STALE
        if old is None and isinstance(verdict, Skipped):
            return Outcome.SKIPPED
        if booking.id in self.refused:
            return Outcome.FAILED
        if not dry_run:
            self.stored[booking.id] = booking
        return Outcome.SAVED if old is None else Outcome.UPDATED

    async def find_server_time(self) -> datetime:
        return self.now

    async def count_undeleted(self, scope: StoredScope) -> int:
        return len(await self.find_undeleted(scope))

    async def find_undeleted(
        self, scope: StoredScope, among: Collection[str] | None = None
    ) -> Collection[str]:
        self.scopes.append(scope)
        found = self._undeleted(scope)
        return found if among is None else found & set(among)

    def _undeleted(self, scope: StoredScope) -> set[str]:
        start, end = scope.period.moments(scope.zone)
        return {
            each.id
            for each in self.stored.values()
            if not each.is_deleted
            and each.company_id == scope.company_id
            and each.starts_at is not None
            and start <= each.starts_at < end
        }

    async def mark_deleted(
        self,
        gone: Mapping[str, float | None],
        scope: StoredScope,
        run: WritingRun | None = None,
    ) -> MarkResult:
        del run
        result = MarkResult(overtaken=self.overtaken & gone.keys())
        self.overtaken -= gone.keys()
        result.marked = gone.keys() & self._undeleted(scope) - result.overtaken
        for each in sorted(result.marked):
            self.stored[each] = replace(self.stored[each], is_deleted=True)
            self.marked.append(each)
        self.log.append("marked")
        return result


def _differing_fields(old: Booking, verdict: Verdict) -> list[str]:
    """The stored fields that differ; a booking without a lead does not replace one."""
    new = verdict.booking
    differs = {
        "startDateTime": old.starts_at != new.starts_at,
        "endDateTime": old.ends_at != new.ends_at,
        "status": old.status != new.status,
        "isDeleted": old.is_deleted != new.is_deleted,
        "lead": new.lead not in (None, old.lead),
        "teacherId": old.teacher_id != new.teacher_id,
        "services": old.services != new.services,
    }
    return [name for name, is_different in differs.items() if is_different]


class MemoryLedger:
    """Entries by company and day, in the zone that each names."""

    def __init__(self, log: list[str] | None = None) -> None:
        self.records: dict[str, dict[date, DayRecord]] = {}
        self.log = [] if log is None else log

    async def find_days(self, company_id: str, period: Period) -> Mapping[date, DayRecord]:
        known = self.records.get(company_id, {})
        return {day: known[day] for day in period.each_day() if day in known}

    async def write(self, company_id: str, entries: Sequence[LedgerEntry]) -> None:
        records = self.records.setdefault(company_id, {})
        for entry in entries:
            old = records.get(entry.day)
            zone = ZoneInfo(entry.timezone)
            records[entry.day] = (
                DayRecord.first(entry) if old is None else old.with_entry(entry, zone)
            )
        self.log.append("entered")

    async def find_outdated(self, company_id: str, settings: str) -> tuple[int, Period] | None:
        known = self.records.get(company_id, {})
        days = [
            day
            for day, each in known.items()
            if settings not in (each.strongest.settings, each.latest.settings)
        ]
        return (len(days), Period.of_days(min(days), max(days))) if days else None

    async def list_companies(self) -> Sequence[str]:
        return sorted(self.records)

    async def find_timezone(self, company_id: str) -> str | None:
        known = self.records.get(company_id, {}).values()
        return max((each.latest for each in known), key=lambda e: e.at).timezone if known else None


class MemoryLocations:
    """What is known of locations."""

    def __init__(self) -> None:
        self.stored: dict[str, StoredLocation] = {}
        self.staff: dict[str, tuple[datetime, StoredStaff]] = {}

    async def find_all(self) -> Mapping[str, StoredLocation]:
        return dict(self.stored)

    async def write_fetched(self, locations: Sequence[Location], at: datetime) -> None:
        for each in locations:
            self.stored[each.id] = StoredLocation(
                each.id, each.title, each.timezone, each.city, fetched_at=at
            )

    async def find_staff(self, company_id: str, since: datetime) -> StoredStaff:
        at, staff = self.staff.get(company_id, (NOW, StoredStaff()))
        return staff if at >= since else StoredStaff()

    async def write_staff(self, company_id: str, staff: StoredStaff, at: datetime) -> None:
        self.staff[company_id] = at, staff

    async def write_list(
        self, locations: Sequence[Location], missing: Collection[str], at: datetime
    ) -> None:
        for each in locations:
            known = StoredLocation(each.id, each.title, each.timezone, each.city, at, at)
            self.stored[each.id] = known
        for company_id in missing:
            since = self.stored[company_id].missing_since or at
            self.stored[company_id] = replace(self.stored[company_id], missing_since=since)

    def grow_older(self, span: timedelta) -> None:
        for key, each in self.stored.items():
            assert each.fetched_at is not None
            self.stored[key] = replace(each, fetched_at=each.fetched_at - span)


class MemoryCursors:
    """A cursor for each company."""

    def __init__(self, log: list[str] | None = None, **at: datetime) -> None:
        self.at = {name.removeprefix("company_"): moment for name, moment in at.items()}
        self.log = [] if log is None else log
        self.reads = 0

    async def find_all(self) -> Mapping[str, datetime]:
        self.reads += 1
        return dict(self.at)

    async def move_cursor(self, company_id: str, to: datetime, run_id: str) -> None:
        del run_id
        self.at[company_id] = max(to, self.at.get(company_id, to))
        self.log.append("moved")


class FakeLeases:
    """``held_by`` is somebody else, by company; ``work`` is what others hold the companies for.

    Without ``work`` the others share the companies with nobody.
    """

    def __init__(self, work: str | None = None, **held_by: str) -> None:
        self.work = work
        self.held_by = {name.removeprefix("company_"): who for name, who in held_by.items()}
        self.taken: list[str] = []

    @asynccontextmanager
    async def hold(self, company_id: str, work: str) -> AsyncIterator[None]:
        if company_id in self.held_by and self.work in (None, work):
            raise LeaseHeldError(f"Another run is at work: {self.held_by[company_id]}")
        self.taken.append(company_id)
        yield


class MemoryLease:
    """The lease of the whole collection; ``log`` shows when it was held."""

    def __init__(self, log: list[str] | None = None) -> None:
        self.log = [] if log is None else log
        self.is_held_by_another = False
        self.is_free = anyio.Event()
        self.is_free.set()

    async def take(self) -> None:
        await self.is_free.wait()
        if self.is_held_by_another:
            raise LeaseHeldError("Another run is at work")
        self.log.append("taken")

    async def check(self) -> None: ...

    @asynccontextmanager
    async def keep(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            self.log.append("given back")


class MemoryRuns:
    """Reports by run id, and marks by command and company; ``failure`` is raised instead."""

    def __init__(self) -> None:
        self.reports: dict[str, Mapping[str, Any]] = {}
        self.marks: dict[tuple[str, str | None], RunMark] = {}
        self.failure: StoreError | None = None

    @property
    def kept(self) -> list[Mapping[str, Any]]:
        return list(self.reports.values())

    async def keep_report(self, report: Mapping[str, Any]) -> None:
        if self.failure is not None:
            raise self.failure
        self.reports[report["run_id"]] = report

    async def forget_old_reports(self) -> None: ...

    async def find_marks(self, command: str | None = None) -> Sequence[RunMark]:
        return [each for each in self.marks.values() if command in (None, each.command)]

    async def note_start(self, command: str, company: str, run: OpenRun) -> None:
        mark = self._mark(command, company)
        self.marks[command, company] = replace(mark, open_runs=(*mark.open_runs, run))

    async def write_marks(self, command: str, run_id: str, changes: Sequence[MarkChange]) -> None:
        for change in changes:
            mark = self._mark(command, change.company)
            still_open = tuple(each for each in mark.open_runs if each.run_id > run_id)
            last = change.last or mark.last
            is_success = change.last is not None and change.last.ok
            succeeded_at = NOW if is_success else mark.succeeded_at
            self.marks[command, change.company] = replace(
                mark, open_runs=still_open, last=last, succeeded_at=succeeded_at
            )

    def _mark(self, command: str, company: str | None) -> RunMark:
        return self.marks.get((command, company), RunMark(command, company))

    async def find_last(self, *commands: str) -> RunSummary | None:
        found = self._of(commands or READING_COMMANDS)
        return max(found, key=lambda each: each.run_id, default=None)

    async def find_timezone(self) -> str | None:
        found = sorted(self._of(READING_COMMANDS), key=lambda each: each.run_id, reverse=True)
        zones = (each.period.timezone for each in found if each.period is not None)
        return next((each for each in zones if each), None)

    def _of(self, commands: Sequence[str]) -> list[RunSummary]:
        reports = [each for each in self.reports.values() if each["command"] in commands]
        read = [read_stored(RunSummary, _with_moments(each), _nothing_is_odd) for each in reports]
        return [each for each in read if each is not None]


def _with_moments(report: Mapping[str, Any]) -> dict[str, Any]:
    moments = {name: datetime.fromisoformat(report[name]) for name in ("started_at", "finished_at")}
    return {**report, **moments}


def _nothing_is_odd() -> None:
    raise AssertionError("a report has an odd field")


class MemoryConditions:
    """What was reported, by key."""

    def __init__(self) -> None:
        self.reported: dict[str, Reported] = {}

    async def find_all(self) -> dict[str, Reported]:
        return dict(self.reported)

    async def write(self, memory: Mapping[str, Reported | None]) -> None:
        self.reported |= {key: each for key, each in memory.items() if each is not None}
        for key in [key for key, each in memory.items() if each is None]:
            self.reported.pop(key, None)


class MemoryStats:
    """Counts the same, whatever is stored, and keeps what was asked for."""

    def __init__(self, counts: StoredCounts) -> None:
        self.counts = counts
        self.queries: list[StatsQuery] = []

    async def count(self, query: StatsQuery) -> StoredCounts:
        self.queries.append(query)
        return self.counts


class MemoryValidator:
    """Finds the same, whatever is stored."""

    def __init__(self, *findings: RuleFinding) -> None:
        self.findings = list(findings)

    async def count(self, context: RuleContext) -> int:
        del context
        return 100

    async def run_rules(self, context: RuleContext) -> list[RuleFinding]:
        return [each for each in self.findings if each.rule not in context.ignored]


class NotedProgress(SilentProgress):
    """Keeps the warnings."""

    def __init__(self) -> None:
        self.warnings: list[tuple[str, dict[str, object]]] = []

    def warn(self, event: str, /, **fields: object) -> None:
        self.warnings.append((event, fields))


def run_context(
    source: ListSource, store: MemoryStore, mode: SyncMode = SyncMode.NEW_ONLY
) -> RunContext:
    """Of a run that nobody watches and nothing keeps a report of."""
    return RunContext(source, store, "sync", OpenRun("run", NOW), mode)
