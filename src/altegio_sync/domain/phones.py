"""Decides which digits are a phone number, by the numbering plans of PyPI's `phonenumbers`."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

#: The country if neither a setting nor the time zone names one.
DEFAULT_REGION: Final = "UA"
#: A single run of fewer digits is never a phone number: ids have as many digits.
SHORTEST_PHONE: Final = 9
LONGEST_PHONE: Final = 17


@lru_cache(maxsize=4096)
def is_phone(digits: str, region: str, *, is_international: bool = False) -> bool:
    """Whether the digits are a valid phone number, as people in ``region`` write it."""
    if not SHORTEST_PHONE - 2 <= len(digits) <= LONGEST_PHONE:
        return False
    # The import takes 25 ms, and most names never need it.
    import phonenumbers

    try:
        number = phonenumbers.parse(f"+{digits}" if is_international else digits, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number)


def is_possible_abroad(digits: str) -> bool:
    """Whether the digits begin with a country's code and have the length of its phone numbers."""
    import phonenumbers

    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(number)


def reads_as_phone(digits: str, region: str) -> bool:
    """Whether one run of digits is a phone number and not an id.

    Ten digits that begin with 0 are a phone number, also if the operator is not known.
    """
    if len(digits) < SHORTEST_PHONE:
        return False
    is_local = len(digits) > SHORTEST_PHONE and digits.startswith("0")
    return is_local or is_phone(digits, region) or _is_foreign(digits, region)


def _is_foreign(digits: str, region: str) -> bool:
    """Whether the digits are a number with a country's code, without a plus before it."""
    return len(digits) > SHORTEST_PHONE + 1 and is_phone(digits, region, is_international=True)


def known_regions() -> frozenset[str]:
    """The countries that have a time zone."""
    return frozenset(_countries().values())


@lru_cache(maxsize=64)
def region_of_zone(timezone: str) -> str:
    """The country of an IANA zone, by the table of the `tzdata` package; else UA."""
    countries = _countries()
    name = timezone if timezone in countries else _links().get(timezone, "")
    return countries.get(name, DEFAULT_REGION)


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    rows = (row.split("\t") for row in _read("zone.tab").splitlines() if not row.startswith("#"))
    return {row[2]: row[0] for row in rows if len(row) > 2}


@lru_cache(maxsize=1)
def _links() -> dict[str, str]:
    """The older names of zones: `Europe/Kiev` is `Europe/Kyiv`."""
    rows = (row.split() for row in _read("tzdata.zi").splitlines() if row.startswith("L "))
    return {row[2]: row[1] for row in rows}


def _read(name: str) -> str:
    from importlib.resources import files

    return files("tzdata.zoneinfo").joinpath(name).read_text(encoding="utf-8")
