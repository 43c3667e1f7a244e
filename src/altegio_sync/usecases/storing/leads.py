"""Reports leads that may be wrong, and stored leads that have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.counts import Outcome
from altegio_sync.messages import sync as texts
from altegio_sync.messages.words import some_ids
from altegio_sync.usecases.warning import warn

if TYPE_CHECKING:
    from altegio_sync.domain.report import CompanyReport
    from altegio_sync.ports import BatchResult, Progress

_CHANGED = "lead_changed"
_DOUBTFUL = "doubtful"


def note_leads(result: BatchResult, report: CompanyReport, progress: Progress) -> None:
    """Report each doubtful lead, and note the ids that the run stored or changed."""
    report.lead_changes += result.lead_changes
    report.note_ids(_CHANGED, (each.appointment_id for each in result.lead_changes))
    for verdict, outcome in result.outcomes:
        if verdict.booking.id in result.doubtful:
            progress.doubtful(verdict)
            if outcome in (Outcome.SAVED, Outcome.UPDATED):
                report.note_ids(_DOUBTFUL, [verdict.booking.id])


def warn_of_leads(report: CompanyReport, progress: Progress, *, dry_run: bool) -> None:
    """Give one warning of the changed leads, and one of the doubtful leads."""
    found = report.appointment_ids
    if ids := found.get(_CHANGED, []):
        template = texts.LEAD_WOULD_CHANGE if dry_run else texts.LEAD_CHANGED
        message = template(count=len(ids), ids=some_ids(ids))
        warn(report, progress, _CHANGED, message, count=len(ids))
    if ids := found.get(_DOUBTFUL, []):
        message = texts.LEAD_DOUBTFUL(count=len(ids), ids=some_ids(ids))
        warn(report, progress, _DOUBTFUL, message, count=len(ids))
