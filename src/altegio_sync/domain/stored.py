"""Reads stored values back by the dataclasses that they were written from.

An earlier or a later version of the program may have written them, or another program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, TypeVar, cast

from pydantic import AfterValidator, Strict, TypeAdapter, ValidationError

Stored = TypeVar("Stored")
#: Nearer to the ends of the calendar, a moment has no local time in some zones.
_FIRST = datetime(1, 1, 3, tzinfo=UTC)
_LAST = datetime(9999, 12, 29, tzinfo=UTC)


def _with_local_times(moment: datetime) -> datetime:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not _FIRST < aware < _LAST:
        raise ValueError("at an end of the calendar")
    return aware


#: Types of fields that are read strictly: 1 is not True, "7" is no number and 7 is no moment.
Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict()]
Moment = Annotated[datetime, Strict(), AfterValidator(_with_local_times)]


def read_stored(kind: type[Stored], stored: object, on_odd: Callable[[], None]) -> Stored | None:
    """Read the value and leave out its odd fields. None where an odd field cannot be left out.

    A field is odd where its value has another type than this version writes. If there is an odd
    field, ``on_odd`` is called. Unknown fields are ignored, since a later version may write more.
    """
    adapter: TypeAdapter[Stored] = _adapter(cast("Any", kind))
    try:
        return adapter.validate_python(stored)
    except ValidationError as error:
        odd = {each["loc"][0] for each in error.errors(include_input=False) if each["loc"]}
    on_odd()
    if not isinstance(stored, Mapping):
        return None
    try:
        return adapter.validate_python({key: stored[key] for key in stored if key not in odd})
    except ValidationError:
        return None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
