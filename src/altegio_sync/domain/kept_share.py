"""Decides whether a run kept so few bookings that a setting is probably wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from statistics import median
from typing import TYPE_CHECKING

from altegio_sync.domain.json_form import JsonForm
from altegio_sync.domain.lessons import SkipReason
from altegio_sync.domain.stored import Count, Flag
from altegio_sync.messages import lessons as texts
from altegio_sync.messages.words import BOTH, join

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from altegio_sync.domain.counts import RecordCounts
    from altegio_sync.messages import Message

#: A run with fewer bookings says nothing about the settings.
MIN_RECORDS = 20
_COMPARED = 10
_LOW = 1 / 3
_LIKELY = {
    SkipReason.SERVICE: texts.MOST_OTHER_SERVICES,
    SkipReason.NO_CRM_ID: texts.MOST_NO_CRM_ID,
    SkipReason.TEACHER_NOT_FOUND: texts.MOST_UNKNOWN_TEACHER,
    SkipReason.INVALID: texts.MOST_INVALID,
}


@dataclass(frozen=True, slots=True)
class KeptSample(JsonForm):
    """How many distinct bookings a run read, and how many of them are stored now.

    ``is_low``: the share was under a third of the usual share. ``is_warned``: the run warned.
    """

    fetched: Count
    kept: Count
    is_low: Flag = False
    is_warned: Flag = False

    @property
    def share(self) -> float:
        return self.kept / self.fetched if self.fetched else 0.0


class ShareLevel(Enum):
    """How a run's share of kept bookings compares with the usual share."""

    ENOUGH = "enough"
    #: The first low run in succession: a holiday camp may explain it.
    LOW = "low"
    TOO_LITTLE = "too little"
    NONE = "none"


def judge_kept(kept: int, fetched: int, earlier: Sequence[KeptSample]) -> ShareLevel:
    """Compare with earlier runs of at least `MIN_RECORDS` bookings; the latest is last."""
    if kept == 0:
        before = earlier[-_COMPARED:]
        # This location never has lessons of the school's kind.
        is_usual = len(before) == _COMPARED and all(each.kept == 0 for each in before)
        return ShareLevel.ENOUGH if is_usual else ShareLevel.NONE
    usual = usual_share(earlier)
    if usual is None or kept / fetched >= usual * _LOW:
        return ShareLevel.ENOUGH
    return ShareLevel.TOO_LITTLE if earlier[-1].is_low else ShareLevel.LOW


def usual_share(earlier: Sequence[KeptSample]) -> float | None:
    """The median share of the last runs without a warning; None where there is no such run."""
    shares = [each.share for each in earlier if not each.is_warned][-_COMPARED:]
    return median(shares) if shares else None


def too_little_text(
    records: RecordCounts, level: ShareLevel, earlier: Sequence[KeptSample]
) -> Message:
    """The warning, with the setting that is probably wrong."""
    kept, fetched = kept_of(records), records.fetched
    if level is ShareLevel.NONE:
        found = texts.NONE_KEPT(count=fetched)
    else:
        usual = usual_share(earlier) or 0.0
        found = texts.FEW_KEPT(kept=kept, count=fetched, share=kept / fetched, usual=usual)
    were_skipped = bool(records.skipped.total())
    cause = likely_setting(records.skipped) if were_skipped else texts.OTHERS_REFUSED()
    return join(BOTH, [found, cause])


def likely_setting(skipped: Mapping[SkipReason, int]) -> Message:
    """The sentence about the setting that is probably wrong, by the most frequent reason."""
    return _LIKELY[max(SkipReason, key=lambda each: skipped.get(each, 0))]()


def kept_of(records: RecordCounts) -> int:
    return records.saved + records.updated + records.duplicates
