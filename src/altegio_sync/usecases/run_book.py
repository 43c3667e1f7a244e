"""Keeps the reports of runs, and compares each run with earlier ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.kept_share import (
    MIN_RECORDS,
    KeptSample,
    ShareLevel,
    judge_kept,
    kept_of,
    too_little_text,
)
from altegio_sync.domain.run_marks import MarkChange, RunMark, is_noteworthy, skipped_ids
from altegio_sync.domain.run_summary import summarize, summarize_missed, to_kept_report
from altegio_sync.errors import StoreError
from altegio_sync.messages import sync as texts
from altegio_sync.usecases.run_errors import to_run_error
from altegio_sync.usecases.warning import warn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from altegio_sync.domain.report import CompanyReport, SyncReport
    from altegio_sync.errors import AltegioSyncError
    from altegio_sync.messages import Message
    from altegio_sync.ports import Progress, RunStore
    from altegio_sync.usecases.run_context import RunContext


async def close_book(
    context: RunContext, runs: RunStore, report: SyncReport, wanted: Sequence[str]
) -> None:
    """Compare the run with earlier runs, then store its report. A failure is only a warning.

    ``wanted`` are the companies that the run was asked to work on.
    """
    if any(each.lost_store for each in report.companies):
        # The run has waited for MongoDB already.
        context.progress.warn("report_not_kept", reason=texts.STORE_OUT_OF_REACH())
        return
    try:
        marks = {each.company: each for each in await runs.find_marks(report.command)}
        changes = [
            await _close_company(context, report, each, marks.get(each.company), wanted)
            for each in report.companies
        ]
        await _store(runs, report, marks, wanted, changes)
    except StoreError as error:
        context.progress.warn("report_not_kept", reason=error.message)


async def keep_failure(
    runs: RunStore, report: SyncReport, error: AltegioSyncError, progress: Progress
) -> None:
    """Store the report of a run that failed before it knew its companies."""
    report.own_errors.append(to_run_error(error))
    try:
        await runs.keep_report(to_kept_report(report, []))
        await runs.write_marks(
            report.command, report.run_id, [MarkChange(None, last=summarize(report, None))]
        )
    except StoreError as problem:
        progress.warn("report_not_kept", reason=problem.message)


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
    changes += [MarkChange(each, last=summarize_missed(report)) for each in missed]
    if not is_left:
        changes.append(MarkChange(None, last=summarize(report, None)))
    await runs.write_marks(report.command, report.run_id, changes)
    await runs.forget_old_reports()


async def _close_company(
    context: RunContext,
    report: SyncReport,
    company: CompanyReport,
    mark: RunMark | None,
    wanted: Sequence[str],
) -> MarkChange:
    if company.gave_way:
        return MarkChange(company.company)
    sample = text = rules = None
    if report.command == "sync":
        sample, text = _judge_share(company, mark, context.progress)
        only = f"--company {company.company} " if len(wanted) > 1 else ""
        rules = await _compare_rules(context, company, mark, only)
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
) -> tuple[KeptSample | None, Message | None]:
    """The share that later runs are compared with, and the warning if this run kept too little."""
    records = company.records
    if records.fetched < MIN_RECORDS:
        return None, None
    earlier = () if mark is None else mark.samples
    kept = kept_of(records)
    level = judge_kept(kept, records.fetched, earlier)
    is_warned = level in (ShareLevel.NONE, ShareLevel.TOO_LITTLE)
    is_low = is_warned or level is ShareLevel.LOW
    sample = KeptSample(records.fetched, kept, is_low=is_low, is_warned=is_warned)
    if not is_warned:
        return sample, None
    text = too_little_text(records, level, earlier)
    warn(company, progress, "too_little_kept", text)
    return sample, text


async def _compare_rules(
    context: RunContext, company: CompanyReport, mark: RunMark | None, only: str
) -> str | None:
    """Report once that earlier days are no longer proved, because the rules have changed."""
    ledger, fingerprint = context.ledger, context.rules_fingerprint
    if ledger is None or not fingerprint or (mark is not None and mark.rules == fingerprint):
        return None
    old = await ledger.find_outdated(company.company, fingerprint)
    if old is not None:
        days, period = old
        rerun = f"altegio-sync sync {period.start} {period.last_day} {only}--update --resume"
        warn(
            company,
            context.progress,
            "rules_changed",
            texts.RULES_CHANGED(count=days, company=company.company, rerun=rerun),
        )
    return fingerprint
