"""Whether the collection can be trusted right now, and what needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.attention import about_cursor, about_days
from altegio_sync.domain.exit_code import ExitCode, decide_exit_code
from altegio_sync.domain.report import utc_text
from altegio_sync.domain.stats import Attention

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.domain.ledger import CompanyCoverage
    from altegio_sync.domain.stats import LastRun


@dataclass(frozen=True, slots=True)
class LeaseState:
    """Who is at work; one that has expired was left by a run that died."""

    company: str
    holder: str
    is_expired: bool
    run_id: str = ""
    since: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        return {"company": self.company, "holder": self.holder, "expired": self.is_expired}


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The answers of one moment ``now``, by the clock of MongoDB's server.

    ``coverage`` is of the last 30 days that have ended; ``stale`` is what the last `sync` counted.
    ``about_run`` and ``about_store`` are what needs a person about the runs and the collection.
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
    about_store: Sequence[Attention] = ()

    @property
    def exit_code(self) -> ExitCode:
        return decide_exit_code(has_failed=bool(self.attention))

    @property
    def attention(self) -> list[Attention]:
        """What needs a person, a line each; nothing while all is well."""
        return list(self._find_attention())

    def _find_attention(self) -> Iterator[Attention]:
        if self.last_run is None:
            text = "No run has brought appointments yet: altegio-sync sync PERIOD"
            yield Attention("ERROR", text, "never_run")
        yield from self.about_run
        for each in self.coverage:
            yield from about_days(each)
        for company, at in sorted(self.cursors.items()):
            yield from about_cursor(company, at, self.now)
        yield from self.about_store

    def to_json(self) -> dict[str, Any]:
        return {
            "command": "status",
            "ok": self.exit_code == 0,
            "attention": [each.to_json() for each in self.attention],
            "last_run": None if self.last_run is None else self.last_run.to_json(),
            "coverage": [
                {
                    "company": each.company,
                    **each.to_json(),
                    "outdated": len(each.outdated),
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
