"""The summary of `sync` and `changes`, as plain text for stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.cli.columns import padded, width_of
from altegio_sync.cli.render_result import render_result
from altegio_sync.domain.day_words import second_in_table
from altegio_sync.domain.lessons import SkipReason
from altegio_sync.messages import render
from altegio_sync.messages import summary as texts
from altegio_sync.messages.calendar import DAY_ALONE
from altegio_sync.messages.numbers import format_count, format_number
from altegio_sync.messages.words import FAILED, some_ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.domain.report import CompanyReport, CursorMove, SyncReport
    from altegio_sync.messages import Message, Template

    #: A name, a number (nothing is shown where it is 0), and a note.
    _Row = tuple[Template, int, str]

#: With more companies than this, the summary lists only companies that need attention.
_MOST_LISTED = 20
_REASONS = {
    SkipReason.SERVICE: texts.OF_OTHER_SERVICES,
    SkipReason.NO_CRM_ID: texts.WITHOUT_CRM_ID,
    SkipReason.TEACHER_NOT_FOUND: texts.WITHOUT_TEACHER,
    SkipReason.INVALID: texts.INVALID,
}


def render_sync(report: SyncReport, skipped_file: str | None = None) -> str:
    """The summary at a run's end: a sentence, then the figures that are not zero."""
    lines = [render_result(report, skipped_file), ""]
    rows = [(render(name), value, note) for name, value, note in _rows(report)]
    width = width_of(name for name, _, _ in rows) + 1
    lines += [f"  {padded(name, width)}{value:>8}  {note}".rstrip() for name, value, note in rows]
    if shifted := report.records.shifted:
        lines += ["", render(texts.SHIFTED_STARTS(count=shifted))]
    return "\n".join(lines)


def _rows(report: SyncReport) -> Iterator[tuple[Message, str, str]]:
    yield texts.RUN_ROW(), report.run_id, render(texts.DRY_RUN()) if report.dry_run else ""
    several = len(report.companies) > 1
    shown = report.companies
    if len(shown) > _MOST_LISTED:
        shown = [each for each in shown if _needs_attention(each)]
        attention = render(texts.LOCATIONS_NEED_ATTENTION(count=len(shown))) if shown else ""
        yield texts.COMPANIES_ROW(), format_count(len(report.companies)), attention
    for company in shown:
        is_dated = company.period is not None or company.cursor is not None
        is_alone = is_dated and not several
        name = texts.PERIOD_ROW() if is_alone else texts.COMPANY_ROW(company=company.company)
        yield name, render(_span(company)), ""
    if not several and (zone := report.companies[0].timezone) is not None:
        yield texts.ZONE_ROW(), zone, ""
    yield from (
        (name(), format_count(value), note) for name, value, note in _counts(report) if value
    )
    yield texts.SECONDS_ROW(), format_number(report.seconds, ".1f"), ""


def _counts(report: SyncReport) -> Iterator[_Row]:
    counts, api = report.records, report.api
    saved = texts.WOULD_SAVE_ROW if report.dry_run else texts.SAVED_ROW
    updated = texts.WOULD_UPDATE_ROW if report.dry_run else texts.UPDATED_ROW
    yield texts.REQUESTS_ROW, api.requests, _api_note(report)
    yield texts.PAGES_ROW, api.pages, _note(texts.READ_AGAIN, api.rereads)
    yield texts.FETCHED_ROW, counts.fetched, ""
    yield saved, counts.saved, ""
    yield updated, counts.updated, _changed_fields(report)
    yield texts.STORED_ROW, counts.duplicates, ""
    yield texts.STALE_ROW, counts.stale, _stale_note(report)
    yield from _lead_rows(report)
    yield texts.SKIPPED_ROW, sum(counts.skipped.values()), _skipped_note(report)
    yield texts.FAILED_ROW, counts.failed, _ids_note(report, "failed")
    yield from _completeness_rows(report)


def _needs_attention(company: CompanyReport) -> bool:
    is_open = company.was_interrupted or company.gave_way or company.days.unsettled
    return bool(is_open or company.has_failed or company.warnings)


def _note(template: Template, number: int) -> str:
    return render(template(number=number)) if number else ""


def _notes(*notes: str) -> str:
    return ", ".join(filter(None, notes))


def _api_note(report: SyncReport) -> str:
    api = report.api
    return _notes(_note(texts.TRIED_AGAIN, api.retries), _note(texts.OVER_LIMIT, api.rate_limited))


def _changed_fields(report: SyncReport) -> str:
    """The number of documents that changed or differ, by field."""
    return ", ".join(
        f"{name} {format_count(count)}" for name, count in report.records.changes_by_field.items()
    )


def _ids_note(report: SyncReport, name: str) -> str:
    ids = report.appointment_ids.get(name, [])
    return render(texts.OF_APPOINTMENTS(ids=some_ids(ids))) if ids else ""


def _lead_rows(report: SyncReport) -> Iterator[_Row]:
    """Rows about replaced leads and about doubtful leads, with the next command."""
    undo = "" if report.dry_run else render(texts.OLD_LEADS_BACK(run_id=report.run_id))
    yield texts.LEAD_CHANGED_ROW, len(report.lead_changes), undo
    yield texts.DOUBTFUL_ROW, report.records.doubtful, render(texts.OTHER_LEAD())


def _completeness_rows(report: SyncReport) -> Iterator[_Row]:
    """Rows about complete days, and about appointments that Altegio no longer lists."""
    days, vanished = report.days, report.vanished
    grades = _notes(
        _note(texts.DAYS_PROVED, days.proved),
        _note(texts.DAYS_CHECKED, days.checked),
        _note(texts.DAYS_INCOMPLETE, days.unsettled),
    )
    yield texts.DAYS_READ_ROW, days.proved + days.checked + days.unsettled, grades
    yield texts.DAYS_NOT_READ_ROW, days.resumed, render(texts.DAYS_COMPLETE())
    gone = texts.WOULD_MARK_GONE if report.dry_run else texts.GONE
    answers = _notes(
        render((gone if vanished.gone else texts.NONE_GONE)(number=vanished.gone)),
        _note(texts.LEFT_AS_THEY_ARE, vanished.left),
    )
    yield texts.NOT_LISTED_ROW, vanished.asked, render(texts.ASKED_BY_ID(answers=answers))


def _span(company: CompanyReport) -> Message:
    if company.gave_way:
        return texts.LEFT_TO_RUN()
    if company.cursor is not None:
        return _changes_read(company.cursor)
    if company.period is None:
        return FAILED() if company.broke_off else texts.NOT_STARTED()
    first, last = company.period.start, company.period.last_day
    if first == last:
        return (texts.DAY_FAILED if company.broke_off else DAY_ALONE)(day=first)
    return (texts.DAYS_FAILED if company.broke_off else texts.DAYS_READ)(first=first, last=last)


def _changes_read(cursor: CursorMove) -> Message:
    since = second_in_table(cursor.since)
    if cursor.moved_to is None:
        return texts.CHANGES_SINCE(since=since)
    return texts.CHANGES_UNTIL(since=since, moved_to=second_in_table(cursor.moved_to))


def _stale_note(report: SyncReport) -> str:
    if report.records.updated:
        return _ids_note(report, "stale")
    return render(texts.BRINGS_UP_TO_DATE(fields=_changed_fields(report)))


def _skipped_note(report: SyncReport) -> str:
    skipped = report.records.skipped_by_reason
    return _notes(*(_note(_REASONS[reason], count) for reason, count in skipped.items()))
