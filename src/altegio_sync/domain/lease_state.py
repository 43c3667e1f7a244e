"""The holder of a company or of the collection, as `status` reports it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from altegio_sync.domain.json_form import JsonForm, Key
from altegio_sync.messages import Message


@dataclass(frozen=True, slots=True)
class LeaseState(JsonForm):
    """A run that holds a lease. An expired lease was left by a run that was killed."""

    json_keys = ("company", "holder", Key("expired", "is_expired"))

    company: str
    holder: Message | str
    is_expired: bool
    run_id: str = ""
    since: datetime | None = None
