"""Answers and refusals in every form, and the error that each becomes."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.altegio.protocol import page_request, read_answer
from altegio_sync.altegio.wire import RecordsAnswer
from altegio_sync.domain.period import Period
from altegio_sync.errors import (
    AltegioError,
    AltegioRejectedError,
    AltegioUnavailableError,
    AuthenticationError,
    NotAltegioError,
    NotFoundError,
    RateLimitedError,
    UnexpectedAnswerError,
)
from altegio_sync.ports import PageQuery

LIMIT = "Превышен лимит запросов, попробуйте повторить запрос через 7 секунд."


def refusal(message: str | None = None) -> bytes:
    meta: Any = [] if message is None else {"message": message}
    return json.dumps({"success": False, "data": None, "meta": meta}).encode()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, refusal("Something else"), AltegioRejectedError),
        (200, refusal(), AltegioRejectedError),
        (400, refusal("Wrong Accept"), AltegioRejectedError),
        (401, refusal("Authentication needed."), AuthenticationError),
        (403, refusal("Access denied."), AuthenticationError),
        (404, refusal(), NotFoundError),
        (422, refusal("An error has occurred."), AltegioRejectedError),
        (200, refusal("Authentication needed."), AuthenticationError),
        (400, refusal("Invalid user token"), AuthenticationError),
        (200, refusal(LIMIT), RateLimitedError),
        (200, refusal("Too Many Requests"), RateLimitedError),
        (403, refusal("rate limit exceeded"), RateLimitedError),
        (429, refusal(LIMIT), RateLimitedError),
        (429, b"", RateLimitedError),
        (429, b"<html>", RateLimitedError),
        (500, b"<html>", AltegioUnavailableError),
        (502, b"", AltegioUnavailableError),
        (503, refusal("later"), AltegioUnavailableError),
        (403, b"<!DOCTYPE html>", AltegioUnavailableError),
        (404, b"not found", NotAltegioError),
        (200, b"<html>", AltegioUnavailableError),
        (200, b"", AltegioUnavailableError),
        (200, b'{"success": true, "data": [', AltegioUnavailableError),
        (200, b"[]", AltegioUnavailableError),
        (200, b"{}", AltegioUnavailableError),
        (200, b'{"error": "upstream"}', AltegioUnavailableError),
        (200, b'{"success": true, "data": null}', UnexpectedAnswerError),
        (200, b'{"success": true, "data": {"id": 1}}', UnexpectedAnswerError),
        (200, b'{"success": true}', UnexpectedAnswerError),
    ],
)
def test_a_failure_becomes_the_error_that_says_what_can_be_done(
    status: int, body: bytes, error: type[AltegioError]
) -> None:
    with pytest.raises(AltegioError) as raised:
        read_answer(RecordsAnswer, status, {}, body)

    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({}, LIMIT, 7.0),
        ({"retry-after": "12"}, LIMIT, 12.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, LIMIT, 7.0),
        (
            {
                "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT",
                "date": "Wed, 21 Oct 2026 07:27:30 GMT",
            },
            LIMIT,
            30.0,
        ),
        ({}, "Rate limit exceeded, try again in 0 seconds", 0.0),
        ({}, "Rate limit exceeded", None),
    ],
)
def test_how_long_altegio_wants_us_to_rest(
    headers: dict[str, str], message: str, seconds: float | None
) -> None:
    with pytest.raises(RateLimitedError, match=r"^Rate limit exceeded") as raised:
        read_answer(RecordsAnswer, 429, headers, refusal(message))

    assert raised.value.retry_after_s == seconds


def test_an_overloaded_server_that_says_how_long_to_rest_is_a_limit() -> None:
    with pytest.raises(RateLimitedError, match=r"asks to wait 3600 s$"):
        read_answer(RecordsAnswer, 503, {"retry-after": "3600"}, b"<html>")


def test_what_altegio_says_of_a_refusal_is_told_without_secrets_and_private_data() -> None:
    message = "Bad token tok-SECRET\n of a@b.example, +38 (050) 123-45-67: access denied"

    with pytest.raises(AuthenticationError) as raised:
        read_answer(RecordsAnswer, 401, {}, refusal(message), secrets=("tok-SECRET", ""))

    assert "401: Bad token *** of ***: access denied" in str(raised.value)


@pytest.mark.parametrize("meta", [{}, [], {"total_count": 4}, {"total_count": "4"}, None], ids=repr)
def test_an_empty_page_is_an_answer(meta: object) -> None:
    body = json.dumps({"success": True, "data": [], "meta": meta}).encode()

    assert read_answer(RecordsAnswer, 200, {}, body).data == []


@given(st.integers(100, 599), st.binary(max_size=80))
def test_no_body_of_any_kind_is_taken_for_an_answer(status: int, body: bytes) -> None:
    with pytest.raises(AltegioError):
        read_answer(RecordsAnswer, status, {}, body)


@given(st.text(min_size=4, max_size=30))
def test_an_error_never_shows_the_body_of_a_page(secret: str) -> None:
    body = json.dumps({"success": True, "data": {"client": {"phone": secret}}}).encode()

    with pytest.raises(UnexpectedAnswerError) as raised:
        read_answer(RecordsAnswer, 200, {}, body)

    assert str(raised.value) == "Altegio answered 200 with data of an unknown shape"
    assert "input" not in str(raised.value.__cause__)


def test_a_page_is_asked_for_by_both_days_and_with_deleted_ones() -> None:
    period = Period.of_days(date(2026, 3, 1), date(2026, 3, 31))

    request = page_request(PageQuery("77", period, ZoneInfo("Europe/Kyiv"), 3, 50))

    assert request.path == "records/77"
    assert request.params == {
        "start_date": "2026-03-01",
        "end_date": "2026-03-31",
        "page": "3",
        "count": "50",
        "with_deleted": "1",
    }


@pytest.mark.parametrize("status", [200, 201, 203])
def test_every_success_is_an_answer(status: int) -> None:
    body = b'{"success": true, "data": [], "meta": {"total_count": 0}}'

    assert read_answer(RecordsAnswer, status, {}, body).data == []
