"""Spans of time as people type them: 90s, 15m, 24h, 30d."""

from __future__ import annotations

import re
from datetime import timedelta

from altegio_sync.domain.warnings import counted
from altegio_sync.errors import ConfigError

_DURATION = re.compile(r"([0-9]{1,6})([smhd])|0")
#: Further back than any booking, and less than what leads out of the calendar.
_LONGEST = timedelta(days=36_500)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def age_text(age: timedelta) -> str:
    """As people say it: 5 seconds, 2 minutes, 7 hours, 3 days; a negative one counts as none."""
    seconds = max(0.0, age.total_seconds())
    if seconds < 90:
        return counted(round(seconds), "second")
    if seconds < 2 * 3600:
        return counted(round(seconds / 60), "minute")
    hours = seconds / 3600
    return counted(round(hours), "hour") if hours < 48 else f"{hours / 24:.0f} days"


def parse_duration(text: str) -> timedelta:
    """The span.

    Raises:
        ConfigError: it is not written as a number and one of the letters s, m, h, d, or as 0; or
            it is longer than a century.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ConfigError(f"Invalid duration: {text!r} (expected such as 90s, 15m, 24h or 30d)")
    span = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match[2] else timedelta()
    if span > _LONGEST:
        raise ConfigError(f"Invalid duration: {text!r} (at most {_LONGEST.days}d)")
    return span
