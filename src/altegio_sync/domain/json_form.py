"""The JSON of reports, which `--json` prints and MongoDB keeps: one adapter for all of them."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, fields
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import PurePath
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from altegio_sync.messages import Message
from altegio_sync.messages.foreign_text import plain


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a JSON object that needs more than the name of an attribute.

    ``attribute`` is the name of the attribute, or several names with dots between them. By default
    it is the name of the key. An ``optional`` key is absent where the value is None. A number is
    rounded to ``digits`` digits.
    """

    name: str
    attribute: str = ""
    optional: bool = False
    digits: int | None = None

    def value_of(self, owner: object) -> Any:
        value = operator.attrgetter(self.attribute or self.name)(owner)
        return value if value is None or self.digits is None else round(value, self.digits)


class JsonForm:
    """The base of a dataclass that has a JSON object.

    ``json_keys`` are its keys in order. Without them, the names of the fields are the keys.
    """

    __slots__ = ()
    json_keys: ClassVar[tuple[str | Key, ...]] = ()

    def to_json(self) -> dict[str, Any]:
        shape: dict[str, Any] = {}
        for each in self.json_keys or [each.name for each in fields_of(self)]:
            if isinstance(each, str):
                shape[each] = json_value(getattr(self, each))
                continue
            value = each.value_of(self)
            if value is not None or not each.optional:
                shape[each.name] = json_value(value)
        return shape


def json_value(value: object) -> Any:
    """The value for JSON: days and moments are texts in ISO 8601, moments in UTC."""
    match value:
        case JsonForm():
            return value.to_json()
        case Enum():
            return value.value
        case None | str() | int() | float():
            return value
        case datetime():
            return utc_text(value)
        case date():
            return value.isoformat()
        case Message():
            return plain(str(value))
        case Mapping():
            return {json_value(key): json_value(each) for key, each in value.items()}
        case ZoneInfo() | PurePath():
            return str(value)
        case Iterable():
            return [json_value(each) for each in value]
        case _:
            raise TypeError(f"no JSON for {type(value).__name__}")


def utc_text(moment: datetime) -> str:
    """ISO 8601 in UTC with a Z, to the millisecond (the precision that MongoDB keeps)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def fields_of(owner: JsonForm) -> tuple[Field[Any], ...]:
    return fields(owner)  # type: ignore[arg-type]  # the base is no dataclass itself
