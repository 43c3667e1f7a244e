"""Ids that may be shown to everybody: nothing that may be a name or a phone number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from altegio_sync.domain.leads import LeadRules

_MOST_DIGITS = 12


def public_id(value: object) -> str | None:
    """The id as text; None for a text that may be a name or a phone number."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def public_lead(value: object, rules: LeadRules) -> str | None:
    """The lead's id as text; None also for a phone number."""
    lead = public_id(value)
    return None if lead is None or rules.is_doubtful(lead) else lead
