"""`altegio-sync backup`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.bootstrap import open_store
from altegio_sync.cli.command import (
    EXIT_DONE,
    EXIT_INTERRUPTED,
    load,
    print_json,
    run_command,
    tell_errors,
)
from altegio_sync.cli.transfer_bar import transfer_bar
from altegio_sync.domain.foreign_text import shown
from altegio_sync.domain.report import RunError, utc_now
from altegio_sync.mongo.backup.dump import MongoBackup
from altegio_sync.mongo.backup.dump_folder import default_target, usable_target

if TYPE_CHECKING:
    from pathlib import Path
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.domain.dump import BackupReport
    from altegio_sync.usecases.stopping import StopSignal


def run_backup(options: CommandOptions, file: Path | None) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        settings = load(options, ["DB_URI"])
        target = usable_target(file or default_target(utc_now()))
        made: list[BackupReport] = []  # none where it was interrupted
        with transfer_bar(options) as on_progress, stop.interrupting():
            async with open_store(settings) as database:
                backup = MongoBackup(database, settings.collection, on_progress=on_progress)
                made.append(await backup.back_up(target))
        if not made:
            error = RunError("interrupted", "Backup interrupted: nothing of it was kept")
            tell_errors(options, [error])
            return EXIT_INTERRUPTED
        _show(options, made[0])
        return EXIT_DONE

    run_command(options, body)


def _show(options: CommandOptions, report: BackupReport) -> None:
    if options.json_output:
        print_json(report.to_json())
        return
    digest = report.digest
    print(
        f"Backup: {digest.documents} documents, {digest.size} bytes before compression, "
        "checked by reading them back\n"
        f"  folder  {shown(report.path)}\n"
        f"  sha256  {digest.sha256}\n"
        "It holds personal data, and only you may read it.\n"
        f"altegio-sync restore {shown(report.path)} --dry-run shows what it would bring back"
    )
