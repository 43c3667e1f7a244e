"""Decides which number is a lead's id, by the school's settings, and when an id is doubtful."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from altegio_sync.domain.appointment import Lead
from altegio_sync.domain.client_name import full_name, parse_client_name, possible_leads
from altegio_sync.domain.numbers_in_name import is_year
from altegio_sync.domain.phones import DEFAULT_REGION, reads_as_phone, region_of_zone
from altegio_sync.messages import settings as texts

if TYPE_CHECKING:
    from typing import Any

_LENGTHS = re.compile(r"(?P<least>[0-9]{1,2})(?:\s*[-–—]\s*(?P<most>[0-9]{1,2}))?")
_MOST_DIGITS = 20


class LeadIdKind(StrEnum):
    """Which number `leadId` holds."""

    CRM = "crm"
    CLIENT = "client"
    CRM_OR_CLIENT = "crm-or-client"


@dataclass(frozen=True, slots=True)
class LeadRules:
    """How a lead is read from a client, by the school's settings.

    ``lengths`` are the possible numbers of digits of the CRM ids, empty where not known.
    ``region`` is the country of phone numbers that have no country's code.
    """

    kind: LeadIdKind = LeadIdKind.CRM
    lengths: frozenset[int] = frozenset()
    pattern: re.Pattern[str] | None = None
    region: str | None = None

    def in_zone(self, timezone: str) -> LeadRules:
        """These rules, with the zone's country as the region where no region is set."""
        return self if self.region else replace(self, region=region_of_zone(timezone))

    def read(
        self, name: str, surname: str = "", patronymic: str = "", client_id: str | None = None
    ) -> Lead | None:
        lead = None
        if self.kind is not LeadIdKind.CLIENT:
            lead = parse_client_name(
                name,
                surname,
                patronymic,
                pattern=self.pattern,
                lengths=self.lengths,
                region=self.region or DEFAULT_REGION,
            )
            if lead is not None or self.kind is LeadIdKind.CRM:
                return lead
        told = full_name(name, surname, patronymic)
        if not client_id or not told:
            return None
        return Lead(client_id, told, others=self.possible(name, surname, patronymic))

    def possible(self, name: str, surname: str = "", patronymic: str = "") -> tuple[Lead, ...]:
        """The possible leads of a name without a certain CRM id. If one is stored, it stays."""
        if self.pattern is not None or self.kind is LeadIdKind.CLIENT:
            return ()
        full = full_name(name, surname, patronymic)
        return possible_leads(full, self.lengths, self.region or DEFAULT_REGION)

    @property
    def checks_format(self) -> bool:
        """Whether every lead's id has only digits. A pattern may find anything."""
        return self.pattern is None

    @property
    def judges_stored(self) -> bool:
        """Whether stored ids can be checked for phone numbers and years; client ids cannot."""
        return self.pattern is None and self.kind is LeadIdKind.CRM

    def is_doubtful(self, stored_id: str) -> bool:
        """Whether a stored id of digits is a year or a phone number, or has a wrong length."""
        if is_year(stored_id):
            return True
        if self.lengths:
            return len(stored_id) not in self.lengths
        return reads_as_phone(stored_id, self.region or DEFAULT_REGION)

    def deciding_values(self) -> list[Any]:
        """The settings that decide which lead is stored, for a hash."""
        pattern = None if self.pattern is None else self.pattern.pattern
        return [self.kind.value, sorted(self.lengths), pattern, self.region]


#: The rules when nothing is set.
USUAL_LEADS: Final = LeadRules()


def parse_lengths(text: str) -> frozenset[int]:
    """The numbers of digits in ``8`` or ``7-8``.

    Raises:
        ValueError: the text is neither.
    """
    match = _LENGTHS.fullmatch(text.strip())
    if match is None:
        raise ValueError(texts.CRM_ID_DIGITS_EXPECTED())
    least, most = int(match["least"]), int(match["most"] or match["least"])
    if not 1 <= least <= most <= _MOST_DIGITS:
        raise ValueError(texts.CRM_ID_DIGITS_RANGE(most=_MOST_DIGITS))
    return frozenset(range(least, most + 1))


def settle(lead: Lead, stored_id: object) -> Lead:
    """The lead to store, if the document already has ``stored_id``.

    A stored id stays if it is one of the possible ids in the client's name. It is doubtful if the
    rules would choose another id.
    """
    if not lead.others or stored_id is None:
        return lead
    text = str(stored_id)
    return next((each for each in lead.others if each.id == text), lead)
