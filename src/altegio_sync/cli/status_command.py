"""`altegio-sync status`: one screen that answers whether the collection can be trusted now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.school import open_school
from altegio_sync.app.status import collect_school_status
from altegio_sync.cli.command import (
    leaving_at_once,
    load,
    print_json,
    run_command,
    telling_store_errors,
)
from altegio_sync.cli.render_status import render_metrics, render_status, render_unreachable
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.config import SchoolOfFile, find_mistyped_settings
from altegio_sync.errors import ConfigError
from altegio_sync.messages.commands import JSON_AND_PROMETHEUS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.config import SchoolConfig


def run_status(
    options: CommandOptions, *, prometheus: bool, companies: Sequence[str] = ()
) -> NoReturn:
    async def body() -> int:
        if prometheus and options.json_output:
            raise ConfigError(JSON_AND_PROMETHEUS())
        config = load(options, ["DB_URI"])
        picked = config.pick_companies(companies) if companies else ()
        with telling_store_errors(options, render_unreachable() if prometheus else None):
            async with open_school(config, warn=log_warning) as school:
                mistyped = _find_mistyped(options, config)
                report = await collect_school_status(school, mistyped, picked)
        if options.json_output:
            print_json(report.to_json())
        else:
            print(render_metrics(report) if prometheus else render_status(report))
        return report.exit_code

    run_command(options, leaving_at_once(body))


def _find_mistyped(options: CommandOptions, config: SchoolConfig) -> list[str]:
    """Probably mistyped names in the environment. A school of a file has no settings there."""
    if isinstance(config, SchoolOfFile):
        return []
    return [str(each) for each in find_mistyped_settings(options.source.env_file)]
