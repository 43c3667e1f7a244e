"""What `init` shows of locations, services and clients before it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.messages import init as texts
from altegio_sync.messages import render
from altegio_sync.messages.words import DIGITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from altegio_sync.domain.appointment import Location
    from altegio_sync.messages import Message
    from altegio_sync.usecases.init import LeadProposal, SeenService

_MOST_SHOWN = 10


def print_some(lines: Sequence[Message]) -> None:
    for each in lines[:_MOST_SHOWN]:
        print(f"  {render(each)}")
    if len(lines) > _MOST_SHOWN:
        print(f"  {render(texts.MORE_LOCATIONS(count=len(lines) - _MOST_SHOWN))}")


def describe_location(each: Location) -> Message:
    if each.city:
        return texts.LOCATION_IN_CITY(id=each.id, title=each.title, city=each.city)
    return texts.LOCATION(id=each.id, title=each.title)


def describe_service(seen: SeenService) -> Message:
    return texts.SERVICE(id=seen.service.id, title=seen.service.title, count=seen.booked)


def describe_clients(proposal: LeadProposal) -> Message:
    """How many clients have which numbers in their names: the most frequent first."""
    return texts.CLIENTS(count=proposal.clients, found=list(_found(proposal)))


def _found(proposal: LeadProposal) -> Iterator[Message]:
    for size, clients in sorted(proposal.lengths.items(), key=lambda each: -each[1]):
        yield texts.CLIENTS_WITH_ID(clients=clients, digits=DIGITS(count=size))
    if proposal.years:
        yield texts.CLIENTS_WITH_YEAR(clients=proposal.years)
    left = proposal.clients - sum(proposal.lengths.values()) - proposal.years
    if left:
        yield texts.CLIENTS_WITHOUT(clients=left)
