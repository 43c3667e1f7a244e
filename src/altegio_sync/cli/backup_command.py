"""`altegio-sync backup`."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from altegio_sync.app.dumps import default_target, usable_target, verify
from altegio_sync.app.school import open_school
from altegio_sync.cli.command import load, run_command, watched_run
from altegio_sync.cli.failures import report_errors
from altegio_sync.cli.json_output import print_json
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.cli.transfer_bar import transfer_bar
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.report import RunError
from altegio_sync.log import get_logger
from altegio_sync.messages import render
from altegio_sync.messages import tending as texts
from altegio_sync.usecases.backup import back_up

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.dump import BackupReport, OnProgress, VerifyReport
    from altegio_sync.messages import Message
    from altegio_sync.usecases.backup import CollectionBackup
    from altegio_sync.usecases.stopping import StopSignal


def run_backup(options: CommandOptions, file: Path | None, keep: int | None) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        config = load(options, ["DB_URI"])
        target = usable_target(file or default_target(utc_now()))
        async with watched_run(options, config, log_warning) as outcome:
            with transfer_bar(options) as on_progress:
                report = await back_up(_open_backup(config, on_progress), target, stop, keep)
            outcome.exit_code = ExitCode.INTERRUPTED if report is None else report.exit_code
            if report is not None:
                outcome.counts = {"documents": report.digest.documents}
        if report is None:
            error = RunError("interrupted", texts.BACKUP_INTERRUPTED())
            report_errors(options, [error])
            return ExitCode.INTERRUPTED
        _show(options, report)
        return report.exit_code

    options = replace(options, is_watched=True)
    run_command(options, body)


def run_verify(options: CommandOptions, path: Path) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        with transfer_bar(options) as on_progress:
            report = await verify(path, stop, on_progress)
        if report is None:
            report_errors(options, [RunError("interrupted", texts.VERIFY_INTERRUPTED())])
            return ExitCode.INTERRUPTED
        if options.json_output:
            print_json(report.to_json())
        elif not (options.quiet and report.ok and not report.not_compared):
            _show_verified(report)
        return report.exit_code

    run_command(options, body)


def _show_verified(report: VerifyReport) -> None:
    for file in report.files:
        text = texts.VERIFIED if file.is_equal else texts.READABLE
        print(render(text(documents=file.digest.documents, path=str(file.path))))
    for path in report.not_compared:
        print(render(texts.NOT_COMPARED(path=str(path))))
    for error in report.errors:
        print(render(error.message))
    print(render(_verdict(report)))


def _verdict(report: VerifyReport) -> Message:
    if not report.ok:
        return texts.BACKUP_IS_DAMAGED()
    return texts.BACKUP_IS_READABLE() if report.not_compared else texts.BACKUP_IS_GOOD()


@asynccontextmanager
async def _open_backup(
    config: SchoolConfig, on_progress: OnProgress
) -> AsyncIterator[CollectionBackup]:
    async with open_school(config) as school:
        yield school.backup(on_progress)


def _show(options: CommandOptions, report: BackupReport) -> None:
    if options.json_output:
        print_json(report.to_json())
    elif not options.quiet:
        _print(report)
    if not options.quiet or (report.retention and report.retention.is_kept_news):
        for folder in report.kept or ():
            get_logger().warning("old_backup_kept", path=str(folder))
    for error in report.errors or ():
        get_logger().error("failed", code=error.code, message=error.message)


def _print(report: BackupReport) -> None:
    digest = report.digest
    result = texts.BACKED_UP(
        documents=digest.documents,
        size=digest.size,
        path=str(report.path),
        sha256=digest.sha256,
    )
    print(render(result))
    for folder in report.removed or ():
        print(render(texts.OLD_BACKUP_REMOVED(path=str(folder))))
