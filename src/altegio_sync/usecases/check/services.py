"""Tests the service ids of the settings against the services of all locations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from altegio_sync.domain.lessons import is_trial_title
from altegio_sync.messages import check as texts
from altegio_sync.messages import check_names as names
from altegio_sync.messages.words import some_ids
from altegio_sync.usecases.check.checks import Check

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from altegio_sync.domain.appointment import Location
    from altegio_sync.domain.lessons import LessonRules
    from altegio_sync.messages import Message, Template


@dataclass(slots=True)
class LocationFacts:
    """What Altegio says about a location.

    ``services``: the titles by id, also of the services of its bookings. ``location`` is None
    where Altegio says nothing about the location.
    """

    services: dict[str, str] = field(default_factory=dict)
    #: Whether the location answered with its list of services.
    has_list: bool = False
    location: Location | None = None


def check_services(rules: LessonRules, locations: Sequence[LocationFacts]) -> list[Check]:
    """Each service id of the settings must be a service of one of the locations."""
    wanted = sorted(rules.individual_ids | rules.trial_ids)
    if not wanted or not locations or not all(each.has_list for each in locations):
        return []
    known = {id_: title for each in locations for id_, title in each.services.items()}
    is_one = len(locations) == 1
    unknown = [each for each in wanted if each not in known]
    if not unknown:
        found = texts.SERVICES_OF_LOCATION if is_one else texts.SERVICES_OF_LOCATIONS
        return _check_lists(rules, known) or [
            Check.good(names.SERVICES(), found(services=len(wanted)))
        ]
    missing = texts.NO_SERVICE_OF_LOCATION if is_one else texts.NO_SERVICE_OF_LOCATIONS
    return [
        Check.bad(names.SERVICES(), missing(service=each), texts.LIST_SERVICES())
        for each in unknown
    ]


def _check_lists(rules: LessonRules, titles: Mapping[str, str]) -> list[Check]:
    """Services that seem to be in the wrong list. Their lessons would get a wrong `IsTrial`."""
    both = rules.individual_ids & rules.trial_ids
    trial_titled = {each for each in rules.individual_ids - both if is_trial_title(titles[each])}
    # Without a list of trial lessons the title decides, so the lesson is a trial anyway.
    misplaced = trial_titled if rules.trial_ids else set[str]()
    found = []
    if both:
        text = _listed(texts.IN_BOTH_LISTS, both)
        found.append(Check.warning(names.SERVICES(), text, texts.NAME_IN_ONE_LIST()))
    if misplaced:
        has_trial = any(is_trial_title(titles[each]) for each in rules.trial_ids)
        hint = texts.INTO_TRIAL_LIST() if has_trial else texts.LISTS_SWAPPED()
        found.append(Check.warning(names.SERVICES(), _listed(texts.TITLED_TRIAL, misplaced), hint))
    return found


def _listed(sentence: Template, ids: Collection[str]) -> Message:
    return sentence(services=some_ids(sorted(ids)), count=len(ids))
