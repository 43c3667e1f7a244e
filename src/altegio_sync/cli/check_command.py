"""`altegio-sync check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.checking import check_notify, check_school
from altegio_sync.cli.check_settings import check_names, check_settings
from altegio_sync.cli.command import load, run_command
from altegio_sync.cli.json_output import print_json
from altegio_sync.config import settings_file
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.messages import render
from altegio_sync.messages.foreign_text import plain
from altegio_sync.usecases.check import ABOUT_SETTINGS, Level

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.config import SchoolConfig
    from altegio_sync.usecases.check import Check
    from altegio_sync.usecases.stopping import StopSignal

_MARKS = {Level.OK: "ok  ", Level.WARN: "warn", Level.FAIL: "FAIL"}


def run_check(options: CommandOptions) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        config = load(options)
        checks = []
        with stop.interrupting():
            async for check in _find_checks(options, config):
                checks.append(check)
                if not (options.json_output or (options.quiet and check.level is Level.OK)):
                    print(_render(check), flush=True)
        ok = not stop.is_set and all(each.ok for each in checks)
        if options.json_output:
            print_json({"command": "check", "ok": ok, "checks": [_json(each) for each in checks]})
        return ExitCode.INTERRUPTED if stop.is_set else _exit_code(checks)

    run_command(options, body)


async def _find_checks(options: CommandOptions, config: SchoolConfig) -> AsyncIterator[Check]:
    for check in check_names(config, options.source):
        yield check
    for check in check_settings(config, settings_file(options.source.env_file)):
        yield check
    for check in check_notify(config):
        yield check
    async for check in check_school(config):
        yield check


def _exit_code(checks: Sequence[Check]) -> int:
    failed = {each.name.code for each in checks if not each.ok}
    if not failed:
        return ExitCode.DONE
    return ExitCode.WRONG_USE if failed & set(ABOUT_SETTINGS) else ExitCode.OUT_OF_REACH


def _render(check: Check) -> str:
    hint = "" if check.hint is None else f" -> {render(check.hint)}"
    return plain(f"{_MARKS[check.level]} {render(check.name)}: {render(check.text)}{hint}")


def _json(check: Check) -> dict[str, str | bool]:
    return {
        "check": str(check.name),
        "ok": check.ok,
        "level": check.level.value,
        "text": str(check.text),
        "hint": "" if check.hint is None else str(check.hint),
    }
