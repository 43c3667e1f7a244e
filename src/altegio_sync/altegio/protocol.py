"""Builds requests and reads answers and refusals, without I/O.

Failures arrive in many dresses: as a status with the API's JSON envelope, as HTTP 200 with
`success: false`, as a proxy's HTML, as half a body. Each becomes an error whose type says whether
asking again can help.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from altegio_sync.altegio.wire import AnyAnswer
from altegio_sync.domain.refusal_text import presentable_refusal
from altegio_sync.errors import (
    AltegioError,
    AltegioRejectedError,
    AltegioUnavailableError,
    AuthenticationError,
    NotFoundError,
    RateLimitedError,
    UnexpectedAnswerError,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from altegio_sync.ports import PageQuery

#: Without it the envelope is another one, or the answer is 400.
ACCEPT = "application/vnd.api.v2+json"
_OK = 200
_TOO_MANY = 429
_SERVER_ERRORS = 500
_OVERLOADED = 503
_LIMIT_TEXT = re.compile(
    r"лимит\w* запрос|ліміт\w* запит|rate limit|request limit|too many requests", re.IGNORECASE
)
_SECONDS_TEXT = re.compile(r"(\d{1,6})\s*(?:с\b|сек|s\b|sec)", re.IGNORECASE)
_TOKENS_HINT = "check ALTEGIO_COMPANY_TOKEN and ALTEGIO_USER_TOKEN"
_RIGHTS_HINT = "check ALTEGIO_COMPANY_ID and the rights of the user behind ALTEGIO_USER_TOKEN"

AnswerT = TypeVar("AnswerT", bound=AnyAnswer)


@dataclass(frozen=True, slots=True)
class Request:
    """A GET below the API's URL; the program asks for nothing that changes Altegio."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)


def authorization(company_token: str, user_token: str) -> str:
    """Both tokens in the one header that the API takes them in."""
    return f"Bearer {company_token}, User {user_token}"


def page_request(query: PageQuery) -> Request:
    """Both dates are included at Altegio, whose `end_date` stops at 23:59:00."""
    params = {
        "page": str(query.page),
        "count": str(query.page_size),
        # Without it cancelled appointments are not listed at all.
        "with_deleted": "1",
    }
    if query.period is not None:
        params["start_date"] = query.period.start.isoformat()
        params["end_date"] = query.period.last_day.isoformat()
    if query.changed_after is not None:
        # Local without an offset: the best guess, since nobody documents the zone.
        local = query.changed_after.astimezone(query.zone)
        params["changed_after"] = local.strftime("%Y-%m-%dT%H:%M:%S")
    return Request(f"records/{query.company_id}", params)


def read_answer(
    answer_type: type[AnswerT],
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    secrets: Collection[str] = (),
) -> AnswerT:
    """The answer of a success. ``secrets`` are taken out of what is told of a refusal.

    Raises:
        RateLimitedError: 429, 503 that says how long to rest, or a `success: false` that speaks of
            the limit.
        AltegioUnavailableError: 5xx, or anything that is not the API's own JSON.
        AuthenticationError, NotFoundError, AltegioRejectedError: refusals in the API's JSON.
    """
    if status == _TOO_MANY:
        raise _limited(headers, _message(body))
    if status == _OVERLOADED and _retry_after_s(headers, "") is not None:
        raise _limited(headers, "")
    if status >= _SERVER_ERRORS:
        raise AltegioUnavailableError(
            f"Altegio answered {status}", retry_after_s=_retry_after_s(headers, "")
        )
    # A page is megabytes: the envelope is read by itself only when the whole is no success.
    unknown_shape: ValidationError | None = None
    if status == _OK:
        try:
            answer = answer_type.model_validate_json(body)
        except ValidationError as error:
            unknown_shape = error
        else:
            if answer.success is True:
                return answer
    envelope = _read_envelope(status, body)
    if status == _OK and envelope.success is True:
        raise UnexpectedAnswerError(
            f"Altegio answered {status} with data of an unknown shape"
        ) from unknown_shape
    raise _refusal(status, headers, envelope.meta.message if envelope.meta else "", secrets)


def answered_at(headers: Mapping[str, str]) -> datetime | None:
    """When the answer was given, by the clock of Altegio's server."""
    return _moment(headers.get("date", ""))


def _moment(http_date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(http_date)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read_envelope(status: int, body: bytes) -> AnyAnswer:
    """The envelope; a body that is none comes from a proxy, or is half an answer."""
    try:
        envelope = AnyAnswer.model_validate_json(body)
    except ValidationError:
        raise AltegioUnavailableError(
            f"Altegio answered {status} with {_describe(body)} instead of JSON"
        ) from None
    if not isinstance(envelope.success, bool):
        raise AltegioUnavailableError(f"Altegio answered {status} with JSON that is not its own")
    return envelope


def _refusal(
    status: int, headers: Mapping[str, str], message: str, secrets: Collection[str]
) -> AltegioError:
    if _LIMIT_TEXT.search(message):
        return _limited(headers, message)
    told = f"{status}: {presentable_refusal(message, secrets)}" if message else f"{status}"
    match status:
        case 401:
            return AuthenticationError(f"Altegio refused the tokens ({told}): {_TOKENS_HINT}")
        case 403:
            return AuthenticationError(f"Altegio refused access ({told}): {_RIGHTS_HINT}")
        case 404:
            return NotFoundError(f"Altegio does not know it ({told}): {_RIGHTS_HINT}")
        case _:
            return AltegioRejectedError(f"Altegio refused the request ({told})")


def _limited(headers: Mapping[str, str], message: str) -> RateLimitedError:
    retry_after_s = _retry_after_s(headers, message)
    asked = "" if retry_after_s is None else f": Altegio asks to wait {retry_after_s:.0f} s"
    return RateLimitedError(f"Rate limit exceeded{asked}", retry_after_s=retry_after_s)


def _message(body: bytes) -> str:
    try:
        meta = AnyAnswer.model_validate_json(body).meta
    except ValidationError:
        return ""
    return meta.message if meta else ""


def _retry_after_s(headers: Mapping[str, str], message: str) -> float | None:
    """`Retry-After`, seconds or a moment by the server's clock, else what the message names."""
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told)
    until, now = _moment(told), answered_at(headers)
    if until is not None and now is not None:
        return max(0.0, (until - now).total_seconds())
    match = _SECONDS_TEXT.search(message)
    return float(match[1]) if match else None


def _describe(body: bytes) -> str:
    text = body[:200].lstrip().lower()
    if not text:
        return "an empty body"
    return "HTML" if text.startswith(b"<") else "a cut or foreign body"
