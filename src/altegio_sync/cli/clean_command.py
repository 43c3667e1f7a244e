"""`altegio-sync clean`, also `stats --clean`."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from altegio_sync.bootstrap import open_store
from altegio_sync.cli.command import load, print_json, run_command
from altegio_sync.cli.leasing import collection_held, open_leases
from altegio_sync.domain.report import new_run_id, utc_now
from altegio_sync.domain.warnings import counted
from altegio_sync.log import get_logger
from altegio_sync.mongo.tending.cleaning import MongoCleaner

if TYPE_CHECKING:
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.domain.cleaning import CleanReport
    from altegio_sync.usecases.stopping import StopSignal


def run_clean(options: CommandOptions, *, dry_run: bool, wait: str) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        settings = load(options, ["DB_URI"])
        async with open_store(settings, stop) as database:
            run_id = new_run_id(utc_now())
            leases = open_leases(options, settings, database, run_id, wait)
            cleaner = MongoCleaner(database, settings.collection, fence=leases.check)
            async with nullcontext() if dry_run else collection_held(leases, stop):
                report = await cleaner.clean(
                    dry_run=dry_run, run_id=run_id, should_stop=lambda: stop.is_set
                )
        if report.no_index is not None:
            get_logger().warning("no_unique_index", reason=report.no_index)
        for error in report.errors:
            get_logger().error("failed", code=error.code, message=error.message)
        if options.json_output:
            print_json(report.to_json())
        else:
            print(_text(report))
        return report.exit_code

    run_command(options, body)


def _text(report: CleanReport) -> str:
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
