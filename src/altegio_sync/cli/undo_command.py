"""`altegio-sync undo` and `altegio-sync trash purge`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.bootstrap import open_store
from altegio_sync.cli.command import EXIT_DONE, load, print_json, run_command
from altegio_sync.cli.leasing import collection_held, open_leases
from altegio_sync.domain.durations import parse_duration
from altegio_sync.domain.foreign_text import shown
from altegio_sync.domain.report import new_run_id, utc_now
from altegio_sync.errors import ConfigError
from altegio_sync.log import get_logger
from altegio_sync.mongo.tending.undo import MongoTrash

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.domain.trash import TrashedRun, UndoReport
    from altegio_sync.usecases.stopping import StopSignal

_SHOWN = 20


def run_undo(options: CommandOptions, run_id: str | None, *, force: bool, wait: str) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        settings = load(options, ["DB_URI"])
        async with open_store(settings, stop) as database:
            leases = open_leases(options, settings, database, new_run_id(utc_now()), wait)
            trash = MongoTrash(database, fence=leases.check)
            if run_id is None:
                _show_runs(options, await trash.list_runs())
                return EXIT_DONE
            async with collection_held(leases, stop):
                report = await trash.undo(run_id, force=force, should_stop=lambda: stop.is_set)
        if report is None:
            raise ConfigError(
                f"No run {run_id!r} in the trash: altegio-sync undo lists those that are"
            )
        _show(options, report)
        return report.exit_code

    run_command(options, body)


def run_purge(options: CommandOptions, older_than: str, *, dry_run: bool) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        before = utc_now() - parse_duration(older_than)
        settings = load(options, ["DB_URI"])
        async with open_store(settings, stop) as database:
            trash = MongoTrash(database)
            count = await (trash.count_before(before) if dry_run else trash.purge(before))
        if options.json_output:
            print_json({"command": "trash purge", "ok": True, "dry_run": dry_run, "purged": count})
        else:
            entries, were = ("entry", "was") if count == 1 else ("entries", "were")
            verb = f"{'would be' if dry_run else were} deleted permanently"
            print(f"Trash: {count} {entries} older than {shown(older_than)} {verb}")
        return EXIT_DONE

    run_command(options, body)


def _show_runs(options: CommandOptions, runs: Sequence[TrashedRun]) -> None:
    if options.json_output:
        print_json({"command": "undo", "ok": True, "runs": [each.to_json() for each in runs]})
        return
    if not runs:
        print("The trash is empty: there is nothing to undo")
    for run in runs:
        undone = f", {run.undone} of them undone" if run.undone else ""
        print(
            f"{shown(run.run_id)}  {run.at:%Y-%m-%d %H:%M} UTC  {shown(run.command):<10}"
            f"{run.changed} changed, {run.removed} removed{undone}"
        )


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
    already = f", {report.already} were as before already" if report.already else ""
    print(f"Undo {shown(report.run_id)}: {report.restored} documents brought back{already}")
    if report.interrupted:
        print("Interrupted: run it again for the rest")
