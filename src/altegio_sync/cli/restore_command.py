"""`altegio-sync restore`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.dumps import check_there
from altegio_sync.app.school import open_school
from altegio_sync.cli.command import load, print_json, run_command
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.cli.transfer_bar import transfer_bar
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.log import get_logger
from altegio_sync.messages.foreign_text import shown
from altegio_sync.usecases.restore import restore_dump

if TYPE_CHECKING:
    from pathlib import Path
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.domain.dump import RestoreReport
    from altegio_sync.usecases.stopping import StopSignal

_ENDINGS = {
    ExitCode.DONE: "done",
    ExitCode.PARTLY: "finished with errors",
    ExitCode.OUT_OF_REACH: "failed",
    ExitCode.INTERRUPTED: "interrupted",
}


def run_restore(options: CommandOptions, path: Path, *, dry_run: bool, wait: str) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        config = load(options, ["DB_URI"])
        check_there(path)
        with transfer_bar(options) as on_progress:
            async with open_school(config, stop=stop, warn=log_warning) as school:
                run = school.rearrangement(options.name, wait=wait, stop=stop)
                restorer = school.held_by(run.lease).restorer(on_progress, run.should_stop)
                report = await restore_dump(restorer, run, path, dry_run=dry_run)
        _show(options, report)
        return report.exit_code

    run_command(options, body)


def _show(options: CommandOptions, report: RestoreReport) -> None:
    log = get_logger()
    if report.index_dropped and not report.dry_run:
        log.warning("index_dropped")
    for error in report.errors:
        log.error("failed", code=error.code, message=error.message)
    if options.json_output:
        print_json(report.to_json())
    else:
        print(render_restore(report))


def render_restore(report: RestoreReport) -> str:
    ending = _ENDINGS[report.exit_code]
    dry = " (dry run: nothing was written)" if report.dry_run else ""
    rows = [
        ("in the dump", report.documents, ""),
        ("inserted", report.inserted, "they were missing"),
        ("replaced", report.replaced, "they were otherwise"),
        ("unchanged", report.unchanged, "they are as in the dump"),
        ("extra", report.extra, "not in the dump, left alone"),
        ("failed", report.failed, ""),
    ]
    lines = [f"Restore: {ending}{dry}", f"  from {shown(report.path)}", ""]
    lines += [
        f"  {name:<12}{'?' if value is None else value:>8}  {note if value else ''}".rstrip()
        for name, value, note in rows
    ]
    if report.dry_run and report.index_dropped:
        lines.append(
            "The unique index on appointmentId would be dropped, since duplicates would be back"
        )
    if report.interrupted or report.broke_off:
        lines.append("What was brought back stays; run it again for the rest")
    return "\n".join(lines)
