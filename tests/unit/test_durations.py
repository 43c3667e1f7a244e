"""Spans of time as people type them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from altegio_sync.domain.durations import parse_duration, span_text
from altegio_sync.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        (" 24h ", timedelta(days=1)),
        ("30d", timedelta(days=30)),
        ("36500d", timedelta(days=36_500)),
        ("0", timedelta()),
        ("0s", timedelta()),
    ],
)
def test_a_number_and_its_unit_are_a_span(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize("text", ["36501d", "999999d"])
def test_one_that_leads_out_of_the_calendar_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match=r"Invalid duration: .*at most 36500d"):
        parse_duration(text)


@pytest.mark.parametrize(
    "text", ["", "15", "m", "1w", "-5m", "1.5h", "1h30m", "5 m", "٣m", "9999999d"]
)
def test_anything_else_is_told_with_examples(text: str) -> None:
    with pytest.raises(ConfigError, match=r"Invalid duration: .*90s, 15m, 24h or 30d"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [("90s", "90 seconds"), ("1m", "1 minute"), (" 36h ", "36 hours"), ("2d", "2 days")],
)
def test_a_span_is_shown_in_its_own_unit(text: str, words: str) -> None:
    assert str(span_text(text)) == words
