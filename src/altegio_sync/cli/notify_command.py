"""`altegio-sync notify`: sends a message to the addresses of `ALTEGIO_NOTIFY`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.weekly import send_test, send_week
from altegio_sync.cli.command import load, run_command
from altegio_sync.cli.json_output import print_json
from altegio_sync.config import ALL_SETTINGS
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.errors import ConfigError
from altegio_sync.messages import notify as texts
from altegio_sync.messages import render

if TYPE_CHECKING:
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.usecases.stopping import StopSignal


def run_notify(options: CommandOptions, *, test: bool, weekly: bool) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        if test == weekly:
            raise ConfigError(texts.WHAT_TO_SEND())
        config = load(options, ALL_SETTINGS if weekly else [])
        with stop.interrupting():
            await (send_week(config, stop) if weekly else send_test(config))
        if stop.is_set:
            return ExitCode.INTERRUPTED
        if options.json_output:
            print_json({"command": "notify", "ok": True})
        elif not options.quiet:
            print(render(texts.WEEKLY_SENT() if weekly else texts.TEST_SENT()))
        return ExitCode.DONE

    run_command(options, body)
