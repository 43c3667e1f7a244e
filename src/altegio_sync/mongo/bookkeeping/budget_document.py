"""The document with the starts of the last requests, and the expressions that add a start.

Only the server's clock is used. Values that are no starts are ignored. An older version of the
program writes starts without ``lane``, and reserves them further ahead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any

from altegio_sync.domain.lanes import Lane

Document = dict[str, Any]

#: Requests that leave at even intervals arrive with jitter. Several processes have different
#: jitter, so their starts are further apart; this is still closer than the minute's window allows
#: in the long run. The first request after a pause arrives late, since it opens a connection.
SPACING_SLACK = 1.01
_SHARED_SPACING_SLACK = 1.2
_COLD_SLACK = 1.15
#: A pause is a gap of so many spacings between two starts, and of a second at least.
_PAUSE = 1.5
MINUTE_SLACK_S = 0.25
#: A reservation further in the future was made before the server's clock was set back.
_MOST_AHEAD_MS = 10 * 60_000
#: A start is reserved only if it is so near. So a lane never waits long for the lanes behind it,
#: and gets every start that is further away than they may reserve.
AHEAD_MS = {Lane.NOTICES: 3000, Lane.POLLS: 2000, Lane.RUNS: 1000}
#: The lanes that have only a quarter of each minute.
_LIMITED = (Lane.NOTICES, Lane.POLLS)
_SHARE = 4
#: As long after the last start of these lanes, `serve` counts as running.
_SERVED_MS = 15 * 60_000
#: As long after its last question, a process counts as waiting.
_WAITING_MS = 6_000
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
#: The server's clock. Tests reckon with another time.
NOW = "$$NOW"


@dataclass(frozen=True, slots=True)
class Limits:
    """The two windows of the budget; 0 turns a window off."""

    requests_per_second: float
    requests_per_minute: int
    minute_s: float

    @property
    def per_second(self) -> int:
        return ceil(self.requests_per_second)

    @property
    def spacing_ms(self) -> float:
        return 1000 / self.requests_per_second if self.requests_per_second else 0.0

    @property
    def minute_ms(self) -> int:
        return int(1000 * (self.minute_s + MINUTE_SLACK_S))

    def most_of(self, lane: Lane) -> int | None:
        """How many requests of the lane may start in a minute; None if it has no limit of its own.

        Of a budget of less than four requests, each lane may use one.
        """
        windows = (self.requests_per_minute, int(self.requests_per_second * self.minute_s))
        most = min((each for each in windows if each), default=0)
        return max(1, most // _SHARE) if most and lane in _LIMITED else None


def plan_start(limits: Limits, lane: Lane, process: str, now: Any = NOW) -> list[Document]:
    """An update that appends the next start to the starts of the last minute, if it is near.

    Then `is_granted` is true. `next_at` is when this start is, or would be. `others` is how many
    other processes wait in the lane.
    """
    served = {"served_at": now} if lane in _LIMITED else {}
    resting = _sound({"$cond": [_is_date("$resting_until"), "$resting_until", now]}, now)
    next_start = {"at": "$next_at", "by": process, "lane": lane.value}
    this = {"by": process, "lane": lane.value, "at": now}
    with_this = {"$concatArrays": ["$waiting", [this]]}
    with_next = {"$concatArrays": ["$starts", [next_start]]}
    return [
        {
            "$set": {
                "asked_at": now,
                "resting_until": resting,
                "starts": _recent_starts(limits, now),
                "waiting": _others_waiting(lane, process, now),
                **served,
            }
        },
        {"$set": {"next_at": {"$max": _bounds(limits, lane, process, now)}}},
        {"$set": {"is_granted": {"$lte": ["$next_at", after(now, AHEAD_MS[lane])]}}},
        {"$set": {"others": _count_of(lane)}},
        {
            "$set": {
                "starts": {"$cond": ["$is_granted", with_next, "$starts"]},
                "waiting": {"$cond": ["$is_granted", "$waiting", with_this]},
            }
        },
    ]


def _recent_starts(limits: Limits, now: Any) -> Document:
    starts = {
        "$map": {
            "input": {"$cond": [{"$isArray": "$starts"}, "$starts", []]},
            "as": "start",
            "in": {"at": _sound("$$start.at", now), "by": "$$start.by", "lane": "$$start.lane"},
        }
    }
    since = after(now, -int(2000 * limits.minute_s))
    is_recent = {"$and": [_is_date("$$start.at"), {"$gt": ["$$start.at", since]}]}
    return {"$filter": {"input": starts, "as": "start", "cond": is_recent}}


def _others_waiting(lane: Lane, process: str, now: Any) -> Document:
    """Who asked a short time ago and did not get a start, except this process in this lane."""
    is_this = {
        "$and": [{"$eq": ["$$each.by", process]}, {"$eq": ["$$each.lane", lane.value]}],
    }
    is_recent = {"$gt": ["$$each.at", after(now, -_WAITING_MS)]}
    is_other = {"$and": [_is_date("$$each.at"), is_recent, {"$not": [is_this]}]}
    waiting = {"$cond": [{"$isArray": "$waiting"}, "$waiting", []]}
    return {"$filter": {"input": waiting, "as": "each", "cond": is_other}}


def _count_of(lane: Lane) -> Document:
    is_of = {"$eq": ["$$each.lane", lane.value]}
    return {"$size": {"$filter": {"input": "$waiting", "as": "each", "cond": is_of}}}


def _bounds(limits: Limits, lane: Lane, process: str, now: Any) -> list[Any]:
    """The next start is the latest of these times."""
    bounds: list[Any] = [now, "$resting_until"]
    if limits.per_second:
        bounds += _bounds_of_second(limits, process)
    if limits.requests_per_minute:
        opening = _start(-limits.requests_per_minute, "at")
        bounds.append({"$add": [opening, limits.minute_ms]})
    if limits.requests_per_minute and lane is Lane.RUNS:
        bounds.append(_even_bound(limits, now))
    if (most := limits.most_of(lane)) is not None:
        is_ours = {"$eq": ["$$start.lane", lane.value]}
        ours = {"$filter": {"input": "$starts", "as": "start", "cond": is_ours}}
        bounds.append({"$add": [_start(-most, "at", ours), limits.minute_ms]})
    return bounds


def _bounds_of_second(limits: Limits, process: str) -> list[Any]:
    latest = {"$slice": ["$starts", -limits.per_second]}
    ours = [process]
    is_shared = {"$ne": [{"$setUnion": [_each(latest, "by"), ours]}, ours]}
    opening, before = _start(-limits.per_second, "at"), _start(-limits.per_second - 1, "at")
    gap = {"$subtract": [opening, {"$ifNull": [before, _LONG_AGO]}]}
    is_cold = {"$gt": [gap, max(1000, _PAUSE * limits.spacing_ms)]}
    slack = {"$cond": [is_shared, _SHARED_SPACING_SLACK, SPACING_SLACK]}
    window_slack = {"$cond": [is_cold, {"$max": [slack, _COLD_SLACK]}, slack]}
    return [
        {"$add": [_start(-1, "at"), _rounded(limits.spacing_ms, slack)]},
        {"$add": [opening, _rounded(1000, window_slack)]},
    ]


def _even_bound(limits: Limits, now: Any) -> Document:
    """While `serve` is running, runs are spread over the whole minute.

    Otherwise a run uses up the minute in less than a minute. Until its end nobody may start a
    request, and a notice would wait.
    """
    is_served = {"$gt": ["$served_at", after(now, -_SERVED_MS)]}
    even_ms = ceil(limits.minute_ms / limits.requests_per_minute)
    return {"$cond": [is_served, {"$add": [_start(-1, "at"), even_ms]}, None]}


def _start(index: int, field: str, starts: Any = "$starts") -> Document:
    """A field of the start at the index. If there is no such start, the field is missing.

    `$max` ignores missing values, so there is no such bound then.
    """
    start = {"$arrayElemAt": [starts, index]}
    return {"$let": {"vars": {"start": start}, "in": f"$$start.{field}"}}


def _rounded(milliseconds: float, slack: Any) -> Document:
    return {"$round": {"$multiply": [milliseconds, slack]}}


def _each(starts: Any, field: str) -> Document:
    return {"$map": {"input": starts, "as": "start", "in": f"$$start.{field}"}}


def _is_date(value: Any) -> Document:
    return {"$eq": [{"$type": value}, "date"]}


def _sound(moment: Any, now: Any) -> Document:
    """The moment; or now, if the moment is too far ahead: then the server's clock was set back."""
    return {"$cond": [{"$gt": [moment, after(now, _MOST_AHEAD_MS)]}, now, moment]}


def rest_until(milliseconds: int) -> list[Document]:
    """An update: no request starts for this time. A longer rest stays."""
    until = {"$max": [_sound("$resting_until", NOW), after(NOW, milliseconds)]}
    return [{"$set": {"resting_until": until}}]


def after(moment: Any, milliseconds: int) -> Document:
    return {"$add": [moment, milliseconds]}
