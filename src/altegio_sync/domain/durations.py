"""Spans of time as people type them: 90s, 15m, 24h, 30d."""

from __future__ import annotations

import re
from datetime import timedelta

from altegio_sync.errors import ConfigError

_DURATION = re.compile(r"([0-9]{1,6})([smhd])|0")
#: Further back than any booking, and less than what leads out of the calendar.
_LONGEST = timedelta(days=36_500)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


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
