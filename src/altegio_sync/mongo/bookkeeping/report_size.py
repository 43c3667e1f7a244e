"""Keeps the report of a run within the size that MongoDB accepts, however many companies it has."""

from __future__ import annotations

from typing import Any

from bson import encode

#: MongoDB accepts documents of 16 MiB.
_MOST_BYTES = 8 * 1024 * 1024
#: The most of one list, where the report is larger. A report has about twenty lists.
_MOST_OF_A_LIST_BYTES = 256 * 1024
#: The most digits of a position in a list, which BSON stores too.
_POSITION_BYTES = 8

Document = dict[str, Any]


def shorten(report: Document) -> Document:
    """The report. If it is too large: with the first elements of each list only.

    ``left_out`` then has the number of missing elements by the name of the list.
    """
    if len(encode(report)) <= _MOST_BYTES:
        return report
    left_out: dict[str, int] = {}
    shortened = {name: _shorten(name, value, left_out) for name, value in report.items()}
    return shortened | {"left_out": left_out}


def _shorten(name: str, value: object, left_out: dict[str, int]) -> object:
    match value:
        case dict():
            return {
                inner: _shorten(f"{name}.{inner}", each, left_out) for inner, each in value.items()
            }
        case list() if (kept := _count_that_fit(value)) < len(value):
            left_out[name] = len(value) - kept
            return value[:kept]
        case _:
            return value


def _count_that_fit(values: list[Any]) -> int:
    size = 0
    for count, each in enumerate(values):
        size += len(encode({"": each})) + _POSITION_BYTES
        if size > _MOST_OF_A_LIST_BYTES:
            return count
    return len(values)
