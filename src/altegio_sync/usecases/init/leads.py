"""Examines the clients of last month, and proposes which number a lead's id is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from altegio_sync.domain.leads import LeadIdKind, LeadRules
from altegio_sync.domain.numbers_in_name import find_candidates, is_year
from altegio_sync.domain.phones import region_of_zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from altegio_sync.domain.appointment import Booking

#: Fewer clients say nothing about the school.
_FEWEST_CLIENTS = 5
_MOST = 0.5
_FEW = 0.1
#: A length that is rarer than this is a mistake in a name.
_RARE = 0.03
#: Shorter numbers are mostly something else.
_SHORTEST_ID = 5


@dataclass(frozen=True, slots=True)
class LeadProposal:
    """How many clients have which numbers in their names, and the settings that follow.

    ``lengths`` counts the clients by the length of their CRM id, ``years`` those with a year
    alone. ``digits`` is the value of `ALTEGIO_CRM_ID_DIGITS`; empty where nothing is clear.
    """

    clients: int
    lengths: Mapping[int, int]
    years: int
    kind: LeadIdKind
    digits: str

    @property
    def is_sure(self) -> bool:
        """Whether there were enough clients to propose anything."""
        return self.clients >= _FEWEST_CLIENTS


def propose_leads(bookings: Iterable[Booking], timezone: str) -> LeadProposal:
    """``bookings`` have the client's own id and full name as their lead."""
    names = {each.lead.id: each.lead.name for each in bookings if each.lead is not None}
    rules = LeadRules().in_zone(timezone)
    region = region_of_zone(timezone)
    lengths: Counter[int] = Counter()
    years = 0
    for name in names.values():
        lead = rules.read(name)
        if lead is not None and not is_year(lead.id):
            lengths[len(lead.id)] += 1
        elif any(each.is_year for each in find_candidates(name, frozenset(), region)):
            years += 1
    usual = {size: count for size, count in lengths.items() if size >= _SHORTEST_ID}
    with_id, clients = sum(usual.values()), len(names)
    kind, digits = LeadIdKind.CRM, ""
    if clients >= _FEWEST_CLIENTS:
        if with_id < clients * _FEW:
            kind = LeadIdKind.CLIENT
        elif with_id >= clients * _MOST:
            digits = _range(usual)
    return LeadProposal(clients, dict(sorted(lengths.items())), years, kind, digits)


def _range(lengths: Mapping[int, int]) -> str:
    """The lengths that are not rare, as in the setting: `8`, or `7-8`."""
    total = sum(lengths.values())
    usual = [size for size, count in lengths.items() if count >= total * _RARE]
    least, most = min(usual), max(usual)
    return str(least) if least == most else f"{least}-{most}"
