"""Writes the appointments of a period into a table, or the sheets that teachers are paid by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from altegio_sync.domain.export import FLAGS, TeacherTotals

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from altegio_sync.domain.export import ExportQuery, ExportReport, StoredAppointment
    from altegio_sync.usecases.stopping import StopSignal

#: The fields that `TeacherTotals` needs.
_COUNTED = ("teacherId", "teacherName", "endDateTime", "status", *FLAGS)


class AppointmentExport(Protocol):
    """Reads the stored appointments. Raises StoreError when MongoDB fails."""

    def read(
        self, query: ExportQuery, fields: Sequence[str]
    ) -> AsyncIterator[StoredAppointment]: ...

    def read_by_teacher(
        self, query: ExportQuery, fields: Sequence[str]
    ) -> AsyncIterator[StoredAppointment]: ...

    async def count_extra_copies(self, query: ExportQuery) -> int: ...

    async def count_unread_starts(self, query: ExportQuery) -> int: ...


class AppointmentTable(Protocol):
    """Takes the appointments in order."""

    def add(self, appointment: StoredAppointment) -> None: ...


class PayTables(Protocol):
    """Takes the lessons of one teacher after another, and at the end the totals."""

    def begin_teacher(self, name: str, teacher_id: str) -> None: ...

    def add(self, appointment: StoredAppointment) -> None: ...

    def end(self, totals: Sequence[TeacherTotals]) -> None: ...


async def export_appointments(
    source: AppointmentExport,
    table: AppointmentTable,
    query: ExportQuery,
    fields: Sequence[str],
    report: ExportReport,
    stop: StopSignal,
) -> None:
    """Add every appointment of the period to the table, also those that were cancelled.

    Raises:
        StoreError: MongoDB failed.
    """
    with stop.interrupting():
        report.unread_starts = await source.count_unread_starts(query)
        async for each in source.read(query, fields):
            table.add(each)
            report.add(each)


async def export_pay(
    source: AppointmentExport,
    tables: PayTables,
    query: ExportQuery,
    fields: Sequence[str],
    report: ExportReport,
    stop: StopSignal,
) -> None:
    """Add the lessons of each teacher to the tables, and the totals. A copy counts once.

    Raises:
        StoreError: MongoDB failed.
    """
    totals: list[TeacherTotals] = []
    last: tuple[str, str] | None = None
    report.without_length = 0
    with stop.interrupting():
        report.unread_starts = await source.count_unread_starts(query)
        report.extra_copies = await source.count_extra_copies(query)
        async for each in source.read_by_teacher(query, sorted({*fields, *_COUNTED})):
            if each.teacher_key != last:
                last = each.teacher_key
                totals.append(TeacherTotals(each.teacher_id, each.teacher_name))
                tables.begin_teacher(each.teacher_name, each.teacher_id)
            totals[-1].add(each)
            report.without_length += not (each.is_deleted or each.length)
            tables.add(each)
            report.add(each)
        tables.end(totals)
