"""Finds the wrong values in a document, for the rule that found the document."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.findings import FoundDocument, WrongValue
from altegio_sync.mongo.core.documents import KEY
from altegio_sync.mongo.core.ids import is_blank, to_id
from altegio_sync.mongo.tending.repaired_fields import without_extra_spaces
from altegio_sync.mongo.tending.rule_queries import (
    FLAGS,
    MOMENTS,
    NAMES,
    REQUIRED,
    STORING_DATES,
    WANTED_TYPES,
)
from altegio_sync.mongo.tending.rules import DOUBTFUL_LEADS, DUPLICATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from altegio_sync.domain.findings import Value

_LONGEST_VALUE = 80
_SHORT_MINUTES, _LONG_MINUTES = 30, 120
_PYTHON_TYPES = {"string": str, "date": datetime, "bool": bool}
_BSON_NAMES = {
    "str": "string",
    "datetime": "date",
    "int": "int",
    "Int64": "long",
    "float": "double",
    "list": "array",
    "dict": "object",
}


def to_found(document: Mapping[str, Any], rule_id: str) -> FoundDocument:
    """The document, with the values that break the rule."""
    starts_at, ends_at = (document.get(name) for name in MOMENTS)
    describe = _DESCRIPTIONS.get(rule_id, _values())
    return FoundDocument(
        document_id=str(document["_id"]),
        appointment_id=to_id(document.get(KEY)) or _text(document.get(KEY)),
        company_id=_text(document.get("companyId")),
        teacher_id=_text(document.get("teacherId")),
        teacher_name=_text(document.get("teacherName")),
        starts_at=starts_at if isinstance(starts_at, datetime) else None,
        ends_at=ends_at if isinstance(ends_at, datetime) else None,
        lead_id=_text(document.get("leadId")),
        wrong=tuple(describe(document)),
    )


def _text(value: object) -> str | None:
    return None if is_blank(value) else str(value)[:_LONGEST_VALUE]


def _shown_value(name: str, value: Any) -> Value:
    """The stored value; None for a pupil's name, which is private."""
    if name == "leadName" or value is None or isinstance(value, datetime):
        return None if name == "leadName" else value
    return str(value)[:_LONGEST_VALUE]


def _kind(document: Mapping[str, Any], name: str) -> str:
    if name not in document:
        return "missing"
    value = document[name]
    if is_blank(value):
        return "empty"
    kind = type(value).__name__
    return _BSON_NAMES.get(kind, kind.lower())


def _blank_fields(names: Iterable[str]) -> Callable[[Mapping[str, Any]], Iterator[WrongValue]]:
    def describe(document: Mapping[str, Any]) -> Iterator[WrongValue]:
        for name in names:
            if is_blank(document.get(name)):
                yield WrongValue(name, _kind(document, name))

    return describe


def _wrong_types(document: Mapping[str, Any]) -> Iterator[WrongValue]:
    for name, wanted in WANTED_TYPES.items():
        value = document.get(name)
        if not is_blank(value) and not isinstance(value, _PYTHON_TYPES[wanted]):
            yield WrongValue(name, _kind(document, name), _shown_value(name, value))


def _values(*names: str) -> Callable[[Mapping[str, Any]], Iterator[WrongValue]]:
    def describe(document: Mapping[str, Any]) -> Iterator[WrongValue]:
        for name in names:
            yield WrongValue(name, _kind(document, name), _shown_value(name, document.get(name)))

    return describe


def _odd_ids(document: Mapping[str, Any]) -> Iterator[WrongValue]:
    for name in (KEY, "leadId"):
        value = document.get(name)
        if isinstance(value, str) and not (value.isascii() and value.isdigit()):
            yield WrongValue(name, _kind(document, name), _shown_value(name, value))


def _odd_length(document: Mapping[str, Any]) -> Iterator[WrongValue]:
    minutes = (document["endDateTime"] - document["startDateTime"]) / timedelta(minutes=1)
    yield WrongValue("minutes", "short" if minutes < _SHORT_MINUTES else "long", round(minutes))


def _untidy_names(document: Mapping[str, Any]) -> Iterator[WrongValue]:
    for name in NAMES:
        value = document.get(name)
        if isinstance(value, str) and value != without_extra_spaces(value):
            yield WrongValue(name, "extra spaces", _shown_value(name, value))


_DESCRIPTIONS: dict[str, Callable[[Mapping[str, Any]], Iterator[WrongValue]]] = {
    "required-field": _blank_fields(REQUIRED),
    "wrong-type": _wrong_types,
    "missing-flag": _blank_fields((*FLAGS, *STORING_DATES)),
    "id-format": _odd_ids,
    "date-order": _values(*MOMENTS),
    "unknown-status": _values("status"),
    "future-completed": _values("status"),
    "forgotten-pending": _values("endDateTime"),
    "odd-length": _odd_length,
    "untidy-text": _untidy_names,
    DOUBTFUL_LEADS: _values("leadId"),
    "teacher-overlap": _values("endDateTime"),
    DUPLICATES: _values("createdAt", "updatedAt"),
}
