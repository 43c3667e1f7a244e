"""`altegio-sync clean`, also `stats --clean`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.school import open_school
from altegio_sync.cli.command import load, print_json, run_command
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.domain.warnings import counted
from altegio_sync.log import get_logger
from altegio_sync.usecases.clean import clean_duplicates

if TYPE_CHECKING:
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.domain.cleaning import CleanReport
    from altegio_sync.usecases.stopping import StopSignal


def run_clean(options: CommandOptions, *, dry_run: bool, wait: str) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        config = load(options, ["DB_URI"])
        async with open_school(config, stop=stop, warn=log_warning) as school:
            run = school.rearrangement(options.name, wait=wait, stop=stop)
            cleaner = school.held_by(run.lease).cleaner
            report = await clean_duplicates(cleaner, run, dry_run=dry_run)
        _show(options, report)
        return report.exit_code

    run_command(options, body)


def _show(options: CommandOptions, report: CleanReport) -> None:
    log = get_logger()
    if report.no_index is not None:
        log.warning("no_unique_index", reason=report.no_index)
    for error in report.errors:
        log.error("failed", code=error.code, message=error.message)
    if options.json_output:
        print_json(report.to_json())
    else:
        print(_render(report))


def _render(report: CleanReport) -> str:
    appointments = counted(report.appointment_ids, "appointment")
    removed = counted(report.removed, "document")
    was, is_ = ("was", "is") if report.appointment_ids == 1 else ("were", "are")
    if report.appointment_ids == 0:
        head = "Clean: no appointment is stored twice"
    elif report.dry_run:
        head = (
            f"Clean (dry run, nothing was written): {appointments} {is_} stored more than "
            f"once, {removed} would go to the trash"
        )
    else:
        head = (
            f"Clean {report.run_id}: {appointments} {was} stored more than once, {removed} moved "
            f"to the trash, {counted(report.changed, 'document')} completed from the removed ones"
        )
    lines = [head]
    if report.has_unique_index:
        lines.append("The unique index on appointmentId is in place")
    if report.removed and not report.dry_run:
        lines.append(f"altegio-sync undo {report.run_id} brings them back")
    if report.left:
        lines.append(f"{counted(len(report.left), 'appointment')} not changed")
    if report.interrupted:
        lines.append("Interrupted: run it again for the rest")
    return "\n".join(lines)
