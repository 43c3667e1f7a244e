"""Changed fields with their old and new values. Only fields that logs may contain are included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from altegio_sync.messages.foreign_text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

#: Status, times and ids; never a name.
_SHOWN = (
    "status",
    "startDateTime",
    "endDateTime",
    "leadId",
    "teacherId",
    "serviceId",
    "companyId",
    "isDeleted",
    "IsTrial",
)
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of a document, with the stored value and the value that replaces it."""

    name: str
    old: object
    new: object

    def is_shifted_start(self, zone: ZoneInfo) -> bool:
        """Whether the start changed by exactly the zone's offset at that time.

        This happens when a program reads a local time as UTC, or UTC as a local time.
        """
        if self.name != "startDateTime":
            return False
        if not (isinstance(self.old, datetime) and isinstance(self.new, datetime)):
            return False
        offset = self.new.astimezone(zone).utcoffset()
        return bool(offset) and abs(self.old - self.new) == abs(offset or timedelta())

    def __str__(self) -> str:
        return f"{self.name} {_value(self.old)} -> {_value(self.new)}"


def find_changes(
    stored: Mapping[str, Any], changed: Mapping[str, Any], names: Iterable[str]
) -> tuple[FieldChange, ...]:
    """The changes of these fields, except fields that contain a person's name."""
    wanted = set(names)
    return tuple(
        FieldChange(name, stored.get(name), changed[name])
        for name in _SHOWN
        if name in wanted and name in changed
    )


def _value(value: object) -> str:
    match value:
        case None:
            return "none"
        case datetime():
            at = value if value.tzinfo else value.replace(tzinfo=UTC)
            return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        case str():
            return plain(value) if len(value) <= _LONGEST else f"{plain(value[:_LONGEST])}..."
        case bool() | int():
            return str(value)
        case _:
            return f"a value of type {type(value).__name__}"
