"""Finds out why Altegio no longer lists some stored appointments on their days."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from altegio_sync.domain.report import RunError
from altegio_sync.messages import sync as texts
from altegio_sync.usecases.by_id import TRIES, NotKnown, Refused, RequestsById, for_each_id
from altegio_sync.usecases.window_outcome import AwaitsMarking, Entered, Unsettled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence, Set

    from altegio_sync.errors import AltegioError
    from altegio_sync.ports import StoredScope
    from altegio_sync.usecases.company_run import CompanyRun
    from altegio_sync.usecases.reading.window import Window
    from altegio_sync.usecases.window_outcome import WindowOutcome

#: The number of documents in one marking write.
_MARKED_AT_ONCE = 50
#: More than this number, and more than this share of the known ones, look like a fault.
MASS = 20
MASS_SHARE = 0.05


def is_mass(gone: int, known: int) -> bool:
    """Whether so many of the known appointments are gone that none is marked."""
    return gone > MASS and gone > MASS_SHARE * known


class VanishedSearch:
    """Requests stored appointments by id that a graded pass did not list.

    Only `mark_gone` marks appointments as deleted.
    """

    def __init__(
        self, company: CompanyRun, whole: StoredScope, *, allows_mass_delete: bool
    ) -> None:
        self._source = company.context.source
        self._store = company.context.store
        self._intake = company.intake
        self._report = company.report
        self._progress = company.context.progress
        self._dry_run = company.context.dry_run
        self._run = company.context.writing_run
        self._whole = whole
        self._allows_mass_delete = allows_mass_delete
        self._gone_count = 0
        self._unanswered: set[str] = set()
        self._known: int | None = None

    async def check_window(self, window: Window) -> WindowOutcome:
        """Request the appointments that are stored on these days and were not listed.

        Returns what this means for the days.
        """
        scope = replace(self._whole, period=window.period_read)
        missing = sorted(set(await self._store.find_undeleted(scope)) - window.ids)
        gone = await self._ask(missing, window.handed_on)
        # The ids are left out: those of all windows of a long period would fill the memory.
        checked = window.without_ids()
        is_settled = self._is_settled(window, missing)
        if gone:
            return AwaitsMarking(checked, gone, is_settled)
        if not is_settled or await self._is_mass():
            return Unsettled(checked)
        return Entered(checked)

    def _is_settled(self, window: Window, missing: Sequence[str]) -> bool:
        open_ids = self._intake.failed | self._unanswered
        return open_ids.isdisjoint(window.ids) and open_ids.isdisjoint(missing)

    async def _ask(self, missing: Sequence[str], handed_on: Set[str]) -> dict[str, float | None]:
        """Bring the missing appointments up to date.

        Returns the ids that Altegio does not know, and when it was asked about each.
        """
        gone: dict[str, float | None] = {}
        zone = self._whole.zone
        requests = RequestsById(self._source, self._whole.company_id, zone)

        async def ask(appointment_id: str) -> None:
            if await self._is_mass():
                return
            self._report.vanished.asked += 1
            match await requests.fetch(appointment_id):
                case NotKnown(error):
                    gone[appointment_id] = error.asked_at
                    self._gone_count += 1
                case Refused(error):
                    self._leave(appointment_id, error)
                case booking:
                    was_on_page = appointment_id in handed_on
                    await self._intake.take_single(booking, zone, was_on_page=was_on_page)

        await for_each_id(missing, ask)
        return gone

    def _leave(self, appointment_id: str, error: AltegioError) -> None:
        """Report the error and go on: it may concern this appointment only."""
        self._unanswered.add(appointment_id)
        message = texts.NOT_ANSWERED(appointment=appointment_id, reason=error.message)
        self._report.errors.append(RunError("not_answered", message, self._report.company))

    async def _is_mass(self) -> bool:
        """Whether so many are gone that a person has to allow the marking."""
        if self._allows_mass_delete or self._gone_count <= MASS:
            return False
        if self._known is None:
            self._known = await self._store.count_undeleted(self._whole)
        return is_mass(self._gone_count, self._known)

    async def mark_gone(self, awaiting: Sequence[AwaitsMarking]) -> list[Entered | Unsettled]:
        """Mark what is gone, unless it is too much. Returns what this means for each window."""
        if await self._is_mass():
            self._report.vanished.left = self._gone_count
            self._report.errors.append(self._mass_error())
            return [Unsettled(each.window) for each in awaiting]
        return [await self._mark_window(each) for each in awaiting]

    async def _mark_window(self, awaiting: AwaitsMarking) -> Entered | Unsettled:
        marked = sorted(awaiting.asked_at)
        is_settled = awaiting.is_settled
        if not self._dry_run:
            marked, left = await self._mark(awaiting)
            is_settled &= left.isdisjoint(self._intake.failed | self._unanswered)
        for appointment_id in marked:
            self._progress.warn("vanished", appointment_id=appointment_id, dry_run=self._dry_run)
        self._report.vanished.gone += len(marked)
        self._report.note_ids("gone", marked)
        return Entered(awaiting.window) if is_settled else Unsettled(awaiting.window)

    async def _mark(self, awaiting: AwaitsMarking) -> tuple[list[str], set[str]]:
        """Mark the gone appointments of a window, in small batches.

        Some have to be requested again, because their document changed or the answer is too old. In
        a small batch, the new answers are written before they are too old themselves. Returns the
        ids that were marked, and the other ids.
        """
        scope = replace(self._whole, period=awaiting.window.period_read)
        ids, marked = sorted(awaiting.asked_at), set()
        for first in range(0, len(ids), _MARKED_AT_ONCE):
            part = {each: awaiting.asked_at[each] for each in ids[first : first + _MARKED_AT_ONCE]}
            for _ in range(TRIES):
                result = await self._store.mark_deleted(part, scope, self._run)
                marked |= result.marked
                for appointment_id, message in result.failures.items():
                    self._unanswered.add(appointment_id)
                    self._report.errors.append(
                        RunError("not_stored", message, self._report.company)
                    )
                if not result.overtaken:
                    break
                # Another program changed the document, or the answer is too old by now.
                self._gone_count -= len(result.overtaken)
                part = await self._ask(sorted(result.overtaken), frozenset())
            else:
                self._leave_changing(part)
        return sorted(marked), set(ids) - marked

    def _leave_changing(self, ids: Iterable[str]) -> None:
        for appointment_id in ids:
            self._unanswered.add(appointment_id)
            message = texts.NOT_SETTLED(appointment=appointment_id, reason=texts.KEEPS_CHANGING())
            self._report.errors.append(RunError("not_settled", message, self._report.company))

    def _mass_error(self) -> RunError:
        return RunError(
            "mass_delete",
            texts.TOO_MANY_GONE(count=self._gone_count, share=MASS_SHARE),
            self._report.company,
        )
