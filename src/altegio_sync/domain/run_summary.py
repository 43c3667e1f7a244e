"""The part of a run's report that later runs and `status` need, as it is stored and read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.continued import continue_run, continue_sync
from altegio_sync.domain.json_form import JsonForm, Key
from altegio_sync.domain.report import DaysAsked, RunError
from altegio_sync.domain.stored import Count, Flag, Moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.domain.report import CompanyReport, SyncReport

_ERRORS_KEPT = 3
#: Warnings that stay until a later run of the same kind finds no such problem.
_LASTING = (
    "no_longer_kept",
    "no_total",
    "nothing_listed",
    "staff_list_refused",
    "unknown_setting",
)
#: Each company has its own warnings in its own summary, so the whole run needs no more.
_WARNINGS_KEPT = 1_000
_IDS_IN_REPORT = 100


@dataclass(frozen=True, slots=True)
class RecordsSummary(JsonForm):
    """The counts of bookings that are needed later; only whole reports have ``failed``."""

    json_keys = ("fetched", "stale", "doubtful")

    fetched: Count = 0
    stale: Count = 0
    doubtful: Count = 0
    failed: Count = 0


@dataclass(frozen=True, slots=True)
class RunSummary(JsonForm):
    """The part of a report that is needed later, for one company or for the whole run.

    A whole report can be read as a summary too, since its keys have the same names. Reports of
    earlier versions lack some of the keys.
    """

    json_keys = (
        *("command", "run_id", "ok", "interrupted", "mode", "continued_by"),
        *("started_at", "finished_at", "period", Key("records", "counts")),
        *(Key("errors", "stored_errors"), Key("warnings", "stored_warnings", optional=True)),
    )

    command: str
    run_id: str = ""
    ok: Flag = False
    interrupted: Flag | None = None
    mode: str = ""
    continued_by: str | None = None
    started_at: Moment | None = None
    finished_at: Moment | None = None
    period: DaysAsked | None = None
    records: RecordsSummary | None = None
    #: None if no list of errors could be read.
    errors: tuple[RunError, ...] | None = None
    warnings: tuple[RunError, ...] | None = None

    @property
    def stored_errors(self) -> list[dict[str, Any]] | None:
        return None if self.errors is None else [each.to_stored() for each in self.errors]

    @property
    def stored_warnings(self) -> list[dict[str, Any]] | None:
        return None if self.warnings is None else [each.to_stored() for each in self.warnings]

    @property
    def counts(self) -> RecordsSummary | dict[str, int]:
        return self.records or {}

    @property
    def was_interrupted(self) -> bool:
        """Whether the run was interrupted. If this was not stored: the run failed without error."""
        if self.interrupted is not None:
            return self.interrupted
        failed = 0 if self.records is None else self.records.failed
        return not self.ok and self.errors == () and not failed

    @property
    def next_command(self) -> str:
        """The command that continues the run. It is computed if it was not stored."""
        if self.continued_by is not None:
            return self.continued_by
        if self.command != "sync":
            return f"altegio-sync {self.command}"
        days = () if self.period is None else (self.period.first or "", self.period.last or "")
        return continue_sync(days, ["--update"] if self.mode == "update" else [])


def summarize(report: SyncReport, company: CompanyReport | None) -> RunSummary:
    """The summary of one company's part, or of the whole run."""
    part = report if company is None else company
    is_interrupted = report.interrupted if company is None else company.was_interrupted
    ok = report.ok if company is None else not company.has_failed
    records = part.records
    return RunSummary(
        command=report.command,
        run_id=report.run_id,
        ok=ok and not is_interrupted,
        interrupted=is_interrupted,
        mode=report.mode.value,
        continued_by=continue_run(report),
        started_at=report.started_at,
        finished_at=report.finished_at,
        period=part.days_asked,
        records=RecordsSummary(records.fetched, records.stale, records.doubtful),
        errors=tuple(part.errors[:_ERRORS_KEPT]),
        warnings=tuple(each for each in part.warnings if each.code in _LASTING)[:_WARNINGS_KEPT],
    )


def summarize_missed(report: SyncReport) -> RunSummary:
    """The summary for a company that an interrupted run did not reach."""
    return RunSummary(
        command=report.command,
        run_id=report.run_id,
        interrupted=True,
        mode=report.mode.value,
        continued_by=continue_run(report),
        started_at=report.started_at,
        finished_at=report.finished_at,
        errors=(),
    )


def to_kept_report(report: SyncReport, noteworthy: Sequence[str]) -> dict[str, Any]:
    """The report as it is stored: without the companies in which nothing happened."""
    kept = _to_kept(report) | {"continued_by": continue_run(report)}
    if "by_company" in kept:
        listed = [each for each in report.companies if each.company in noteworthy]
        kept["by_company"] = [_to_kept(each) for each in listed]
    return kept


def _to_kept(report: SyncReport | CompanyReport) -> dict[str, Any]:
    """The JSON with only some appointment ids, and with messages as code and fields."""
    ids = report.appointment_ids.items()
    return report.to_json() | {
        "appointment_ids": {name: found[:_IDS_IN_REPORT] for name, found in ids},
        "errors": [each.to_stored() for each in report.errors],
        "warnings": [each.to_stored() for each in report.warnings],
    }
