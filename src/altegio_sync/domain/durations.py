"""Spans of time as people type them: 90s, 15m, 24h, 30d."""

from __future__ import annotations

import re
from datetime import timedelta

from altegio_sync.errors import ConfigError

_DURATION = re.compile(r"([0-9]{1,6})([smhd])|0")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(text: str) -> timedelta:
    """The span.

    Raises:
        ConfigError: it is not written as a number and one of the letters s, m, h, d, or as 0.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ConfigError(f"Invalid duration: {text!r} (expected such as 90s, 15m, 24h or 30d)")
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match[2] else timedelta()
