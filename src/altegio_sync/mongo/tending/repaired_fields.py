"""Computes the fields that repair a document: without Altegio, or by Altegio's answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.repair import Loss
from altegio_sync.mongo.core.document_ids import made_at
from altegio_sync.mongo.core.documents import (
    KEY,
    STAMP,
    changed_fields,
    changed_stamp,
    settled_fields,
    wanted_fields,
)
from altegio_sync.mongo.core.ids import is_blank, to_whole_number
from altegio_sync.mongo.tending.rule_queries import (
    FLAGS,
    MOMENTS,
    NAMES,
    STORING_DATES,
    WANTED_TYPES,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.repair import Answer

    Fields = dict[str, Any]

#: Milliseconds since 1970, from 2001 to 2286. A smaller number is no time of a lesson.
_MILLISECONDS = range(10**12, 10**13)
_TRUE = ("1", "true")
_FALSE = ("0", "false")
_PYTHON_TYPES = {"string": str, "date": datetime, "bool": bool}
_NAME_PARTS = re.compile(r"[\s\u00a0]+")


def locally_repaired_fields(
    document: Mapping[str, Any], zone: ZoneInfo | None, ignored: Collection[str] = ()
) -> Fields:
    """The fields that can be repaired without Altegio, except those of ``ignored`` rules.

    Types are converted. A date without a zone is read in ``zone``; if this is None, the date is not
    repaired. A missing `createdAt` or `updatedAt` gets the time in `_id`. Extra white space is
    removed from names.
    """
    fields: Fields = {}
    left = find_local_dates(document) if zone is None else ()
    for name, kind in WANTED_TYPES.items():
        value = document.get(name)
        if is_blank(value) or isinstance(value, _PYTHON_TYPES[kind]):
            continue
        converted = _to_type(value, kind, zone)
        # A stamp that cannot be read is removed: the next sync stores a new stamp.
        if converted is not None or (name == STAMP and STAMP not in find_local_dates(document)):
            fields[name] = converted
    for name in STORING_DATES:
        stored_at = made_at(document["_id"])
        value = fields.get(name, document.get(name))
        if not isinstance(value, datetime) and stored_at is not None and name not in left:
            fields[name] = stored_at
    for name in NAMES:
        value = fields.get(name, document.get(name))
        if isinstance(value, str) and not is_blank(value) and value != without_extra_spaces(value):
            fields[name] = without_extra_spaces(value)
    return {name: fields[name] for name in fields if _rule_of(document, name) not in ignored}


def _rule_of(document: Mapping[str, Any], name: str) -> str:
    """The rule that finds the field, among the rules that can be repaired without Altegio."""
    value = document.get(name)
    if is_blank(value):
        return "missing-flag"
    is_wanted = isinstance(value, _PYTHON_TYPES[WANTED_TYPES[name]])
    return "untidy-text" if is_wanted else "wrong-type"


def find_local_dates(document: Mapping[str, Any]) -> list[str]:
    """The names of the dates that are stored as texts without a zone."""
    names = [name for name, kind in WANTED_TYPES.items() if kind == "date"]
    return [
        name
        for name in names
        if (moment := _parse_moment(document.get(name))) is not None and moment.tzinfo is None
    ]


def without_extra_spaces(name: str) -> str:
    """The name without white space at its ends, and without repeated white space."""
    inner = _NAME_PARTS.sub(lambda match: match[0] if len(match[0]) == 1 else " ", name)
    return inner.strip()


def find_loss(document: Mapping[str, Any]) -> Loss:
    if all(is_blank(document.get(name)) for name in (KEY, "leadId", "startDateTime")):
        return Loss.ALL
    is_part = any(is_blank(document.get(name)) for name in ("leadId", *MOMENTS))
    return Loss.PART if is_part else Loss.NOTHING


def fields_repaired_by(document: Mapping[str, Any], answer: Answer, now: datetime) -> Fields:
    """The fields to set by Altegio's answer."""
    verdict = answer.verdict
    wanted: Fields = {}
    if verdict is not None:
        wanted, _ = settled_fields(wanted_fields(verdict), verdict, document)
    fields = changed_fields(document, wanted)
    for name in FLAGS:
        if name not in fields and not isinstance(document.get(name), bool):
            is_trial = verdict is not None and name == "IsTrial" and answer.is_trial
            fields[name] = is_trial
    if fields:
        fields |= {**changed_stamp(document, wanted), "updatedAt": now}
    return fields


def _to_type(value: Any, kind: str, zone: ZoneInfo | None) -> Any:
    match kind:
        case "date":
            return to_moment(value, zone)
        case "bool":
            return _to_flag(value)
        case _:
            return _to_text(value)


def to_moment(value: Any, zone: ZoneInfo | None) -> datetime | None:
    """The moment in a text, or in milliseconds. Without a zone, a local time is not read."""
    if isinstance(value, str):
        moment = _parse_moment(value)
        if moment is None or (moment.tzinfo is None and zone is None):
            return None
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        try:
            return aware.astimezone(UTC)
        except OverflowError:
            return None
    number = to_whole_number(value)
    if number is None or number not in _MILLISECONDS:
        return None
    return datetime.fromtimestamp(number / 1000, UTC)


def _parse_moment(value: object) -> datetime | None:
    """The moment in a text; None for a day without a time, and for any other value."""
    if not isinstance(value, str) or len(value.strip()) <= len("2026-01-01"):
        return None
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError:
        return None


def _to_flag(value: Any) -> bool | None:
    text = str(value).strip().lower() if isinstance(value, str) else str(to_whole_number(value))
    if text in _TRUE:
        return True
    return False if text in _FALSE else None


def _to_text(value: Any) -> str | None:
    number = to_whole_number(value)
    return None if number is None else str(number)
