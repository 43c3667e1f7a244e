"""Documents as the program stores them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.fakes import NOW, START

if TYPE_CHECKING:
    from datetime import datetime

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
