"""The report of `status`: whether the collection can be trusted now, and what needs attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from altegio_sync.domain.attention import Attention, about_cursor, about_days
from altegio_sync.domain.exit_code import CommandReport, ExitCode, decide_exit_code
from altegio_sync.domain.json_form import Key
from altegio_sync.domain.lease_state import LeaseState
from altegio_sync.domain.webhooks import WebhookFigures, about_webhooks
from altegio_sync.messages import status as texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.domain.company_scope import CompanyScope
    from altegio_sync.domain.last_run import LastRun
    from altegio_sync.domain.ledger import CompanyCoverage
    from altegio_sync.domain.run_marks import RunMark


@dataclass(frozen=True, slots=True)
class StatusReport(CommandReport):
    """The status at the moment ``now``, by the clock of MongoDB's server.

    ``coverage`` is about the last 30 full days; ``stale`` is a count of the last `sync`.
    ``about_run`` and ``about_store`` are things that need attention.
    """

    json_keys = (
        *("command", "ok", "attention", "last_run", Key("coverage", "coverage_by_company")),
        *(Key("cursors", "cursor_ages"), "leases", "budget"),
        *("documents", "stale", "validation_errors"),
        Key("webhooks", optional=True),
        *(Key("companies", "company_ids", optional=True), Key("without_company", optional=True)),
    )
    command: ClassVar[str] = "status"

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
    companies: CompanyScope | None = None
    without_company: int | None = None
    #: None if the school does not use webhooks.
    webhooks: WebhookFigures | None = None
    #: The last runs of each command for each company.
    ends: Sequence[RunMark] = ()

    @property
    def company_ids(self) -> Sequence[str] | None:
        return None if self.companies is None else self.companies.ids

    @property
    def exit_code(self) -> ExitCode:
        return decide_exit_code(has_failed=bool(self.attention))

    @property
    def attention(self) -> list[Attention]:
        """What needs attention; empty if everything is fine."""
        return list(self._find_attention())

    def _find_attention(self) -> Iterator[Attention]:
        if self.last_run is None:
            yield Attention("ERROR", texts.NEVER_RUN(), "never_run")
        yield from self.about_run
        for each in self.coverage:
            yield from about_days(each)
        for company, at in sorted(self.cursors.items()):
            yield from about_cursor(company, at, self.now)
        if self.webhooks is not None:
            yield from about_webhooks(self.webhooks)
        yield from self.about_store

    @property
    def coverage_by_company(self) -> list[dict[str, Any]]:
        return [
            {
                "company": each.company,
                **each.to_json(),
                "outdated": len(each.outdated),
                "oldest_proof_age_seconds": self._age_s(each.oldest_proof_at),
            }
            for each in self.coverage
        ]

    @property
    def cursor_ages(self) -> list[dict[str, Any]]:
        return [
            {"company": company, "at": at, "age_seconds": self._age_s(at)}
            for company, at in sorted(self.cursors.items())
        ]

    @property
    def budget(self) -> dict[str, Any]:
        spent, limit = self.budget_spent, self.budget_limit
        return {"key": self.budget_key, "last_minute": spent, "limit": limit}

    def _age_s(self, moment: datetime | None) -> int | None:
        return None if moment is None else round((self.now - moment).total_seconds())
