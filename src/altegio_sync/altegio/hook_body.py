"""Reads the bodies of Altegio's webhooks. Of the data in them, only the change stamp is read."""

from __future__ import annotations

import secrets
from collections import Counter
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ValidationError

from altegio_sync.altegio.lenient import read_undamaged
from altegio_sync.altegio.translate import to_moment
from altegio_sync.altegio.wire import Id, Text, Usual, Wire
from altegio_sync.domain.notices import Delivery, HookOutcome, Notice, UnreadableNotice

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_STATUSES = ("create", "update", "delete")
#: Stored instead of any other text, which may contain anything.
_OTHER_STATUS = "other"
_RECORD = "record"
_LONGEST_ID = 20


def _none(_value: object) -> None:
    return None


class _WireStamp(Wire):
    """The only field that is read from the data of a notice."""

    last_change_date: Text = ""


class _WireEvent(Wire):
    """One event of a webhook."""

    company_id: Id = None
    resource: Text = ""
    resource_id: Id = None
    status: Text = ""
    data: Annotated[_WireStamp | None, Usual(_WireStamp, _none)] = None


def read_delivery(body: bytes, is_ours: Callable[[str], bool]) -> Delivery:
    """The notices about records of companies for which ``is_ours`` is true.

    If a part of the body cannot be read, the size of the body is noted once, and the other parts
    are read.
    """
    notices: list[Notice | UnreadableNotice] = []
    outcomes: Counter[HookOutcome] = Counter()
    for event in _read_events(body):
        outcome = _judge(event, is_ours)
        outcomes[outcome] += 1
        if event is not None and outcome is HookOutcome.ACCEPTED:
            notices.append(_to_notice(event))
    if outcomes[HookOutcome.UNREADABLE]:
        notices.append(UnreadableNotice(_new_id(), len(body)))
    return Delivery(notices, outcomes)


def _read_events(body: bytes) -> list[_WireEvent | None]:
    """The events; None for each that cannot be read."""
    try:
        value: Any = read_undamaged(body)
    except ValueError:
        return [None]
    return [_read_event(each) for each in (value if isinstance(value, list) else [value])]


def _read_event(value: Any) -> _WireEvent | None:
    # Most of a large forged list is refused here, where this costs little.
    if not isinstance(value, dict) or "resource" not in value:
        return None
    try:
        return _WireEvent.model_validate(value)
    except ValidationError:
        return None


def _judge(event: _WireEvent | None, is_ours: Callable[[str], bool]) -> HookOutcome:
    if event is None or not event.resource:
        return HookOutcome.UNREADABLE
    if event.resource != _RECORD:
        return HookOutcome.OTHER_RESOURCE
    if not (_is_id(event.company_id) and _is_id(event.resource_id)):
        return HookOutcome.UNREADABLE
    if not is_ours(_plain(event.company_id)):
        return HookOutcome.UNKNOWN_COMPANY
    return HookOutcome.ACCEPTED


def _is_id(value: str | None) -> bool:
    return value is not None and len(value) <= _LONGEST_ID


def _plain(value: str | None) -> str:
    """The id as Altegio's API writes it, without zeros before it."""
    return (value or "").lstrip("0")


def _to_notice(event: _WireEvent) -> Notice:
    return Notice(
        id=_new_id(),
        company=_plain(event.company_id),
        appointment_id=_plain(event.resource_id),
        status=event.status if event.status in _STATUSES else _OTHER_STATUS,
        changed_at=_to_changed_at(event.data),
    )


def _to_changed_at(data: _WireStamp | None) -> datetime | None:
    """The change stamp. Without an offset it is a local time of an unknown zone, so it is None."""
    moment = None if data is None else to_moment(data.last_change_date)
    if moment is None or moment.tzinfo is None:
        return None
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None


def _new_id() -> str:
    return secrets.token_hex(12)
