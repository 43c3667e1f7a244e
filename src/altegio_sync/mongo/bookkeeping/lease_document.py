"""The document with the leases on a collection, and the expressions that read and change it.

Only the server's clock is compared. Values that are no leases are ignored. An older version of the
program writes leases without ``shares``, and ignores this field: it waits for every run that works
on the company.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.clock import MOST_AHEAD
from altegio_sync.mongo.bookkeeping.owner import Process

if TYPE_CHECKING:
    from collections.abc import Mapping

Document = dict[str, Any]

#: The company of a lease on the whole collection.
ALL_COMPANIES = "*"
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

    def __str__(self) -> str:
        return (
            f"{self.command} {self.run_id} ({self.host}, process {self.pid}, since "
            f"{self.since:%Y-%m-%d %H:%M:%S} UTC)"
        )


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


def each_lease(expression: Document) -> Document:
    return {"$map": {"input": LEASES, "as": "lease", "in": expression}}


def leases_where(condition: Document) -> Document:
    return {"$filter": {"input": LEASES, "as": "lease", "cond": condition}}


def is_in_the_way(company_id: str, work: str | None) -> Document:
    """`Holder.is_in_the_way` as an expression."""
    if company_id == ALL_COMPANIES:
        return {"$eq": [{"$type": "$$lease.company"}, "string"]}
    shares = {"$ifNull": ["$$lease.shares", None]}
    same = [{"$eq": ["$$lease.company", company_id]}, {"$in": [shares, [None, work]]}]
    return {"$or": [{"$eq": ["$$lease.company", ALL_COMPANIES]}, {"$and": same}]}


def is_of(run_id: str, company_id: str) -> Document:
    return {
        "$and": [
            {"$eq": ["$$lease.run_id", run_id]},
            {"$eq": ["$$lease.company", company_id]},
        ]
    }
