"""When an alert is due: a run begins to fail, still fails a day later, or succeeds again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from altegio_sync.domain.json_form import JsonForm
from altegio_sync.domain.stored import Flag, Moment

if TYPE_CHECKING:
    from datetime import datetime

#: Less than a day, since the runs of two nights do not end at the same minute.
REMIND_AFTER = timedelta(hours=23)


class Alert(Enum):
    """The kinds of messages about a subject, for example about a command."""

    FAILS = "fails"
    STILL_FAILS = "still fails"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class AlertState(JsonForm):
    """The last alert about a subject. ``said_at`` is when it was delivered."""

    is_failing: Flag
    since: Moment
    said_at: Moment


def plan_alert(
    state: AlertState | None, now: datetime, *, has_failed: bool
) -> tuple[Alert, AlertState] | None:
    """The alert that is due, and the state once it was delivered. None if nothing is due.

    An alert that could not be delivered is due again at the next run, since the state is stored
    only after the delivery.
    """
    was_failing = state is not None and state.is_failing
    if state is None or not was_failing:
        return (
            (Alert.FAILS, AlertState(is_failing=True, since=now, said_at=now))
            if has_failed
            else None
        )
    if not has_failed:
        return Alert.RECOVERED, AlertState(is_failing=False, since=now, said_at=now)
    # A moment in the future was said by a machine whose clock was wrong.
    is_due = now - state.said_at >= REMIND_AFTER or state.said_at > now
    return (
        (Alert.STILL_FAILS, AlertState(is_failing=True, since=state.since, said_at=now))
        if is_due
        else None
    )


def newer(one: AlertState | None, other: AlertState | None) -> AlertState | None:
    states = [each for each in (one, other) if each is not None]
    return max(states, key=lambda each: each.said_at, default=None)
