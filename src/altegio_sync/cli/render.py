"""Results as plain text for stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.cli.render_result import render_result
from altegio_sync.domain.lessons import SkipReason
from altegio_sync.domain.warnings import some_ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.domain.report import CompanyReport, CursorMove, SyncReport


_SHIFTED_HINT = "another program stored local times in another zone (docs/migrate.md)"


def render_sync(report: SyncReport, skipped_file: str | None = None) -> str:
    """The summary at a run's end: a sentence, then the figures that are not zero."""
    lines = [render_result(report, skipped_file), ""]
    lines += [f"  {name:<15}{value:>8}  {note}".rstrip() for name, value, note in _rows(report)]
    if shifted := report.records.shifted:
        differ = "start differs" if shifted == 1 else "starts differ"
        lines += ["", f"{shifted} {differ} by exactly the zone's offset: {_SHIFTED_HINT}"]
    return "\n".join(lines)


def _rows(report: SyncReport) -> Iterator[tuple[str, str, str]]:
    yield "run", report.run_id, "dry run: nothing was written" if report.dry_run else ""
    several = len(report.companies) > 1
    for company in report.companies:
        is_dated = company.period is not None or company.cursor is not None
        name = "period" if is_dated and not several else f"company {company.company}"
        yield name, _span(company), ""
    if not several and (zone := report.companies[0].timezone) is not None:
        yield "zone", zone, ""
    counts, api = report.records, report.api
    would = "would " if report.dry_run else ""
    rows = [
        ("requests", api.requests, _api_note(report)),
        ("pages", api.pages, f"{api.rereads} read again" if api.rereads else ""),
        ("fetched", counts.fetched, ""),
        (f"{would}save" if would else "saved", counts.saved, ""),
        (f"{would}update" if would else "updated", counts.updated, _changes_note(report)),
        ("already stored", counts.duplicates, ""),
        ("stale", counts.stale, _stale_note(report)),
        *_lead_rows(report),
        ("skipped", sum(counts.skipped.values()), _skipped_note(report)),
        ("failed", counts.failed, _ids_note(report, "failed")),
        *_completeness_rows(report),
    ]
    yield from ((name, str(value), note) for name, value, note in rows if value)
    yield "seconds", f"{report.seconds:.1f}", ""


def _api_note(report: SyncReport) -> str:
    api = report.api
    told = [f"{api.retries} tried again"] if api.retries else []
    told += [f"{api.rate_limited} over the limit"] if api.rate_limited else []
    return ", ".join(told)


def _changes_note(report: SyncReport) -> str:
    """By field, how many documents changed."""
    if not report.records.updated:
        return ""
    return ", ".join(f"{name} {count}" for name, count in sorted(report.records.changes.items()))


def _ids_note(report: SyncReport, name: str) -> str:
    ids = report.appointment_ids.get(name, [])
    return f"appointments {some_ids(ids)}" if ids else ""


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
        told = [f"{days.proved} proved"] if days.proved else []
        told += [f"{days.checked} checked"] if days.checked else []
        told += [f"{days.unsettled} not complete"] if days.unsettled else []
        rows.append(("days read", read, ", ".join(told)))
        rows.append(("days not read", days.resumed, "complete already"))
    if vanished.asked:
        done = ", would be marked deleted" if report.dry_run else ", marked deleted"
        told = [f"{vanished.gone} gone (404)" + (done if vanished.gone else "")]
        told += [f"{vanished.left} left as they are"] if vanished.left else []
        rows.append(("not listed", vanished.asked, "asked for by id: " + ", ".join(told)))
    return rows


def _span(company: CompanyReport) -> str:
    if company.gave_way:
        return "left to another run"
    if company.cursor is not None:
        return _cursor_text(company.cursor)
    if company.period is None:
        return "failed" if company.broke_off else "not started"
    ending = ", failed" if company.broke_off else ""
    return f"{company.period.start} to {company.period.last_day}{ending}"


def _cursor_text(cursor: CursorMove) -> str:
    told = f"changes since {cursor.since:%Y-%m-%d %H:%M:%S %Z}"
    if cursor.moved_to is not None:
        return f"{told}, cursor now {cursor.moved_to:%Y-%m-%d %H:%M:%S %Z}"
    return f"{told}, cursor not moved"


def _stale_note(report: SyncReport) -> str:
    if not report.records.stale:
        return ""
    if report.records.updated:
        return _ids_note(report, "stale")
    fields = ", ".join(f"{name} {count}" for name, count in sorted(report.records.changes.items()))
    return f"among those already stored; --update brings them up to date ({fields})"


def _skipped_note(report: SyncReport) -> str:
    skipped = report.records.skipped
    return ", ".join(
        f"{reason.value} {skipped[reason]}" for reason in SkipReason if skipped[reason]
    )
