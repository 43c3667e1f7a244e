"""Results as plain text for stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.lessons import SkipReason

if TYPE_CHECKING:
    from altegio_sync.domain.report import CompanyReport, CursorMove, SyncReport


def render_sync(report: SyncReport) -> str:
    """The summary at a run's end."""
    head = f"{report.command.capitalize()} {report.run_id}: {_ending(report)}"
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
        *_lead_rows(report),
        ("skipped", sum(counts.skipped.values()), _skipped_note(report)),
        ("failed", counts.failed, ""),
        *_completeness_rows(report),
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


def _lead_rows(report: SyncReport) -> list[tuple[str, int, str]]:
    """The leads that were replaced, and those that may be wrong, with what to do."""
    changed, doubtful = len(report.lead_changes), report.records.doubtful
    undo = f"altegio-sync undo {report.run_id} brings the old leads back"
    rows = [("lead changed", changed, "" if report.dry_run else undo)] if changed else []
    if doubtful:
        todo = "the client's name may mean another lead: --skipped FILE lists them"
        rows.append(("doubtful lead", doubtful, todo))
    return rows


def _completeness_rows(report: SyncReport) -> list[tuple[str, int, str]]:
    """How surely nothing was missed, and what Altegio no longer lists."""
    days, vanished = report.days, report.vanished
    read = days.proved + days.checked + days.unsettled
    rows = []
    if read or days.resumed:
        told = [f"{days.proved} proved", f"{days.checked} checked"]
        told += [f"{days.unsettled} not complete"] if days.unsettled else []
        told += [f"{days.resumed} more were done before"] if days.resumed else []
        rows.append(("days read", read, ", ".join(told)))
    if vanished.asked:
        done = ", would be marked deleted" if report.dry_run else ", marked deleted"
        told = [f"{vanished.gone} gone (404)" + (done if vanished.gone else "")]
        told += [f"{vanished.left} left as they are"] if vanished.left else []
        rows.append(("not listed", vanished.asked, "asked for by id: " + ", ".join(told)))
    return rows


def _ending(report: SyncReport) -> str:
    return {0: "done", 1: "finished with errors", 3: "broken off", 130: "interrupted"}[
        report.exit_code
    ]


def _company_line(company: CompanyReport) -> str:
    if company.gave_way:
        return f"  company {company.company}: left to another run"
    if company.cursor is not None:
        return _cursor_line(company.company, company.cursor, broke_off=company.broke_off)
    if company.period is None:
        return f"  company {company.company}: not begun"
    period = company.period
    zone = "" if company.timezone is None else f" ({company.timezone})"
    line = f"  company {company.company}: {period.start} to {period.last_day}{zone}"
    return f"{line}, broken off" if company.broke_off else line


def _cursor_line(company: str, cursor: CursorMove, *, broke_off: bool) -> str:
    line = f"  company {company}: changes since {cursor.since:%Y-%m-%d %H:%M:%S %Z}"
    if cursor.moved_to is not None:
        return f"{line}, cursor now {cursor.moved_to:%Y-%m-%d %H:%M:%S %Z}"
    return f"{line}, {'broken off, ' if broke_off else ''}cursor not moved"


def _stale_note(report: SyncReport) -> str:
    if not report.records.stale:
        return ""
    fields = ", ".join(f"{name} {count}" for name, count in sorted(report.records.changes.items()))
    return f"among those already stored; --update brings them up to date ({fields})"


def _skipped_note(report: SyncReport) -> str:
    skipped = report.records.skipped
    return ", ".join(f"{reason.value} {skipped[reason]}" for reason in SkipReason)
