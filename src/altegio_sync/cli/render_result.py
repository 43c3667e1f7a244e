"""The first sentence of a run's summary: its result, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.continued import continue_run
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.foreign_text import shown
from altegio_sync.domain.kept_share import kept_of
from altegio_sync.domain.lessons import SkipReason
from altegio_sync.domain.period import day_range
from altegio_sync.domain.warnings import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.domain.report import SyncReport

_ENDINGS = {
    ExitCode.PARTLY: "The run finished with errors",
    ExitCode.WRONG_USE: "The run failed",
    ExitCode.OUT_OF_REACH: "The run failed",
    ExitCode.INTERRUPTED: "The run was interrupted",
}


def render_result(report: SyncReport, skipped_file: str | None = None) -> str:
    """Such as: Stored 424 of 620 bookings of 1-31 October. 118 are other services."""
    if report.companies and all(each.gave_way for each in report.companies):
        return "Nothing was read: another run is at work on it."
    sentence = _stored(report)
    if report.exit_code in _ENDINGS:
        sentence = f"{_ENDINGS[report.exit_code]}: {sentence[0].lower()}{sentence[1:]}"
    rest = "; ".join(_rest(report, skipped_file))
    whole = f"{sentence}. {rest}" if rest else f"{sentence}."
    if not report.interrupted:
        return whole
    ending = "" if whole.endswith(".") else "."
    return f"{whole}{ending} To continue: {shown(continue_run(report))}"


def _stored(report: SyncReport) -> str:
    records = report.records
    what = f"{counted(records.fetched, 'booking')}{_of(report)}"
    if not records.fetched:
        return _nothing(report)
    verb = "Would store" if report.dry_run else "Stored"
    kept = kept_of(records)
    is_known = kept > 0 and kept == records.duplicates and not records.stale
    return f"{verb} {kept} of {what}{', nothing new' if is_known else ''}"


def _nothing(report: SyncReport) -> str:
    if report.exit_code != 0:
        return "No bookings read"
    days = report.days
    if not days.resumed:
        return f"There are no bookings{_of(report)}"
    if not (days.checked or days.proved):
        return f"Nothing to read: all days{_of(report)} were complete already"
    return f"There are no bookings on the days{_of(report)} that were not complete yet"


def _of(report: SyncReport) -> str:
    """The days of the bookings; a report of `changes` has no period."""
    if report.command == "changes":
        return " that changed"
    periods = {each.period for each in report.companies if each.period is not None}
    if len(periods) != 1:
        return ""
    [period] = periods
    return f" of {day_range(period, report.finished_at.year)}"


def _rest(report: SyncReport, skipped_file: str | None) -> Iterator[str]:
    records, resumed = report.records, report.days.resumed
    other = records.skipped[SkipReason.SERVICE]
    if other:
        yield f"{other} {_is(other)} other services"
    if records.failed:
        yield f"{records.failed} could not be stored"
    # The skipped bookings, and the stored bookings with a doubtful lead.
    open_ones = sum(records.skipped.values()) - other + records.doubtful
    if open_ones:
        needs = "needs" if open_ones == 1 else "need"
        do = f"see {shown(skipped_file)}" if skipped_file else "add --skipped FILE"
        if report.command == "changes":
            do = "altegio-sync sync PERIOD --skipped FILE lists them"
        yield f"{open_ones} {needs} attention: {do}"
    if records.stale:
        differs = "differs" if records.stale == 1 else "differ"
        yield f"{records.stale} {differs} from Altegio: add --update"
    if resumed and records.fetched:
        were = "was" if resumed == 1 else "were"
        yield f"{counted(resumed, 'day')} {were} complete already and not read again"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
