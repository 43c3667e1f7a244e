"""Results as plain text for stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.lessons import SkipReason

if TYPE_CHECKING:
    from altegio_sync.domain.report import CompanyReport, SyncReport


def render_sync(report: SyncReport) -> str:
    """The summary at a run's end."""
    head = f"Sync {report.run_id}: {_ending(report)}"
    if report.dry_run:
        head += " (dry run: nothing was written)"
    lines = [head, *(_company_line(each) for each in report.companies), ""]
    counts, api = report.records, report.api
    rows = [
        ("fetched", counts.fetched, ""),
        ("saved", counts.saved, ""),
        ("updated", counts.updated, ""),
        ("already stored", counts.duplicates, ""),
        ("stale", counts.stale, _stale_note(report)),
        ("skipped", sum(counts.skipped.values()), _skipped_note(report)),
        ("failed", counts.failed, ""),
        (
            "requests",
            api.requests,
            f"{api.pages} pages, {api.retries} retries, {api.rate_limited} rate-limited, "
            f"{api.rereads} re-reads",
        ),
    ]
    lines += [f"  {name:<15}{value:>8}  {note}".rstrip() for name, value, note in rows]
    lines.append(f"  {'seconds':<15}{report.seconds:>8.1f}")
    return "\n".join(lines)


def _ending(report: SyncReport) -> str:
    return {0: "done", 1: "finished with errors", 3: "broken off", 130: "interrupted"}[
        report.exit_code
    ]


def _company_line(company: CompanyReport) -> str:
    if company.period is None:
        return f"  company {company.company}: not begun"
    period = company.period
    line = f"  company {company.company}: {period.start} to {period.last_day} ({company.timezone})"
    return f"{line}, broken off" if company.broke_off else line


def _stale_note(report: SyncReport) -> str:
    if not report.records.stale:
        return ""
    fields = ", ".join(f"{name} {count}" for name, count in sorted(report.records.changes.items()))
    return f"among those already stored; --update brings them up to date ({fields})"


def _skipped_note(report: SyncReport) -> str:
    skipped = report.records.skipped
    return ", ".join(f"{reason.value} {skipped[reason]}" for reason in SkipReason)
