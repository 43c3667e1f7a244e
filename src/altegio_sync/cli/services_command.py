"""`altegio-sync services`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.companies import ask_companies
from altegio_sync.app.school import open_altegio
from altegio_sync.cli.command import (
    leaving_at_once,
    load,
    print_json,
    run_command,
)
from altegio_sync.config import ALTEGIO_SETTINGS
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.log import get_logger
from altegio_sync.messages.foreign_text import plain
from altegio_sync.usecases.services import list_services

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.usecases.services import ServicesReport


def run_services(options: CommandOptions, companies: Sequence[str]) -> NoReturn:
    async def body() -> int:
        config = load(options, ALTEGIO_SETTINGS)
        picked = config.pick_companies(companies)
        async with open_altegio(config) as api:
            wanted = await ask_companies(config, api, wanted=picked)
            report = await list_services(api, wanted.ids, config.rules)
        for each in report.errors:
            get_logger().error("failed", code=each.code, message=each.message)
        if options.json_output:
            print_json(report.to_json())
        elif report.found:
            print(_text(report))
        if not report.errors:
            return ExitCode.DONE
        return ExitCode.PARTLY if report.found else ExitCode.OUT_OF_REACH

    run_command(options, leaving_at_once(body))


def _text(report: ServicesReport) -> str:
    lines = []
    for company, listed in report.found.items():
        lines.append(f"Services of company {company}:")
        for service in sorted(listed, key=lambda each: each.title):
            minutes = f"{service.length_s // 60} min" if service.length_s else "-"
            kept = report.kept_as(service) or "not kept"
            lines.append(
                f"  {plain(service.id):>12}  {minutes:>8}  {kept:<11} {plain(service.title)}"
            )
    if not report.rules.individual_ids:
        lines += [
            "",
            "No list is set, so every lesson except group events is kept.",
            "Take out of the first line what is not an individual lesson, and paste:",
        ]
    lines += [
        "",
        f"ALTEGIO_SERVICE_IDS={plain(','.join(report.ids_kept_as('individual')))}",
        f"ALTEGIO_TRIAL_SERVICE_IDS={plain(','.join(report.ids_kept_as('trial')))}",
    ]
    return "\n".join(lines)
