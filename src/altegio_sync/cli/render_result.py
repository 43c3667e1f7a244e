"""The first sentence of a run's summary: its result, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.continued import continue_run
from altegio_sync.domain.day_words import day_range
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.kept_share import kept_of
from altegio_sync.domain.lessons import SkipReason
from altegio_sync.messages import render
from altegio_sync.messages import summary as texts
from altegio_sync.messages.words import BOTH, join

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.domain.report import SyncReport
    from altegio_sync.messages import Message

_ENDINGS = {
    ExitCode.PARTLY: texts.ENDED_WITH_ERRORS,
    ExitCode.WRONG_USE: texts.ENDED_FAILED,
    ExitCode.OUT_OF_REACH: texts.ENDED_FAILED,
    ExitCode.INTERRUPTED: texts.ENDED_INTERRUPTED,
}


def render_result(
    report: SyncReport, skipped_file: str | None = None, *, lists_later: bool = False
) -> str:
    """Such as: Stored 424 of 620 bookings of 1-31 October. 118 are other services.

    With ``lists_later`` this command itself has no option that lists the bookings.
    """
    if report.gave_way:
        return render(texts.LEFT_TO_OTHERS())
    result = _result(report)
    if report.exit_code in _ENDINGS:
        result = _ENDINGS[report.exit_code](result=result)
    todo = texts.SYNC_LISTS_THEM() if lists_later else _how_to_list(report, skipped_file)
    parts = list(_rest(report, todo))
    rest = join(BOTH, parts) if parts else None
    if not report.interrupted:
        whole = texts.ALONE(result=result) if rest is None else _with_rest(result, rest)
        return render(whole)
    whole = result if rest is None else _with_rest(result, rest)
    to_continue = texts.TO_CONTINUE(command=continue_run(report))
    return render(texts.ADD_CONTINUE(whole=whole, to_continue=to_continue))


def _with_rest(result: Message, rest: Message) -> Message:
    return texts.WITH_REST(result=result, rest=rest)


def _result(report: SyncReport) -> Message:
    records = report.records
    if not records.fetched:
        return _nothing(report)
    kept = kept_of(records)
    is_known = kept > 0 and kept == records.duplicates and not records.stale
    if report.dry_run:
        template = texts.WOULD_STORE_AGAIN if is_known else texts.WOULD_STORE
    else:
        template = texts.STORED_BEFORE if is_known else texts.STORED
    return template(kept=kept, bookings=_bookings(report))


def _bookings(report: SyncReport) -> Message:
    fetched, days = report.records.fetched, _days(report)
    if report.command == "changes":
        return texts.BOOKINGS_CHANGED(count=fetched)
    if days is None:
        return texts.BOOKINGS(count=fetched)
    return texts.BOOKINGS_OF_DAYS(count=fetched, days=days)


def _nothing(report: SyncReport) -> Message:
    if report.exit_code != ExitCode.DONE:
        return texts.NOTHING_READ()
    if report.command == "changes":
        return texts.NO_BOOKINGS_CHANGED()
    counts, days = report.days, _days(report)
    if not counts.resumed:
        return texts.NO_BOOKINGS() if days is None else texts.NO_BOOKINGS_OF_DAYS(days=days)
    if not (counts.checked or counts.proved):
        return texts.ALL_COMPLETE() if days is None else texts.ALL_COMPLETE_OF_DAYS(days=days)
    return texts.OTHERS_EMPTY() if days is None else texts.OTHERS_EMPTY_OF_DAYS(days=days)


def _days(report: SyncReport) -> Message | None:
    """The days of the bookings, if they are the same for all companies."""
    periods = {each.period for each in report.companies if each.period is not None}
    if len(periods) != 1:
        return None
    [period] = periods
    return day_range(period, report.finished_at.year)


def _rest(report: SyncReport, todo: Message) -> Iterator[Message]:
    records, resumed = report.records, report.days.resumed
    other = records.skipped[SkipReason.SERVICE]
    if other:
        yield texts.OTHER_SERVICES(count=other)
    if records.failed:
        yield texts.COULD_NOT_STORE(count=records.failed)
    # The skipped bookings, and the stored bookings with a doubtful lead.
    open_ones = sum(records.skipped.values()) - other + records.doubtful
    if open_ones:
        yield texts.NEED_ATTENTION(count=open_ones, todo=todo)
    if records.stale:
        yield texts.ADD_UPDATE(count=records.stale)
    if resumed and records.fetched:
        yield texts.COMPLETE_BEFORE(count=resumed)


def _how_to_list(report: SyncReport, skipped_file: str | None) -> Message:
    if report.command == "changes":
        return texts.SYNC_LISTS_THEM()
    return texts.SEE_FILE(file=skipped_file) if skipped_file else texts.ADD_SKIPPED()
