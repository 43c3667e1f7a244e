"""What is known of the school's locations without a request to Altegio."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from altegio_sync.domain.day_words import moment_in_table
from altegio_sync.domain.exit_code import CommandReport
from altegio_sync.domain.report import RunError
from altegio_sync.messages.sync import COMPANY_MISSING, ZONE_CHANGED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from altegio_sync.domain.appointment import Location, Teacher
    from altegio_sync.messages import Message


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

    @property
    def missing_message(self) -> Message:
        listed_at = "" if self.listed_at is None else moment_in_table(self.listed_at)
        return COMPANY_MISSING(company=self.id, moment=listed_at)


@dataclass(frozen=True, slots=True)
class StoredStaff:
    """The staff list of a location; ``missing`` are ids of bookings that were not in it."""

    teachers: Mapping[str, Teacher] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()

    def answers(self, teacher_ids: Collection[str | None]) -> bool:
        """Whether it is known of each of the ids who the teacher is, or that nobody is."""
        return all(each in self.teachers or each in self.missing for each in teacher_ids)


def find_missing(
    stored: Iterable[StoredLocation], listed: Iterable[str]
) -> tuple[StoredLocation, ...]:
    """The locations that were in the user's list before and are not among ``listed``."""
    there = frozenset(listed)
    return tuple(each for each in stored if each.listed_at is not None and each.id not in there)


@dataclass(frozen=True, slots=True)
class CompanyList(CommandReport):
    """The locations that the user may see, and what is different from the list before."""

    json_keys = ("command", "ok", "companies", "warnings")
    command: ClassVar[str] = "companies"

    listed: Sequence[Location]
    missing: Sequence[StoredLocation] = ()
    #: The locations as they were, whose zone is another one now.
    rezoned: Sequence[StoredLocation] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(each.id for each in self.listed)

    @property
    def companies(self) -> list[dict[str, str | None]]:
        return [
            {
                "company": each.id,
                "title": each.title,
                "timezone": each.timezone,
                "city": each.city,
            }
            for each in self.listed
        ]

    @property
    def warnings(self) -> list[RunError]:
        zones = {each.id: str(each.timezone) for each in self.listed}
        changed = [
            RunError(
                "zone_changed",
                ZONE_CHANGED(company=each.id, old=str(each.timezone), new=zones[each.id]),
                each.id,
            )
            for each in self.rezoned
        ]
        missing = [
            RunError("company_missing", each.missing_message, each.id) for each in self.missing
        ]
        return missing + changed
