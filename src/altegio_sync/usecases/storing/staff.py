"""The staff of a location, stored or requested."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from altegio_sync.domain.lessons import needs_staff
from altegio_sync.domain.locations import StoredStaff
from altegio_sync.errors import (
    AltegioError,
    AltegioRejectedError,
    NotAltegioError,
    UnexpectedAnswerError,
)
from altegio_sync.messages import sync as texts
from altegio_sync.usecases.warning import warn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from altegio_sync.domain.appointment import Booking, Teacher
    from altegio_sync.domain.report import CompanyReport
    from altegio_sync.usecases.run_context import RunContext


class StaffList:
    """The teachers of a location by id, for bookings that name a teacher by id only.

    A stored list is used for 7 days, in `serve` for an hour, unless a booking names a teacher whom
    nobody has looked up in it yet. Else the list is requested, once in a run.
    """

    def __init__(self, context: RunContext, report: CompanyReport) -> None:
        self._context = context
        self._report = report
        self._lock = anyio.Lock()
        self._stored: StoredStaff | None = None
        #: The list, or why it cannot be read. All pages wait for one request, not each for minutes.
        self._answer: Mapping[str, Teacher] | AltegioError | None = None

    async def find_for(self, bookings: Sequence[Booking]) -> Mapping[str, Teacher]:
        """The staff, where one of the bookings names its teacher by id only."""
        wanted = {each.teacher_id for each in bookings if needs_staff(each)}
        if not wanted:
            return {}
        if self._answer is None:
            async with self._lock:
                if self._answer is None:
                    stored = await self._find_stored()
                    if stored.answers(wanted):
                        return stored.teachers
                    self._answer = await self._fetch(stored.missing.union(filter(None, wanted)))
        if isinstance(self._answer, AltegioError):
            raise self._answer
        return self._answer

    async def _find_stored(self) -> StoredStaff:
        locations = self._context.locations
        if self._stored is None and locations is not None:
            since = self._context.clock() - self._context.staff_kept_for
            self._stored = await locations.find_staff(self._report.company, since)
        return self._stored or StoredStaff()

    async def _fetch(self, wanted: Set[str]) -> Mapping[str, Teacher] | AltegioError:
        context, company = self._context, self._report.company
        try:
            teachers = await context.source.fetch_teachers(company)
        except (AltegioRejectedError, NotAltegioError, UnexpectedAnswerError) as error:
            # A user without the right to the staff list can still read the timetable.
            message = texts.STAFF_LIST_REFUSED(reason=error.message)
            warn(self._report, context.progress, "staff_list_refused", message)
            return {}
        except AltegioError as error:
            return error
        if context.locations is not None and not context.dry_run:
            staff = StoredStaff(teachers, frozenset(wanted - teachers.keys()))
            await context.locations.write_staff(company, staff, context.clock())
        return teachers
