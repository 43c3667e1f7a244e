"""`altegio-sync runs`: what ran, how it ended, and what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.past_runs import find_past_run, find_past_runs
from altegio_sync.app.school import open_school
from altegio_sync.cli.columns import name_lines, padded, width_of
from altegio_sync.cli.command import leaving_at_once, load, run_command
from altegio_sync.cli.json_output import print_json
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.domain.day_words import day_or_text, moment_in_table
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.json_form import json_value
from altegio_sync.domain.past_run import Ending
from altegio_sync.errors import ConfigError
from altegio_sync.messages import render
from altegio_sync.messages import runs as texts
from altegio_sync.messages.foreign_text import plain
from altegio_sync.messages.words import LISTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from typing import NoReturn
    from zoneinfo import ZoneInfo

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.domain.past_run import PastRun
    from altegio_sync.messages import Message

_ENDINGS = {
    Ending.SUCCEEDED: texts.SUCCEEDED,
    Ending.FAILED: texts.FAILED,
    Ending.INTERRUPTED: texts.INTERRUPTED,
}
_DONE = {
    "fetched": texts.FETCHED,
    "saved": texts.SAVED,
    "updated": texts.UPDATED,
    "failed": texts.NOT_STORED,
    "fixed": texts.FIXED,
    "trashed": texts.TRASHED,
    "removed": texts.REMOVED,
    "changed": texts.CHANGED,
    "restored": texts.RESTORED,
    "inserted": texts.INSERTED,
    "replaced": texts.REPLACED,
    "purged": texts.PURGED,
}
#: The commands whose changes `undo` takes back.
_UNDOABLE = ("clean", "validate", "sync")


def run_runs(options: CommandOptions, run_id: str | None, limit: int) -> NoReturn:
    async def body() -> int:
        config = load(options, ["DB_URI"])
        async with open_school(config, warn=log_warning) as school:
            zone = (await school.find_zone()).zone
            if run_id is None:
                found = await find_past_runs(school, limit + 1, zone)
                _show_all(options, found, limit, zone)
                return ExitCode.DONE
            run = await find_past_run(school, run_id, zone)
        if run is None:
            raise ConfigError(texts.UNKNOWN_RUN(run_id=repr(run_id)))
        if options.json_output:
            print_json({"command": "runs", "ok": True, "run": json_value(run.report)})
        elif not (options.quiet and run.ending is Ending.SUCCEEDED):
            print("\n".join(_lines_of(run, zone)))
        return ExitCode.DONE

    run_command(options, leaving_at_once(body))


def _show_all(
    options: CommandOptions, found: Sequence[PastRun], limit: int, zone: ZoneInfo
) -> None:
    shown = found[:limit]
    if options.json_output:
        print_json({"command": "runs", "ok": True, "runs": [each.to_json() for each in shown]})
        return
    if options.quiet:
        shown = [each for each in shown if each.ending is not Ending.SUCCEEDED]
    elif not shown:
        print(render(texts.NO_RUNS()))
    if not shown:
        return
    rows = [
        (
            plain(run.run_id),
            _moment(run.started_at, zone),
            plain(run.command),
            _ending(run),
            render(_done(run)),
        )
        for run in shown
    ]
    widths = [width_of(column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = map(padded, row, widths)
        print("  ".join(cells).rstrip())
    if options.quiet:
        return
    print(render(texts.QUIET_CHANGES()))
    if len(found) > limit:
        print(render(texts.MORE(limit=str(2 * limit))))


def _lines_of(run: PastRun, zone: ZoneInfo) -> Iterator[str]:
    rows = [(render(name), plain(render(value))) for name, value in _rows(run, zone)]
    yield from name_lines(rows)
    for each in run.summary.errors or ():
        yield f"ERROR {render(each.message)}"
    for each in run.summary.warnings or ():
        yield f"WARNING {render(each.message)}"


def _rows(run: PastRun, zone: ZoneInfo) -> Iterator[tuple[Message, Message | str]]:
    yield texts.RUN_ROW(), run.run_id
    yield texts.COMMAND_ROW(), run.command
    yield texts.STARTED_ROW(), _moment(run.started_at, zone)
    if run.seconds is not None:
        yield texts.TOOK_ROW(), texts.SECONDS(seconds=run.seconds)
    yield texts.ENDED_ROW(), _ending(run)
    period = run.summary.period
    if period is not None and period.first and period.last:
        first, last = day_or_text(period.first), day_or_text(period.last)
        span = texts.PERIOD(first=first, last=last, zone=period.timezone or "UTC")
        yield texts.PERIOD_ROW(), span
    yield texts.DONE_ROW(), _done(run)
    if run.ending is Ending.INTERRUPTED:
        yield texts.CONTINUE_ROW(), run.summary.next_command
    if (
        run.command in _UNDOABLE
        and not run.dry_run
        and {*run.done} & {"fixed", "trashed", "removed"}
    ):
        yield texts.UNDO_ROW(), f"altegio-sync undo {run.run_id}"


def _moment(moment: datetime | None, zone: ZoneInfo) -> str:
    return "" if moment is None else render(moment_in_table(moment.astimezone(zone)))


def _ending(run: PastRun) -> str:
    words = texts.FINDINGS_LEFT if run.has_left_findings else _ENDINGS[run.ending]
    ending = render(words())
    return f"{ending} ({render(texts.DRY_RUN())})" if run.dry_run else ending


def _done(run: PastRun) -> Message:
    parts = [_DONE[name](number=count) for name, count in run.done.items()]
    if parts:
        return LISTED(ids=parts)
    return texts.NOTHING() if run.ending is Ending.SUCCEEDED else texts.NOTHING_DONE()
