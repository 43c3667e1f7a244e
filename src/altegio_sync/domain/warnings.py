"""Words that warnings share: some of the ids behind a count, and counted things."""

from __future__ import annotations

from altegio_sync.messages.words import some_ids

__all__ = ["counted", "some_ids"]


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
