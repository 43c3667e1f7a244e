"""Shows the progress of a run: a bar on a terminal, else one log line for each page."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

from altegio_sync.cli.bar import new_bar, shows_bar
from altegio_sync.cli.company_progress import CompanyProgress
from altegio_sync.cli.private_file import NotWrittenError
from altegio_sync.cli.repeated_warnings import RepeatedWarnings
from altegio_sync.cli.skipped_list import skipped_list
from altegio_sync.domain.counts import ApiUsage
from altegio_sync.domain.report import RunError
from altegio_sync.log import get_logger
from altegio_sync.messages import bars, render
from altegio_sync.messages import commands as texts
from altegio_sync.ports import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType
    from zoneinfo import ZoneInfo

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.cli.skipped_list import SkippedFile, SkippedList
    from altegio_sync.domain.lessons import Skipped, Verdict
    from altegio_sync.domain.report import CompanyReport
    from altegio_sync.messages import Message


class CliProgress(SilentProgress):
    """Log lines, and a bar where ``has_bar`` is set.

    Errors of one of several companies are logged when the work on this company has ended.
    """

    def __init__(
        self, *, has_bar: bool = False, is_verbose: bool = False, is_quiet: bool = False
    ) -> None:
        self._warnings = RepeatedWarnings(is_quiet=is_quiet, is_verbose=is_verbose)
        self.is_verbose = is_verbose
        #: The requests of the run, which the bar shows the rate of.
        self.usage = ApiUsage()
        self.has_bar = has_bar
        self.has_several = False
        self._bar: _Bar | None = None
        self._started_at = time.monotonic()
        self._skipped_list: SkippedList | None = None
        self._open = ExitStack()
        #: The `id` of each error that was logged.
        self._logged: set[int] = set()

    @classmethod
    def for_command(cls, options: CommandOptions, skipped: SkippedFile | None) -> Self:
        """The progress for these options. Bookings that need correction are listed in a file."""
        progress = cls(
            has_bar=shows_bar(options), is_verbose=options.verbose, is_quiet=options.quiet
        )
        if skipped is not None:
            progress.list_skipped_in(skipped)
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
        """Write the list of skipped bookings. If this fails, the run reports it and goes on."""
        listed, self._skipped_list = self._skipped_list, None
        if listed is not None:
            try:
                listed.put()
            except NotWrittenError as error:
                return [RunError("skipped_not_listed", error.message)]
        return []

    def list_skipped_in(self, wanted: SkippedFile) -> None:
        """List bookings that need correction in this file, which appears when the run has ended.

        Raises:
            ConfigError: the file cannot be written.
        """
        self._skipped_list = self._open.enter_context(skipped_list(wanted))

    def open(self, companies: Sequence[str]) -> None:
        self.has_several = len(companies) > 1
        if self.has_bar:
            self._bar = _LocationsBar(len(companies)) if self.has_several else _RecordsBar()

    def of_company(self, company_id: str) -> CompanyProgress:
        return CompanyProgress(self, company_id)

    def end(self, report: CompanyReport) -> None:
        if not self.has_several:
            return
        self.log_errors(report.errors)
        if self._bar is not None:
            self._bar.end_company()

    def log_errors(self, errors: Iterable[RunError]) -> None:
        """Log each error, unless it was logged before."""
        for error in errors:
            if id(error) in self._logged:
                continue
            self._logged.add(id(error))
            message = error.message
            if self.has_several and error.company:
                message = texts.OF_COMPANY(error=message, company=error.company)
            get_logger().error("failed", code=error.code, message=message, company_id=error.company)

    def show_company(self, company_id: str) -> None:
        if self._bar is not None:
            self._bar.begin_company(company_id)

    def show_announced(self, records: int) -> None:
        if self._bar is not None:
            self._bar.expect(records)

    def show_read(self, rows: int, pages: str) -> None:
        if self._bar is not None:
            seconds = max(time.monotonic() - self._started_at, 0.001)
            self._bar.advance(rows, pages, self.usage.requests / seconds)

    def list_skipped(self, skipped: Skipped, zone: ZoneInfo) -> None:
        if self._skipped_list is not None:
            self._skipped_list.add_skipped(skipped, zone)

    def list_doubtful(self, verdict: Verdict, zone: ZoneInfo) -> None:
        if self._skipped_list is not None:
            self._skipped_list.add_doubtful(verdict, zone)

    def warn(self, event: str, /, **fields: object) -> None:
        self._warnings.add(event, fields)


class _Bar:
    """A bar of one task."""

    def __init__(self, unit: Message) -> None:
        self._progress = new_bar(unit, "pages", "rate")
        self._task: Any = None

    def begin_company(self, company_id: str) -> None: ...

    def expect(self, records: int) -> None: ...

    def advance(self, rows: int, pages: str, rate: float) -> None: ...

    def end_company(self) -> None: ...

    def stop(self) -> None:
        self._progress.stop()

    def _start(self, what: Message, total: int | None, pages: str) -> None:
        shown = _shown(pages, 0.0)
        self._task = self._progress.add_task(render(what), total=total, **shown)
        self._progress.start()


def _shown(pages: str, rate: float) -> dict[str, Any]:
    return {"pages": render(bars.PAGE(pages=pages)), "rate": render(bars.RATE(rate=rate))}


class _RecordsBar(_Bar):
    """Shows how many records of the only company are read."""

    def __init__(self) -> None:
        super().__init__(bars.RECORDS())
        self._total = 0

    def begin_company(self, company_id: str) -> None:
        self._start(bars.COMPANY(company=company_id), None, "0/?")

    def expect(self, records: int) -> None:
        self._total += records
        self._progress.update(self._task, total=self._total)

    def advance(self, rows: int, pages: str, rate: float) -> None:
        self._progress.update(self._task, advance=rows, **_shown(pages, rate))


class _LocationsBar(_Bar):
    """Shows for how many of several locations the work is over."""

    def __init__(self, locations: int) -> None:
        super().__init__(bars.LOCATIONS())
        self._pages = 0
        self._start(bars.ALL(), locations, "0")

    def advance(self, rows: int, pages: str, rate: float) -> None:
        del rows, pages
        self._pages += 1
        self._progress.update(self._task, **_shown(str(self._pages), rate))

    def end_company(self) -> None:
        self._progress.advance(self._task)
