"""`altegio-sync restore`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.dumps import check_there
from altegio_sync.app.school import open_school
from altegio_sync.cli.command import load, run_command
from altegio_sync.cli.json_output import print_json
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.cli.transfer_bar import transfer_bar
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.log import get_logger
from altegio_sync.messages import render
from altegio_sync.messages import tending as texts
from altegio_sync.messages.numbers import format_count
from altegio_sync.messages.words import FAILED
from altegio_sync.usecases.restore import restore_dump

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.domain.dump import RestoreReport
    from altegio_sync.usecases.stopping import StopSignal

_ENDINGS = {
    ExitCode.DONE: texts.RESTORE_DONE,
    ExitCode.PARTLY: texts.RESTORE_WITH_ERRORS,
    ExitCode.OUT_OF_REACH: FAILED,
    ExitCode.INTERRUPTED: texts.RESTORE_INTERRUPTED,
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
    elif not (options.quiet and report.ok):
        print(render_restore(report))


def render_restore(report: RestoreReport) -> str:
    head = texts.WOULD_RESTORE if report.dry_run else texts.RESTORED
    lines = [
        render(head(ending=_ENDINGS[report.exit_code]())),
        render(texts.FROM_FILE(path=str(report.path))),
        "",
        *_rows(report),
    ]
    if report.dry_run and report.index_dropped:
        lines.append(render(texts.INDEX_WOULD_GO()))
    if report.interrupted or report.broke_off:
        lines.append(render(texts.BROUGHT_BACK_STAYS()))
    return "\n".join(lines)


def _rows(report: RestoreReport) -> Iterator[str]:
    """A count in each row. A note is shown only beside a count that is not zero."""
    rows = (
        (texts.IN_DUMP, report.documents, None),
        (texts.INSERTED, report.inserted, texts.WERE_MISSING),
        (texts.REPLACED, report.replaced, texts.WERE_OTHERWISE),
        (texts.UNCHANGED, report.unchanged, texts.AS_IN_DUMP),
        (texts.EXTRA, report.extra, texts.NOT_IN_DUMP),
        (FAILED, report.failed, None),
    )
    for name, count, about in rows:
        note = render(about()) if count and about is not None else ""
        number = "?" if count is None else format_count(count)
        yield f"  {render(name()):<12}{number:>8}  {note}".rstrip()
