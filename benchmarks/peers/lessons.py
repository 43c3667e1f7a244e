"""What both peers make of a record; they trust every field to be there."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

HEADERS = {
    "Accept": "application/vnd.api.v2+json",
    "Authorization": "Bearer bench-partner, User bench-user",
}
_KYIV = ZoneInfo("Europe/Kyiv")
_ID = re.compile(r"\d{3,12}")


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("url", "uri", "database", "collection", "company", "first", "last"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--page-size", type=int, default=1000)
    return parser.parse_args()


def to_document(record: dict[str, Any]) -> dict[str, Any]:
    name = record["client"]["name"]
    lead_id = _ID.search(name).group()
    service = record["services"][0]
    start = datetime.fromisoformat(record["date"]).replace(tzinfo=_KYIV).astimezone(UTC)
    return {
        "appointmentId": str(record["id"]),
        "leadId": lead_id,
        "leadName": " ".join(name.replace(lead_id, "").split()),
        "teacherId": str(record["staff"]["id"]),
        "teacherName": record["staff"]["name"],
        "serviceId": str(service["id"]),
        "serviceName": service["title"],
        "startDateTime": start,
        "endDateTime": start + timedelta(seconds=record["seance_length"]),
        "status": str(record["visit_attendance"]),
        "IsTrial": False,
        "isDeleted": record["deleted"],
        "companyId": str(record["company_id"]),
        "createdAt": datetime.now(UTC),
        "updatedAt": datetime.now(UTC),
    }
