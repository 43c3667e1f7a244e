"""Words that warnings share: some of the ids behind a count, and counted things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.foreign_text import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN = 10


def some_ids(ids: Sequence[str]) -> str:
    """The first ids, and how many more there are; `--json` has them all."""
    first = ", ".join(map(shown, ids[:_SHOWN]))
    more = len(ids) - _SHOWN
    return f"{first} and {more} more" if more > 0 else first


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
