"""Puts a warning into the log and into the report of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.report import RunError
from altegio_sync.messages import sync as texts
from altegio_sync.messages.logs import INDEX_NOT_UNIQUE

if TYPE_CHECKING:
    from altegio_sync.domain.report import CompanyReport
    from altegio_sync.messages import Message
    from altegio_sync.ports import IndexProblem, Progress


def warn(
    report: CompanyReport, progress: Progress, code: str, message: Message, **fields: object
) -> None:
    """``code`` is the event's name in the log; ``message`` contains ids and counts only."""
    report.warnings.append(RunError(code, message, report.company))
    progress.warn(code, message=message, company_id=report.company, **fields)


def warn_of_index(report: CompanyReport, progress: Progress, problem: IndexProblem) -> None:
    if problem.is_remade:
        warn(report, progress, "index_remade", texts.INDEX_REMADE())
        return
    message = INDEX_NOT_UNIQUE(reason=problem.reason)
    warn(report, progress, "no_unique_index", message, reason=problem.reason)
