"""Tests how the settings would treat the newest bookings."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from altegio_sync.domain.kept_share import MIN_RECORDS, likely_setting
from altegio_sync.domain.lessons import Kept, Skipped, count_reasons, judge
from altegio_sync.messages import check as texts
from altegio_sync.messages import check_names as names
from altegio_sync.messages.words import DIGITS
from altegio_sync.usecases.check.checks import Check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from altegio_sync.domain.appointment import Booking, Teacher
    from altegio_sync.domain.lessons import LessonRules
    from altegio_sync.messages import Message

SAMPLE = 100


def check_sample(
    bookings: Sequence[Booking], rules: LessonRules, staff: Mapping[str, Teacher]
) -> Check:
    """How many of the newest bookings would be stored, and why the others would not."""
    verdicts = [judge(each, rules, staff) for each in newest(bookings)]
    kept = [each for each in verdicts if isinstance(each, Kept)]
    reasons = Counter(each.reason for each in verdicts if isinstance(each, Skipped))
    text = texts.WOULD_BE_STORED(kept=len(kept), count=len(verdicts))
    if reasons:
        text = texts.OTHERS_NOT_STORED(stored=text, reasons=count_reasons(reasons))
    if doubtful := sum(each.appointment.lead.is_doubtful for each in kept):
        text = texts.SOME_DOUBTFUL(stored=text, doubtful=doubtful)
    if kept:
        text = texts.ID_LENGTHS(stored=text, lengths=_count_lengths(kept))
    if not kept and len(verdicts) >= MIN_RECORDS:
        return Check.warning(names.BOOKINGS(), text, likely_setting(reasons))
    return Check.good(names.BOOKINGS(), text)


def _count_lengths(kept: Sequence[Kept]) -> list[Message]:
    lengths = Counter(len(each.appointment.lead.id) for each in kept)
    return [
        texts.ID_LENGTH(digits=DIGITS(count=length), found=found)
        for length, found in sorted(lengths.items())
    ]


def newest(bookings: Sequence[Booking]) -> list[Booking]:
    """The bookings that start last, at most 100."""
    first = datetime.min.replace(tzinfo=UTC)
    return sorted(bookings, key=lambda each: each.starts_at or first)[-SAMPLE:]
