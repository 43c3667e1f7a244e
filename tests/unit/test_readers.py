"""What the reader of the page asks for, and in which language."""

from __future__ import annotations

from datetime import date

import pytest
from starlette.requests import Request

from altegio_sync.domain.live import View
from altegio_sync.messages.language import Language
from altegio_sync.web.readers import NoViewError, Readers


def a_request(query: str = "", accepted: str | None = None) -> Request:
    headers = [] if accepted is None else [(b"accept-language", accepted.encode())]
    return Request({"type": "http", "query_string": query.encode(), "headers": headers})


@pytest.mark.parametrize(
    ("query", "view"),
    [
        ("", View()),
        ("company=77&day=2026-11-26&lang=uk", View("77", date(2026, 11, 26), "uk")),
        ("day=&company=&lang=fr", View()),
        ("day=2000-01-01", View(day=date(2000, 1, 1))),
        ("day=2199-12-31", View(day=date(2199, 12, 31))),
    ],
)
def test_the_address_says_what_is_shown(query: str, view: View) -> None:
    assert Readers().view_of(a_request(query)) == view


@pytest.mark.parametrize(
    "query",
    [
        *("day=2026-02-30", "day=1999-12-31", "day=2200-01-01", "day=today", "day=%00"),
        *("company=" + "7" * 21, "company=٧٧", "company=-1", "company=%00"),
    ],
)
def test_nothing_else_is_shown_in_place_of_what_cannot_be_read(query: str) -> None:
    with pytest.raises(NoViewError):
        Readers().view_of(a_request(query))


@pytest.mark.parametrize(
    ("query", "configured", "accepted", "language"),
    [
        ("", None, None, "en"),
        ("", None, "uk-UA,uk;q=0.9,en-US;q=0.8,en;q=0.7", "uk"),
        ("", None, "en-GB,uk;q=0.9", "en"),
        ("", None, "fr, de;q=0.9, uk;q=0.2, en;q=0.1", "uk"),
        ("", None, "en;q=0.3,uk;q=0.5", "uk"),
        ("", None, "uk;q=0, en;q=0.1", "en"),
        ("", None, "fr,*;q=0.5", "en"),
        ("", None, ";;q=,uk;q=x", "en"),
        ("", "en", "uk", "en"),
        ("lang=uk", "en", "en", "uk"),
        ("lang=en", "uk", "uk", "en"),
        ("lang=fr", "uk", "en", "uk"),
    ],
)
def test_the_language_is_that_of_the_address_the_settings_the_browser(
    query: str, configured: Language | None, accepted: str | None, language: Language
) -> None:
    assert Readers(configured).language_of(a_request(query, accepted)) == language
