"""The counts of a run: requests, bookings, days, and appointments that are no longer listed."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from altegio_sync.domain.json_form import JsonForm, Key, fields_of
from altegio_sync.domain.lessons import SkipReason


class Counts(JsonForm):
    """The base of a dataclass of numbers and counters: two of them are added field by field."""

    __slots__ = ()

    def __add__(self, other: Self) -> Self:
        return self._combine(other, operator.add)

    def __sub__(self, earlier: Self) -> Self:
        return self._combine(earlier, operator.sub)

    def _combine(self, other: Self, combine: Callable[[Any, Any], Any]) -> Self:
        names = [each.name for each in fields_of(self)]
        return type(self)(*(combine(getattr(self, name), getattr(other, name)) for name in names))


class Outcome(StrEnum):
    """What happened to one booking. A skipped booking also has a reason."""

    SAVED = "saved"
    UPDATED = "updated"
    DUPLICATE = "duplicate"
    STALE = "stale"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(slots=True)
class ApiUsage(Counts):
    """The requests to Altegio. Every start of a request counts, also if it was refused."""

    requests: int = 0
    retries: int = 0
    rate_limited: int = 0
    pages: int = 0
    rereads: int = 0


@dataclass(slots=True)
class RecordCounts(Counts):
    """Distinct bookings by outcome; the ``stale`` bookings are among the duplicates.

    The ``doubtful`` bookings are among the saved, updated and duplicates. The ``shifted`` bookings
    were updated, and their start differed by exactly the zone's offset: a local time had been
    stored as UTC, or the reverse.
    """

    json_keys = (
        *("fetched", "saved", "updated", "duplicates", "stale", "failed", "doubtful"),
        *(Key("skipped", "skipped_by_reason"), Key("changes", "changes_by_field")),
        Key("shifted_starts", optional=True),
    )

    saved: int = 0
    updated: int = 0
    duplicates: int = 0
    stale: int = 0
    failed: int = 0
    no_longer_kept: int = 0
    doubtful: int = 0
    shifted: int = 0
    skipped: Counter[SkipReason] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)

    @property
    def fetched(self) -> int:
        return (
            self.saved + self.updated + self.duplicates + self.failed + sum(self.skipped.values())
        )

    @property
    def skipped_by_reason(self) -> dict[SkipReason, int]:
        return {reason: self.skipped[reason] for reason in SkipReason}

    @property
    def changes_by_field(self) -> dict[str, int]:
        return dict(sorted(self.changes.items()))

    @property
    def shifted_starts(self) -> int | None:
        return self.shifted or None

    def count(self, outcome: Outcome, reason: SkipReason | None = None) -> None:
        match outcome:
            case Outcome.SAVED:
                self.saved += 1
            case Outcome.UPDATED:
                self.updated += 1
            case Outcome.DUPLICATE:
                self.duplicates += 1
            case Outcome.STALE:
                self.duplicates += 1
                self.stale += 1
            case Outcome.FAILED:
                self.failed += 1
            case Outcome.SKIPPED:
                self.skipped[reason or SkipReason.INVALID] += 1


@dataclass(slots=True)
class DayCounts(Counts):
    """Local days, by how certain it is that no booking was missed.

    `Grade` says what ``checked`` and ``proved`` mean. ``unsettled``: the list kept changing, or not
    all of its bookings could be stored. ``resumed``: the day was complete before the run, so it
    was not read.
    """

    checked: int = 0
    proved: int = 0
    unsettled: int = 0
    resumed: int = 0


@dataclass(slots=True)
class VanishedCounts(Counts):
    """Stored appointments that were not listed: requested by id, gone (404), not changed."""

    asked: int = 0
    gone: int = 0
    left: int = 0
