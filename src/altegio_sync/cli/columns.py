"""Text in columns, by the cells of a terminal that it fills: some letters fill two, others none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def width_of(texts: Iterable[str]) -> int:
    """The width of the widest text."""
    return max(map(cell_len, texts), default=0)


def padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def padded_left(text: str, width: int) -> str:
    return " " * (width - cell_len(text)) + text


def name_lines(rows: Sequence[tuple[str, str]]) -> list[str]:
    """A line for each name and value; the values begin in one column."""
    width = width_of(name for name, _ in rows)
    return [f"  {padded(name, width)}  {value}".rstrip() for name, value in rows]
