"""What is remembered of the last run of a command, also where no report of it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.continued import continue_run
from altegio_sync.domain.json_form import utc_text
from altegio_sync.domain.kept_share import KeptSample

if TYPE_CHECKING:
    from altegio_sync.domain.report import CompanyReport, SyncReport
    from altegio_sync.messages import Message

_ERRORS_KEPT = 3
#: Warnings that hold until a later run of the same kind finds all in order.
_LASTING = (
    "no_longer_kept",
    "no_total",
    "nothing_listed",
    "staff_list_refused",
    "unknown_setting",
)
_IDS_IN_REPORT = 100
#: Ids of skipped bookings that are compared with those of the next run.
SKIPPED_KEPT = 5000


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that began and has not ended yet, or never will; ``words`` are the period as typed."""

    run_id: str
    started_at: datetime
    words: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunMark:
    """The last run of a command for a company, or for all of them together (``company`` is None).

    ``last`` has the keys of a report that matter; ``at`` is the time of its end by MongoDB's clock.
    ``samples`` are the runs of `sync` that are compared, the latest last.
    """

    command: str
    company: str | None
    last: Mapping[str, Any] | None = None
    at: datetime | None = None
    open_runs: Sequence[OpenRun] = ()
    samples: Sequence[KeptSample] = ()
    too_little: Message | None = None
    skipped: frozenset[str] = frozenset()
    #: The settings under which days were last entered into the ledger.
    rules: str | None = None


@dataclass(frozen=True, slots=True)
class MarkChange:
    """What the end of a run changes about a mark; None leaves a field as it is."""

    company: str | None
    last: Mapping[str, Any] | None = None
    sample: KeptSample | None = None
    too_little: Message | None = None
    skipped: Sequence[str] | None = None
    rules: str | None = None


def summarize(report: SyncReport, company: CompanyReport | None) -> dict[str, Any]:
    """The keys of the report that matter for the status; of one company or of the whole run."""
    part = report.to_json() if company is None else company.to_json()
    ok = report.exit_code == 0 if company is None else not company.has_failed
    is_interrupted = report.interrupted and (company is None or company is report.companies[-1])
    return {
        "command": report.command,
        "run_id": report.run_id,
        "ok": ok and not is_interrupted,
        "interrupted": is_interrupted,
        "mode": report.mode.value,
        "continued_by": continue_run(report),
        **_moments(report),
        "period": part["period"],
        "records": {name: part["records"][name] for name in ("fetched", "stale", "doubtful")},
        "errors": part["errors"][:_ERRORS_KEPT],
        "warnings": [each for each in part["warnings"] if each["code"] in _LASTING],
    }


def is_noteworthy(company: CompanyReport, mark: RunMark | None) -> bool:
    """Whether something was stored, newly skipped or wrong in this company."""
    records = company.records
    before = frozenset[str]() if mark is None else mark.skipped
    return bool(
        records.saved
        or records.updated
        or company.vanished.gone
        or company.days.unsettled
        or company.has_failed
        or not before.issuperset(skipped_ids(company))
    )


def skipped_ids(company: CompanyReport) -> list[str]:
    """The ids of skipped bookings that need a person."""
    names = ("no_crm_id", "teacher_not_found", "invalid")
    return [each for name in names for each in company.noted_ids.get(name, ())][:SKIPPED_KEPT]


def to_kept_report(report: SyncReport, noteworthy: Sequence[str]) -> dict[str, Any]:
    """The report as it is stored: without the companies in which nothing happened."""
    kept = _with_some_ids(report.to_json()) | {"continued_by": continue_run(report)}
    if "by_company" in kept:
        told = [each for each in kept["by_company"] if each["company"] in noteworthy]
        kept["by_company"] = [_with_some_ids(each) for each in told]
    return kept


def _with_some_ids(report: dict[str, Any]) -> dict[str, Any]:
    ids = report["appointment_ids"]
    return report | {
        "appointment_ids": {name: found[:_IDS_IN_REPORT] for name, found in ids.items()}
    }


def interrupted_summary(report: SyncReport) -> dict[str, Any]:
    """Of a company that an interrupted run did not come to."""
    return {
        "command": report.command,
        "run_id": report.run_id,
        "ok": False,
        "interrupted": True,
        "mode": report.mode.value,
        "continued_by": continue_run(report),
        **_moments(report),
        "period": None,
        "records": {},
        "errors": [],
    }


def _moments(report: SyncReport) -> dict[str, str]:
    moments = {"started_at": report.started_at, "finished_at": report.finished_at}
    return {name: utc_text(moment) for name, moment in moments.items()}
