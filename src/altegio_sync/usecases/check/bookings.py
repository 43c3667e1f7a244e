"""Tests what the settings would make of the newest bookings."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from altegio_sync.domain.kept_share import MIN_RECORDS, likely_setting
from altegio_sync.domain.lessons import Kept, Skipped, SkipReason, judge
from altegio_sync.domain.warnings import counted
from altegio_sync.usecases.check.checks import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from altegio_sync.domain.appointment import Booking, Teacher
    from altegio_sync.domain.lessons import LessonRules

SAMPLE = 100


def check_sample(
    bookings: Sequence[Booking], rules: LessonRules, staff: Mapping[str, Teacher]
) -> Finding:
    """What would become of the newest bookings under the settings, by counts only."""
    verdicts = [judge(each, rules, staff) for each in newest(bookings)]
    kept = [each for each in verdicts if isinstance(each, Kept)]
    reasons = Counter(each.reason for each in verdicts if isinstance(each, Skipped))
    text = f"{len(kept)} of the newest {counted(len(verdicts), 'booking')} would be stored"
    if reasons:
        text += ", not stored: " + ", ".join(
            f"{reason.value} {reasons[reason]}" for reason in SkipReason if reasons[reason]
        )
    doubtful = sum(each.appointment.lead.is_doubtful for each in kept)
    text += f"; {doubtful} with a doubtful lead" if doubtful else ""
    lengths = Counter(len(each.appointment.lead.id) for each in kept)
    if lengths:
        told = (
            f"{counted(length, 'digit')} ({count})" for length, count in sorted(lengths.items())
        )
        text += f"; length of the lead ids: {', '.join(told)}"
    if not kept and len(verdicts) >= MIN_RECORDS:
        return Finding.warning("bookings", text, str(likely_setting(reasons)))
    return Finding.good("bookings", text)


def newest(bookings: Sequence[Booking]) -> list[Booking]:
    """At most 100 bookings, those that start last."""
    first = datetime.min.replace(tzinfo=UTC)
    return sorted(bookings, key=lambda each: each.starts_at or first)[-SAMPLE:]
