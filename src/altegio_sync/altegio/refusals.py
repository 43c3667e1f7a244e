"""Reads a refusal: whether it is about the limit, how long to wait, and which words can be shown.

The text comes from outside and may have any length, so it is cut before a pattern searches it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.refusal_text import presentable_refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_UNAUTHORIZED = 401
_TOO_MANY = 429
_LONGEST_HEADER = 200
_LONGEST_TEXT = 1000
_MOST_FIELDS = 5
#: Practically for ever, but still small enough to be added and formatted.
_LONGEST_WAIT_S = 366 * 86_400.0

# The plural: "limit for request size" is about something else.
_THINGS = r"(?:requests|calls|queries|hits|запрос\w*|запит\w*|обращени\w*|звернен\w*)\b"
_ABOUT_THEM = (
    r"(?:(?:http|api|rest|request|call|usage|number|count|per|minute|second|hour|day)s?[\s-]+)"
)
#: Words that mean "too many requests" by themselves.
_LIMIT_TEXT = re.compile(
    "|".join(
        (
            r"\b(?:request|call|api|rate|querie|query)s?[\s_-]*" + _ABOUT_THEM + r"{0,3}"
            r"(?:limit|quota|throttl)",
            r"\b(?:limit\w*|quota)\s+(?:of|on|for)\s+"
            r"(?:(?:the|your|all|allowed|number|of|[0-9]{1,6})\s+){0,5}" + _ABOUT_THEM + r"{0,3}"
            r"" + _THINGS,
            r"\btoo\s*(?:many|frequent)\s*(?:(?:\w+\s+){0,2}(?:requests|calls|queries|hits)"
            r"|(?:\w+\s+)?request)\b",
            r"\btoo\s+many\s+attempts\b|\brate\s+exceeded\b",
            r"\b" + _THINGS + r"\s+(?:\w+\s+){0,3}too\s+(?:frequent|often|fast|quick|many)",
            r"\b(?:request\s+)?throttl(?:ed|ing)\b|\bslow\s+down\b",
            r"\bexceeded\s+(?:\w+\s+){0,4}(?:api\s+)?(?:requests|calls|queries)\b",
            r"\b(?:requests|calls)\s+(?:\w+\s+){0,5}exceeded",
            r"\brequest\s+(?:rate|frequency)\b",
            # "Превышен лимит запросов", "ліміт на кількість запитів", "квота обращений к API"
            r"\b(?:лимит|ліміт|квот|обмежен|ограничен)\w*\s+"
            r"(?:(?:на|по|для|числ\w+|количеств\w+|кільк\w+|частот\w+|api)[\s-]+){0,3}" + _THINGS,
            r"\b(?:лимит|ліміт|квот)\w*\s+(?:на\s+)?api\b|\bapi[\s-]+(?:лимит|ліміт|квот)",
            r"\b(?:слишком|занадто|надто|дуже)\s+(?:много|багато|част\w+|велик\w+\s+кільк\w+"
            r"|больш\w+\s+количеств\w+)\s+(?:api[\s-]+)?" + _THINGS,
            r"\bзабагато\s+" + _THINGS,
            r"\b(?:запрос|запит|обращени|звернен)\w*\s+(?:\w+\s+){0,2}(?:слишком|занадто|надто)"
            r"\s+(?:част|много|багато)",
        )
    ),
    re.IGNORECASE,
)
#: Words that mean "too many requests" only beside a word such as "exceeded".
_COUNT_TEXT = re.compile(
    r"\b(?:number|amount|count|maximum|max|количеств\w*|числ\w*|кільк\w*|частот\w*)\s+"
    r"(?:(?:of|the|allowed|api)[\s-]+){0,3}" + _THINGS + "|"
    r"\brequests?\s*(?:per|a|an|/)\s*(?:sec|min|hour|day)"
    r"|\b(?:запрос|запит)\w*\s+(?:в|на|за)\s+(?:\w+\s+)?(?:сек|мин|хв|час|год|день|добу)",
    re.IGNORECASE,
)
_EXCEEDED_TEXT = re.compile(
    r"\b(?:exceed|reached|limit|quota|over\b|too\b|превыш|перевищ|исчерпан|вичерпан|достигнут"
    r"|досягнут|превыс|слишком|занадто|надто|лимит|ліміт)",
    re.IGNORECASE,
)
#: "Authentication needed.", "Необходима авторизация", "Потрібна авторизація"
_TOKENS_TEXT = re.compile(
    r"\bauth(?:enticat|ori[sz]at)ion\s+(?:is\s+)?(?:need|require|fail)|\bunauthori[sz]ed\b"
    r"|\b(?:invalid|expired|wrong)\s+(?:\w+\s+){0,2}token|\btoken\s+(?:is\s+|has\s+)?"
    r"(?:invalid|expired|wrong)|(?:необходима|требуется|потрібна|необхідна)\s+авториз",
    re.IGNORECASE,
)

_NUMBER = r"(?<![0-9.,])([0-9]{1,6}(?:[.,][0-9]{1,3})?)\s{0,3}"
_UNITS = r"(с\b|c\b|сек|s\b|sec|м\b|мин|хв|min|m\b)"
#: "in 5 seconds" is a time to wait; "5 requests a second" and "200 in 60 seconds" are the limit.
_WAIT_TEXT = re.compile(
    r"\b(?:(?:again|later|retry|wait|запрос|запит|спробу\w*|повтор\w*)\s+(?:in|after|for|через|за)"
    r"|after|wait|через|спустя|подожд\w*|зачека\w*)\s+(?:\w+\s+)?" + _NUMBER + _UNITS,
    re.IGNORECASE,
)
_TIME_TEXT = re.compile(r"(?<!per )(?<!за )(?<!в )" + _NUMBER + _UNITS, re.IGNORECASE)
_SECONDS = re.compile(r"[0-9]{1,200}(?:\.[0-9]{0,20})?")
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,40}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """The contents of the API's JSON about a failure, in either of its two shapes.

    ``fields`` are the parameters that the API names as wrong.
    """

    message: str = ""
    code: int | None = None
    fields: tuple[str, ...] = ()

    @property
    def is_about_the_limit(self) -> bool:
        text = self.message[:_LONGEST_TEXT]
        if self.code == _TOO_MANY or _LIMIT_TEXT.search(text):
            return True
        return bool(_COUNT_TEXT.search(text) and _EXCEEDED_TEXT.search(text))

    @property
    def is_about_the_tokens(self) -> bool:
        text = self.message[:_LONGEST_TEXT]
        return self.code == _UNAUTHORIZED or _TOKENS_TEXT.search(text) is not None

    def describe(self, status: int, secrets: Collection[str]) -> str:
        """The status and the API's own words on one line; words that may be private are masked."""
        fields = f"see {', '.join(self.fields)}" if self.fields else ""
        words = presentable_refusal("; ".join(filter(None, (self.message, fields))), secrets)
        return f"{status}: {words}" if words else f"{status}"


def to_refusal(body: Any) -> Refusal | None:
    """The refusal in an answer's JSON; None if this is not the API's JSON."""
    if not isinstance(body, dict):
        return None
    errors, meta = body.get("errors"), body.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    message = next(_texts(meta.get("message")), "") or next(_texts(errors), "")
    is_ours = _is_false(body.get("success")) or errors not in (None, "") or bool(message)
    if not is_ours:
        return None
    code = errors.get("code") if isinstance(errors, dict) else None
    is_code = isinstance(code, int) and not isinstance(code, bool)
    wrong = meta.get("errors", None if isinstance(errors, dict) and "message" in errors else errors)
    return Refusal(message, code if is_code else None, tuple(_fields(wrong)))


def _is_false(value: Any) -> bool:
    return value is not None and str(value)[:10].strip().lower() in ("false", "0", "")


def _texts(errors: Any) -> Iterator[str]:
    """The texts of a message, or of errors as a text, a list, or an object."""
    match errors:
        case str() if text := errors.strip():
            yield text
        case {"message": str() as message} if message.strip():
            yield message.strip()
        case list():
            for each in errors[:_MOST_FIELDS]:
                if isinstance(each, str | dict):
                    yield from _texts(each)
        case _:
            pass


def _fields(errors: Any) -> Iterator[str]:
    """The names of parameters, as in ``[{field: text}]`` and ``{field: [texts]}``."""
    for each in errors[:_MOST_FIELDS] if isinstance(errors, list) else [errors]:
        if isinstance(each, dict):
            names = [name for name in list(each)[:_MOST_FIELDS] if name not in ("code", "message")]
            yield from (name for name in names if _FIELD_NAME.fullmatch(name))


def answered_at(headers: Mapping[str, str]) -> datetime | None:
    """When the answer was given, by the clock of Altegio's server."""
    return _moment(headers.get("date", ""))


def _moment(http_date: str) -> datetime | None:
    """The moment in UTC; None if the text is not a date of the calendar."""
    try:
        moment = parsedate_to_datetime(http_date[:_LONGEST_HEADER])
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def retry_after_s(headers: Mapping[str, str], message: str = "") -> float | None:
    """How long to wait: by `Retry-After` (seconds or a moment), else by the message."""
    value = headers.get("retry-after", "")[:_LONGEST_HEADER].strip()
    # A header that was sent twice arrives as a list: the longest wait satisfies all.
    seconds = [float(each) for part in value.split(",") if _SECONDS.fullmatch(each := part.strip())]
    if seconds:
        return min(max(seconds), _LONGEST_WAIT_S)
    until, now = _moment(value), answered_at(headers)
    if until is not None and now is not None:
        return min(max(0.0, (until - now).total_seconds()), _LONGEST_WAIT_S)
    named = _named_s(value)
    return _named_s(message[:_LONGEST_TEXT]) if named is None else named


def _named_s(message: str) -> float | None:
    match = _WAIT_TEXT.search(message) or _TIME_TEXT.search(message)
    if match is None:
        return None
    is_minutes = match[2].lower() in ("м", "мин", "хв", "min", "m")
    return float(match[1].replace(",", ".")) * (60 if is_minutes else 1)
