"""Decides which webhooks a change causes, and when. The same seed decides the same."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from altegio_sync.sandbox.hook_bodies import other_events, record_event, update_event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.sandbox.bodies import Body
    from altegio_sync.sandbox.changes import SchoolChange

#: All webhooks of a burst are sent within this time.
_BURST_S = 2.0
_MOST_IN_BURST = 4
_AS_LIST = 0.2
_TOGETHER = 0.3


@dataclass(frozen=True, slots=True)
class HookFaults:
    """What goes wrong with webhooks on their way. Shares are between 0 and 1.

    - ``loss``: the share of changes of which no webhook is sent.
    - ``late``: the share of changes whose webhooks are sent ``late_s`` later than the others.
    - ``delay_s``: the time between a change and its webhooks.
    - ``spread_s``: each webhook waits up to this time in addition. So webhooks are sent in another
      order than the changes were made.
    - ``bursts``: the share of changes that cause several updates of the same booking.
    - ``doubles``: the share of webhooks that are sent twice.
    """

    loss: float = 0.0
    late: float = 0.0
    late_s: float = 900.0
    delay_s: float = 5.0
    spread_s: float = 0.0
    bursts: float = 0.0
    doubles: float = 0.0


class HookFate(StrEnum):
    """What was decided about the webhooks of a change."""

    SENT = "sent"
    LATE = "late"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """One POST: its events, and the time until it is sent. A lost one is never sent."""

    events: Sequence[Body]
    fate: HookFate
    wait_s: float = 0.0
    is_list: bool = False

    @property
    def content(self) -> object:
        """A list of events, or the only event."""
        return list(self.events) if self.is_list or len(self.events) > 1 else self.events[0]


def plan_deliveries(
    change: SchoolChange, faults: HookFaults, source: random.Random
) -> list[PlannedDelivery]:
    """The webhooks of the change, in the order in which they begin to wait."""
    record = record_event(change, source)
    others = list(other_events(change, source))
    fate = _decide_fate(faults, source)
    if fate is HookFate.LOST:
        return [PlannedDelivery([record], fate)]
    planned = []
    for events, after_s in _grouped(change, record, others, faults, source):
        is_list = source.random() < _AS_LIST
        for _ in range(2 if source.random() < faults.doubles else 1):
            wait_s = faults.delay_s + after_s + source.uniform(0, faults.spread_s)
            if fate is HookFate.LATE:
                wait_s += faults.late_s
            planned.append(PlannedDelivery(events, fate, wait_s, is_list))
    return planned


def _decide_fate(faults: HookFaults, source: random.Random) -> HookFate:
    chance = source.random()
    if chance < faults.loss:
        return HookFate.LOST
    return HookFate.LATE if chance < faults.loss + faults.late else HookFate.SENT


def _grouped(
    change: SchoolChange,
    record: Body,
    others: Sequence[Body],
    faults: HookFaults,
    source: random.Random,
) -> list[tuple[list[Body], float]]:
    """The events of each POST, with the time after the change. Some POSTs have several events."""
    if others and source.random() < _TOGETHER:
        grouped = [([record, *others], 0.0)]
    else:
        grouped = [([each], 0.0) for each in (record, *others)]
    if source.random() < faults.bursts:
        for _ in range(source.randint(2, _MOST_IN_BURST)):
            grouped.append(([update_event(change)], source.uniform(0, _BURST_S)))
    return grouped
