"""What became of stored appointments that Altegio no longer lists where they stood."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from altegio_sync.domain.report import CompanyReport, RunError
from altegio_sync.ports import StoredScope
from altegio_sync.usecases.by_id import TRIES, NotKnown, Refused, RequestsById, for_each_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence, Set
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.period import Period
    from altegio_sync.errors import AltegioError
    from altegio_sync.ports import AppointmentSource, AppointmentStore, Progress
    from altegio_sync.usecases.reading import Window
    from altegio_sync.usecases.storing import BookingIntake

#: Documents that are marked at once.
_MARKED_AT_ONCE = 50
#: More than so many, and over this share of the period, look like a fault and not like removals.
_MASS = 20
_MASS_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class _Gone:
    """What Altegio does not know any more (404), by the window that it stood in.

    The window is without its ids, which would add up to all of a long period.
    """

    window: Window
    scope: StoredScope
    #: When Altegio was asked about each, by `steady_now`.
    asked_at: Mapping[str, float | None]
    is_settled: bool


class VanishedSearch:
    """Asks by id for what a believed pass did not list; nothing is marked before `finish`."""

    def __init__(
        self,
        source: AppointmentSource,
        store: AppointmentStore,
        intake: BookingIntake,
        report: CompanyReport,
        progress: Progress,
        whole: StoredScope,
        *,
        allows_mass_delete: bool,
    ) -> None:
        self._source = source
        self._store = store
        self._intake = intake
        self._report = report
        self._progress = progress
        self._whole = whole
        self._allows_mass_delete = allows_mass_delete
        self._gone: list[_Gone] = []
        self._gone_count = 0
        self._unanswered: set[str] = set()
        self._most: float | None = None

    async def check_window(self, window: Window, period: Period) -> bool:
        """Whether the window is settled; else its days are not, until `finish` decides."""
        scope = StoredScope(
            self._whole.company_id,
            period,
            self._whole.zone,
            self._whole.includes_documents_without_company,
        )
        missing = sorted(set(await self._store.find_undeleted(scope)) - window.ids)
        gone = await self._ask(missing, scope.zone, window.handed_on)
        is_settled = self._is_settled(window, missing)
        if gone:
            kept = replace(window, ids=frozenset(), handed_on=frozenset())
            self._gone.append(_Gone(kept, scope, gone, is_settled))
        elif is_settled and not await self._is_mass():
            return True
        self._report.days.unsettled += period.days
        return False

    def _is_settled(self, window: Window, missing: Sequence[str]) -> bool:
        open_ids = self._intake.failed | self._unanswered
        return open_ids.isdisjoint(window.ids) and open_ids.isdisjoint(missing)

    async def _ask(
        self, missing: Sequence[str], zone: ZoneInfo, handed_on: Set[str]
    ) -> dict[str, float | None]:
        """Bring the missing ones up to date; those that Altegio does not know, and when asked."""
        gone: dict[str, float | None] = {}
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
        """The other appointments go on: the error may concern this appointment only."""
        self._unanswered.add(appointment_id)
        told = f"The stored appointment {appointment_id} is left as it is, its days open: {error}"
        self._report.errors.append(RunError("not_answered", told, self._report.company))

    async def _is_mass(self) -> bool:
        """Whether so many are gone that a person has to say that they may be marked."""
        if self._allows_mass_delete or self._gone_count <= _MASS:
            return False
        if self._most is None:
            self._most = _MASS_SHARE * await self._store.count_undeleted(self._whole)
        return self._gone_count > self._most

    async def finish(self, *, dry_run: bool) -> list[Window]:
        """Mark what is gone, unless it is too much; the windows that are settled by that."""
        if await self._is_mass():
            self._report.vanished.left = self._gone_count
            self._report.errors.append(self._mass_error())
            return []
        settled = []
        for each in self._gone:
            marked = sorted(each.asked_at)
            is_settled = each.is_settled
            if not dry_run:
                marked, left = await self._mark(each)
                is_settled &= left.isdisjoint(self._intake.failed | self._unanswered)
            for appointment_id in marked:
                self._progress.warn("vanished", appointment_id=appointment_id, dry_run=dry_run)
            self._report.vanished.gone += len(marked)
            self._report.note_ids("gone", marked)
            if is_settled:
                settled.append(each)
        self._report.days.unsettled -= sum(each.scope.period.days for each in settled)
        return [each.window for each in settled]

    async def _mark(self, gone: _Gone) -> tuple[list[str], set[str]]:
        """The ids that were marked, and those that were not.

        Few at once: where Altegio has to be asked again, the answers are new when they are written.
        """
        ids, marked = sorted(gone.asked_at), set()
        for first in range(0, len(ids), _MARKED_AT_ONCE):
            part = {each: gone.asked_at[each] for each in ids[first : first + _MARKED_AT_ONCE]}
            for _ in range(TRIES):
                result = await self._store.mark_deleted(part, gone.scope)
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
                part = await self._ask(sorted(result.overtaken), gone.scope.zone, frozenset())
            else:
                self._leave_changing(part)
        return sorted(marked), set(ids) - marked

    def _leave_changing(self, ids: Iterable[str]) -> None:
        for appointment_id in ids:
            self._unanswered.add(appointment_id)
            told = f"Appointment {appointment_id} is left as it is: other programs keep changing it"
            self._report.errors.append(RunError("not_settled", told, self._report.company))

    def _mass_error(self) -> RunError:
        return RunError(
            "mass_delete",
            f"{self._gone_count} or more stored appointments are gone at Altegio (404), over "
            f"{_MASS_SHARE:.0%} of the period: none was marked deleted. Look whether the "
            "company and the user's rights are right; --allow-mass-delete marks them",
            self._report.company,
        )
