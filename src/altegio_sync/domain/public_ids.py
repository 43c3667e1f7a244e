"""Ids that may be shown to everybody: nothing that may be a name or a phone number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from altegio_sync.domain.leads import LeadRules

#: Ids of Altegio have 10 digits at most and begin with no 0, unlike whole phone numbers.
_ID = re.compile(r"[1-9][0-9]{0,9}")
#: A school may number its leads from 0001 on.
_LEAD = re.compile(r"[0-9]{1,10}")
#: A document without an appointment's id is known by its `_id`.
_DOCUMENT = re.compile(r"_id [0-9a-f]{24}")


def public_id(value: object) -> str | None:
    """The id as text; None for a text that may be a name or a phone number."""
    return _matching(_ID, value)


def public_lead(value: object, rules: LeadRules) -> str | None:
    """The lead's id as text; None also for a phone number."""
    lead = _matching(_LEAD, value)
    return None if lead is None or rules.is_doubtful(lead) else lead


def _matching(pattern: re.Pattern[str], value: object) -> str | None:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if pattern.fullmatch(text) else None


def is_public(known_as: str) -> bool:
    """Whether what a document is known as is an id, so that nobody's name is in it."""
    return public_id(known_as) is not None or _DOCUMENT.fullmatch(known_as) is not None
