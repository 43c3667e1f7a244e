"""Collects the status of a school from everything that MongoDB stores about it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from altegio_sync.app.companies import find_companies, find_company_scope, find_missing_companies
from altegio_sync.app.missed_runs import store_missed_runs
from altegio_sync.domain.lease_state import LeaseState
from altegio_sync.domain.validation import RuleContext
from altegio_sync.mongo.bookkeeping.lease_document import ALL_COMPANIES
from altegio_sync.mongo.bookkeeping.leases import is_gone
from altegio_sync.usecases.status import StatusQuery, Surroundings, collect_status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.app.school import School
    from altegio_sync.domain.company_scope import CompanyScope
    from altegio_sync.domain.run_marks import RunMark
    from altegio_sync.domain.status import StatusReport
    from altegio_sync.messages import Message
    from altegio_sync.usecases.validate import KnownFindings

_LOOKS_AGAIN_AFTER_S = 2.0


async def collect_school_status(
    school: School,
    mistyped: Sequence[Message] = (),
    wanted: Sequence[str] = (),
    *,
    known: KnownFindings | None = None,
) -> StatusReport:
    """The status; ``mistyped`` are sentences about names that are nearly those of settings.

    ``wanted`` are the only companies that the status is about, where there are any. The rules read
    the whole collection, unless it is ``known`` what they found.

    Raises:
        StoreError: MongoDB failed.
    """
    config = school.config
    await store_missed_runs(school)
    companies = await find_companies(school, wanted)
    chosen = await find_company_scope(school, wanted)
    around = await _find_surroundings(school, chosen, mistyped)
    local = await school.find_zone()
    query = StatusQuery(
        now=around.state.server_time,
        companies=companies,
        rules_fingerprint=config.settings_hash,
        configured_zone=config.timezone,
        local=local,
        chosen=chosen,
    )
    rules = RuleContext(query.now, leads=config.leads.in_zone(local.zone.key), companies=chosen)
    validator = known or school.validator
    return await collect_status(school.runs, school.ledger, validator, rules, query, around)


async def _find_surroundings(
    school: School, chosen: CompanyScope | None, mistyped: Sequence[Message]
) -> Surroundings:
    state = await school.appointments.describe()
    marks, leases = await find_runs_at_work(school)
    companies = chosen.ids if chosen else ()
    return Surroundings(
        marks=marks,
        cursors=await school.cursors.find_all(),
        leases=leases,
        budget_key=school.config.budget_key,
        budget_spent=await school.count_requests(),
        budget_limit=school.config.requests_per_minute,
        state=state,
        mistyped=mistyped,
        missing=await find_missing_companies(school),
        zones=await school.find_location_zones(),
        webhooks=await school.webhook_figures.find(state.server_time, companies),
    )


async def find_runs_at_work(school: School) -> tuple[Sequence[RunMark], list[LeaseState]]:
    """The marks of the last runs, and the leases.

    A run that seems to have been killed may have ended just now, so both are read once more.
    """
    marks, leases = await _find_runs(school)
    at_work = {each.run_id for each in leases if not each.is_expired}
    if at_work.issuperset(run.run_id for mark in marks for run in mark.open_runs[-1:]):
        return marks, leases
    await asyncio.sleep(_LOOKS_AGAIN_AFTER_S)
    return await _find_runs(school)


async def _find_runs(school: School) -> tuple[Sequence[RunMark], list[LeaseState]]:
    marks = await school.runs.find_marks()
    now = await school.appointments.find_server_time()
    holders = await school.leases("", command="status").list_holders()
    return marks, [
        LeaseState(
            "all" if each.company_id == ALL_COMPANIES else each.company_id,
            each.message,
            is_expired=each.expires_at <= now or is_gone(each),
            run_id=each.run_id,
            since=each.since,
        )
        for each in holders
    ]
