"""Merges the documents with the same appointment id into one document."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from altegio_sync.mongo.core.documents import BOOKING_FIELDS, KEY, STAMP
from altegio_sync.mongo.core.elements import RawValue, split, to_raw
from altegio_sync.mongo.tending.changes import Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bson.raw_bson import RawBSONDocument

_TAKEN_FIELDS = (*BOOKING_FIELDS, "updatedAt")
_NOTHING = (to_raw(None), to_raw(""), RawValue(b"\x06"))
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)


def plan_merge(documents: Sequence[RawBSONDocument]) -> list[Change]:
    """The changes that keep one of the documents, which are in the order of `_id`.

    The document that was created first is kept; if several were created at the same time, the
    document with the lowest `_id`. The other documents are removed.

    The kept document gets the fields of the appointment from the document that was updated last.
    If a field is empty there, it is taken from the latest document in which it is not empty. The
    kept document keeps its own `createdAt`. It also gets the fields that only removed documents
    have, such as those of other programs.
    """
    ordered = sorted(documents, key=_created_at)  # stable
    kept, removed = ordered[0], ordered[1:]
    by_update = sorted(
        ordered, key=_updated_at
    )  # stable: if several are equal, the document that was created last wins
    latest_first = [dict(split(each.raw)) for each in reversed(by_update)]
    fields: dict[str, RawValue] = {}
    for name in _TAKEN_FIELDS:
        found = [each[name] for each in latest_first if name in each]
        if found:
            fields[name] = next((each for each in found if each not in _NOTHING), found[0])
    texts = [each[KEY] for each in documents if isinstance(each[KEY], str)]
    if texts:
        fields[KEY] = to_raw(texts[0])
    own = dict(split(kept.raw))
    for document in latest_first:
        for name, value in document.items():
            if name not in own:
                fields.setdefault(name, value)
    changed = {name: value for name, value in fields.items() if own.get(name) != value}
    # One of the other documents may have this id as text, so it is set after their removal.
    last = {KEY: changed.pop(KEY)} if KEY in changed else {}
    gains = [Change(kept, changed, last=last)] if changed or last else []
    return gains + [Change(each, removes=True) for each in removed]


def _created_at(document: RawBSONDocument) -> datetime:
    created_at = document.get("createdAt")
    return created_at if isinstance(created_at, datetime) else _LATEST


def _updated_at(document: RawBSONDocument) -> tuple[datetime, datetime]:
    """The order of updates: by Altegio's time stamp, then by ours."""
    stamp, ours = (document.get(name) for name in (STAMP, "updatedAt"))
    return (
        stamp if isinstance(stamp, datetime) else _NEVER,
        ours if isinstance(ours, datetime) else _NEVER,
    )
