"""Makes one document of several that stand under the same appointment id."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from altegio_sync.mongo.core.documents import BOOKING_FIELDS, KEY, STAMP
from altegio_sync.mongo.core.elements import RawValue, split, to_raw
from altegio_sync.mongo.tending.trash import Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bson.raw_bson import RawBSONDocument

_TAKEN_FIELDS = (*BOOKING_FIELDS, "updatedAt")
_NOTHING = (to_raw(None), to_raw(""), RawValue(b"\x06"))
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)


def plan_merge(documents: Sequence[RawBSONDocument]) -> list[Change]:
    """The changes that leave one of these, which are in the order of `_id`.

    They are its own, where it gains something, and removals.

    The one that was created first stays (then the one with the lowest `_id`). It takes the fields
    of the appointment from the one updated last, its own `createdAt` aside, and where that one says
    nothing from the latest that does; and it gains whatever fields only the removed ones have,
    those of other programs above all.
    """
    ordered = sorted(documents, key=_created_at)  # stable
    kept, removed = ordered[0], ordered[1:]
    by_update = sorted(ordered, key=_updated_at)  # stable: of equal ones the later created wins
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
    # While the others stand there, the id as text may be one of theirs.
    last = {KEY: changed.pop(KEY)} if KEY in changed else {}
    gains = [Change(kept, changed, last=last)] if changed or last else []
    return gains + [Change(each, removes=True) for each in removed]


def _created_at(document: RawBSONDocument) -> datetime:
    created_at = document.get("createdAt")
    return created_at if isinstance(created_at, datetime) else _LATEST


def _updated_at(document: RawBSONDocument) -> tuple[datetime, datetime]:
    """By Altegio's time stamp of the last change, then by ours."""
    stamp, ours = (document.get(name) for name in (STAMP, "updatedAt"))
    return (
        stamp if isinstance(stamp, datetime) else _NEVER,
        ours if isinstance(ours, datetime) else _NEVER,
    )
