"""`altegio-sync services`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altegio_sync.bootstrap import open_altegio
from altegio_sync.cli.command import (
    EXIT_DONE,
    EXIT_OUT_OF_REACH,
    EXIT_PARTLY,
    leaving_at_once,
    load,
    pick_companies,
    print_json,
    run_command,
)
from altegio_sync.config import ALTEGIO_SETTINGS
from altegio_sync.domain.foreign_text import shown
from altegio_sync.domain.report import RunError
from altegio_sync.errors import AltegioError
from altegio_sync.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.config import Settings
    from altegio_sync.domain.appointment import Service


def run_services(options: CommandOptions, companies: Sequence[str]) -> NoReturn:
    async def body() -> int:
        settings = load(options, ALTEGIO_SETTINGS)
        wanted = pick_companies(settings, companies)
        found = {}
        errors = []
        async with open_altegio(settings) as api:
            for company in wanted:
                try:
                    found[company] = await api.fetch_services(company)
                except AltegioError as error:
                    if len(wanted) == 1:
                        raise
                    errors.append(RunError("fetch_failed", f"Company {company}: {error}", company))
        for each in errors:
            get_logger().error("failed", code=each.code, message=each.message)
        if options.json_output:
            print_json(_json(settings, found, errors))
        elif found:
            print(_text(settings, found))
        if not errors:
            return EXIT_DONE
        return EXIT_PARTLY if found else EXIT_OUT_OF_REACH

    run_command(options, leaving_at_once(body))


def _kept_as(settings: Settings, service: Service) -> str | None:
    """What the settings make of it in a booking that is no group event."""
    rules = settings.rules
    if not rules.keeps(service, is_group_event=False):
        return None
    return "trial" if rules.is_trial(service) else "individual"


def _json(
    settings: Settings, found: dict[str, Sequence[Service]], errors: Sequence[RunError]
) -> dict[str, Any]:
    services = [
        {
            "company": company,
            "id": service.id,
            "title": service.title,
            "length_s": service.length_s,
            "kept_as": _kept_as(settings, service),
        }
        for company, listed in found.items()
        for service in listed
    ]
    return {
        "command": "services",
        "ok": not errors,
        "services": services,
        "errors": [each.to_json() for each in errors],
    }


def _text(settings: Settings, found: dict[str, Sequence[Service]]) -> str:
    lines = []
    for company, listed in found.items():
        lines.append(f"Services of company {company}:")
        for service in sorted(listed, key=lambda each: each.title):
            minutes = f"{service.length_s // 60} min" if service.length_s else "-"
            kept = _kept_as(settings, service) or "not kept"
            lines.append(
                f"  {shown(service.id):>12}  {minutes:>8}  {kept:<11} {shown(service.title)}"
            )
    everything = [service for listed in found.values() for service in listed]
    trial = [each.id for each in everything if _kept_as(settings, each) == "trial"]
    individual = [each.id for each in everything if _kept_as(settings, each) == "individual"]
    if not settings.service_ids:
        lines += [
            "",
            "No list is set, so every lesson except group events is kept.",
            "Take out of the first line what is not an individual lesson, and paste:",
        ]
    lines += [
        "",
        f"ALTEGIO_SERVICE_IDS={shown(','.join(individual))}",
        f"ALTEGIO_TRIAL_SERVICE_IDS={shown(','.join(trial))}",
    ]
    return "\n".join(lines)
