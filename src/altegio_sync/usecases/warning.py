"""Reports what needs a person, in the log and in the run's report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.report import RunError

if TYPE_CHECKING:
    from altegio_sync.domain.report import CompanyReport
    from altegio_sync.messages import Message
    from altegio_sync.ports import IndexProblem, Progress


def warn(
    report: CompanyReport, progress: Progress, code: str, message: Message | str, **fields: object
) -> None:
    """``code`` is the event's name in the log; ``message`` contains ids and counts only."""
    report.warnings.append(RunError(code, message, report.company))
    progress.warn(code, message=message, company_id=report.company, **fields)


def warn_of_index(report: CompanyReport, progress: Progress, problem: IndexProblem) -> None:
    if problem.is_remade:
        text = (
            "The unique index on appointmentId was gone, and was created again. Where nobody ran "
            "undo or restore, another program removes it, as mongoose's syncIndexes() does: "
            "declare the index in that program (docs/mongodb.md)"
        )
        warn(report, progress, "index_remade", text)
        return
    text = f"No unique index on appointmentId, checking by query instead: {problem.reason}"
    warn(report, progress, "no_unique_index", text, reason=problem.reason)
