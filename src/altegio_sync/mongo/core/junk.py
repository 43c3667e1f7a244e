"""Finds documents in the program's own collections that the program did not write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from altegio_sync.domain.clock import MOST_AHEAD

#: Other moments are mistakes, and cannot be calculated with in every zone.
EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
#: Conditions of a query. An array matches too if one of its elements matches.
IS_NO_ARRAY: dict[str, Any] = {"$not": {"$type": "array"}}
IS_MOMENT: dict[str, Any] = {"$gte": EARLIEST, "$lt": LATEST, **IS_NO_ARRAY}
IS_TEXT: dict[str, Any] = {"$type": "string", **IS_NO_ARRAY}
#: Called with the name of a collection and the `_id` of a document in it.
OnJunk = Callable[[str, object], None]


def unreported(_collection: str, _document_id: object) -> None:
    """For callers that do not report such documents."""


def past_moment(value: object, now: datetime) -> datetime:
    """The value as an aware moment.

    Raises:
        TypeError: it is no moment.
        ValueError: it is in the future.
    """
    if not isinstance(value, datetime):
        raise TypeError("no moment")
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    if moment > now + MOST_AHEAD:
        raise ValueError("in the future")
    return moment


def text(value: object) -> str:
    """The value.

    Raises:
        TypeError: it is no text.
    """
    if type(value) is not str:  # BSON's code is a text that cannot be hashed
        raise TypeError("no text")
    return value
