"""Shows the progress of a run: a bar on a terminal, else one log line for each page."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from altegio_sync.cli.bar import new_bar, shows_bar
from altegio_sync.cli.list_file import ListFile, list_file, refuse_spreadsheets
from altegio_sync.cli.repeated_warnings import RepeatedWarnings
from altegio_sync.domain.counts import ApiUsage
from altegio_sync.domain.lessons import Kept, Skipped, SkipReason
from altegio_sync.domain.report import RunError
from altegio_sync.errors import ConfigError
from altegio_sync.log import get_logger
from altegio_sync.messages.files import LIST_OF_SKIPPED
from altegio_sync.ports import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.domain.appointment import Booking, Teacher
    from altegio_sync.domain.counts import Outcome, RecordCounts
    from altegio_sync.domain.field_change import FieldChange
    from altegio_sync.domain.lessons import Verdict
    from altegio_sync.domain.period import Period


def skipped_text(counts: RecordCounts) -> str:
    told = [f"{each} {counts.skipped[each]}" for each in SkipReason if counts.skipped[each]]
    return ", ".join(told) or "none"


SKIPPED_HEADER = ("id", "start", "teacher", "service", "reason")


class CliProgress(SilentProgress):
    """Log lines, and a bar where ``has_bar`` is set."""

    def __init__(
        self, *, has_bar: bool = False, is_verbose: bool = False, is_quiet: bool = False
    ) -> None:
        self._log = get_logger()
        self._warnings = RepeatedWarnings(is_quiet=is_quiet, is_verbose=is_verbose)
        self._is_verbose = is_verbose
        #: The requests of the run, which the bar shows the rate of.
        self.usage = ApiUsage()
        self._bar = _Bar() if has_bar else None
        self._pages = 0
        self._pages_done = 0
        self._started_at = time.monotonic()
        self._skipped_list: ListFile | None = None
        self._zone = ZoneInfo("UTC")
        self._open = ExitStack()

    @classmethod
    def for_command(cls, options: CommandOptions, skipped_file: Path | None) -> Self:
        """As the options want it; with ``skipped_file`` skipped bookings are listed there."""
        progress = cls(
            has_bar=shows_bar(options), is_verbose=options.verbose, is_quiet=options.quiet
        )
        if skipped_file is not None:
            progress.list_skipped_in(skipped_file)
        return progress

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._warnings.flush()
        if exc_type is None:
            self.finish()
        self._open.close()

    def finish(self) -> Sequence[RunError]:
        """Write the list of what was skipped; why it cannot be written does not end the run."""
        listed, self._skipped_list = self._skipped_list, None
        if listed is not None:
            try:
                listed.put()
            except ConfigError as error:
                return [RunError("skipped_not_listed", error.message)]
        return []

    def list_skipped_in(self, path: Path) -> None:
        """List skipped bookings in this file when the run has ended.

        Raises:
            ConfigError: the file cannot be written.
        """
        refuse_spreadsheets(path, "--skipped")
        self._skipped_list = self._open.enter_context(
            list_file(path, SKIPPED_HEADER, LIST_OF_SKIPPED())
        )

    def begin(self, company_id: str, period: Period | None, timezone: str) -> None:
        self._warnings.flush()
        self._zone = ZoneInfo(timezone)
        self._pages = self._pages_done = 0
        if self._bar is not None:
            self._bar.start(company_id)
            return
        if period is None:
            self._log.info("changes_started", company_id=company_id, timezone=timezone)
            return
        self._log.info(
            "sync_started",
            company_id=company_id,
            first=str(period.start),
            last=str(period.last_day),
            timezone=timezone,
        )

    def expect(self, records: int, pages: int) -> None:
        self._pages += pages
        if self._bar is not None:
            self._bar.expect(records)

    def resume(self, done_days: int, days: int) -> None:
        self._log.info("resumed", done=done_days, days=days)

    def page_done(self, number: int, rows: int, counts: RecordCounts) -> None:
        self._pages_done += 1
        self._pages = max(self._pages, self._pages_done)
        if self._bar is not None:
            seconds = max(time.monotonic() - self._started_at, 0.001)
            rate = self.usage.requests / seconds
            self._bar.advance(rows, f"{self._pages_done}/{self._pages}", rate)
            return
        self._log.info(
            "page",
            page=number,
            pages=self._pages,
            rows=rows,
            saved=counts.saved,
            updated=counts.updated,
            duplicates=counts.duplicates,
            skipped=skipped_text(counts),
        )

    def appointment(
        self, verdict: Verdict, outcome: Outcome, changes: Sequence[FieldChange] = ()
    ) -> None:
        if not self._is_verbose:
            return
        skipped = verdict if isinstance(verdict, Skipped) else None
        self._log.info(
            "appointment",
            appointment_id=verdict.booking.id,
            outcome=outcome.value,
            reason=skipped.reason.value if skipped else "",
            detail=(skipped.detail or "") if skipped else "; ".join(map(str, changes)),
        )

    def skipped(self, skipped: Skipped) -> None:
        reason = skipped.reason.value
        if skipped.reason is SkipReason.INVALID and skipped.detail:
            reason = f"{reason}: {skipped.detail}"
        self._list(skipped.booking, skipped.teacher, reason)

    def doubtful(self, verdict: Verdict) -> None:
        teacher = verdict.appointment.teacher if isinstance(verdict, Kept) else verdict.teacher
        self._list(verdict.booking, teacher, "doubtful")

    def _list(self, booking: Booking, known: Teacher | None, reason: str) -> None:
        if self._skipped_list is None:
            return
        start = booking.starts_at.astimezone(self._zone).isoformat() if booking.starts_at else ""
        teacher = known.name if known else booking.teacher_id or ""
        titles = "; ".join(service.title for service in booking.services)
        cells = (booking.id, start, teacher, titles, reason)
        self._skipped_list.add(cells)

    def warn(self, event: str, /, **fields: object) -> None:
        self._warnings.add(event, fields)


class _Bar:
    """Shows how many of a company's records are read."""

    def __init__(self) -> None:
        rate = "{task.fields[rate]:.1f} requests/s"
        self._progress = new_bar("records", "page {task.fields[pages]}", rate)
        self._task: Any = None

    def start(self, company_id: str) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(
            f"company {company_id}", total=None, pages="0/?", rate=0.0
        )
        self._total = 0
        self._progress.start()

    def expect(self, records: int) -> None:
        self._total += records
        self._progress.update(self._task, total=self._total)

    def advance(self, rows: int, pages: str, rate: float) -> None:
        self._progress.update(self._task, advance=rows, pages=pages, rate=rate)

    def stop(self) -> None:
        self._progress.stop()
