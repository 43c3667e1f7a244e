"""A client's name without the CRM id, and without the signs that were written around the id."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from altegio_sync.domain.numbers_in_name import LINK

if TYPE_CHECKING:
    from collections.abc import Sequence

_BRACKETS = "() [] {} <> «» “” „“ ‘’ ‹› （） ［］ 【】 「」 『』"
_PAIRS: Final = {each[0]: each[1] for each in _BRACKETS.split()}
_OPENING = {closing: opening for opening, closing in _PAIRS.items()}
#: Pairs of the same sign before and after, such as quotes, stars and bars.
_BOTH_SIDES: Final = frozenset("\"'`*_|/\\~=+-–—:;#№")
_BEFORE: Final = frozenset(",:;=#№№/\\|_-–—~*+")
_AFTER: Final = frozenset(",:;/\\|_-–—~*#№")
#: These signs are removed only directly behind the id. Behind a space they belong to the name.
_ENDING: Final = frozenset(".!?")
# Words that only announce an id, also if letters of two alphabets are mixed.
_ID_WORDS = "id ід ид iд іd айді айди crm срм црм crmid no nr"
ID_WORDS: Final = frozenset(_ID_WORDS.split())
#: These words announce an id only if other words remain for a name.
KIND_WORDS: Final = frozenset(("lead", "лід", "лид", "номер", "код", "code", "number"))
_LAST_WORD = re.compile(r"(?:^|(?<=[\W\d_]))(?:crm-)?[^\W\d_]+[.:]?$", re.IGNORECASE)


def without_id(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The words that remain when the spans are removed from the text."""
    for start, end in reversed(spans):
        text = _take_out(text, start, end)
    return " ".join(text.split())


def _take_out(text: str, start: int, end: int) -> str:
    for link in LINK.finditer(text):
        if link.start() <= start and end <= link.end():
            return f"{text[: link.start()]} {text[link.end() :]}"
    before, after = _strip_signs(text[:start], text[end:])
    bare, rest = _strip_words(before, after, ID_WORDS)
    kindless = _strip_words(bare, rest, KIND_WORDS)
    if any(each.isalpha() for part in kindless for each in part):
        bare, rest = kindless
    # No space is added inside a bracket: the bracket stays with its words.
    is_inside = bare[-1:] in _PAIRS or rest[:1] in _OPENING
    return f"{bare}{rest}" if is_inside else f"{bare} {rest}"


def _strip_words(before: str, after: str, words: frozenset[str]) -> tuple[str, str]:
    """Remove the words that announce the id from the end of ``before``, and the signs of both."""
    while (match := _LAST_WORD.search(before)) and match[0].rstrip(".:").casefold() in words:
        before, after = _strip_signs(before[: match.start()], after)
    return before, after


def _strip_signs(before: str, after: str) -> tuple[str, str]:
    """Remove the signs at the end of ``before`` and at the beginning of ``after``."""
    while True:
        left, right = before.rstrip(), after.lstrip()
        opens, closes = left[-1:], right[:1]
        if _PAIRS.get(opens) == closes != "" or (opens == closes and opens in _BOTH_SIDES):
            before, after = left[:-1], right[1:]
        elif (opens in _BEFORE and not _ends_word(before, opens)) or _is_alone(
            opens, right, _PAIRS
        ):
            before = left[:-1]
        elif closes in _AFTER or after[:1] in _ENDING or _is_alone(closes, left, _OPENING):
            after = right[1:]
        else:
            return left, right


def _ends_word(before: str, sign: str) -> bool:
    """Whether the sign belongs to the word before it, like the plus of B1+."""
    return sign in "+*~=" and before[-1:] == " " and before.rstrip()[-2:-1] not in ("", " ")


def _is_alone(sign: str, rest: str, partners: dict[str, str]) -> bool:
    """Whether a bracket has no partner in the rest of the name."""
    return sign in partners and partners[sign] not in rest
