"""What the reader of a page wants to see, and in which language."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from altegio_sync.domain.live import View
from altegio_sync.messages import serve as texts
from altegio_sync.messages.language import current_language, to_language

if TYPE_CHECKING:
    from starlette.requests import Request

    from altegio_sync.messages import Message
    from altegio_sync.messages.language import Language

_LONGEST_ID = 20
#: A page has links to the days around.
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


class NoViewError(Exception):
    """The address names something that no page shows."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


class Readers:
    """Reads requests. ``language`` is the configured one; None: the browser names one."""

    def __init__(self, language: Language | None = None) -> None:
        self._language = language

    def language_of(self, request: Request) -> Language:
        """The language of the address, of the settings, of the browser, of the process."""
        return (
            to_language(request.query_params.get("lang", ""))
            or self._language
            or _accepted(request.headers.get("accept-language", ""))
            or current_language()
        )

    def view_of(self, request: Request) -> View:
        """What the address asks for; an empty part asks for nothing. Raises NoViewError."""
        asked = request.query_params
        return View(
            _to_company(asked.get("company", "")),
            _to_day(asked.get("day", "")),
            to_language(asked.get("lang", "")),
        )


def _to_company(text: str) -> str | None:
    if text and not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID):
        raise NoViewError(texts.NO_SUCH_LOCATION())
    return text or None


def _to_day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NoViewError(texts.NO_SUCH_DAY()) from None
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise NoViewError(texts.NO_SUCH_DAY())
    return day


def _accepted(header: str) -> Language | None:
    """The language with the highest weight that we have; the first one of equal weights."""
    weighed = []
    for each in header.split(","):
        name, _, parameter = each.partition(";")
        weighed.append((_weight(parameter), to_language(name)))
    found = [(weight, language) for weight, language in weighed if language and weight > 0]
    return max(found, key=lambda each: each[0])[1] if found else None


def _weight(parameter: str) -> float:
    key, _, value = parameter.strip().partition("=")
    if key != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
