"""Ids that may be shown to everybody: nothing that may be a name or a phone number."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from altegio_sync.messages import Message
from altegio_sync.messages.words import LISTED, LISTED_AND_MORE

if TYPE_CHECKING:
    from altegio_sync.domain.leads import LeadRules

#: Ids of Altegio have 10 digits at most and begin with no 0, unlike whole phone numbers.
_ID = re.compile(r"[1-9][0-9]{0,9}")
#: A school may number its leads from 0001 on.
_LEAD = re.compile(r"[0-9]{1,10}")
#: A document without an appointment's id is known by its `_id`.
_DOCUMENT = re.compile(r"_id [0-9a-f]{24}")
_SAMPLES = (LISTED.code, LISTED_AND_MORE.code)


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


def with_public_ids(message: Message | str) -> Message | str:
    """The message, without those of its samples of ids that may be a name or a phone number.

    Somebody may have stored anything as the id of an appointment.
    """
    if not isinstance(message, Message):
        return message
    is_sample = message.code in _SAMPLES
    fields = {name: _public(each, is_sample=is_sample) for name, each in message.fields.items()}
    return replace(message, fields=fields)


def _public(field: Any, *, is_sample: bool) -> Any:
    match field:
        case Message():
            return with_public_ids(field)
        case list() | tuple():
            return [_public(each, is_sample=is_sample) for each in field]
        case str() if is_sample:
            return field if _DOCUMENT.fullmatch(field) or public_id(field) else "?"
        case _:
            return field
