"""`altegio-sync check`."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from altegio_sync.app.school import open_altegio, open_school
from altegio_sync.cli.check_settings import check_settings
from altegio_sync.cli.command import (
    load,
    print_json,
    run_command,
)
from altegio_sync.config import NO_SERVICE_LIST, find_unknown_settings, settings_file
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.foreign_text import shown
from altegio_sync.errors import StoreError, StoreRightError
from altegio_sync.usecases.check import (
    ABOUT_SETTINGS,
    Finding,
    Level,
    LocationFacts,
    check_altegio,
    check_services,
    check_store,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from typing import NoReturn

    from altegio_sync.app.school import School
    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.config import SchoolConfig
    from altegio_sync.usecases.stopping import StopSignal

_GRANT = "grant the role readWrite, or name a user in DB_URI who has it"
_MARKS = {Level.OK: "ok  ", Level.WARN: "warn", Level.FAIL: "FAIL"}


def run_check(options: CommandOptions) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        config = load(options)
        findings = []
        with stop.interrupting():
            async for finding in _findings(options, config):
                findings.append(finding)
                if not options.json_output:
                    print(_line(finding), flush=True)
        ok = not stop.is_set and all(finding.ok for finding in findings)
        if options.json_output:
            print_json({"command": "check", "ok": ok, "checks": [_json(each) for each in findings]})
        if stop.is_set:
            return ExitCode.INTERRUPTED
        return _exit_code(findings)

    run_command(options, body)


def _exit_code(findings: Sequence[Finding]) -> int:
    failed = [each.name for each in findings if not each.ok]
    if not failed:
        return ExitCode.DONE
    return ExitCode.WRONG_USE if set(failed) & set(ABOUT_SETTINGS) else ExitCode.OUT_OF_REACH


def _check_settings(options: CommandOptions, config: SchoolConfig) -> Iterator[Finding]:
    file = settings_file(options.env_file)
    source = f"from {file} and the environment" if file.exists() else f"there is no {file}"
    companies = ", ".join(config.company_ids)
    yield Finding.good("settings", f"complete, companies {companies}; {source}")
    for each in find_unknown_settings(options.env_file):
        if each.meant is None:
            yield Finding.good("settings", f"{each} (other programs may use it)")
        else:
            yield Finding.warning("settings", str(each), "correct the name, or remove it")
    if not config.service_ids:
        yield Finding.warning("settings", NO_SERVICE_LIST, "set it, to keep those lessons alone")


async def _findings(options: CommandOptions, config: SchoolConfig) -> AsyncIterator[Finding]:
    for finding in _check_settings(options, config):
        yield finding
    for finding in check_settings(config, settings_file(options.env_file)):
        yield finding
    async with AsyncExitStack() as stack:
        school = sharing = problem = None
        try:
            # First, since the budget of requests is shared through it.
            school = await stack.enter_async_context(open_school(config))
            await school.try_budget()
            sharing = school
        except StoreError as error:
            name = "MongoDB" if school is None else "MongoDB rights"
            problem = Finding.bad(name, str(error), _hint(error))
        async with open_altegio(config) if sharing is None else sharing.altegio as api:
            locations = [LocationFacts() for _ in config.company_ids]
            for company, facts in zip(config.company_ids, locations, strict=True):
                async for finding in check_altegio(
                    api, company, config.timezone, config.rules, facts
                ):
                    yield finding
            for finding in check_services(config.rules, locations):
                yield finding
        if problem is not None:
            yield problem
        if school is not None:
            for finding in await _check_database(school):
                yield finding


async def _check_database(school: School) -> list[Finding]:
    store = school.appointments
    try:
        return check_store(await store.describe(), await store.find_lacking())
    except StoreError as error:
        return [Finding.bad("MongoDB", str(error), _hint(error))]


def _hint(error: StoreError) -> str:
    return _GRANT if isinstance(error, StoreRightError) else "check DB_URI"


def _line(finding: Finding) -> str:
    mark = _MARKS[finding.level]
    hint = f" -> {finding.hint}" if finding.hint else ""
    return shown(f"{mark} {finding.name}: {finding.text}{hint}")


def _json(finding: Finding) -> dict[str, str | bool]:
    return {
        "check": finding.name,
        "ok": finding.ok,
        "level": finding.level.value,
        "text": finding.text,
        "hint": finding.hint,
    }
