"""Judges the bookings that were read, stores them, counts them and reports about them."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import anyio

from altegio_sync.domain.counts import Outcome, RecordCounts
from altegio_sync.domain.lessons import Skipped, SkipReason, judge
from altegio_sync.domain.report import RunError, SyncMode
from altegio_sync.messages import sync as texts
from altegio_sync.messages.lessons import NO_ID
from altegio_sync.messages.words import some_ids
from altegio_sync.usecases.storing.again import AskingAgain
from altegio_sync.usecases.storing.leads import note_leads, warn_of_leads
from altegio_sync.usecases.storing.staff import StaffList
from altegio_sync.usecases.storing.versions import note_versions
from altegio_sync.usecases.warning import warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.domain.appointment import Booking
    from altegio_sync.domain.lessons import Verdict
    from altegio_sync.domain.report import CompanyReport
    from altegio_sync.messages import Message
    from altegio_sync.ports import BatchResult, Overtaken, Page, PageQuery
    from altegio_sync.usecases.run_context import RunContext
    from altegio_sync.usecases.storing.again import Store

#: Stands for the teacher of bookings that name none.
_NO_STAFF = "none"


class BookingIntake:
    """One company's bookings on their way into the collection."""

    def __init__(self, context: RunContext, report: CompanyReport) -> None:
        self._context = context
        self._report = report
        self._progress = context.progress
        self._staff = StaffList(context, report)
        self._taken_singly: set[str] = set()
        #: Ids that were counted with a page, and must not be counted again by `take_single`: they
        #: are being stored now, or a stored appointment was moved to another time.
        self._counted: set[str] = set()
        #: The ids whose writes failed.
        self.failed: set[str] = set()
        #: The ids of the appointments, by the id of a teacher who is not on Altegio's staff list.
        self._without_teacher: dict[str, list[str]] = {}

    async def take_page(self, number: int, page: Page, fresh: Sequence[Booking]) -> None:
        # A booking that was requested by its id in this run was counted then.
        fresh = [each for each in fresh if each.id not in self._taken_singly]
        counts = RecordCounts(skipped=Counter({SkipReason.INVALID: page.unreadable}))
        ids = {each.id for each in fresh}
        self._counted |= ids
        moved = await self._take(fresh, counts, page.query)
        self._counted -= ids - moved
        self._report.records += counts
        for booking in page.nameless[: page.unreadable]:
            nameless = Skipped(booking, SkipReason.INVALID, booking.teacher, NO_ID())
            self._progress.appointment(nameless, Outcome.SKIPPED)
            self._note_skipped(nameless)
        self._progress.page_done(number, page.rows, counts)

    async def take_single(self, booking: Booking, zone: ZoneInfo, *, was_on_page: bool) -> None:
        """Store a booking that was requested by its id. A run counts it only once."""
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
        """Store the bookings of a page.

        Returns the ids of all updated bookings, if any of them was moved to another time: the
        search for vanished appointments may meet them on their old days.
        """
        moved: set[str] = set()
        store = partial(self._store_batch, counts, moved)
        overtaken = await store(bookings)
        self._note_wrong_offsets(bookings)
        if overtaken:
            assert query is not None  # noqa: S101 - the page is an answer of Altegio
            await self._asking_again(store, counts).settle_page(overtaken, query)
        return moved

    def _asking_again(self, store: Store, counts: RecordCounts) -> AskingAgain:
        def fail(appointment_id: str, reason: Message) -> None:
            counts.count(Outcome.FAILED)
            self.failed.add(appointment_id)
            message = texts.NOT_SETTLED(appointment=appointment_id, reason=reason)
            self._report.errors.append(RunError("not_settled", message, self._report.company))

        return AskingAgain(self._context.source, store, fail)

    async def _store_batch(
        self,
        counts: RecordCounts,
        moved: set[str],
        bookings: Sequence[Booking],
        *,
        by_id: bool = False,
    ) -> Sequence[Overtaken]:
        """Store and count. Bookings that have to be requested again are not counted yet."""
        if not bookings:
            return []
        context = self._context
        staff = await self._staff.find_for(bookings)
        verdicts = [judge(booking, context.rules, staff) for booking in bookings]
        # Bookings that were read are stored even while the run is being stopped.
        with anyio.CancelScope(shield=True):
            result = await context.store.store_batch(
                verdicts,
                mode=context.mode,
                dry_run=context.dry_run,
                by_id=by_id,
                run=context.writing_run,
            )
            await note_versions(context, result, self._zone, by_id=by_id)
        self._note_result(result, counts, moved)
        return result.overtaken

    def _note_result(self, result: BatchResult, counts: RecordCounts, moved: set[str]) -> None:
        result.add_to(counts)
        self._report.note_ids("no_longer_kept", result.no_longer_kept)
        note_leads(result, self._report, self._progress)
        zone = self._zone
        for verdict, outcome in result.outcomes:
            changes = result.differences.get(verdict.booking.id, ())
            counts.shifted += any(each.is_shifted_start(zone) for each in changes)
            self._progress.appointment(verdict, outcome, changes)
            if outcome is Outcome.UPDATED and result.changes["startDateTime"]:
                moved.add(verdict.booking.id)
            if outcome is Outcome.FAILED:
                self.failed.add(verdict.booking.id)
            self._note_id(verdict, outcome)
            if isinstance(verdict, Skipped) and outcome is Outcome.SKIPPED:
                self._note_skipped(verdict)
        self._report.errors += [
            RunError("not_stored", message, self._report.company) for message in result.failures
        ]

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._report.timezone or "UTC")

    def _note_wrong_offsets(self, bookings: Sequence[Booking]) -> None:
        wrong = (booking.id for booking in bookings if booking.offset_disagrees)
        self._report.note_ids("wrong_offset", wrong)

    def _note_id(self, verdict: Verdict, outcome: Outcome) -> None:
        """Note the id behind a count that a person may look into."""
        name: str | None = None
        if outcome in (Outcome.STALE, Outcome.FAILED):
            name = outcome.value
        elif isinstance(verdict, Skipped) and outcome is Outcome.SKIPPED:
            name = None if verdict.reason is SkipReason.SERVICE else verdict.reason.value
        if name is not None:
            self._report.note_ids(name, [verdict.booking.id])

    def _note_skipped(self, skipped: Skipped) -> None:
        self._progress.skipped(skipped)
        if skipped.reason is SkipReason.TEACHER_NOT_FOUND:
            known = self._without_teacher.setdefault(skipped.booking.teacher_id or _NO_STAFF, [])
            known.append(skipped.booking.id or str(NO_ID()))

    def warn_in_the_end(self) -> None:
        """Give one warning of each kind, with the ids of its appointments."""
        for staff_id, ids in sorted(self._without_teacher.items()):
            staff = staff_id if staff_id != _NO_STAFF else texts.NO_STAFF()
            message = texts.TEACHER_NOT_FOUND(staff=staff, ids=some_ids(ids))
            self._warn("teacher_not_found", message, ids, staff_id=staff_id)
        found = self._report.appointment_ids
        if ids := found.get("wrong_offset", []):
            message = texts.OFFSETS_DISAGREE(count=len(ids), ids=some_ids(ids))
            self._warn("offsets_disagree", message, ids)
        ids = found.get("no_longer_kept", [])
        if ids and self._context.mode is SyncMode.UPDATE:
            message = texts.NO_LONGER_KEPT(count=len(ids), ids=some_ids(ids))
            self._warn("no_longer_kept", message, ids)
        warn_of_leads(self._report, self._progress, dry_run=self._context.dry_run)

    def _warn(self, code: str, message: Message, ids: Sequence[str], **fields: object) -> None:
        warn(self._report, self._progress, code, message, count=len(ids), **fields)
