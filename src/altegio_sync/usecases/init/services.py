"""Guesses which services are individual and trial lessons."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from altegio_sync.domain.lessons import is_trial_title

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from altegio_sync.domain.appointment import Booking, Service

LessonKind: TypeAlias = Literal["individual", "trial"]

_INDIVIDUAL_WORDS = ("індивід", "индивид", "individual", "1-на-1", "one-to-one", "private")
_GROUP_WORDS = ("груп", "group", "клуб", "club")
#: A service without a word about its kind counts as a lesson if this share of the bookings has it.
_OFTEN = 0.05


@dataclass(frozen=True, slots=True)
class SeenService:
    """A service, how often it was booked last month, and which lessons it probably sells."""

    service: Service
    booked: int
    kind: LessonKind | None


def guess_services(services: Sequence[Service], bookings: Iterable[Booking]) -> list[SeenService]:
    """The services, those that were booked most often first."""
    alone: Counter[str] = Counter()
    in_groups: Counter[str] = Counter()
    for booking in bookings:
        counts = in_groups if booking.is_group_event else alone
        counts.update(each.id for each in booking.services)
    has_words = any(_says(each.title, _INDIVIDUAL_WORDS) for each in services)
    often = max(1.0, alone.total() * _OFTEN)

    def kind_of(service: Service) -> LessonKind | None:
        if is_trial_title(service.title):
            return "trial"
        if _says(service.title, _INDIVIDUAL_WORDS):
            return "individual"
        is_for_one = alone[service.id] > in_groups[service.id] and alone[service.id] >= often
        is_lesson = is_for_one and not has_words and not _says(service.title, _GROUP_WORDS)
        return "individual" if is_lesson else None

    seen = [
        SeenService(each, alone[each.id] + in_groups[each.id], kind_of(each)) for each in services
    ]
    return sorted(seen, key=lambda each: (-each.booked, each.service.title))


def _says(title: str, words: Iterable[str]) -> bool:
    folded = title.casefold()
    return any(each in folded for each in words)
