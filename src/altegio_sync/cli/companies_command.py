"""`altegio-sync companies`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.school import open_altegio, open_school
from altegio_sync.cli.columns import padded, padded_left, width_of
from altegio_sync.cli.command import leaving_at_once, load, run_command
from altegio_sync.cli.json_output import print_json
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.config import ALTEGIO_TOKENS
from altegio_sync.domain.clock import utc_now
from altegio_sync.log import get_logger
from altegio_sync.messages import lists as texts
from altegio_sync.messages import render
from altegio_sync.messages.foreign_text import plain
from altegio_sync.usecases.companies import list_companies

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from altegio_sync.app.school import School
    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.locations import CompanyList

_HEAD = (texts.ID, texts.TIME_ZONE, texts.CITY, texts.TITLE)


def run_companies(options: CommandOptions, forgotten: Sequence[str]) -> NoReturn:
    async def body() -> int:
        required = [*ALTEGIO_TOKENS, *(["DB_URI"] if forgotten else [])]
        listed = await _list(load(options, required), forgotten)
        for each in listed.warnings:
            get_logger().warning(each.code, message=each.message, company_id=each.company)
        if options.json_output:
            print_json(listed.to_json())
        elif not options.quiet:
            print(_table(listed))
        return listed.exit_code

    run_command(options, leaving_at_once(body))


async def _list(config: SchoolConfig, forgotten: Sequence[str]) -> CompanyList:
    """The list; it is stored where there is a database."""
    if not config.db_uri.get_secret_value():
        async with open_altegio(config) as api:
            return await list_companies(api, None, now=utc_now())
    async with open_school(config, warn=log_warning) as school:
        if forgotten:
            await _forget(school, forgotten)
        return await list_companies(
            school.altegio, school.locations, now=utc_now(), configured_zone=config.timezone
        )


async def _forget(school: School, forgotten: Sequence[str]) -> None:
    stored = await school.locations.find_all()
    for each in forgotten:
        if each not in stored or stored[each].missing_since is None:
            log_warning("not_missing", company_id=each)
    await school.locations.forget_missing(forgotten)


def _table(listed: CompanyList) -> str:
    cells = [
        [render(each()) for each in _HEAD],
        *(
            [
                plain(each.id),
                plain(each.timezone or "-"),
                plain(each.city or "-"),
                plain(each.title),
            ]
            for each in listed.listed
        ),
    ]
    widths = [width_of(row[column] for row in cells) for column in range(len(_HEAD) - 1)]
    return "\n".join(_row(row, widths) for row in cells)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others, last = cells
    middle = (padded(cell, width) for cell, width in zip(others, widths[1:], strict=True))
    return "  ".join([padded_left(first, widths[0]), *middle, last])
