"""Finds the numbers in a client's name that may be a CRM id: no dates, amounts, phone numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from altegio_sync.domain.named_numbers import is_compact_date, spans_named_otherwise
from altegio_sync.domain.phones import (
    DEFAULT_REGION,
    LONGEST_PHONE,
    SHORTEST_PHONE,
    is_phone,
    is_possible_abroad,
    reads_as_phone,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Set

#: The possible numbers of digits of an id if the school sets no lengths.
USUAL_LENGTHS: Final = frozenset(range(3, 11))
#: An id with fewer digits is doubtful: rooms, groups and prices have such numbers too.
SURE_LENGTH: Final = 5
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_RUN = re.compile(r"[0-9]+")

# These words before a number say that it is not an id.
_LABEL_WORDS = """
    індекс индекс index zip postcode plz тел телефон tel phone моб мобільний mob mobile viber вайбер
    whatsapp вотсап telegram телеграм tg іпн инн рнокпп єдрпоу паспорт passport pesel nip ssn iin
    иин іін
"""
LABELS: Final = frozenset(_LABEL_WORDS.split())
# These words behind a number belong to the number: 050 123 45 67 viber.
_MESSENGERS = "viber|вайбер|whatsapp|вотсап|telegram|телеграм|tg"
_MONEY = r"грн|гривень|гривні|uah|usd|eur|euro|євро|евро|pln|zł|zl|kzt|тенге|тг|руб|rub|дол"
# These words behind a short number say that it counts or measures something.
_UNITS = (
    r"рок(?:и|ів|у)|років|год(?:ин\w*|а|ов|у)?|лет|years?|yrs?|міс(?:яц\w*)?|мес(?:яц\w*)?|"
    r"дн(?:і|ів|я|ей)|days?|хв(?:илин\w*)?|мин(?:ут\w*)?|mins?|minutes?|урок\w*|занят\w*|lessons?|"
    r"клас\w*|сл(?:ів|ов)|бал(?:л?ов|ів|и|а)?|раз(?:ів|и|а)?|шт|км|km|кг|kg|см|cm"
)
#: Never ids, whatever lengths are set.
_NEVER = re.compile(
    "|".join(
        (
            # Dates: 12.05.2014, 12/5/14, 12 05 2014, 2014-05-12.
            r"(?<![0-9])(?<![0-9][./-])[0-9]{1,2}([./-])\s?[0-9]{1,2}\1\s?(?:[0-9]{4}|[0-9]{2})(?![0-9])",
            r"(?<![0-9])(?<![0-9][ ./-])[0-3]?[0-9] [01]?[0-9] (?:19|20)[0-9]{2}(?![0-9])",
            r"(?<![0-9])(?<![0-9][./-])(?:19|20)[0-9]{2}([./-])[0-9]{1,2}\2[0-9]{1,2}(?![0-9])",
            # Days, months and hours in two parts: 12/05, 05.2014, 2023/24, 16-00.
            r"(?<![0-9])(?<![0-9][ ./-])(?<![0-9]\) )(?:[0-9]{1,2}|(?:19|20)[0-9]{2})[./-]"
            r"(?:[0-9]{1,2}|(?:19|20)[0-9]{2})(?![0-9])(?![./-][0-9])",
            # Decimals and amounts: 12.5, 1,200.50. Two long numbers are not a decimal.
            r"(?<![0-9])(?<![0-9][.,])(?![0-9]{5,}[.,][0-9]{5})"
            r"[0-9]+[.,][0-9]+(?:[.,][0-9]{2})?(?![0-9])(?![.,-][0-9])",
            # Times: 18:30.
            r"(?<![0-9])[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?![0-9])",
            # E-mail addresses and nicknames.
            r"(?<!\S)[^\s@]*@(?=\S*[^\W\d_])\S+",
            # Bank accounts.
            r"(?<![^\W_])[A-Z]{2}[0-9]{2}(?:[0-9A-Z]{4}[0-9]{7,26}|"
            r"\s[0-9A-Z]{4}(?:\s[0-9]{4}){2,}(?:\s[0-9]{1,3})?)(?![^\W_])",
        )
    )
)
_LABELLED = re.compile(
    rf"(?<![^\W_])(?!(?<=[0-9]{{2}} )(?:{_MESSENGERS}))"
    rf"(?:{'|'.join(sorted(LABELS))})\.?\s?[:№#=-]?\s?"
    r"(?:(?!id|ід|no|nr)[^\W\d_]{1,3}\s?)?\+?(?P<number>[0-9]+)"
    r"|[0-9)][ ,(]+(?:ext|дод|доб|вн|внутр)\.?\s?:?\s?(?P<extension>[0-9]+)",
    re.IGNORECASE,
)
_MEASURED = re.compile(
    r"[$€£₴₸₽]\s?(?P<after>[0-9]{1,6})(?![0-9])"
    rf"|(?<![0-9])(?P<money>[0-9]{{1,6}})\s?(?:[$€£₴₸₽%]|(?:{_MONEY})(?![^\W_]))"
    rf"|(?<![0-9])(?P<short>[0-9]{{1,4}})\s?(?:{_UNITS})(?![^\W_])",
    re.IGNORECASE,
)
LINK = re.compile(
    r"(?:https?://|www\.)\S+|(?<!\S)[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/\S+", re.IGNORECASE
)
#: The signs between the groups of digits of one phone number.
_JOINT = re.compile(r"[ ()._/‐-―-]{1,4}")
_CHAIN = re.compile(r"[ /:.-]")
_LONG_CHAIN = 3
_AFTER_PLUS = re.compile(r"(?:^|[ (])\+$")
#: Beginnings that only a phone number in groups has: 050, 0512, 38050.
_PREFIX = re.compile(r"(?:0[0-9]{2,6}|380[0-9]{2})\Z")
_AREA_CODE = (3, 5)
_LOCAL_PHONE = 10
_LONGEST_CODE = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A number from ``start`` to ``end`` of the name that may be the id.

    ``is_bare``: it is a separate word. ``is_suspect``: it may also be the end of a phone number.
    ``is_other``: a word beside it, or its form, says that it is hardly an id.
    """

    digits: str
    start: int
    end: int
    is_bare: bool
    is_suspect: bool = False
    is_other: bool = False

    @property
    def is_year(self) -> bool:
        return is_year(self.digits)


def is_measured(text: str, start: int) -> bool:
    """Whether the number that begins there is an amount of money."""
    return _MEASURED.match(text, start) is not None


def is_year(digits: str) -> bool:
    return _YEAR.fullmatch(digits) is not None


def find_candidates(text: str, lengths: Set[int], region: str) -> list[Candidate]:
    """The candidates in the order of the text; ``lengths`` are the lengths that the school set.

    ``text`` has single spaces, and only the digits 0 to 9.
    """
    runs = [(match.start(), match.end()) for match in _RUN.finditer(text)]
    never = [match.span() for match in _NEVER.finditer(text)]
    never += _measured(text, sets_lengths=bool(lengths))
    free = [run for run in runs if not _overlaps(run, never)]
    phones, suspects = _find_phones(text, free, lengths, region)
    others = list(_spans_of_others(text))
    named = list(spans_named_otherwise(text, sets_lengths=bool(lengths)))
    chained = set(_chained(text, free))
    wanted = lengths or USUAL_LENGTHS
    found = []
    for start, end in free:
        digits = text[start:end]
        if len(digits) not in wanted or (start, end) in phones or _overlaps((start, end), others):
            continue
        if not lengths and (reads_as_phone(digits, region) or (start, end) in chained):
            continue
        is_bare = _is_bare(text, start, end)
        is_suspect = (
            (start, end) in suspects
            or (not lengths and reads_as_phone(digits, DEFAULT_REGION))
            or _AFTER_PLUS.search(text[:start]) is not None
        )
        is_other = _overlaps((start, end), named) or (not lengths and _is_odd_form(digits))
        found.append(Candidate(digits, start, end, is_bare, is_suspect, is_other))
    return found


def _is_odd_form(digits: str) -> bool:
    """Whether it may be a day in one piece, or a phone number without one digit."""
    return is_compact_date(digits) or (len(digits) == SHORTEST_PHONE and digits[0] == "0")


def _measured(text: str, *, sets_lengths: bool) -> Iterator[tuple[int, int]]:
    """Amounts of money; also short counts, if no lengths are set."""
    for match in _MEASURED.finditer(text):
        if match["short"] is None or not sets_lengths:
            yield match.span(match.lastgroup or 0)


def _spans_of_others(text: str) -> Iterator[tuple[int, int]]:
    """Numbers after a word that says what they are, and numbers in links."""
    for match in _LABELLED.finditer(text):
        yield match.span(match.lastgroup or 0)
    for match in LINK.finditer(text):
        yield from _parts_of_link(match)


def _parts_of_link(link: re.Match[str]) -> Iterator[tuple[int, int]]:
    """The digits that are only a part of a word in a link."""
    for run in _RUN.finditer(link[0]):
        before, after = link[0][: run.start()][-1:], link[0][run.end() :][:1]
        if before not in ("/", "=", "#") or after not in ("", "/", "&", "?", "#", ",", ".", ")"):
            yield link.start() + run.start(), link.start() + run.end()


def _overlaps(run: tuple[int, int], spans: list[tuple[int, int]]) -> bool:
    return any(start < run[1] and run[0] < end for start, end in spans)


def _is_bare(text: str, start: int, end: int) -> bool:
    if text[end : end + 1] in (",", "."):
        end += 1
    return text[:start][-1:] in ("", " ") and text[end : end + 1] in ("", " ")


def _chained(text: str, runs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Short numbers that are parts of a longer number: 101-2, 12/345, 4149 4378 1234 5678."""
    chain: list[tuple[int, int]] = []
    is_tied = False
    for run in runs:
        gap = text[chain[-1][1] : run[0]] if chain else None
        if gap is not None and _CHAIN.fullmatch(gap) is None:
            yield from _short_parts(chain, is_tied=is_tied)
            chain, is_tied, gap = [], False, None
        is_tied |= gap is not None and gap != " "
        chain.append(run)
    yield from _short_parts(chain, is_tied=is_tied)


def _short_parts(chain: Sequence[tuple[int, int]], *, is_tied: bool) -> Iterator[tuple[int, int]]:
    if len(chain) >= _LONG_CHAIN or is_tied:
        yield from (each for each in chain if each[1] - each[0] < SURE_LENGTH)


def _find_phones(
    text: str, runs: list[tuple[int, int]], lengths: Set[int], region: str
) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """The runs of digits that are part of a phone number, and the runs that may be part of one."""
    phones: set[tuple[int, int]] = set()
    suspects: set[tuple[int, int]] = set()
    first = 0
    while first < len(runs):
        start, end = runs[first]
        is_led = text[:start].endswith("+") or text[start : start + 3] == "380"
        if end - start >= SURE_LENGTH and end - start in lengths and not is_led:
            first += 1
            continue
        last, is_marked = _longest_phone(text, runs, first, region)
        group = runs[first : last + 1]
        if last == first:
            if is_marked:
                phones.update(group)
            elif _has_country_code(text, runs, first):
                suspects.add(runs[first + 1])
        elif is_marked or all(end - start < SURE_LENGTH for start, end in group):
            phones.update(group)
        else:
            suspects.update(group)
            last = first
        first = last + 1
    return phones, suspects


def _has_country_code(text: str, runs: Sequence[tuple[int, int]], first: int) -> bool:
    """Whether a plus and a country's code are before the next run, as +45 before eight digits."""
    start, end = runs[first]
    if not text[:start].endswith("+") or end - start > _LONGEST_CODE or first + 1 == len(runs):
        return False
    begins, ends = runs[first + 1]
    digits = text[start:end] + text[begins:ends]
    is_joined = _JOINT.fullmatch(text[end:begins]) is not None
    return is_joined and len(digits) >= _LOCAL_PHONE and is_possible_abroad(digits)


def _longest_phone(
    text: str, runs: list[tuple[int, int]], first: int, region: str
) -> tuple[int, bool]:
    """The last run of the phone number that begins with ``first``, and whether it is marked.

    A marked number can only be a phone number: it has a plus, a leading 0, brackets or a hyphen.
    After the number is complete, no further run is added that may itself be an id.
    """
    start, end = runs[first]
    begins = text[start:end]
    is_international = text[:start].endswith("+")
    is_marked = (
        is_international or _PREFIX.match(begins) is not None or _is_area_code(text, start, end)
    )
    if not is_marked and (len(begins) == 1 or len(begins) >= SURE_LENGTH or is_year(begins)):
        return first, False
    digits, last, is_whole = begins, first, False
    if is_international and is_phone(digits, region, is_international=True):
        is_whole = True
    for n in range(first + 1, len(runs)):
        gap = text[runs[n - 1][1] : runs[n][0]]
        if _JOINT.fullmatch(gap) is None:
            break
        size = runs[n][1] - runs[n][0]
        if (is_whole and size >= SURE_LENGTH) or len(digits) + size > LONGEST_PHONE:
            break
        digits += text[runs[n][0] : runs[n][1]]
        if _is_whole(digits, begins, region, is_international=is_international):
            is_whole, last = True, n
            is_marked |= gap == "-"
        elif is_whole:
            break
    return last, is_whole and is_marked


def _is_whole(digits: str, begins: str, region: str, *, is_international: bool) -> bool:
    """Whether the groups are a phone number. Ten digits after a 0 are a phone number everywhere."""
    if begins.startswith("0") and len(begins) < SURE_LENGTH and len(digits) == _LOCAL_PHONE:
        return True
    is_long = is_international or len(digits) >= SHORTEST_PHONE
    return is_long and is_phone(digits, region, is_international=is_international)


def _is_area_code(text: str, start: int, end: int) -> bool:
    """Three to five digits in brackets that are not a year. Two digits may be an age."""
    is_short = _AREA_CODE[0] <= end - start <= _AREA_CODE[1] and not is_year(text[start:end])
    return is_short and text[:start].endswith("(") and text[end : end + 1] == ")"
