"""A document to repair, Altegio's answer about it, and the documents that were not repaired."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.json_form import JsonForm, Key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.lessons import Verdict
    from altegio_sync.domain.report import RunError
    from altegio_sync.messages import Message

SAMPLE = 20


class Loss(Enum):
    """How much of a lesson a document has lost."""

    NOTHING = "nothing"
    #: The lead's id or a date is missing.
    PART = "part"
    #: The appointment id, the lead and the start are all missing.
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A stored document with an error that only Altegio can correct.

    Only the store uses ``document_id``. Without an ``appointment_id``, Altegio cannot be asked for
    the booking. Without a ``starts_at``, the document belongs to no day.
    """

    document_id: Any
    appointment_id: str | None
    company_id: str | None
    starts_at: datetime | None
    ends_at: datetime | None = None
    loss: Loss = Loss.NOTHING


@dataclass(frozen=True, slots=True)
class Answer:
    """Altegio's answer about a suspect; ``verdict`` is None if Altegio has no such booking."""

    suspect: Suspect
    verdict: Verdict | None = None
    is_trial: bool = False


@dataclass(frozen=True, slots=True)
class SchoolZones(JsonForm):
    """The zones in which dates without a zone are read; ``first`` is None if it is unknown.

    A document is read in the zone of its company, or in the first company's if it names none.
    """

    json_keys = (Key("name", "first"), "source", Key("by_company", "several", optional=True))

    first: ZoneInfo | None
    source: Message | str
    by_company: Mapping[str, ZoneInfo] = field(default_factory=dict)

    @property
    def several(self) -> Mapping[str, ZoneInfo] | None:
        return self.by_company if len(self.by_company) > 1 else None

    def of(self, company_id: str | None) -> ZoneInfo | None:
        return self.by_company.get(company_id or "", self.first)


@dataclass(slots=True)
class Unrepaired:
    """How many documents were not repaired, by reason, with some of their ids.

    ``errors`` are about documents that should have been changed and were not.
    """

    counts: Counter[Message | str] = field(default_factory=Counter)
    samples: dict[Message | str, list[str]] = field(default_factory=dict)
    errors: list[RunError] = field(default_factory=list)

    def note(self, reason: Message | str, appointment_id: str) -> None:
        self.counts[reason] += 1
        sample = self.samples.setdefault(reason, [])
        if len(sample) < SAMPLE:
            sample.append(appointment_id)

    @property
    def by_reason(self) -> list[dict[str, Any]]:
        return [
            {"reason": str(reason), "count": self.counts[reason], "sample": self.samples[reason]}
            for reason in sorted(self.counts, key=str)
        ]
