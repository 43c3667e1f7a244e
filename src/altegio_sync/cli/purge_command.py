"""`altegio-sync trash purge`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from altegio_sync.app.school import open_school
from altegio_sync.cli.asking import Menus
from altegio_sync.cli.command import load, run_command
from altegio_sync.cli.json_output import print_json
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.durations import parse_duration
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.errors import ConfigError
from altegio_sync.messages import render
from altegio_sync.messages import tending as texts
from altegio_sync.messages.language import follow_settings
from altegio_sync.messages.questions import NOTHING_CHANGED
from altegio_sync.usecases.purge import purge_trash

if TYPE_CHECKING:
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.usecases.stopping import StopSignal


def run_purge(
    options: CommandOptions, older_than: str, *, dry_run: bool, is_confirmed: bool
) -> NoReturn:
    if not (dry_run or is_confirmed or options.json_output):
        code = ExitCode.DONE
        try:
            is_confirmed = _confirms(options, older_than)
        except (KeyboardInterrupt, EOFError):  # Ctrl-C, Ctrl-D
            code = ExitCode.INTERRUPTED
        if not is_confirmed:
            print(render(NOTHING_CHANGED()))
            sys.exit(code)

    async def body(stop: StopSignal) -> int:
        before = utc_now() - parse_duration(older_than)
        config = load(options, ["DB_URI"])
        async with open_school(config, stop=stop, warn=log_warning) as school:
            run = school.kept_run(options.name)
            report = await purge_trash(school.trash, run, before, dry_run=dry_run)
        if options.json_output:
            print_json(report.to_json())
        elif not (options.quiet and report.ok):
            result = texts.WOULD_PURGE if report.dry_run else texts.PURGED
            print(render(result(count=report.purged, span=older_than)))
        return report.exit_code

    run_command(options, body)


def _confirms(options: CommandOptions, older_than: str) -> bool:
    """Ask on a terminal; elsewhere nobody is there to answer."""
    if sys.stdin is None or not sys.stdin.isatty():
        return True
    try:
        parse_duration(older_than)
    except ConfigError:
        return True  # the command itself reports it
    follow_settings(options.source.variables)
    return Menus().confirm(texts.PURGE_NOW(span=older_than), default=False)
