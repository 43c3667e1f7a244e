"""Finds out whether the collection can be trusted now, and what needs attention."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from altegio_sync.domain.attention import (
    Attention,
    about_clocks,
    about_companies,
    about_doubtful,
    about_index,
    about_kept,
    about_killed,
    about_leases,
    about_missing,
    about_run,
    about_run_age,
    about_validation,
    about_warnings,
)
from altegio_sync.domain.lease_state import LeaseState
from altegio_sync.domain.status import StatusReport
from altegio_sync.domain.validation import Severity
from altegio_sync.messages import status as texts
from altegio_sync.usecases.coverage import collect_coverage, last_ended_days
from altegio_sync.usecases.killed_runs import continue_killed
from altegio_sync.usecases.stats import to_last_run
from altegio_sync.usecases.validate import count_without_company

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from altegio_sync.domain.company_scope import CompanyScope
    from altegio_sync.domain.last_run import LastRun
    from altegio_sync.domain.ledger import CompanyCoverage
    from altegio_sync.domain.locations import StoredLocation
    from altegio_sync.domain.run_marks import RunMark
    from altegio_sync.domain.validation import RuleContext, RuleFinding
    from altegio_sync.domain.webhooks import WebhookFigures
    from altegio_sync.messages import Message
    from altegio_sync.ports import Ledger, RunStore, StoreState
    from altegio_sync.usecases.validate import Validator
    from altegio_sync.usecases.zones import LocalZone

_COMMANDS = ("sync", "changes")


@dataclass(frozen=True, slots=True)
class StatusQuery:
    """What the status is about. ``now`` is the time by MongoDB's clock.

    Without ``companies``, the status is about all companies that anything is known of.
    ``rules_fingerprint`` is the `settings_hash` of today. With ``chosen``, the ``companies`` are
    only some of the configured companies, and the status is about nothing else.
    """

    now: datetime
    companies: Sequence[str]
    rules_fingerprint: str
    configured_zone: str | None
    local: LocalZone
    chosen: CompanyScope | None = None

    def includes(self, company: str | None) -> bool:
        return company is not None and (not self.companies or company in self.companies)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What MongoDB has beside the reports and the ledger.

    ``mistyped`` are warnings about names that are similar to names of settings. ``missing`` are
    locations that the user token no longer sees.
    """

    marks: Sequence[RunMark]
    cursors: Mapping[str, datetime]
    leases: Sequence[LeaseState]
    budget_key: str
    budget_spent: int
    budget_limit: int
    state: StoreState
    mistyped: Sequence[Message] = ()
    missing: Sequence[StoredLocation] = ()
    #: The zones that Altegio last named, by company.
    zones: Mapping[str, str] = field(default_factory=dict)
    webhooks: WebhookFigures | None = None


async def collect_status(
    runs: RunStore,
    ledger: Ledger,
    validator: Validator,
    context: RuleContext,
    query: StatusQuery,
    around: Surroundings,
) -> StatusReport:
    """The status. Raises StoreError when MongoDB fails."""
    coverage = await collect_coverage(
        ledger,
        last_ended_days(query.now.astimezone(query.local.zone).date()),
        companies=query.companies,
        rules_fingerprint=query.rules_fingerprint,
        configured_zone=query.configured_zone,
        local=query.local,
        now=query.now,
        zones=around.zones,
    )
    around = _only_chosen(around, query)
    last = {
        command: _find_last_of(around.marks, query.now, command)
        if query.chosen
        else await _find_last(runs, query.now, command)
        for command in _COMMANDS
    }
    last_run = max(filter(None, last.values()), key=lambda each: each.run_id, default=None)
    findings = await validator.run_rules(context)
    last_sync = last["sync"]
    return StatusReport(
        now=query.now,
        last_run=last_run,
        about_run=list(_find_about_runs(last, last_run, coverage.companies, query, around)),
        coverage=coverage.companies,
        cursors={name: at for name, at in around.cursors.items() if query.includes(name)},
        leases=around.leases,
        budget_key=around.budget_key,
        budget_spent=around.budget_spent,
        budget_limit=around.budget_limit,
        documents=await validator.count(context) if query.chosen else around.state.documents,
        stale=0 if last_sync is None else last_sync.stale,
        validation_errors=sum(each.count for each in findings if each.severity is Severity.ERROR),
        about_store=[
            *_find_about_store(around.state, findings),
            *(Attention("WARNING", each, "unknown_setting") for each in around.mistyped),
            *about_missing(around.missing),
        ],
        companies=query.chosen,
        without_company=await count_without_company(validator, context),
        webhooks=around.webhooks,
        ends=[each for each in around.marks if query.includes(each.company)],
    )


def _only_chosen(around: Surroundings, query: StatusQuery) -> Surroundings:
    """What is about the chosen companies, and about all companies together."""
    if query.chosen is None:
        return around
    return replace(
        around,
        marks=[each for each in around.marks if query.includes(each.company)],
        cursors={name: at for name, at in around.cursors.items() if query.includes(name)},
        leases=[
            each for each in around.leases if query.includes(each.company) or each.company == "all"
        ],
        missing=[each for each in around.missing if query.includes(each.id)],
    )


def _find_last_of(marks: Iterable[RunMark], now: datetime, command: str) -> LastRun | None:
    """The last run of a command for the companies of the marks."""
    ends = [to_last_run(each.last, now) for each in marks if each.last and each.command == command]
    return max(ends, key=lambda each: each.run_id, default=None)


async def _find_last(runs: RunStore, now: datetime, command: str) -> LastRun | None:
    found = await runs.find_last(command)
    return None if found is None else to_last_run(found, now)


def _find_about_store(state: StoreState, findings: Sequence[RuleFinding]) -> Iterator[Attention]:
    duplicates = sum(each.count for each in findings if each.rule == "duplicate-appointment")
    yield from about_index(
        state.documents,
        has_unique_index=state.has_unique_index,
        in_its_place=state.in_its_place.name if state.in_its_place else None,
        duplicates=duplicates,
    )
    yield from about_validation(findings)


def _find_about_runs(
    last: Mapping[str, LastRun | None],
    last_run: LastRun | None,
    coverage: Sequence[CompanyCoverage],
    query: StatusQuery,
    around: Surroundings,
) -> Iterator[Attention]:
    """What needs attention about the runs.

    A number of stale appointments is shown, but needs no attention at once: `--update` is enough.
    """
    marks = [each for each in around.marks if query.includes(each.company)]
    at_work = {each.run_id for each in around.leases if not each.is_expired}
    continued_by = continue_killed(marks, query.local.zone)
    yield from about_killed(marks, at_work, continued_by)
    killed = {run.run_id for mark in marks for run in mark.open_runs[-1:]}
    for command, run in last.items():
        if run is not None:
            yield from _about_ends(run, [each for each in marks if each.command == command], query)
    if last_run is not None:
        what = texts.LAST_RUN(command=last_run.command, run_id=last_run.run_id)
        yield from about_run_age(what, last_run.finished_at, query.now)
        known = {each.company for each in coverage if each.graded or each.outdated}
        known |= around.cursors.keys()
        # Runs of older versions left no marks, only reports.
        has_marks = any(each.company is not None for each in around.marks)
        configured = query.companies if has_marks else ()
        missing = {each.id for each in around.missing}
        present = [each for each in around.marks if each.company not in missing]
        yield from about_companies(present, known, configured, query.now)
    yield from about_clocks(around.marks)
    yield from about_kept(marks)
    yield from about_doubtful(marks)
    yield from about_warnings(marks)
    yield from about_leases(around.leases, query.now, killed)


def _about_ends(run: LastRun, marks: Sequence[RunMark], query: StatusQuery) -> Iterator[Attention]:
    """How the last run of a command ended for each company, or how the whole run ended."""
    ends = {each.company: to_last_run(each.last, query.now) for each in marks if each.last}
    newest = max((each.run_id for each in ends.values()), default="")
    if newest < run.run_id:
        yield from about_run(run)
        return
    seen: set[str] = set()
    for company, end in ends.items():
        found = list(about_run(end, company if len(ends) > 1 else None))
        yield from (each for each in found if str(each) not in seen)
        seen.update(map(str, found))
    # A failure of the run itself, such as a list that could not be written.
    if all(end.ok for end in ends.values()):
        yield from about_run(run)
