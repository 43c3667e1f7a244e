"""Keeps book of the runs: what began, how it ended, and what a person should know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.kept_share import (
    MIN_RECORDS,
    Kept,
    KeptSample,
    judge_kept,
    kept_of,
    too_little_text,
)
from altegio_sync.domain.run_marks import (
    MarkChange,
    RunMark,
    interrupted_summary,
    is_noteworthy,
    skipped_ids,
    summarize,
    to_kept_report,
)
from altegio_sync.domain.warnings import counted
from altegio_sync.errors import StoreError
from altegio_sync.usecases.warning import warn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from altegio_sync.domain.report import CompanyReport, SyncReport
    from altegio_sync.ports import Ledger, Progress, RunStore


async def close_book(
    runs: RunStore,
    report: SyncReport,
    wanted: Sequence[str],
    progress: Progress,
    *,
    ledger: Ledger | None = None,
    rules_fingerprint: str = "",
) -> None:
    """Compare the run with earlier ones, then store its report; a failure is only a warning.

    ``wanted`` are the companies that the run was to work on. ``rules_fingerprint`` is the
    `settings_hash` under which the run entered days into the ledger.
    """
    if any(each.lost_store for each in report.companies):
        # Waited for already, for as long as a run does.
        progress.warn("report_not_kept", reason="MongoDB cannot be reached")
        return
    try:
        marks = {each.company: each for each in await runs.find_marks(report.command)}
        changes = [
            await _close_company(
                report, each, marks.get(each.company), progress, ledger, rules_fingerprint, wanted
            )
            for each in report.companies
        ]
        await _store(runs, report, marks, wanted, changes)
    except StoreError as error:
        progress.warn("report_not_kept", reason=str(error))


async def _store(
    runs: RunStore,
    report: SyncReport,
    marks: Mapping[str | None, RunMark],
    wanted: Sequence[str],
    changes: list[MarkChange],
) -> None:
    noteworthy = [
        each.company for each in report.companies if is_noteworthy(each, marks.get(each.company))
    ]
    is_left = all(each.gave_way for each in report.companies)
    is_quiet = report.command == "changes" and not noteworthy and report.exit_code == 0
    if not is_left and not is_quiet:
        await runs.keep_report(to_kept_report(report, noteworthy))
    reached = {each.company for each in report.companies}
    missed = [each for each in wanted if each not in reached]
    changes += [MarkChange(each, last=interrupted_summary(report)) for each in missed]
    if not is_left:
        changes.append(MarkChange(None, last=summarize(report, None)))
    await runs.write_marks(report.command, report.run_id, changes)
    await runs.forget_old_reports()


async def _close_company(
    report: SyncReport,
    company: CompanyReport,
    mark: RunMark | None,
    progress: Progress,
    ledger: Ledger | None,
    fingerprint: str,
    wanted: Sequence[str],
) -> MarkChange:
    if company.gave_way:
        return MarkChange(company.company)
    sample = text = rules = None
    if report.command == "sync":
        sample, text = _judge_share(company, mark, progress)
        only = f"--company {company.company} " if len(wanted) > 1 else ""
        rules = await _compare_rules(company, mark, progress, ledger, fingerprint, only)
    return MarkChange(
        company.company,
        last=summarize(report, company),
        sample=sample,
        too_little=text,
        skipped=skipped_ids(company) if report.command == "changes" else None,
        rules=rules,
    )


def _judge_share(
    company: CompanyReport, mark: RunMark | None, progress: Progress
) -> tuple[KeptSample | None, str | None]:
    """The run as later ones are compared with it, and the warning where it kept too little."""
    records = company.records
    if records.fetched < MIN_RECORDS:
        return None, None
    earlier = () if mark is None else mark.samples
    kept = kept_of(records)
    verdict = judge_kept(kept, records.fetched, earlier)
    is_warned = verdict in (Kept.NONE, Kept.TOO_LITTLE)
    is_low = is_warned or verdict is Kept.LOW
    sample = KeptSample(records.fetched, kept, is_low=is_low, is_warned=is_warned)
    if not is_warned:
        return sample, None
    text = too_little_text(records, verdict, earlier)
    warn(company, progress, "too_little_kept", text)
    return sample, text


async def _compare_rules(
    company: CompanyReport,
    mark: RunMark | None,
    progress: Progress,
    ledger: Ledger | None,
    fingerprint: str,
    only: str,
) -> str | None:
    """Report once that earlier days are no longer proved, since other bookings are kept now."""
    if ledger is None or not fingerprint or (mark is not None and mark.rules == fingerprint):
        return None
    old = await ledger.find_outdated(company.company, fingerprint)
    if old is not None:
        days, period = old
        warn(
            company,
            progress,
            "rules_changed",
            f"The settings or rules that decide which bookings are kept have changed: "
            f"{counted(days, 'day')} of company {company.company} must be proved again: "
            f"altegio-sync sync {period.start} {period.last_day} {only}--update --resume",
        )
    return fingerprint
