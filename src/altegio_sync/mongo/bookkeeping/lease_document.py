"""The document with the leases on a collection, and the expressions that read and change it.

Only the server's clock is compared. Values that are no leases are ignored. An older version of the
program writes leases without ``shares``, and ignores this field: it waits for every run that works
on the company.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.clock import MOST_AHEAD
from altegio_sync.messages import leases as texts
from altegio_sync.mongo.bookkeeping.owner import Process

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from altegio_sync.messages import Message

Document = dict[str, Any]

#: The company of a lease on the whole collection.
ALL_COMPANIES = "*"
#: In place of a company: the lease of processes that work on notices. Each has other `work`, so
#: only a lease on the whole collection is in its way.
NOTICES = "notices"
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
#: The clocks of the members of a replica set may differ by this much.
_CLOCKS_DIFFER = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Holder:
    """A run that holds a company; ``since`` is by the server's clock.

    Runs of different ``work`` share a company. If ``work`` is None, the run shares nothing.
    """

    company_id: str
    command: str
    run_id: str
    host: str
    pid: int
    since: datetime
    expires_at: datetime
    renewed_at: datetime = _NEVER
    work: str | None = None
    process: Process | None = None

    @classmethod
    def of(cls, lease: Mapping[str, Any]) -> Holder:
        since, renewed_at = (_moment(lease.get(name)) for name in ("since", "renewed_at"))
        work = lease.get("shares")
        return cls(
            company_id=lease["company"],
            command=str(lease.get("command", "?")),
            run_id=str(lease.get("run_id", "?")),
            host=str(lease.get("host", "?")),
            pid=lease["pid"] if isinstance(lease.get("pid"), int) else 0,
            since=since,
            expires_at=lease["expires_at"],
            renewed_at=renewed_at,
            work=work if isinstance(work, str) else None,
            process=Process.of(lease.get("process")),
        )

    def is_alive(self, now: datetime) -> bool:
        """Whether the lease is valid. A lease from the future is not: the clock was set back."""
        is_of_today = now < self.expires_at <= now + MOST_AHEAD
        return is_of_today and max(self.since, self.renewed_at) <= now + _CLOCKS_DIFFER

    def is_in_the_way(self, company_id: str, work: str | None) -> bool:
        if ALL_COMPANIES in (company_id, self.company_id):
            return True
        return self.company_id == company_id and self.work in (None, work)

    @property
    def message(self) -> Message:
        return texts.HOLDER(
            command=self.command,
            run_id=self.run_id,
            host=self.host,
            pid=self.pid,
            since=f"{self.since:%Y-%m-%d %H:%M:%S}",
        )


def describe_scope(company_id: str) -> Message:
    whole = company_id == ALL_COMPANIES
    return texts.THE_COLLECTION() if whole else texts.COMPANY(company=company_id)


def read_holders(document: Mapping[str, Any] | None) -> list[Holder]:
    leases = (document or {}).get("leases")
    if not isinstance(leases, list):
        return []
    return [Holder.of(each) for each in leases if _is_lease(each)]


def _moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else _NEVER


def _is_lease(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("company"), str)
        and isinstance(value.get("expires_at"), datetime)
    )


LEASES: Document = {"$cond": [{"$isArray": "$leases"}, "$leases", []]}


def _is_alive() -> Document:
    """`Holder.is_alive` as an expression."""
    latest, last = (
        {"$add": ["$$NOW", int(ahead.total_seconds() * 1000)]}
        for ahead in (_CLOCKS_DIFFER, MOST_AHEAD)
    )
    ends = "$$lease.expires_at"
    is_date = {"$eq": [{"$type": ends}, "date"]}
    taken = [{"$lte": [f"$$lease.{name}", latest]} for name in ("since", "renewed_at")]
    return {"$and": [is_date, {"$gt": [ends, "$$NOW"]}, {"$lte": [ends, last]}, *taken]}


IS_ALIVE = _is_alive()


def leases_where(condition: Document) -> Document:
    return {"$filter": {"input": LEASES, "as": "lease", "cond": condition}}


def is_of(run_id: str, company_ids: Sequence[str]) -> Document:
    return {
        "$and": [
            {"$eq": ["$$lease.run_id", run_id]},
            {"$in": ["$$lease.company", list(company_ids)]},
        ]
    }


class Step(Enum):
    TAKE = "take"
    RENEW = "renew"
    GIVE_BACK = "give back"


@dataclass(frozen=True, slots=True)
class LeaseChange:
    """What a run wants to do with its lease on a company; ``work`` as in `Holder`."""

    step: Step
    company_id: str
    work: str | None = None


def plan_changes(
    changes: Sequence[LeaseChange], owner: Mapping[str, Any], lifetime_s: float
) -> list[Document]:
    """An update that gives back and renews leases of the owner, then takes leases.

    A wanted lease is taken if no living lease is in its way, and no lease that the same update
    takes. Expired leases are removed as soon as one lease is taken.
    """
    run_id = str(owner["run_id"])
    ends = {"$add": ["$$NOW", int(lifetime_s * 1000)]}
    term = {"renewed_at": "$$NOW", "expires_at": ends}
    of_step = {step: [each for each in changes if each.step is step] for step in Step}
    update: list[Document] = [{"$set": {"looked_at": "$$NOW"}}]
    if given := [each.company_id for each in of_step[Step.GIVE_BACK]]:
        update.append({"$set": {"leases": leases_where({"$not": [is_of(run_id, given)]})}})
    if renewed := [each.company_id for each in of_step[Step.RENEW]]:
        # If the server's clock was set back after the lease was taken, the lease must not seem to
        # come from the future.
        since = {"$min": ["$$lease.since", "$$NOW"]}
        longer = {"$mergeObjects": ["$$lease", {"since": since, **term}]}
        each_lease = {"$cond": [is_of(run_id, renewed), longer, "$$lease"]}
        update.append(
            {"$set": {"leases": {"$map": {"input": LEASES, "as": "lease", "in": each_lease}}}}
        )
    if taken := [_lease(owner, each) for each in of_step[Step.TAKE]]:
        update.append({"$set": {"leases": _with_taken(taken, {"since": "$$NOW", **term})}})
    return update


def _lease(owner: Mapping[str, Any], change: LeaseChange) -> Document:
    shares = {} if change.work is None else {"shares": change.work}
    return {**owner, "company": change.company_id, **shares}


def _with_taken(wanted: Sequence[Document], term: Document) -> Document:
    """The leases, and each wanted lease that no lease before it is in the way of."""
    in_the_way = {"$filter": {"input": "$$value", "as": "lease", "cond": _is_in_the_way()}}
    with_this = {"$concatArrays": ["$$value", [{"$mergeObjects": ["$$this", term]}]]}
    taken = {
        "$reduce": {
            "input": {"$literal": list(wanted)},
            "initialValue": leases_where(IS_ALIVE),
            "in": {"$cond": [{"$eq": [in_the_way, []]}, with_this, "$$value"]},
        }
    }
    is_any_taken = {"$gt": [{"$size": "$$taken"}, {"$size": leases_where(IS_ALIVE)}]}
    return {"$let": {"vars": {"taken": taken}, "in": {"$cond": [is_any_taken, "$$taken", LEASES]}}}


def _is_in_the_way() -> Document:
    """Whether the lease is in the way of the wanted lease, like `Holder.is_in_the_way`."""
    held, wanted = "$$lease.company", "$$this.company"
    is_lease = {"$eq": [{"$type": held}, "string"]}
    of_all = {"$in": [ALL_COMPANIES, [held, wanted]]}
    shares, work = ({"$ifNull": [f"$${name}.shares", None]} for name in ("lease", "this"))
    same_work = {"$and": [{"$eq": [held, wanted]}, {"$in": [shares, [None, work]]}]}
    return {"$and": [is_lease, {"$or": [of_all, same_work]}]}
