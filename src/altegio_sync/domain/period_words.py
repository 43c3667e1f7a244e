"""Reads the periods that people write: dates, months and words, in English and in Ukrainian.

A date that can be read in two ways is refused, never guessed: `31/10/2026`, `01.10.26`.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import UTC, date, timedelta
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.period import (
    PERIOD_NAMES,
    FromTo,
    NamedPeriod,
    Period,
    month_of,
)
from altegio_sync.errors import ConfigError
from altegio_sync.messages import periods as texts
from altegio_sync.messages.words import DAYS, EITHER, join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from altegio_sync.domain.period import AnyPeriod
    from altegio_sync.messages import Message
    from altegio_sync.messages.language import Language

UKRAINIAN: Final[Mapping[str, str]] = {
    "сьогодні": "today",
    "вчора": "yesterday",
    "цей-тиждень": "this-week",
    "минулий-тиждень": "last-week",
    "цей-місяць": "this-month",
    "минулий-місяць": "last-month",
    "завтра": "tomorrow",
    "наступний-тиждень": "next-week",
    "наступний-місяць": "next-month",
    "останні-7-днів": "last-7-days",
    "останні-30-днів": "last-30-days",
    "цей-рік": "this-year",
    "навколо": "around",
}
#: The words that a help page lists. Both languages are understood everywhere.
PERIOD_WORDS: Final[Mapping[Language, Iterable[str]]] = {"en": PERIOD_NAMES, "uk": UKRAINIAN}
_WORDS: Final[Mapping[str, str]] = {
    **{name: name for name in PERIOD_NAMES},
    **UKRAINIAN,
    "учора": "yesterday",  # the form after a vowel
}
_BETWEEN_WORDS = re.compile(r"[\s_‐‑‒–—−-]+")
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DOTTED_DAY = re.compile(r"(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})\.(?P<year>[0-9]{4})")
_ISO_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
#: A clear date in a form that is not accepted. The message suggests the accepted form.
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/. ]?([0-9]{1,2})[-/. ]?([0-9]{1,2})")
_MONTH_LAST = re.compile(r"([0-9]{1,2})[./]([0-9]{4})")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2}")
_EITHER_ORDER = re.compile(r"[0-9]{1,2}[/-][0-9]{1,2}[/-][0-9]{4}")
_SIMILAR = 0.7
_AS_SIMILAR = 0.03
_DAY = timedelta(days=1)
_LONGEST_SHOWN = 60


def parse_period(
    first: str, last: str | None = None, *, clock: Callable[[], datetime] = utc_now
) -> AnyPeriod:
    """A day, a month or a word; or the days from ``first`` to ``last``, both included.

    As ``first``, a month or a word means its first day; as ``last``, its last day. ``clock`` is
    only used to refuse days whose order is wrong in every zone.

    Raises:
        ConfigError: no such day, month or word, or the first day is after the last.
    """
    if last is not None and (name := _WORDS.get(_normal(f"{first}-{last}"))) is not None:
        return NamedPeriod(name)  # `last week`, as two arguments
    begins = _parse(first)
    if last is None:
        return begins
    return _from_to(begins, _parse(last), clock().astimezone(UTC).date())


def parse_open_period(
    first: str | None, last: str | None, earliest: date, latest: date
) -> AnyPeriod | None:
    """Like `parse_period`, but either end may be missing; None for all time."""
    if first is None and last is None:
        return None
    begins, ends = (
        Period.of_days(day, day) if text is None else _parse(text)
        for text, day in ((first, earliest), (last, latest))
    )
    return _from_to(begins, ends, utc_now().date())


def _from_to(first: Period | NamedPeriod, last: Period | NamedPeriod, today: date) -> AnyPeriod:
    period = FromTo(first, last)
    if isinstance(first, Period) and isinstance(last, Period):
        return period.on(today)
    # The zone of the location is not known here: there, today may be a day earlier or later.
    if all(period.is_reversed(today + days * _DAY) for days in (-1, 0, 1)):
        period.on(today)  # raises
    return period


def _parse(text: str) -> Period | NamedPeriod:
    shown = text.strip()
    if (name := _WORDS.get(_normal(shown))) is not None:
        return NamedPeriod(name)
    if match := _ISO_DAY.fullmatch(shown):
        return _day(text, *match.groups())
    if match := _DOTTED_DAY.fullmatch(shown):
        return _day(text, match["year"], match["month"], match["day"])
    if match := _ISO_MONTH.fullmatch(shown):
        return _month(text, *match.groups())
    raise _invalid(text, _suggest(shown))


def _normal(text: str) -> str:
    """The word in this module's spelling: its case, form of letters and separators do not count."""
    composed = unicodedata.normalize("NFKC", text).casefold()
    return _BETWEEN_WORDS.sub("-", composed.strip())


def _day(text: str, year: str, month: str, day: str) -> Period:
    try:
        found = date(int(year), int(month), int(day))
        _ = found - _DAY  # the first and the last day of the calendar have no neighbour
        return Period.of_days(found, found)
    except (ValueError, OverflowError):
        raise _invalid(text, _why_no_day(int(year), int(month), int(day))) from None


def _why_no_day(year: int, month: int, day: int) -> Message:
    if not 1 <= month <= 12:
        return texts.NO_SUCH_MONTH(month=month)
    if not 1 <= year <= 9999:
        return texts.NO_SUCH_YEAR(year=year)
    days = monthrange(year, month)[1]
    if 1 <= day <= days:
        return texts.DAY_AT_THE_END()
    return texts.NO_SUCH_DAY(day=day, month=f"{year:04}-{month:02}", days=DAYS(count=days))


def _month(text: str, year: str, month: str) -> Period:
    try:
        first, last = month_of(date(int(year), int(month), 1))
        _ = first - _DAY
        return Period.of_days(first, last)
    except (ValueError, OverflowError):
        why = (
            texts.NO_SUCH_MONTH(month=int(month))
            if not 1 <= int(month) <= 12
            else texts.MONTH_AT_THE_END(month=f"{year}-{month}")
        )
        raise _invalid(text, why) from None


def _invalid(text: str, why: Message | None) -> ConfigError:
    names = [each() for each in texts.NAMES]
    short = repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…")
    if why is None:
        return ConfigError(texts.INVALID_DATE(text=short, names=names))
    return ConfigError(texts.INVALID_DATE_BECAUSE(text=short, names=names, reason=why))


def _suggest(text: str) -> Message | None:
    """The probable meaning, or why the text is ambiguous; None if neither is known."""
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(str(unicodedata.digit(each, each)) for each in plain)
    if _SHORT_YEAR.fullmatch(plain):
        return texts.FOUR_DIGITS()
    if _EITHER_ORDER.fullmatch(plain):
        return texts.NO_ORDER()
    if match := _YEAR_FIRST.fullmatch(plain):
        return _suggest_read("-".join([match[1], match[2].zfill(2), match[3].zfill(2)]))
    if match := _MONTH_LAST.fullmatch(plain):
        return _suggest_read(f"{match[2]}-{match[1].zfill(2)}")
    if plain != text and (_DOTTED_DAY.fullmatch(plain) or _ISO_MONTH.fullmatch(plain)):
        return _suggest_read(plain)
    return None if plain[:1].isdigit() else _suggest_word(_normal(plain))


def _suggest_read(text: str) -> Message | None:
    try:
        _parse(text)
    except ConfigError:
        return None
    return texts.DID_YOU_MEAN(meant=text)


def _suggest_word(text: str) -> Message | None:
    likeness = {word: SequenceMatcher(None, text[:_LONGEST_SHOWN], word).ratio() for word in _WORDS}
    best = max(likeness.values())
    if best < _SIMILAR:
        return None
    words = [word for word, ratio in likeness.items() if ratio >= best - _AS_SIMILAR]
    return texts.DID_YOU_MEAN(meant=join(EITHER, words))
