"""The events of webhooks, with the keys, their order and the habits of Altegio's webhooks.

No event has a signature. Sometimes the data are only the fields that changed, and sometimes a new
booking arrives as an `update`.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from altegio_sync.sandbox.bodies import Body
from altegio_sync.sandbox.changes import ChangeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.sandbox.changes import SchoolChange

#: The keys of a record in a webhook. The API's own answer has others, in another order.
_RECORD_KEYS = (
    *("id", "company_id", "staff_id", "clients_count", "date", "comment", "online", "visit_id"),
    *("visit_attendance", "attendance", "confirmed", "seance_length", "length", "sms_before"),
    *("sms_now", "sms_now_text", "email_now", "notified", "master_request", "api_id", "from_url"),
    *("review_requested", "created_user_id", "deleted", "paid_full", "prepaid"),
    *("prepaid_confirmed", "is_update_blocked", "activity_id", "bookform_id", "record_from"),
    *("is_mobile", "services", "staff", "goods_transactions", "sms_remain_hours"),
    *("email_remain_hours", "comer", "comer_person_info", "client", "datetime", "create_date"),
    *("last_change_date", "custom_fields", "custom_color", "custom_font_color", "record_labels"),
    *("documents", "short_link", "composite"),
)
_ONLY_IN_WEBHOOKS: Body = {"comer_person_info": None, "composite": []}
_CLIENT_KEYS = (
    *("id", "name", "surname", "patronymic", "display_name", "comment", "phone", "card", "email"),
    *("success_visits_count", "fail_visits_count", "discount", "custom_fields", "sex", "birthday"),
    "client_tags",
)
_CLIENT_ONLY_IN_WEBHOOKS: Body = {"comment": "", "sex": 0, "birthday": ""}

_CREATED_AS_UPDATE = 0.2
_DELETED_AS_UPDATE = 0.2
#: The share of deletions whose data do not say that the booking is deleted.
_DELETED_NOT_SHOWN = 0.2
_ONLY_CHANGED_FIELDS = 0.3
_SCHEDULE_TOO = 0.2


def record_event(change: SchoolChange, source: random.Random) -> Body:
    """The event of the booking itself, in one of its forms."""
    kind, data = change.kind, webhook_record(change.after)
    if kind is ChangeKind.CREATE and source.random() < _CREATED_AS_UPDATE:
        kind = ChangeKind.UPDATE
    elif kind is ChangeKind.UPDATE and source.random() < _ONLY_CHANGED_FIELDS:
        data = _changed_fields(change)
    elif kind is ChangeKind.DELETE:
        if source.random() < _DELETED_AS_UPDATE:
            kind = ChangeKind.UPDATE
            data["deleted"] = True
        elif source.random() < _DELETED_NOT_SHOWN:
            data["deleted"] = False
    return _event(change.company_id, "record", change.record_id, kind, data)


def update_event(change: SchoolChange) -> Body:
    """Another `update` of the same booking, as in a burst."""
    data = webhook_record(change.after)
    return _event(change.company_id, "record", change.record_id, ChangeKind.UPDATE, data)


def other_events(change: SchoolChange, source: random.Random) -> Iterator[Body]:
    """The events of other resources that the same change causes."""
    after, before = change.after, change.before or {}
    company_id, client = change.company_id, after["client"]
    if change.kind is ChangeKind.CREATE and client:
        yield _event(company_id, "client", client["id"], ChangeKind.UPDATE, _client(client))
    if after["attendance"] == 1 != before.get("attendance"):
        number = 300_000_000 + change.record_id % 100_000_000
        paid = {"id": number, "record_id": change.record_id, "amount": 0}
        yield _event(company_id, "finances_operation", number, ChangeKind.CREATE, paid)
    if after["date"] != before.get("date") and source.random() < _SCHEDULE_TOO:
        # The data of this resource are always an empty list.
        yield _event(company_id, "schedule", int(after["staff_id"]), ChangeKind.UPDATE, [])


def webhook_record(body: Body) -> Body:
    """The record as a webhook contains it."""
    known = body | _ONLY_IN_WEBHOOKS
    if isinstance(body["client"], dict):
        known["client"] = _client(body["client"])
    return {key: known[key] for key in _RECORD_KEYS if key in known}


def _client(client: Body) -> Body:
    known = client | _CLIENT_ONLY_IN_WEBHOOKS
    return {key: known[key] for key in _CLIENT_KEYS}


def _changed_fields(change: SchoolChange) -> Body:
    before = change.before or {}
    return {
        key: value
        for key, value in webhook_record(change.after).items()
        if key in change.after and before.get(key) != change.after[key]
    }


def _event(
    company_id: str, resource: str, resource_id: int, kind: ChangeKind, data: object
) -> Body:
    return {
        "company_id": int(company_id),
        "resource": resource,
        "resource_id": resource_id,
        "status": kind.value,
        "data": data,
    }
