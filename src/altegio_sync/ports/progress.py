"""What a run reports during its work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.domain.counts import Outcome, RecordCounts
    from altegio_sync.domain.field_change import FieldChange
    from altegio_sync.domain.lessons import Skipped, Verdict
    from altegio_sync.domain.period import Period
    from altegio_sync.domain.report import CompanyReport, RunError


class Warn(Protocol):
    """Receives a warning. ``event`` is a constant name. Fields are ids, counts and times only."""

    def __call__(self, event: str, /, **fields: object) -> None: ...


class Progress(Protocol):
    """Receives the progress of a run. `SilentProgress` does nothing with it.

    `open` names the companies of the run, which are worked on at the same time. `of_company`
    returns the receiver for one company; its first call is `begin`. `end` and `finish` are for the
    run.
    """

    def open(self, companies: Sequence[str]) -> None:
        """The run will work on these companies."""
        ...

    def of_company(self, company_id: str) -> Progress: ...

    def begin(self, company_id: str, period: Period | None, timezone: str) -> None: ...

    def expect(self, records: int, pages: int) -> None:
        """This many more records and pages will be read."""
        ...

    def resume(self, done_days: int, days: int) -> None:
        """This many of the period's days need not be read again."""
        ...

    def page_done(self, number: int, rows: int, counts: RecordCounts) -> None:
        """A page was read and stored. ``counts`` has the records of this page only."""
        ...

    def appointment(
        self, verdict: Verdict, outcome: Outcome, changes: Sequence[FieldChange] = ()
    ) -> None: ...

    def skipped(self, skipped: Skipped) -> None: ...

    def doubtful(self, verdict: Verdict) -> None:
        """A kept appointment whose lead may be wrong."""
        ...

    def warn(self, event: str, /, **fields: object) -> None:
        """``event`` is a constant name. Fields are ids, counts and times only."""
        ...

    def end(self, report: CompanyReport) -> None:
        """The work on one of the companies is over."""
        ...

    def finish(self) -> Sequence[RunError]:
        """The run is over, and its report is stored next. Returns what could not be written."""
        ...


class SilentProgress:
    """Reports nothing. A base class for progress that reports only some of the events."""

    def open(self, companies: Sequence[str]) -> None: ...

    def of_company(self, company_id: str) -> Progress:
        del company_id
        return self

    def begin(self, company_id: str, period: Period | None, timezone: str) -> None: ...

    def expect(self, records: int, pages: int) -> None: ...

    def resume(self, done_days: int, days: int) -> None: ...

    def page_done(self, number: int, rows: int, counts: RecordCounts) -> None: ...

    def appointment(
        self, verdict: Verdict, outcome: Outcome, changes: Sequence[FieldChange] = ()
    ) -> None: ...

    def skipped(self, skipped: Skipped) -> None: ...

    def doubtful(self, verdict: Verdict) -> None: ...

    def warn(self, event: str, /, **fields: object) -> None: ...

    def end(self, report: CompanyReport) -> None: ...

    def finish(self) -> Sequence[RunError]:
        return ()
