"""`altegio-sync clean`, also `stats --clean`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from altegio_sync.app.school import open_school
from altegio_sync.cli.command import load, run_command, watched_run
from altegio_sync.cli.json_output import print_json
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.log import get_logger
from altegio_sync.messages import render
from altegio_sync.messages import tending as texts
from altegio_sync.messages.words import LINES, join
from altegio_sync.usecases.clean import clean_duplicates

if TYPE_CHECKING:
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.domain.cleaning import CleanReport
    from altegio_sync.messages import Message
    from altegio_sync.usecases.stopping import StopSignal


def run_clean(options: CommandOptions, *, dry_run: bool, wait: str) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        config = load(options, ["DB_URI"])
        async with (
            watched_run(options, config, log_warning) as outcome,
            open_school(config, stop=stop, warn=log_warning) as school,
        ):
            run = school.rearrangement(options.name, wait=wait, stop=stop)
            cleaner = school.held_by(run.lease).cleaner
            report = await clean_duplicates(cleaner, run, dry_run=dry_run)
            outcome.exit_code = report.exit_code
            outcome.reason = next((each.message for each in report.errors), None)
            outcome.counts = {"removed": report.removed, "errors": len(report.errors)}
        _show(options, report)
        return report.exit_code

    options = replace(options, is_watched=not dry_run)
    run_command(options, body)


def _show(options: CommandOptions, report: CleanReport) -> None:
    log = get_logger()
    if report.no_index is not None:
        log.warning("no_unique_index", reason=report.no_index)
    for error in report.errors:
        log.error("failed", code=error.code, message=error.message)
    if options.json_output:
        print_json(report.to_json())
    elif not (options.quiet and report.ok):
        print(_render(report))


def _render(report: CleanReport) -> str:
    lines = [_headline(report)]
    if report.has_unique_index:
        lines.append(texts.INDEX_IN_PLACE())
    if report.removed and not report.dry_run:
        lines.append(texts.UNDO_CLEAN(run_id=report.run_id))
    if report.left:
        lines.append(texts.NOT_CHANGED(count=len(report.left)))
    if report.interrupted:
        lines.append(texts.RUN_AGAIN())
    return render(join(LINES, lines))


def _headline(report: CleanReport) -> Message:
    count = report.appointment_ids
    if count == 0:
        return texts.CLEAN_NONE()
    if report.dry_run:
        would_go = texts.WOULD_GO_TO_TRASH(count=report.removed)
        return texts.CLEAN_PLAN(count=count, removed=would_go)
    removed = texts.GONE_TO_TRASH(count=report.removed)
    changed = texts.COMPLETED(count=report.changed)
    return texts.CLEAN_DONE(run_id=report.run_id, count=count, removed=removed, changed=changed)
