"""Parts that many sentences share: spans of time, counted things, ids, alternatives."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from altegio_sync.messages.template import Template, as_message

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from altegio_sync.messages.template import Message

SECONDS = Template("seconds", "{count} second", "{count} seconds")
MINUTES = Template("minutes", "{count} minute", "{count} minutes")
HOURS = Template("hours", "{count} hour", "{count} hours")
DAYS = Template("days", "{count} day", "{count} days")
DOCUMENTS = Template("documents", "{count} document", "{count} documents")
DIGITS = Template("digits", "{count} digit", "{count} digits")

FAILED = Template("failed_word", "failed")

LISTED = Template("listed", "{ids}")
LISTED_AND_MORE = Template("listed_and_more", "{ids} and {more} more")

BECAUSE = Template("because", "{what}: {reason}")
BOTH = Template("both", "{first}; {second}")
LINES = Template("lines", "{first}\n{second}")
EITHER = Template("either", "{first} or {second}")

_IDS_SHOWN = 10


def some_ids(ids: Sequence[str]) -> Message:
    """The first ids, and how many more there are; `--json` has them all."""
    more = len(ids) - _IDS_SHOWN
    first = list(ids[:_IDS_SHOWN])
    return LISTED_AND_MORE(ids=first, more=more) if more > 0 else LISTED(ids=first)


def join(pair: Template, parts: Iterable[Message | str]) -> Message:
    """The parts in one message; ``pair`` joins two: `BOTH`, `LINES`, `EITHER`."""
    return reduce(lambda first, second: pair(first=first, second=second), map(as_message, parts))
