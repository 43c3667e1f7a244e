"""`altegio-sync undo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.school import open_school
from altegio_sync.cli.command import load, run_command
from altegio_sync.cli.json_output import print_json
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.domain.day_words import moment_and_zone_in_table
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.log import get_logger
from altegio_sync.messages import render
from altegio_sync.messages import tending as texts
from altegio_sync.messages.foreign_text import plain
from altegio_sync.usecases.undo import undo_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.domain.trash import TrashedRun, UndoReport
    from altegio_sync.messages import Message
    from altegio_sync.usecases.stopping import StopSignal

_SHOWN = 20


def run_undo(options: CommandOptions, run_id: str | None, *, force: bool, wait: str) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        config = load(options, ["DB_URI"])
        async with open_school(config, stop=stop, warn=log_warning) as school:
            run = school.rearrangement(options.name, wait=wait, stop=stop)
            if run_id is None:
                _show_runs(options, await school.trash.list_runs())
                return ExitCode.DONE
            report = await undo_run(school.held_by(run.lease).trash, run, run_id, force=force)
        _show(options, report)
        return report.exit_code

    run_command(options, body)


def _show_runs(options: CommandOptions, runs: Sequence[TrashedRun]) -> None:
    if options.json_output:
        print_json({"command": "undo", "ok": True, "runs": [each.to_json() for each in runs]})
        return
    if options.quiet:
        return
    if not runs:
        print(render(texts.TRASH_EMPTY()))
    for run in runs:
        at = render(moment_and_zone_in_table(run.at))
        begun = f"{plain(run.run_id)}  {at}  {plain(run.command):<10}"
        print(f"{begun}{render(_describe(run))}")


def _describe(run: TrashedRun) -> Message:
    if run.undone:
        return texts.IN_TRASH_UNDONE(changed=run.changed, removed=run.removed, undone=run.undone)
    return texts.IN_TRASH(changed=run.changed, removed=run.removed)


def _show(options: CommandOptions, report: UndoReport) -> None:
    log = get_logger()
    if report.index_dropped:
        log.warning("index_dropped")
    if report.changed_since:
        sample = ", ".join(report.changed_since[:_SHOWN])
        log.error("changed_since", count=len(report.changed_since), sample=sample)
    for error in report.errors:
        log.error("failed", code=error.code, message=error.message)
    if options.json_output:
        print_json(report.to_json())
        return
    if options.quiet and report.ok:
        return
    run_id, restored, already = report.run_id, report.restored, report.already
    if already:
        result = texts.UNDONE_BESIDE_OTHERS(run_id=run_id, restored=restored, already=already)
    else:
        result = texts.UNDONE(run_id=run_id, restored=restored)
    print(render(result))
    if report.interrupted:
        print(render(texts.RUN_AGAIN()))
