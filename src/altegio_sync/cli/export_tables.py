"""The tables of `export`: appointments one by one, and what teachers are paid by."""

from __future__ import annotations

from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING

from altegio_sync.cli.render_findings import in_zone
from altegio_sync.cli.tables import Column, Kind, TableKind
from altegio_sync.domain.appointment import AttendanceStatus
from altegio_sync.domain.export import FLAGS, is_odd_flag
from altegio_sync.domain.stats import label_of
from altegio_sync.errors import ConfigError
from altegio_sync.messages import export as texts
from altegio_sync.messages import render
from altegio_sync.messages import tables as titles
from altegio_sync.messages.foreign_text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.cli.tables import Cell, TableFile
    from altegio_sync.cli.tables.opening import Table
    from altegio_sync.domain.export import (
        ExportQuery,
        StoredAppointment,
        TeacherTotals,
        Value,
    )

_MINUTES, _STATUS, _LEAD_NAME = "minutes", "status", "leadName"
#: Every column, in the order of the file. All are fields of a document, except `minutes`.
COLUMNS = (
    Column("appointmentId", titles.BOOKING_COLUMN()),
    Column("startDateTime", titles.START_COLUMN(), Kind.MOMENT),
    Column("endDateTime", titles.END_COLUMN(), Kind.MOMENT),
    Column(_MINUTES, titles.MINUTES_COLUMN(), Kind.NUMBER),
    Column("teacherId", titles.TEACHER_ID_COLUMN()),
    Column("teacherName", titles.TEACHER_COLUMN()),
    Column("serviceId", titles.SERVICE_ID_COLUMN()),
    Column("serviceName", titles.SERVICE_COLUMN()),
    Column("leadId", titles.LEAD_COLUMN()),
    Column(_LEAD_NAME, titles.PUPIL_COLUMN()),
    Column(_STATUS, titles.STATUS_COLUMN()),
    Column("IsTrial", titles.TRIAL_COLUMN()),
    Column("isDeleted", titles.DELETED_COLUMN()),
    Column("companyId", titles.COMPANY_COLUMN()),
    Column("createdAt", titles.CREATED_COLUMN(), Kind.MOMENT),
    Column("updatedAt", titles.UPDATED_COLUMN(), Kind.MOMENT),
    Column("altegioUpdatedAt", titles.CHANGED_COLUMN(), Kind.MOMENT),
)
_BY_NAME = {each.name: each for each in COLUMNS}
_USUAL_COLUMNS = tuple(each for each in COLUMNS if each.name != _LEAD_NAME)

_LESSON_COLUMNS = tuple(
    _BY_NAME[each]
    for each in (
        *("startDateTime", "endDateTime", _MINUTES, "serviceName", "leadId", _STATUS),
        *("IsTrial", "isDeleted", "appointmentId"),
    )
)
#: The fields that the sheets of teachers show.
LESSON_FIELDS = tuple(each.name for each in _LESSON_COLUMNS)
_TOTAL_COLUMNS = (
    Column("teacherId", titles.TEACHER_ID_COLUMN()),
    Column("teacherName", titles.TEACHER_COLUMN()),
    Column("lessons", titles.LESSONS_COLUMN(), Kind.NUMBER),
    Column("hours", titles.HOURS_COLUMN(), Kind.HOURS),
    Column("arrived", titles.ARRIVED_COLUMN(), Kind.NUMBER),
    Column("arrived_hours", titles.ARRIVED_HOURS_COLUMN(), Kind.HOURS),
    Column("no_show", titles.NO_SHOW_COLUMN(), Kind.NUMBER),
    Column("confirmed", titles.CONFIRMED_COLUMN(), Kind.NUMBER),
    Column("pending", titles.PENDING_COLUMN(), Kind.NUMBER),
    Column("other_status", titles.OTHER_STATUS_COLUMN(), Kind.NUMBER),
    Column("trials", titles.TRIALS_COLUMN(), Kind.NUMBER),
    Column("trials_arrived", titles.TRIALS_ARRIVED_COLUMN(), Kind.NUMBER),
    Column("trials_no_show", titles.TRIALS_NO_SHOW_COLUMN(), Kind.NUMBER),
    Column("deleted", titles.DELETED_LESSONS_COLUMN(), Kind.NUMBER),
)
PAY = TableKind("pay", texts.PAY_FILE(), _TOTAL_COLUMNS)


def pick_columns(names: str | None) -> Sequence[Column]:
    """The columns with these names, which commas separate; by default all but the pupil's name.

    The headings that people read are names too.

    Raises:
        ConfigError: there is no such column, or none is named.
    """
    if names is None:
        return _USUAL_COLUMNS
    by_title = {render(each.title).casefold(): each.name for each in COLUMNS}
    typed = [each.strip() for each in names.split(",") if each.strip()]
    named = [each if each in _BY_NAME else by_title.get(each.casefold(), each) for each in typed]
    wanted = list(dict.fromkeys(named))
    for name in wanted:
        if name not in _BY_NAME:
            near = get_close_matches(name, _BY_NAME, 1)
            hint = (
                texts.COLUMN_MEANT(name=near[0]) if near else texts.COLUMNS_ARE(names=[*_BY_NAME])
            )
            raise ConfigError(texts.UNKNOWN_COLUMN(name=repr(name), hint=hint))
    if not wanted:
        raise ConfigError(texts.NO_COLUMN(names=[*_BY_NAME]))
    return [_BY_NAME[each] for each in wanted]


def kind_of(columns: Sequence[Column]) -> TableKind:
    """The file of appointments with these columns."""
    return TableKind("appointments", texts.APPOINTMENTS_FILE(), columns, _USUAL_COLUMNS)


def fields_of(columns: Sequence[Column]) -> Sequence[str]:
    """The stored fields that the columns show, and the flags, which the report is about."""
    names = {"endDateTime" if each.name == _MINUTES else each.name for each in columns}
    return sorted({*names, *FLAGS})


class AppointmentRows:
    """Writes appointments into a table, moments in the zone of their location."""

    def __init__(self, file: TableFile, columns: Sequence[Column], query: ExportQuery) -> None:
        self._columns = columns
        self._query = query
        self._is_for_people = file.is_for_people
        self._table = file.new_table(columns, texts.APPOINTMENTS())

    def add(self, appointment: StoredAppointment) -> None:
        self._table.add(
            _row(appointment, self._columns, self._query, is_for_people=self._is_for_people)
        )


class PaySheets:
    """Writes the totals of all teachers, and in a workbook a sheet of lessons for each."""

    def __init__(self, file: TableFile, query: ExportQuery) -> None:
        self._file = file
        self._query = query
        self._totals = file.new_table(_TOTAL_COLUMNS, texts.PAY())
        self._lessons: Table | None = None

    def begin_teacher(self, name: str, teacher_id: str) -> None:
        if self._file.is_for_people:
            if self._lessons is not None:
                self._lessons.close()
            title = plain(name).strip() or teacher_id or texts.NO_TEACHER()
            self._lessons = self._file.new_table(_LESSON_COLUMNS, title)

    def add(self, appointment: StoredAppointment) -> None:
        if self._lessons is not None:
            self._lessons.add(_row(appointment, _LESSON_COLUMNS, self._query, is_for_people=True))

    def end(self, totals: Sequence[TeacherTotals]) -> None:
        for each in totals:
            self._totals.add(_total_row(each))


def _row(
    appointment: StoredAppointment,
    columns: Sequence[Column],
    query: ExportQuery,
    *,
    is_for_people: bool,
) -> Sequence[Cell]:
    zone = query.zone_of(appointment.fields.get("companyId"))

    def cell(name: str) -> Cell:
        if name == _MINUTES:
            return _number(appointment.length / timedelta(minutes=1))
        value: Value = appointment.fields.get(name)
        if name in FLAGS and is_odd_flag(value):
            # As everywhere, only `true` counts.
            return texts.ODD_FLAG(value=str(value)) if is_for_people else False
        if name == _STATUS and is_for_people:
            return label_of(None if value is None else str(value))
        return in_zone(value, zone) if isinstance(value, datetime) else value

    return [cell(each.name) for each in columns]


def _total_row(totals: TeacherTotals) -> Sequence[Cell]:
    by, trials = totals.by_status, totals.trials
    arrived, no_show = AttendanceStatus.ARRIVED, AttendanceStatus.NO_SHOW
    return (
        *(totals.id, totals.name, totals.lessons, _hours(totals.length)),
        *(by[arrived], _hours(totals.length_arrived), by[no_show]),
        *(by[AttendanceStatus.CONFIRMED], by[AttendanceStatus.PENDING], by[None]),
        *(trials.total(), trials[arrived], trials[no_show], totals.deleted),
    )


def _hours(length: timedelta) -> int | float:
    return _number(length / timedelta(hours=1))


def _number(value: float) -> int | float:
    """Without needless digits: 60, 1.5, 0.333333."""
    return int(value) if value == int(value) else round(value, 6)
