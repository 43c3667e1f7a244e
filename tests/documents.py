"""Documents as the program stores them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from altegio_sync.domain.ledger import Grade, LedgerEntry
from altegio_sync.domain.report import SyncMode
from tests.fakes import NOW, START

Document = dict[str, Any]


def right_document(
    appointment_id: object = "501", starts_at: datetime = START, /, **changes: object
) -> Document:
    """A lesson of an hour that breaks no rule, but for the changes."""
    return {
        "appointmentId": appointment_id,
        "leadId": "12345",
        "leadName": "Олена Приклад",
        "teacherId": "9",
        "teacherName": "Марко Зразок",
        "serviceId": "1",
        "serviceName": "Індивідуальний урок",
        "startDateTime": starts_at,
        "endDateTime": starts_at + timedelta(hours=1),
        "status": "1",
        "IsTrial": False,
        "isDeleted": False,
        "createdAt": NOW,
        "updatedAt": NOW,
        "companyId": "77",
        **changes,
    }


def ledger_entry(day: int, **changes: Any) -> LedgerEntry:
    """The ledger's entry of a day in March 2026."""
    whole = LedgerEntry(
        day=date(2026, 3, day),
        grade=Grade.CHECKED,
        at=datetime(2026, 4, 10, 9, 0, tzinfo=UTC),
        mode=SyncMode.NEW_ONLY,
        settings="abcdef",
        timezone="Europe/Kyiv",
        run_id="20260410-090000-aaaa",
    )
    return replace(whole, **changes)
