"""A record that is being made, and the oddities that it may get."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from altegio_sync.sandbox.bodies import Body, service_line
from altegio_sync.sandbox.people import EXTRA, GROUP, UNKNOWN_STAFF_ID


@dataclass(frozen=True, slots=True)
class PlantedRecord:
    """A record, and the result that the program must have for it.

    - ``starts``: the record's local time in the calendar, even if its body has no readable date.
    - ``outcome``: "kept", or the reason to skip the record.
    - ``document``: the fields to be stored under the school's lists of services. The dates of
      storing are not among them.
    - ``document_without_lists``: the same if no lists are set.
    """

    body: Body
    starts: str
    outcome: str = "kept"
    document: dict[str, Any] | None = None
    document_without_lists: dict[str, Any] | None = None


@dataclass(slots=True)
class Draft:
    """A record that is still being made, and the document that it must be stored as."""

    body: Body
    starts: str
    document: dict[str, Any]
    document_without_lists: dict[str, Any] = field(default_factory=dict)

    def planted(self, outcome: str = "kept") -> PlantedRecord:
        if outcome == "kept":
            other = self.document | self.document_without_lists
            return PlantedRecord(self.body, self.starts, outcome, self.document, other)
        return PlantedRecord(self.body, self.starts, outcome)


def set_length(draft: Draft, length_s: int) -> None:
    draft.body |= {"seance_length": length_s, "length": length_s}
    draft.document["endDateTime"] = draft.document["startDateTime"] + timedelta(seconds=length_s)


def as_time_block(draft: Draft) -> None:
    draft.body |= {"client": None, "services": [], "visit_id": 0, "paid_full": 1}
    draft.body |= {"payment_status": 1, "visit_attendance": 0, "attendance": 0}
    draft.body["documents"][0]["visit_id"] = 0


def as_group(draft: Draft) -> None:
    group = GROUP[draft.body["id"] % len(GROUP)]
    # Pupils of one event share its id.
    activity_id = 5_000_000 + draft.body["id"] // 6
    draft.body |= {"services": [service_line(group)], "activity_id": activity_id}


def as_extra(draft: Draft) -> None:
    draft.body |= {"services": [service_line(EXTRA)], "activity_id": 4_000_000 + draft.body["id"]}


def as_unknown_teacher(draft: Draft) -> None:
    draft.body |= {"staff_id": UNKNOWN_STAFF_ID, "staff": []}


def without_length(draft: Draft) -> None:
    draft.body |= {"seance_length": 0, "length": 0}


def without_date(draft: Draft) -> None:
    draft.body |= {"date": "0000-00-00 00:00:00", "datetime": "0000-00-00T00:00:00+00:00"}


def with_unknown_status(draft: Draft) -> None:
    draft.body |= {"visit_attendance": 5, "attendance": 5}


def with_service_in_second_place(draft: Draft) -> None:
    draft.body["services"].insert(0, service_line(EXTRA))
    draft.document_without_lists = {"serviceId": str(EXTRA["id"]), "serviceName": EXTRA["title"]}


def as_deleted(draft: Draft) -> None:
    draft.body["deleted"] = True
    draft.document["isDeleted"] = True


def with_ids_as_strings(draft: Draft) -> None:
    for key in ("id", "company_id", "staff_id", "visit_id"):
        draft.body[key] = str(draft.body[key])


def with_wrong_offset(draft: Draft) -> None:
    """The offset is an hour too small, and `date` is correct, as in real data in summer."""
    sent = datetime.fromisoformat(draft.body["datetime"])
    draft.body["datetime"] = f"{sent.replace(tzinfo=None).isoformat()}+01:00"


def with_flags_and_prices_wobbling(draft: Draft) -> None:
    draft.body |= {"deleted": 0, "online": 1, "paid_full": True, "confirmed": True}
    for line in draft.body["services"]:
        line["cost"] = f"{line['cost']}.00"


def with_attendance_alone(draft: Draft) -> None:
    draft.body["visit_attendance"] = None


def with_length_alone(draft: Draft) -> None:
    del draft.body["seance_length"]


def with_position_as_list(draft: Draft) -> None:
    draft.body["staff"]["position"] = []
