"""Takes what was read into the collection: judges each booking, stores, counts and tells it."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import anyio

from altegio_sync.domain.lessons import LessonRules, Skipped, SkipReason, judge, needs_staff
from altegio_sync.domain.report import (
    CompanyReport,
    Outcome,
    RecordCounts,
    RunError,
    SyncMode,
)
from altegio_sync.domain.warnings import counted, some_ids
from altegio_sync.errors import (
    AltegioError,
    AltegioRejectedError,
    AltegioSyncError,
    AuthenticationError,
    LeaseHeldError,
    LeaseLostError,
    NotAltegioError,
    RateLimitedError,
    StoreError,
    UnexpectedAnswerError,
)
from altegio_sync.usecases.again import AskingAgain
from altegio_sync.usecases.lead_notes import note_leads, warn_of_leads
from altegio_sync.usecases.warning import warn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from altegio_sync.domain.appointment import Booking, Teacher
    from altegio_sync.domain.lessons import Verdict
    from altegio_sync.domain.report import WritingRun
    from altegio_sync.ports import (
        AppointmentSource,
        AppointmentStore,
        Overtaken,
        Page,
        PageQuery,
        Progress,
    )
    from altegio_sync.usecases.again import Store


NO_ID = "no id"


class BookingIntake:
    """One company's bookings on their way into the collection."""

    def __init__(
        self,
        source: AppointmentSource,
        store: AppointmentStore,
        report: CompanyReport,
        progress: Progress,
        *,
        rules: LessonRules,
        mode: SyncMode,
        dry_run: bool,
        run: WritingRun | None = None,
    ) -> None:
        self._source = source
        self._store = store
        self._report = report
        self._progress = progress
        self._rules = rules
        self._mode = mode
        self._dry_run = dry_run
        self._run = run
        self._staff: Mapping[str, Teacher] | AltegioError | None = None
        self._staff_lock = anyio.Lock()
        self._taken_singly: set[str] = set()
        #: Counted on a page, and may be asked for by id yet: under way, or stored on other days.
        self._counted: set[str] = set()
        #: The ids of those that MongoDB refused.
        self.failed: set[str] = set()
        #: The appointments of each teacher that Altegio's staff list lacks.
        self._without_teacher: dict[str, list[str]] = {}

    async def take_page(self, number: int, page: Page, fresh: Sequence[Booking]) -> None:
        # One that was asked for by its id in this run was counted then.
        fresh = [each for each in fresh if each.id not in self._taken_singly]
        counts = RecordCounts(skipped=Counter({SkipReason.INVALID: page.unreadable}))
        ids = {each.id for each in fresh}
        self._counted |= ids
        moved = await self._take(fresh, counts, page.query)
        self._counted -= ids - moved
        self._report.records += counts
        for booking in page.nameless[: page.unreadable]:
            nameless = Skipped(booking, SkipReason.INVALID, booking.teacher, NO_ID)
            self._progress.appointment(nameless, Outcome.SKIPPED)
            self._tell_skipped(nameless)
        self._progress.page_done(number, page.rows, counts)

    async def take_single(self, booking: Booking, zone: ZoneInfo, *, was_on_page: bool) -> None:
        """One that was asked for by its id; stored in any case, and counted once a run."""
        is_counted = was_on_page or any(
            booking.id in ids for ids in (self._taken_singly, self._counted, self.failed)
        )
        self._taken_singly.add(booking.id)
        counts = RecordCounts()
        store = partial(self._store_batch, counts, set())
        if await store([booking], by_id=True):
            again = self._asking_again(store, counts)
            await again.settle_each([booking.id], self._report.company, zone)
        self._note_wrong_offsets([booking])
        if not is_counted:
            self._report.records += counts

    async def _take(
        self, bookings: Sequence[Booking], counts: RecordCounts, query: PageQuery | None
    ) -> set[str]:
        """The ids of those updated, where any of them stood at another time."""
        moved: set[str] = set()
        store = partial(self._store_batch, counts, moved)
        overtaken = await store(bookings)
        self._note_wrong_offsets(bookings)
        if overtaken:
            assert query is not None  # noqa: S101 - of a page that Altegio was asked for
            await self._asking_again(store, counts).settle_page(overtaken, query)
        return moved

    def _asking_again(self, store: Store, counts: RecordCounts) -> AskingAgain:
        def fail(appointment_id: str, reason: str) -> None:
            counts.count(Outcome.FAILED)
            self.failed.add(appointment_id)
            told = f"Appointment {appointment_id} is left as it is: {reason}"
            self._report.errors.append(RunError("not_settled", told, self._report.company))

        return AskingAgain(self._source, store, fail)

    async def _store_batch(
        self,
        counts: RecordCounts,
        moved: set[str],
        bookings: Sequence[Booking],
        *,
        by_id: bool = False,
    ) -> Sequence[Overtaken]:
        """Store and count; those that have to be asked for again are not counted yet."""
        if not bookings:
            return []
        staff = await self._find_staff(bookings)
        verdicts = [judge(booking, self._rules, staff) for booking in bookings]
        # What was read is stored even when the run is being stopped.
        with anyio.CancelScope(shield=True):
            result = await self._store.store_batch(
                verdicts, mode=self._mode, dry_run=self._dry_run, by_id=by_id, run=self._run
            )
        result.add_to(counts)
        self._report.note_ids("no_longer_kept", result.no_longer_kept)
        note_leads(result, self._report, self._progress)
        zone = ZoneInfo(self._report.timezone or "UTC")
        for verdict, outcome in result.outcomes:
            changes = result.differences.get(verdict.booking.id, ())
            counts.shifted += any(each.is_shifted_start(zone) for each in changes)
            self._progress.appointment(verdict, outcome, changes)
            if outcome is Outcome.UPDATED and result.changes["startDateTime"]:
                moved.add(verdict.booking.id)
            if outcome is Outcome.FAILED:
                self.failed.add(verdict.booking.id)
            self._note(verdict, outcome)
            if isinstance(verdict, Skipped) and outcome is Outcome.SKIPPED:
                self._tell_skipped(verdict)
        self._report.errors += [
            RunError("not_stored", message, self._report.company) for message in result.failures
        ]
        return result.overtaken

    def _note_wrong_offsets(self, bookings: Sequence[Booking]) -> None:
        wrong = (booking.id for booking in bookings if booking.offset_disagrees)
        self._report.note_ids("wrong_offset", wrong)

    def _note(self, verdict: Verdict, outcome: Outcome) -> None:
        """Which appointment is behind a count that a person looks into."""
        name: str | None = None
        if outcome in (Outcome.STALE, Outcome.FAILED):
            name = outcome.value
        elif isinstance(verdict, Skipped) and outcome is Outcome.SKIPPED:
            name = None if verdict.reason is SkipReason.SERVICE else verdict.reason.value
        if name is not None:
            self._report.note_ids(name, [verdict.booking.id])

    async def _find_staff(self, bookings: Sequence[Booking]) -> Mapping[str, Teacher]:
        """The location's staff, asked for once a run, and only when a booking needs it."""
        if not any(needs_staff(booking) for booking in bookings):
            return {}
        if self._staff is None:
            async with self._staff_lock:
                if self._staff is None:
                    self._staff = await self._fetch_staff()
        if isinstance(self._staff, AltegioError):
            raise self._staff
        return self._staff

    async def _fetch_staff(self) -> Mapping[str, Teacher] | AltegioError:
        try:
            return await self._source.fetch_teachers(self._report.company)
        except (AltegioRejectedError, NotAltegioError, UnexpectedAnswerError) as error:
            # A user without the right to the staff list can still read the timetable.
            warn(
                self._report,
                self._progress,
                "staff_list_refused",
                f"The staff list cannot be read, so teachers known only by id are unknown: {error}",
            )
            return {}
        except AltegioError as error:
            # For the pages that wait for it as well: each would ask for minutes.
            return error

    def _tell_skipped(self, skipped: Skipped) -> None:
        self._progress.skipped(skipped)
        if skipped.reason is SkipReason.TEACHER_NOT_FOUND:
            known = self._without_teacher.setdefault(skipped.booking.teacher_id or "none", [])
            known.append(skipped.booking.id or NO_ID)

    def warn_in_the_end(self) -> None:
        """One line for each kind of warning, with the appointments that it is about."""
        for staff_id, ids in sorted(self._without_teacher.items()):
            message = f"Teacher not found: staff {staff_id} (appointment {some_ids(ids)})"
            self._warn("teacher_not_found", message, ids, staff_id=staff_id)
        found = self._report.appointment_ids
        ids = found.get("wrong_offset", [])
        if ids:
            message = (
                f"{counted(len(ids), 'booking')} had a wrong time zone; the local time was used "
                f"(appointments {some_ids(ids)})"
            )
            self._warn("offsets_disagree", message, ids)
        ids = found.get("no_longer_kept", [])
        if ids and self._mode is SyncMode.UPDATE:
            kept = counted(len(ids), "stored appointment")
            message = (
                f"no longer kept: {kept} that would be skipped now (appointments {some_ids(ids)})"
            )
            self._warn("no_longer_kept", message, ids)

        warn_of_leads(self._report, self._progress, dry_run=self._dry_run)

    def _warn(self, code: str, message: str, ids: Sequence[str], **fields: object) -> None:
        warn(self._report, self._progress, code, message, count=len(ids), **fields)


def to_run_error(error: AltegioSyncError, company: str) -> RunError:
    """An error that broke a company's run off, as the report has it."""
    match error:
        case AuthenticationError():
            code = "unauthorized"
        case RateLimitedError():
            code = "rate_limited"
        case AltegioError():
            code = "fetch_failed"
        case LeaseHeldError():
            code = "lease_held"
        case LeaseLostError():
            code = "lease_lost"
        case StoreError():
            code = "store_failed"
        case _:
            code = "config"
    told = "Error fetching appointments: " if isinstance(error, AltegioError) else ""
    return RunError(code, f"{told}{error}", company)
