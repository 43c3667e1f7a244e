"""Tests the service ids of the settings against the services of all locations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from altegio_sync.domain.foreign_text import shown
from altegio_sync.domain.lessons import is_trial_title
from altegio_sync.domain.warnings import some_ids
from altegio_sync.usecases.check.checks import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from altegio_sync.domain.lessons import LessonRules


@dataclass(slots=True)
class LocationFacts:
    """What was learnt of a location: the titles of its services and of those of its bookings."""

    services: dict[str, str] = field(default_factory=dict)
    #: Whether the location answered with its list of services.
    has_list: bool = False


def check_services(rules: LessonRules, locations: Sequence[LocationFacts]) -> list[Finding]:
    """The service ids of the settings; a list is for all locations, so one must have the id."""
    wanted = sorted(rules.individual_ids | rules.trial_ids)
    if not wanted or not locations or not all(each.has_list for each in locations):
        return []
    known = {id_: title for each in locations for id_, title in each.services.items()}
    where = "this location" if len(locations) == 1 else "any of these locations"
    hint = "altegio-sync services lists the ids for ALTEGIO_SERVICE_IDS"
    unknown = [each for each in wanted if each not in known]
    if not unknown:
        text = f"all {len(wanted)} are services of {where}"
        return _check_lists(rules, known) or [Finding.good("services", text)]
    return [
        Finding.bad("services", f"{shown(each)} is not a service of {where}", hint)
        for each in unknown
    ]


def _check_lists(rules: LessonRules, titles: Mapping[str, str]) -> list[Finding]:
    """Services that seem to be in the wrong list: their lessons would have the wrong `IsTrial`."""
    both = rules.individual_ids & rules.trial_ids
    trial_titled = {each for each in rules.individual_ids - both if is_trial_title(titles[each])}
    # Without a list of trial lessons the title decides, and the lesson is a trial all the same.
    misplaced = trial_titled if rules.trial_ids else set[str]()
    found = []
    if both:
        text = f"{_listed(both)} in ALTEGIO_SERVICE_IDS and in ALTEGIO_TRIAL_SERVICE_IDS"
        hint = "name each service in one list: these lessons are stored as trial lessons"
        found.append(Finding.warning("services", text, hint))
    if misplaced:
        text = f"{_listed(misplaced)} in ALTEGIO_SERVICE_IDS, with a trial lesson's title"
        hint = "the id may belong into ALTEGIO_TRIAL_SERVICE_IDS"
        if not any(is_trial_title(titles[each]) for each in rules.trial_ids):
            hint = "the two lists may be swapped: compare them with altegio-sync services"
        found.append(Finding.warning("services", text, hint))
    return found


def _listed(ids: Iterable[str]) -> str:
    found = sorted(ids)
    return f"{some_ids(found)} {'is' if len(found) == 1 else 'are'}"
