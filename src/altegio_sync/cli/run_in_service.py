"""A run that `serve` makes: it reports as with `-q`, to the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.watched import watched
from altegio_sync.cli.failures import to_run_error
from altegio_sync.cli.progress import CliProgress
from altegio_sync.cli.sync_command import note_outcome
from altegio_sync.log import get_logger
from altegio_sync.usecases.conditions import find_due_conditions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from altegio_sync.app.school import School
    from altegio_sync.domain.report import SyncReport


class _Progress(CliProgress):
    """Logs warnings and errors, and no line for each page."""

    def __init__(self) -> None:
        super().__init__(has_bar=True, is_quiet=True)

    def open(self, companies: Sequence[str]) -> None:
        self.has_several = len(companies) > 1


async def run_in_service(
    school: School, command: str, work: Callable[..., Awaitable[SyncReport]]
) -> SyncReport | None:
    """Do the work, and log how it ended. An error is logged and not raised: the service goes on."""
    try:
        with _Progress() as progress:
            async with watched(school.config, command, progress.warn, to_run_error) as outcome:
                report = await work(progress=progress)
                note_outcome(outcome, report)
                # A stop of the service is no failure of the run: the next start makes up for it.
                outcome.gave_way |= report.interrupted
                conditions = await find_due_conditions(school.conditions, report)
    except Exception as error:  # noqa: BLE001 - the next run may succeed
        failure, _ = to_run_error(error)
        get_logger().error("failed", code=failure.code, message=failure.message)
        return None
    for line in conditions:
        get_logger().warning("condition", message=line)
    progress.log_errors(report.errors)
    records = report.records
    if records.saved or records.updated:
        get_logger().info(
            "run_done",
            command=command,
            fetched=records.fetched,
            saved=records.saved,
            updated=records.updated,
        )
    return report
