"""`altegio-sync todo`: what needs correction in Altegio, by teacher."""

from __future__ import annotations

from contextlib import nullcontext
from itertools import groupby
from typing import TYPE_CHECKING

from altegio_sync.app.school import open_school
from altegio_sync.app.todo import collect_todo
from altegio_sync.cli.command import load, run_command
from altegio_sync.cli.failures import printing_store_errors
from altegio_sync.cli.json_output import print_json
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.cli.tables import Column, Kind, TableKind, open_table
from altegio_sync.config import ALL_SETTINGS
from altegio_sync.domain.day_words import moment_in_table
from altegio_sync.domain.period_words import parse_period
from altegio_sync.log import get_logger
from altegio_sync.messages import render
from altegio_sync.messages import tables as titles
from altegio_sync.messages import todo as texts
from altegio_sync.messages.figures import UNREAD_STARTS
from altegio_sync.messages.foreign_text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import NoReturn

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.cli.tables import Row, TableFile
    from altegio_sync.domain.todo import TodoItem, TodoReport
    from altegio_sync.messages import Message
    from altegio_sync.usecases.stopping import StopSignal

_TEACHER = Column("teacherName", titles.TEACHER_COLUMN())
_START = Column("startDateTime", titles.DATE_TIME_COLUMN(), Kind.MOMENT)
_PROBLEM = Column("problem", titles.PROBLEM_COLUMN())
_TODO = Column("todo", titles.TODO_COLUMN())
_LEAD = Column("leadId", titles.LEAD_COLUMN())
_SERVICE = Column("serviceName", titles.SERVICE_COLUMN())
_ID = Column("appointmentId", titles.BOOKING_COLUMN())
_COMPANY = Column("companyId", titles.COMPANY_COLUMN())
_FOR_PEOPLE = (_TEACHER, _START, _PROBLEM, _TODO, _LEAD, _SERVICE, _ID, _COMPANY)
_FOR_PROGRAMS = (_PROBLEM, _ID, _COMPANY, _TEACHER, _START, _SERVICE, _LEAD)
_KIND = TableKind("todo", texts.LIST_OF_TODOS(), _FOR_PROGRAMS)


def run_todo(
    options: CommandOptions,
    period: str,
    file: Path | None,
    companies: Sequence[str],
    *,
    offline: bool,
) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        days = parse_period(period)
        config = load(options, ["DB_URI"] if offline else ALL_SETTINGS)
        with open_table(file, _KIND) if file else nullcontext() as table:
            with printing_store_errors(options):
                async with open_school(config, stop=stop, warn=log_warning) as school:
                    report = await collect_todo(
                        school, days, stop, companies=companies, asks_altegio=not offline
                    )
            if table is not None:
                _write(table, report.items)
        for error in report.errors:
            get_logger().error("failed", code=error.code, message=error.message)
        if report.unread_starts:
            log_warning("unread_starts", message=UNREAD_STARTS(count=report.unread_starts))
        if options.json_output:
            print_json(report.to_json())
        elif not (options.quiet and report.ok and (file or not report.items)):
            print("\n".join(_lines(report, file, offline=offline)))
        return report.exit_code

    run_command(options, body)


def _write(table: TableFile, items: Sequence[TodoItem]) -> None:
    for_people = table.is_for_people
    rows = table.new_table(_FOR_PEOPLE if for_people else _FOR_PROGRAMS, texts.SHEET())
    for each in items:
        rows.add(_row_for_people(each) if for_people else _row_for_programs(each))
    table.put()


def _row_for_people(item: TodoItem) -> Row:
    first = (item.teacher, item.starts_at, item.problem.wrong, item.problem.remedy)
    return (*first, item.lead_id, item.service, item.appointment_id, item.company_id)


def _row_for_programs(item: TodoItem) -> Row:
    first = (item.problem.value, item.appointment_id, item.company_id, item.teacher)
    return (*first, item.starts_at, item.service, item.lead_id)


def _lines(report: TodoReport, file: Path | None, *, offline: bool) -> Iterator[str]:
    period, items = report.period, report.items
    if period is None:
        return
    head = texts.COUNT(count=len(items), first=period.start, last=period.last_day)
    nothing = texts.NOTHING(first=period.start, last=period.last_day)
    if items or report.ok:
        yield render(head if items else nothing)
    if not report.ok:
        yield render(texts.INCOMPLETE())
    if file is None:
        line = _line if len({each.company_id for each in items}) < 2 else _line_with_location
        for teacher, of_teacher in groupby(items, key=lambda each: each.teacher):
            yield ""
            yield _name_of(teacher)
            yield from map(line, of_teacher)
    else:
        yield render(texts.WRITTEN(path=str(file)))
    if offline:
        yield render(texts.ONLY_STORED())


def _name_of(teacher: str) -> str:
    """A teacher whom Altegio no longer lists has only a number."""
    if teacher.isdecimal():
        return render(texts.TEACHER_NUMBER(number=teacher))
    return plain(teacher) or render(texts.NO_TEACHER())


def _line(item: TodoItem) -> str:
    return _line_of(item, texts.ITEM(problem=item.problem.wrong, todo=item.problem.remedy))


def _line_with_location(item: TodoItem) -> str:
    problem = item.problem
    company = item.company_id or "–"
    what = texts.ITEM_OF_LOCATION(problem=problem.wrong, todo=problem.remedy, company=company)
    return _line_of(item, what)


def _line_of(item: TodoItem, what: Message) -> str:
    start = "" if item.starts_at is None else render(moment_in_table(item.starts_at))
    return f"  {start:<16}  {plain(item.appointment_id)}  {render(what)}"
