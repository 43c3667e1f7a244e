"""Spans of time, as people type them (90s, 15m, 24h, 30d) and as they are displayed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from altegio_sync.errors import ConfigError
from altegio_sync.messages import periods as texts
from altegio_sync.messages.words import DAYS, HOURS, MINUTES, SECONDS

if TYPE_CHECKING:
    from altegio_sync.messages import Message

_DURATION = re.compile(r"([0-9]{1,6})([smhd])|0")
#: Longer than the age of any booking, and short enough to stay within the calendar.
_LONGEST = timedelta(days=36_500)
_WORDS = {"s": SECONDS, "m": MINUTES, "h": HOURS, "d": DAYS}
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def age_text(age: timedelta) -> Message:
    """The age in words: 5 seconds, 2 minutes, 7 hours, 3 days. A negative age counts as 0."""
    seconds = max(0.0, age.total_seconds())
    if seconds < 90:
        return SECONDS(count=round(seconds))
    if seconds < 2 * 3600:
        return MINUTES(count=round(seconds / 60))
    hours = seconds / 3600
    return HOURS(count=round(hours)) if hours < 48 else DAYS(count=round(hours / 24))


def span_text(text: str) -> Message:
    """The span of time, which `parse_duration` accepts, in words: `10m` is 10 minutes."""
    match = _DURATION.fullmatch(text.strip())
    number, unit = (match[1], match[2]) if match and match[2] else ("0", "s")
    return _WORDS[unit](count=int(number))


def parse_duration(text: str) -> timedelta:
    """The span of time.

    Raises:
        ConfigError: the text is not a number with one of the letters s, m, h, d, and not 0; or
            the span is longer than a century.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ConfigError(texts.INVALID_DURATION(text=repr(text)))
    span = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match[2] else timedelta()
    if span > _LONGEST:
        raise ConfigError(texts.DURATION_TOO_LONG(text=repr(text), days=_LONGEST.days))
    return span
