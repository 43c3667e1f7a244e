"""The CRM id that administrators type into a client's name, and the name without it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from altegio_sync.domain.appointment import Lead

if TYPE_CHECKING:
    from collections.abc import Iterable

# [0-9], not \d: Python's \d takes Arabic and full-width digits as well.
_ID_WORD = re.compile(
    r"(?:[#№]|id:)?(?P<bare>[0-9]{3,12})|\((?P<round>[0-9]{3,12})\)|\[(?P<square>[0-9]{3,12})\]",
    re.IGNORECASE,
)
_PHONE_DIGITS = 10


def join_name(name: str, surname: str = "", patronymic: str = "") -> str:
    """The full name: ``name``, then the words of the other two that it does not have yet."""
    words = name.split()
    for part in (surname, patronymic):
        words += [word for word in part.split() if word not in words]
    return " ".join(words)


def parse_client_name(
    name: str,
    surname: str = "",
    patronymic: str = "",
    *,
    pattern: re.Pattern[str] | None = None,
) -> Lead | None:
    """The lead's id and the rest of the name, or None where one of the two is missing.

    Without ``pattern`` the first word that is an id is taken: 3 to 12 digits, bare or dressed as
    ``#123``, ``№123``, ``(123)``, ``[123]``, ``id:123``, that do not read as a phone number.
    With ``pattern`` (a group named ``id``), what it matched as a whole is taken out of the name.
    """
    full = join_name(name, surname, patronymic)
    found = _find_by_words(full.split()) if pattern is None else _find_by_pattern(full, pattern)
    if found is None:
        return None
    lead_id, rest = found
    lead_name = " ".join(rest)
    return Lead(lead_id, lead_name) if lead_id and lead_name else None


def _find_by_words(words: list[str]) -> tuple[str, Iterable[str]] | None:
    for position, word in enumerate(words):
        if (lead_id := _read_id(word)) is not None:
            return lead_id, words[:position] + words[position + 1 :]
    return None


def _read_id(word: str) -> str | None:
    bare = word[:-1] if word.endswith((",", ".")) else word
    if (match := _ID_WORD.fullmatch(bare)) is None:
        return None
    digits: str = match["bare"] or match["round"] or match["square"]
    reads_as_phone = len(digits) >= _PHONE_DIGITS and digits.startswith(("0", "380"))
    return None if reads_as_phone else digits


def _find_by_pattern(full: str, pattern: re.Pattern[str]) -> tuple[str, Iterable[str]] | None:
    if (match := pattern.search(full)) is None:
        return None
    rest = f"{full[: match.start()]} {full[match.end() :]}".split()
    return (match["id"] or "").strip(), rest
