"""What a refusal means: the limit or not, how long to wait, and which words may be shown."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from altegio_sync.altegio.refusals import (
    Refusal,
    answered_at,
    retry_after_s,
    to_refusal,
)

LONG = 200_000
EXAMPLES = Path(__file__).parents[1] / "contract" / "examples"


@pytest.mark.parametrize(
    "message",
    [
        "Requests limit exceeded",
        "The limit of requests has been exceeded",
        "API request quota exceeded",
        "Rate limit exceeded",
        "rate-limited",
        "rate_limit_exceeded",
        "Too Many Requests",
        "Too many API calls",
        "Request limit reached, try later",
        "API rate limit reached",
        "API limit exceeded for this token",
        "You have exceeded your limit of 200 requests per minute",
        "You have exceeded the allowed number of requests",
        "The maximum number of requests has been reached",
        "Limit on the number of API requests exceeded",
        "Limit for API calls exceeded",
        "Requests per minute limit exceeded",
        "Limit exceeded: 5 requests per second",
        "Number of requests exceeded",
        "Request rate is too high",
        "Your requests are too frequent",
        "Request was throttled. Expected available in 5 seconds.",
        "Quota for requests is used up",
        "Превышен лимит запросов, попробуйте повторить запрос через 1 секунд.",
        "Превышен лимит на количество запросов",
        "Лимит запросов превышен",
        "Лимит обращений к API исчерпан",
        "Превышен лимит API",
        "Слишком много запросов",
        "Слишком частые запросы",
        "Превышено количество запросов",
        "Превышено допустимое число обращений: не более 200 запросов в минуту",
        "Превышена квота запросов",
        "Перевищено ліміт запитів",
        "Ліміт запитів перевищено, спробуйте за 5 секунд",
        "Перевищено ліміт на кількість запитів",
        "Забагато запитів",
        "Занадто багато запитів",
        "Надто часті запити",
        "Перевищено кількість запитів",
        "Перевищено обмеження на кількість звернень",
        "Вичерпано квоту запитів",
        "TooManyRequests",
        "Too Many Attempts.",
        "Rate exceeded",
        "Request frequency is too high",
        "You are sending requests too quickly",
        "Число запросов превысило допустимое",
    ],
)
def test_a_message_about_the_request_limit_is_known_in_many_words(message: str) -> None:
    assert Refusal(message).is_about_the_limit
    assert Refusal(message.upper()).is_about_the_limit


@pytest.mark.parametrize(
    "message",
    [
        "",
        "An error has occurred.",
        "Access denied.",
        "The limit of staff has been exceeded",
        "Limit of locations for your licence exceeded",
        "The number of services in one request exceeded the limit of 10",
        "Limit for request size exceeded",
        "The record limit of this client is reached",
        "Booking limit exceeded",
        "SMS limit exceeded",
        "Discount exceeds the maximum",
        "Your request is too long",
        "Request with unlimited period is not allowed",
        "Превышен лимит записей",
        "Лимит сотрудников превышен",
        "Превышено число услуг в одном запросе",
        "Неверный запрос",
        "Ліміт філій перевищено",
        "Забагато послуг у записі",
        "Запит містить завелике число",
    ],
)
def test_a_limit_of_something_else_is_no_request_limit(message: str) -> None:
    assert not Refusal(message).is_about_the_limit


def test_a_code_within_the_answer_says_it_too() -> None:
    assert to_refusal({"errors": {"code": 429, "message": "Slow"}}) == Refusal("Slow", 429)
    assert Refusal("Slow", 429).is_about_the_limit


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"success": False, "data": None, "meta": []}, Refusal()),
        ({"success": False, "data": None, "meta": {"message": "No"}}, Refusal("No")),
        ({"success": 0}, Refusal()),
        ({"errors": {"code": 404, "message": "No"}, "meta": {"message": "No"}}, Refusal("No", 404)),
        ({"errors": {"message": "No"}}, Refusal("No")),
        ({"errors": "No"}, Refusal("No")),
        ({"errors": ["No", "never"]}, Refusal("No")),
        ({"errors": [{"message": "No"}]}, Refusal("No")),
        ({"errors": [], "meta": {"message": "No"}}, Refusal("No")),
        ({"meta": {"message": "No"}}, Refusal("No")),
        ({"errors": {"start_date": ["No"]}}, Refusal("", None, ("start_date",))),
        (
            {"success": False, "meta": {"message": "No", "errors": [{"end_date": "Wrong"}]}},
            Refusal("No", None, ("end_date",)),
        ),
        (
            {"success": False, "meta": {"message": "No", "errors": {"end_date": ["Wrong"]}}},
            Refusal("No", None, ("end_date",)),
        ),
        ({"success": False, "meta": {"errors": [{"Іван Рудь": "x", "": 1}]}}, Refusal()),
        ({"success": False, "meta": {"message": ["No"]}}, Refusal("No")),
        ({"success": False, "meta": {"message": 5}, "errors": [1, None, [2]]}, Refusal()),
        ({"success": True, "data": []}, None),
        ({}, None),
        ({"error": "upstream"}, None),
        ({"message": "no Route matched"}, None),
        ({"meta": {"total_count": 5}}, None),
        ({"errors": None}, None),
        ([], None),
        ("No", None),
        (None, None),
    ],
    ids=repr,
)
def test_both_shapes_of_a_refusal_are_read(body: Any, expected: Refusal | None) -> None:
    assert to_refusal(body) == expected


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("75.5", 75.5),
        ("0", 0.0),
        (" 12 ", 12.0),
        ("7.", 7.0),
        ("30, 60", 60.0),
        ("60, soon", 60.0),
        ("120 seconds", 120.0),
        ("9" * 20, 366 * 86_400.0),
        ("9" * 5000, 366 * 86_400.0),
        ("-5", None),
        ("1e3", None),
        ("nan", None),
        ("inf", None),
        ("٥", None),
        ("soon", None),
        ("", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 30.0),
        ("Wed, 21 Oct 2026 10:28:00 +0300", 30.0),
        ("Wed, 21 Oct 2026 07:20:00 GMT", 0.0),
        ("Wed, 21 Oct 20261111111 07:28:00 GMT", None),
        ("Wed, 21 Oct 2026 07:28:00 +180000000000000000", None),
        ("Wed, 21 Oct 2026 07:28:00 +9900", None),
        ("Fri, 31 Dec 9999 23:59:59 -2300", None),
        ("Sat, 01 Jan 0001 00:00:00 +2300", 0.0),
        ("\x00" * 50, None),
    ],
)
def test_retry_after_is_obeyed_in_every_form_and_never_fatal(
    told: str, seconds: float | None
) -> None:
    headers = {"retry-after": told, "date": "Wed, 21 Oct 2026 07:27:30 GMT"}

    assert retry_after_s(headers) == seconds


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("повторите через 7 секунд", 7.0),
        ("спробуйте через 1,5 с", 1.5),
        ("Limit of 200 requests per 60 seconds: try again in 5 s", 5.0),
        ("Лимит 5 запросов в 1 секунду. Подождите 20 сек", 20.0),
        ("wait 2 minutes", 120.0),
        ("через 1 хвилину", 60.0),
        ("12 sec", 12.0),
        ("200 requests per 60 seconds", None),
        ("try again in 1234567890 seconds", None),
        ("try again in 500 ms", None),
        ("try again later", None),
    ],
)
def test_the_seconds_are_read_out_of_the_message(message: str, seconds: float | None) -> None:
    assert retry_after_s({}, message) == seconds


@pytest.mark.parametrize(
    "date",
    [
        "Wed, 21 Oct 20261111111 07:28:00 GMT",
        "Wed, 21 Oct 2026 07:28:00 +180000000000000000",
        "Wed, 21 Oct 2026 07:28:00 +9900",
        "Fri, 31 Dec 9999 23:59:59 -2300",
        "Wed, 99 Oct 2026 07:28:00 GMT",
        "9" * 5000,
        "," * 5000,
        "Oct",
        "",
    ],
)
def test_a_date_that_is_none_is_none(date: str) -> None:
    assert answered_at({"date": date}) is None


def test_the_time_of_an_answer_is_read_in_any_zone() -> None:
    moment = answered_at({"date": "Wed, 21 Oct 2026 07:28:00 +1800"})

    assert moment is not None
    assert moment.isoformat() == "2026-10-20T13:28:00+00:00"


@pytest.mark.parametrize(
    "message",
    [
        "1" * LONG,
        "1(" * (LONG // 2),
        "1" + " " * LONG,
        "+" * LONG,
        "b" * LONG,
        "a" * LONG + "@",
        "limit of the the " * (LONG // 17),
        "requests a b c " * (LONG // 15),
        "лимит на на на " * (LONG // 15),
        "5  " * (LONG // 3),
    ],
    ids=lambda message: message[:20],
)
def test_a_message_of_any_length_is_looked_at_in_no_time(message: str) -> None:
    body = json.dumps({"success": False, "meta": {"message": message}}).encode()
    began = time.perf_counter()

    refusal = to_refusal(json.loads(body))
    assert refusal is not None
    assert len(refusal.describe(404, ("secret",))) < 300
    _ = refusal.is_about_the_limit
    retry_after_s({"retry-after": message, "date": message}, message)

    # About 10 ms; the whole text by the patterns took minutes.
    assert time.perf_counter() - began < 2


def test_the_parameters_that_altegio_names_as_wrong_are_shown() -> None:
    refusal = Refusal("An error has occurred.", None, ("start_date", "Olena_Koval"))

    assert refusal.describe(422, ()) == "422: An error has occurred.; see start_date, ***"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("error-*.json")), ids=lambda path: path.stem)
def test_every_example_of_a_refusal_is_one(path: Path) -> None:
    refusal = to_refusal(json.loads(path.read_bytes()))

    assert refusal is not None
    assert refusal.is_about_the_limit is (path.stem == "error-429")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Authentication needed.", True),
        ("Authorization required", True),
        ("Invalid user token", True),
        ("The token has expired", True),
        ("Необходима авторизация", True),
        ("Потрібна авторизація", True),
        ("Invalid date", False),
        ("An error has occurred.", False),
        ("authentication " * LONG, False),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_message_about_the_tokens_is_known(message: str, *, expected: bool) -> None:
    assert Refusal(message).is_about_the_tokens is expected
