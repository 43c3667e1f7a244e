"""What is known of the school's locations without a request to Altegio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class StoredLocation:
    """What Altegio last said about a location. All moments are aware.

    - ``fetched_at``: when Altegio named the title and the zone.
    - ``listed_at``: when the location was last in the list of the user's locations. None where it
      never was.
    - ``missing_since``: when it was first missing from that list. None where it is in the list.
    """

    id: str
    title: str
    timezone: str | None
    city: str = ""
    fetched_at: datetime | None = None
    listed_at: datetime | None = None
    missing_since: datetime | None = None

    @property
    def is_listed(self) -> bool:
        return self.listed_at is not None and self.missing_since is None


def find_missing(
    stored: Iterable[StoredLocation], listed: Iterable[str]
) -> tuple[StoredLocation, ...]:
    """The locations that were in the user's list before and are not among ``listed``."""
    there = frozenset(listed)
    return tuple(each for each in stored if each.listed_at is not None and each.id not in there)
