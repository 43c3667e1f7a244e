"""Reports what needs a person, in the log and in the run's report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.report import RunError

if TYPE_CHECKING:
    from altegio_sync.domain.report import CompanyReport
    from altegio_sync.ports import Progress


def warn(
    report: CompanyReport, progress: Progress, code: str, message: str, **fields: object
) -> None:
    """``code`` is the event's name in the log; ``message`` contains ids and counts only."""
    report.warnings.append(RunError(code, message, report.company))
    progress.warn(code, message=message, company_id=report.company, **fields)


def warn_of_index(report: CompanyReport, progress: Progress, reason: str) -> None:
    text = f"No unique index on appointmentId, checking by query instead: {reason}"
    warn(report, progress, "no_unique_index", text, reason=reason)
