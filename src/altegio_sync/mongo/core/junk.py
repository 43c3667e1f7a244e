"""Documents in the program's own collections that it did not write so; they are passed over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from altegio_sync.domain.clock import MOST_AHEAD

#: Gets the name of a collection and the `_id` of a document in it.
OnJunk = Callable[[str, object], None]


def unreported(_collection: str, _document_id: object) -> None:
    """For those who do not ask about it."""


def past_moment(value: object, now: datetime) -> datetime:
    """The value, an aware moment that is not in the future.

    Raises:
        TypeError: it is none.
        ValueError: it is in the future.
    """
    if not isinstance(value, datetime):
        raise TypeError("no moment")
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    if moment > now + MOST_AHEAD:
        raise ValueError("in the future")
    return moment


def text(value: object) -> str:
    """The value, a text.

    Raises:
        TypeError: it is none.
    """
    if type(value) is not str:  # BSON's code is a text that cannot be hashed
        raise TypeError("no text")
    return value
