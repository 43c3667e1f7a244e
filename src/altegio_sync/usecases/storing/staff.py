"""The staff of a location, requested once in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from altegio_sync.domain.lessons import needs_staff
from altegio_sync.errors import (
    AltegioError,
    AltegioRejectedError,
    NotAltegioError,
    UnexpectedAnswerError,
)
from altegio_sync.messages import sync as texts
from altegio_sync.usecases.warning import warn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from altegio_sync.domain.appointment import Booking, Teacher
    from altegio_sync.domain.report import CompanyReport
    from altegio_sync.ports import AppointmentSource, Progress


class StaffList:
    """The teachers of a location by id. They are requested when the first booking needs them."""

    def __init__(
        self, source: AppointmentSource, report: CompanyReport, progress: Progress
    ) -> None:
        self._source = source
        self._report = report
        self._progress = progress
        self._lock = anyio.Lock()
        #: The list, or why it cannot be read. All pages wait for one request, not each for minutes.
        self._answer: Mapping[str, Teacher] | AltegioError | None = None

    async def find_for(self, bookings: Sequence[Booking]) -> Mapping[str, Teacher]:
        """The staff, where one of the bookings names its teacher by id only."""
        if not any(needs_staff(booking) for booking in bookings):
            return {}
        if self._answer is None:
            async with self._lock:
                if self._answer is None:
                    self._answer = await self._fetch()
        if isinstance(self._answer, AltegioError):
            raise self._answer
        return self._answer

    async def _fetch(self) -> Mapping[str, Teacher] | AltegioError:
        try:
            return await self._source.fetch_teachers(self._report.company)
        except (AltegioRejectedError, NotAltegioError, UnexpectedAnswerError) as error:
            # A user without the right to the staff list can still read the timetable.
            warn(
                self._report,
                self._progress,
                "staff_list_refused",
                texts.STAFF_LIST_REFUSED(reason=error.message),
            )
            return {}
        except AltegioError as error:
            return error
