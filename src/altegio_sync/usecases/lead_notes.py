"""Reports which leads may be wrong, and which stored ones were replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.report import Outcome
from altegio_sync.domain.warnings import counted, some_ids
from altegio_sync.usecases.warning import warn

if TYPE_CHECKING:
    from altegio_sync.domain.report import CompanyReport
    from altegio_sync.ports import BatchResult, Progress

_CHANGED = "lead_changed"
_DOUBTFUL = "doubtful"


def note_leads(result: BatchResult, report: CompanyReport, progress: Progress) -> None:
    """Lists every doubtful lead; warns only of appointments that the run stored or changed."""
    report.lead_changes += result.lead_changes
    report.note_ids(_CHANGED, (each.appointment_id for each in result.lead_changes))
    for verdict, outcome in result.outcomes:
        if verdict.booking.id in result.doubtful:
            progress.doubtful(verdict)
            if outcome in (Outcome.SAVED, Outcome.UPDATED):
                report.note_ids(_DOUBTFUL, [verdict.booking.id])


def warn_of_leads(report: CompanyReport, progress: Progress, *, dry_run: bool) -> None:
    """One line for the replaced leads, and one for the doubtful ones."""
    found = report.appointment_ids
    if ids := found.get(_CHANGED, []):
        done = "would change" if dry_run else "changed (altegio-sync undo brings the old one back)"
        message = (
            f"The lead of {counted(len(ids), 'stored appointment')} {done} "
            f"(appointments {some_ids(ids)})"
        )
        warn(report, progress, _CHANGED, message, count=len(ids))
    if ids := found.get(_DOUBTFUL, []):
        message = (
            f"The lead of {counted(len(ids), 'appointment')} is doubtful: write one CRM id into "
            "the client's name, or set ALTEGIO_CRM_ID_DIGITS "
            f"(appointments {some_ids(ids)})"
        )
        warn(report, progress, _DOUBTFUL, message, count=len(ids))
