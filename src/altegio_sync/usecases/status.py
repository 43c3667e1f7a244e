"""Gathers what tells whether the collection can be trusted right now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from altegio_sync.domain.period import Period
from altegio_sync.domain.status import LeaseState, StatusReport
from altegio_sync.domain.validation import Severity
from altegio_sync.usecases.coverage import collect_coverage
from altegio_sync.usecases.stats import find_about_run, to_last_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from altegio_sync.domain.stats import Attention, LastRun
    from altegio_sync.domain.validation import RuleContext
    from altegio_sync.ports import Ledger, RunStore
    from altegio_sync.usecases.validate import Validator
    from altegio_sync.usecases.zones import LocalZone

_DAYS = 30


@dataclass(frozen=True, slots=True)
class StatusQuery:
    """By what the ledger is read, and the moment by MongoDB's clock.

    Without ``companies`` it is about all that anything is known of.
    """

    now: datetime
    companies: Sequence[str]
    settings: str
    configured_zone: str | None
    local: LocalZone


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands in MongoDB beside the reports and the ledger."""

    cursors: Mapping[str, datetime]
    leases: Sequence[LeaseState]
    budget_key: str
    budget_spent: int
    budget_limit: int
    documents: int


async def collect_status(
    runs: RunStore,
    ledger: Ledger,
    validator: Validator,
    context: RuleContext,
    query: StatusQuery,
    around: Surroundings,
) -> StatusReport:
    """The status; StoreError when MongoDB fails."""
    today = query.now.astimezone(query.local.zone).date()
    coverage = await collect_coverage(
        ledger,
        Period(today - timedelta(days=_DAYS), today),
        companies=query.companies,
        settings=query.settings,
        configured_zone=query.configured_zone,
        local=query.local,
        now=query.now,
    )
    last = await runs.find_last()
    last_run = None if last is None else to_last_run(last, query.now)
    sync = await runs.find_last("sync")
    last_sync = None if sync is None else to_last_run(sync, query.now)
    findings = await validator.run_rules(context)
    return StatusReport(
        now=query.now,
        last_run=last_run,
        about_run=list(_find_about_runs(last_run, last_sync)),
        coverage=coverage.companies,
        cursors={
            company: at
            for company, at in around.cursors.items()
            if not query.companies or company in query.companies
        },
        leases=around.leases,
        budget_key=around.budget_key,
        budget_spent=around.budget_spent,
        budget_limit=around.budget_limit,
        documents=around.documents,
        stale=0 if last_sync is None else last_sync.stale,
        validation_errors=sum(each.count for each in findings if each.severity is Severity.ERROR),
    )


def _find_about_runs(last_run: LastRun | None, last_sync: LastRun | None) -> Iterator[Attention]:
    """What to see to about the last run, and about a failed sync that changes came after.

    Stale ones are shown as a figure: they want `--update`, not a person at once.
    """
    if last_run is None:
        return
    yield from find_about_run(replace(last_run, stale=0))
    if last_sync is not None and last_sync.run_id != last_run.run_id:
        yield from (each for each in find_about_run(last_sync) if each.level == "ERROR")
