"""`altegio-sync services`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.companies import ask_companies
from altegio_sync.app.school import open_altegio
from altegio_sync.cli.columns import padded, padded_left, width_of
from altegio_sync.cli.command import leaving_at_once, load, run_command
from altegio_sync.cli.json_output import print_json
from altegio_sync.config import ALTEGIO_SETTINGS, SchoolOfFile
from altegio_sync.config.schools_text import key_of
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.log import get_logger
from altegio_sync.messages import lists as texts
from altegio_sync.messages import render
from altegio_sync.messages.foreign_text import plain
from altegio_sync.messages.numbers import format_count
from altegio_sync.usecases.services import list_services

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.domain.appointment import Service
    from altegio_sync.messages import Message
    from altegio_sync.usecases.services import ServicesReport


_HEAD = (texts.ID, texts.BOOKED, texts.LENGTH, texts.KEPT, texts.TITLE)


def run_services(options: CommandOptions, companies: Sequence[str]) -> NoReturn:
    async def body() -> int:
        config = load(options, ALTEGIO_SETTINGS)
        picked = config.pick_companies(companies)
        async with open_altegio(config) as api:
            wanted = await ask_companies(config, api, wanted=picked)
            report = await list_services(api, wanted.ids, config.rules, timezone=config.timezone)
        for company, reason in report.uncounted.items():
            get_logger().warning("bookings_not_counted", company_id=company, reason=reason)
        for each in report.errors:
            get_logger().error("failed", code=each.code, message=each.message)
        if options.json_output:
            print_json(report.to_json())
        elif report.found and (report.errors or not options.quiet):
            print(_text(report, is_of_file=isinstance(config, SchoolOfFile)))
        if not report.errors:
            return ExitCode.DONE
        return ExitCode.PARTLY if report.found else ExitCode.OUT_OF_REACH

    run_command(options, leaving_at_once(body))


def _text(report: ServicesReport, *, is_of_file: bool) -> str:
    lines = [
        line for company, listed in report.found.items() for line in _lines(report, company, listed)
    ]
    if not report.rules.individual_ids:
        lines += ["", render(texts.NO_LIST()), render(texts.PASTE())]
    paste = "{key} = [{ids}]" if is_of_file else "{alias}={ids}"
    lines += [
        "",
        *(
            paste.format(key=key_of(alias), alias=alias, ids=plain(",".join(ids)))
            for alias, ids in (
                ("ALTEGIO_SERVICE_IDS", report.ids_kept_as("individual")),
                ("ALTEGIO_TRIAL_SERVICE_IDS", report.ids_kept_as("trial")),
            )
        ),
    ]
    return "\n".join(lines)


def _lines(report: ServicesReport, company: str, listed: Sequence[Service]) -> Iterator[str]:
    """The services of a company. Those that are booked most come first."""
    yield render(texts.SERVICES_OF(company=company))
    times = {each.id: report.times_booked(company, each) for each in listed}
    rows = [
        [render(each()) for each in _HEAD],
        *(
            [
                plain(each.id),
                _times(times[each.id]),
                render(_length(each)),
                render(_kept(report, each)),
                plain(each.title),
            ]
            for each in sorted(listed, key=lambda each: (-(times[each.id] or 0), each.title))
        ),
    ]
    widths = [width_of(row[column] for row in rows) for column in range(4)]
    for *numbers, kept, title in rows:
        cells = [padded_left(*each) for each in zip(numbers, widths[:3], strict=True)]
        yield "  ".join(["", *cells, padded(kept, widths[3]), title])
    booked = report.booked.get(company)
    if booked is not None and booked.seen < booked.total:
        yield render(texts.PARTLY_COUNTED(seen=booked.seen, total=booked.total))


def _times(times: int | None) -> str:
    return "-" if times is None else format_count(times)


def _length(service: Service) -> Message | str:
    return texts.MINUTES(minutes=service.length_s // 60) if service.length_s else "-"


def _kept(report: ServicesReport, service: Service) -> Message:
    match report.kept_as(service):
        case None:
            return texts.NOT_KEPT()
        case "trial":
            return texts.TRIAL()
        case _:
            return texts.INDIVIDUAL()
