"""Builds requests and reads answers and refusals, without I/O.

A failure has one of many forms: a status with the API's JSON in one of two shapes, HTTP 200 with
`success: false`, a proxy's HTML, half a body. Each becomes an error whose type says whether another
try can help.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from altegio_sync.altegio.lenient import read_leniently
from altegio_sync.altegio.refusals import Refusal, retry_after_s, to_refusal
from altegio_sync.altegio.wire import AnyAnswer, to_flag
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
from altegio_sync.messages import api as texts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from altegio_sync.messages import Message
    from altegio_sync.ports import PageQuery

#: Without this header the envelope has another form, or the answer is 400.
ACCEPT = "application/vnd.api.v2+json"
#: The statuses that have an answer; some proxies turn 200 into 203.
_SUCCESSES = range(200, 204)
_UNAUTHORIZED = 401
_NOT_FOUND = 404
_TOO_MANY = 429
_SERVER_ERRORS = 500
_OVERLOADED = 503

AnswerT = TypeVar("AnswerT", bound=AnyAnswer)


@dataclass(frozen=True, slots=True)
class Request:
    """A request below the API's URL; the program never changes anything in Altegio.

    With a ``body`` it is a POST request. The body may contain a password.
    """

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] | None = field(default=None, repr=False)


def authorization(company_token: str, user_token: str) -> str:
    """Both tokens in one header, as the API requires."""
    return f"Bearer {company_token}, User {user_token}"


def page_request(query: PageQuery) -> Request:
    """The request for a page. Altegio includes both dates; its `end_date` stops at 23:59:00."""
    params = {
        "page": str(query.page),
        "count": str(query.page_size),
        # Without this, cancelled appointments are not listed.
        "with_deleted": "1",
    }
    if query.period is not None:
        params["start_date"] = query.period.start.isoformat()
        params["end_date"] = query.period.last_day.isoformat()
    if query.changed_after is not None:
        # Local time without an offset: the best guess, since the zone is not documented.
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
    """The answer of a success. ``secrets`` are masked in the words of a refusal.

    Raises:
        RateLimitedError: 429, 503 with a time to wait, or `success: false` with words about the
            limit.
        AltegioUnavailableError: 5xx, or anything that is not the API's own JSON.
        NotAltegioError: the same with 404.
        UnexpectedAnswerError: a success whose data have an unknown shape.
        AuthenticationError, NotFoundError, AltegioRejectedError: refusals in the API's JSON.
    """
    wait_s = retry_after_s(headers)
    if status == _TOO_MANY:
        refusal = to_refusal(_read_value(body))
        raise _limited(headers, refusal.message if refusal else "")
    if status == _OVERLOADED and wait_s is not None:
        raise _limited(headers, "")
    if status >= _SERVER_ERRORS:
        raise AltegioUnavailableError(texts.ANSWERED_STATUS(status=status), retry_after_s=wait_s)
    # A page has megabytes, so the unusual readings are tried only after the usual reading failed.
    if status in _SUCCESSES:
        try:
            answer = answer_type.model_validate_json(body)
        except ValidationError:
            pass
        else:
            if answer.success is True:
                return answer
    return _read_unusual(answer_type, status, headers, body, secrets)


def _read_unusual(
    answer_type: type[AnswerT],
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    secrets: Collection[str],
) -> AnswerT:
    """The answer if it can be read leniently; otherwise raises the error."""
    value = _read_value(body)
    if status in _SUCCESSES and isinstance(value, dict) and to_flag(value.get("success")) is True:
        try:
            return answer_type.model_validate(value)
        except ValidationError as error:
            raise UnexpectedAnswerError(texts.UNKNOWN_SHAPE(status=status)) from error
    refusal = to_refusal(value)
    if refusal is not None:
        raise _refused(status, headers, refusal, secrets)
    if status == _UNAUTHORIZED and not body.strip():
        raise _refused(status, headers, Refusal(), secrets)
    what = _describe(body, value)
    if status == _NOT_FOUND and what.template is not texts.CUT_JSON:
        raise NotAltegioError(texts.NOT_ITS_ADDRESS(status=status, what=what))
    raise AltegioUnavailableError(texts.ANSWERED_WITH(status=status, what=what))


def _read_value(body: bytes) -> Any:
    try:
        return read_leniently(body)
    except ValueError:
        return None


def _refused(
    status: int, headers: Mapping[str, str], refusal: Refusal, secrets: Collection[str]
) -> AltegioError:
    if refusal.is_about_the_limit:
        return _limited(headers, refusal.message)
    answer = refusal.describe(status, secrets)
    match status:
        case 401:
            return AuthenticationError(texts.TOKENS_REFUSED(answer=answer), status=status)
        case 403:
            return AuthenticationError(texts.ACCESS_REFUSED(answer=answer), status=status)
        case 404:
            return NotFoundError(texts.NOT_KNOWN(answer=answer), status=status)
        case _ if refusal.is_about_the_tokens:
            return AuthenticationError(texts.TOKENS_REFUSED(answer=answer), status=status)
        case _:
            return AltegioRejectedError(texts.REQUEST_REFUSED(answer=answer), status=status)


def _limited(headers: Mapping[str, str], message: str) -> RateLimitedError:
    wait_s = retry_after_s(headers, message)
    if wait_s is None:
        return RateLimitedError(texts.RATE_LIMIT())
    return RateLimitedError(texts.RATE_LIMIT_WITH_WAIT(wait_s=wait_s), retry_after_s=wait_s)


def _describe(body: bytes, value: object) -> Message:
    """Describes the body that arrived instead of the API's own JSON."""
    if value is not None:
        return texts.FOREIGN_JSON()
    text = body[:200].lstrip().lower()
    if not text:
        return texts.EMPTY_BODY()
    if text.startswith(b"<"):
        return texts.HTML()
    return texts.CUT_JSON() if text.startswith((b"{", b"[")) else texts.FOREIGN_BODY()
