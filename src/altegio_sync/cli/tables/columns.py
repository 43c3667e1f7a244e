"""The columns of a table, and the values of its cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import TypeAlias

from altegio_sync.messages import Message

#: A moment is aware and in the zone in which people read it. None is an empty cell.
Cell: TypeAlias = str | Message | int | float | bool | date | datetime | None
Row: TypeAlias = Sequence[Cell]


class Kind(Enum):
    """How a column is shown in a spreadsheet; a value of another kind is shown as what it is."""

    TEXT = "text"
    NUMBER = "number"
    HOURS = "hours"
    DAY = "day"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Column:
    """People read ``title``. ``name`` is for programs: header of `.csv`, key of `.jsonl`."""

    name: str
    title: Message
    kind: Kind = Kind.TEXT
