"""Whether the collection can be trusted right now, and what wants a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.report import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from altegio_sync.domain.ledger import CompanyCoverage
    from altegio_sync.domain.stats import Attention, LastRun

#: A cursor that is this old was left behind by a crontab line that no longer runs.
MAX_CURSOR_AGE = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class LeaseState:
    """Who is at work; one that has expired was left by a run that died."""

    company: str
    holder: str
    is_expired: bool

    def to_json(self) -> dict[str, Any]:
        return {"company": self.company, "holder": self.holder, "expired": self.is_expired}


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The answers of one moment ``now``, by the clock of MongoDB's server.

    ``coverage`` is of the last 30 days that have ended; ``stale`` is what the last `sync` counted.
    """

    now: datetime
    last_run: LastRun | None
    about_run: Sequence[Attention]
    coverage: Sequence[CompanyCoverage]
    cursors: dict[str, datetime]
    leases: Sequence[LeaseState]
    budget_key: str
    budget_spent: int
    budget_limit: int
    documents: int
    stale: int
    validation_errors: int

    @property
    def exit_code(self) -> int:
        return 1 if self.attention else 0

    @property
    def attention(self) -> list[str]:
        """What wants a person, a line each; nothing while all is well."""
        return list(self._find_attention())

    def _find_attention(self) -> Iterator[str]:
        if self.last_run is None:
            yield "ERROR No run has brought appointments yet: altegio-sync sync PERIOD"
        yield from map(str, self.about_run)
        for each in self.coverage:
            if each.gaps:
                yield (
                    f"WARNING {sum(gap.days for gap in each.gaps)} of the last {len(each.days)} "
                    f"days of company {each.company} are not known to be complete: "
                    "altegio-sync coverage shows them"
                )
        for company, at in sorted(self.cursors.items()):
            if self.now - at > MAX_CURSOR_AGE:
                yield f"WARNING The cursor of company {company} is {_hours(self.now - at)} old"
        if self.validation_errors:
            yield (
                f"ERROR {self.validation_errors} validation errors are open: altegio-sync "
                "validate --fix"
            )

    def to_json(self) -> dict[str, Any]:
        return {
            "command": "status",
            "ok": self.exit_code == 0,
            "attention": self.attention,
            "last_run": None if self.last_run is None else self.last_run.to_json(),
            "coverage": [
                {
                    "company": each.company,
                    **each.to_json(),
                    "oldest_proof_age_seconds": self._age_s(each.oldest_proof_at),
                }
                for each in self.coverage
            ],
            "cursors": [
                {"company": company, "at": utc_text(at), "age_seconds": self._age_s(at)}
                for company, at in sorted(self.cursors.items())
            ],
            "leases": [each.to_json() for each in self.leases],
            "budget": {
                "key": self.budget_key,
                "last_minute": self.budget_spent,
                "limit": self.budget_limit,
            },
            "documents": self.documents,
            "stale": self.stale,
            "validation_errors": self.validation_errors,
        }

    def _age_s(self, moment: datetime | None) -> int | None:
        return None if moment is None else round((self.now - moment).total_seconds())


def _hours(span: timedelta) -> str:
    return f"{span / timedelta(hours=1):.0f} hours"
