"""Finds the CRM id that administrators type into a client's name, and the name without the id."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from altegio_sync.domain.appointment import Lead
from altegio_sync.domain.named_numbers import follows_named, is_compact_date, may_name
from altegio_sync.domain.numbers_in_name import (
    LABELS,
    SURE_LENGTH,
    find_candidates,
    is_measured,
    is_year,
)
from altegio_sync.domain.phones import DEFAULT_REGION
from altegio_sync.domain.rest_of_name import ID_WORDS, KIND_WORDS, without_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.domain.numbers_in_name import Candidate

# Full-width digits, and the invisible characters of Unicode's category Cf.
_ODD = "\uff10-\uff19\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f"
_ODD += "\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd"
_ODD += (
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
_ODD_CHARACTER = re.compile(f"[{_ODD}]")
# The usual form of a name: one word of digits, and no other digit.
_PLAIN = re.compile(
    rf"(?P<before>(?:[^0-9{_ODD}]* )?)(?P<id>[0-9]+)[,.]?(?P<after>(?: [^0-9{_ODD}]*)?)"
)
_PLAIN_LENGTHS = range(5, 9)
_SIZE_OF_DATE = 8
#: A longer text is not a name, and is not searched.
_LONGEST_NAME = 1000
#: With such a word beside the id, the name is examined in detail.
_SPECIAL_WORDS = ID_WORDS | KIND_WORDS | LABELS


def join_name(name: str, surname: str = "", patronymic: str = "") -> str:
    """The full name: ``name``, then the words of the other two that ``name`` does not contain."""
    words = name.split()
    for part in (surname, patronymic):
        if part:
            words += [word for word in part.split() if word not in words]
    return " ".join(words)


def parse_client_name(
    name: str,
    surname: str = "",
    patronymic: str = "",
    *,
    pattern: re.Pattern[str] | None = None,
    lengths: frozenset[int] = frozenset(),
    region: str = DEFAULT_REGION,
) -> Lead | None:
    """The lead's id and the rest of the name; None if one of the two is missing.

    ``lengths`` are the possible numbers of digits of the school's ids; empty where not known.
    Phone numbers of ``region`` (two ISO letters), dates and amounts are not ids. A lead that may
    be the wrong lead is doubtful. ``pattern`` has a group named ``id``; the text that the whole
    pattern matched is removed from the name.
    """
    if pattern is not None:
        return _read_by_pattern(full_name(name, surname, patronymic), pattern)
    full = join_name(name, surname, patronymic)
    match = _PLAIN.fullmatch(full)
    if match is None and _ODD_CHARACTER.search(full) is not None:
        full = _plainly(name, surname, patronymic)
        match = _PLAIN.fullmatch(full)
    if match is not None and (lead := _read_plain(full, match, lengths)) is not None:
        return lead
    return _read_closely(full, lengths, region)


def full_name(name: str, surname: str = "", patronymic: str = "") -> str:
    """The full name as it is stored: without invisible characters, with single spaces."""
    full = join_name(name, surname, patronymic)
    return full if _ODD_CHARACTER.search(full) is None else _plainly(name, surname, patronymic)


def _plainly(*parts: str) -> str:
    """The full name without invisible characters; full-width digits become 0 to 9."""
    return join_name(*(_ODD_CHARACTER.sub(_plain_character, part) for part in parts))


def _plain_character(match: re.Match[str]) -> str:
    return str(int(match[0])) if match[0].isdigit() else ""


def _read_plain(full: str, match: re.Match[str], lengths: frozenset[int]) -> Lead | None:
    """The lead of a name whose only number is the id; None if the name needs all rules."""
    before, lead_id, after = match.groups()
    size = len(lead_id)
    if size not in (lengths or _PLAIN_LENGTHS) or is_year(lead_id):
        return None
    if size == _SIZE_OF_DATE and is_compact_date(lead_id):
        return None
    last = before[:-1].rpartition(" ")[2]
    if not (last.isalpha() or not last) or last.casefold() in _SPECIAL_WORDS or may_name(last):
        return None
    if after and (not after[1].isalnum() or _is_counted(full, match.start("id"))):
        return None
    name = f"{before}{after[1:]}" if after else before[:-1]
    return Lead(lead_id, name) if name else None


def _is_counted(full: str, start: int) -> bool:
    return is_measured(full, start) or follows_named(full, start)


@lru_cache(maxsize=4096)
def _read_closely(full: str, lengths: frozenset[int], region: str) -> Lead | None:
    """The lead of a name with several numbers, or with signs around them."""
    if len(full) > _LONGEST_NAME:
        return None
    candidates = find_candidates(full, lengths, region)
    sure = [each for each in candidates if lengths or len(each.digits) >= SURE_LENGTH]
    chosen, is_doubtful = (
        _choose(sure, knows_lengths=bool(lengths)) if sure else _choose_short(candidates)
    )
    if chosen is None:
        return None
    lead = _to_lead(full, chosen.digits, candidates, is_doubtful=is_doubtful)
    if lead is None:
        return None
    others = _doubtful_leads(full, candidates)
    return replace(lead, others=tuple(each for each in others if each.id != lead.id))


@lru_cache(maxsize=4096)
def possible_leads(
    full: str, lengths: frozenset[int] = frozenset(), region: str = DEFAULT_REGION
) -> tuple[Lead, ...]:
    """The possible leads of a name with several short numbers; all are doubtful."""
    if len(full) > _LONGEST_NAME:
        return ()
    return tuple(_doubtful_leads(full, find_candidates(full, lengths, region)))


def _doubtful_leads(full: str, candidates: Sequence[Candidate]) -> list[Lead]:
    """A lead for each number that may be an id.

    A possible end of a phone number counts only where every number may be such an end.
    """
    clear = [each for each in candidates if not each.is_suspect]
    digits = dict.fromkeys(each.digits for each in clear or candidates)
    leads = [
        _to_lead(full, each, candidates, is_doubtful=True) for each in digits if not is_year(each)
    ]
    return [each for each in leads if each is not None]


def _choose(candidates: Sequence[Candidate], *, knows_lengths: bool) -> tuple[Candidate, bool]:
    """Choose among the long candidates; the flag says whether the choice is doubtful.

    Some candidates are used only if there is no other candidate: the end of a phone number, a year,
    or a number that is something else by the words beside it.
    """
    plain = [each for each in candidates if not each.is_other] or candidates
    clear = [each for each in plain if not each.is_suspect and not each.is_year]
    left = clear or plain
    chosen = next((each for each in left if each.is_bare), left[0])
    is_one = len({each.digits for each in left}) == 1
    is_unsure = chosen.is_year or chosen.is_other or chosen.is_suspect
    # People write the phone number before the id. Where it is behind the chosen number, the two may
    # have been confused.
    is_followed = any(each.is_suspect and each.start > chosen.start for each in candidates)
    # An id of eight digits may look like a day, and a day in one piece like an id.
    is_unsure |= not knows_lengths and any(is_compact_date(each.digits) for each in candidates)
    return chosen, is_unsure or is_followed or not is_one


def _choose_short(candidates: Sequence[Candidate]) -> tuple[Candidate | None, bool]:
    """A single number of 3 or 4 digits that is not a year; always doubtful."""
    left = [each for each in candidates if not each.is_year]
    is_one = len({each.digits for each in left}) == 1
    return (left[0] if is_one else None), True


def _to_lead(
    full: str, digits: str, candidates: Sequence[Candidate], *, is_doubtful: bool
) -> Lead | None:
    spans = [(each.start, each.end) for each in candidates if each.digits == digits]
    name = without_id(full, spans)
    return Lead(digits, name, is_doubtful) if name else None


def _read_by_pattern(full: str, pattern: re.Pattern[str]) -> Lead | None:
    if (match := pattern.search(full)) is None:
        return None
    lead_id = (match["id"] or "").strip()
    lead_name = " ".join(f"{full[: match.start()]} {full[match.end() :]}".split())
    return Lead(lead_id, lead_name) if lead_id and lead_name else None
