"""`altegio-sync status`: one screen that answers whether the collection can be trusted now."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from altegio_sync.bootstrap import open_store
from altegio_sync.cli.command import (
    leaving_at_once,
    load,
    print_json,
    run_command,
    telling_store_errors,
)
from altegio_sync.cli.junk import JunkWarning
from altegio_sync.cli.local_zone import find_zone_for
from altegio_sync.cli.render_status import render_metrics, render_status, render_unreachable
from altegio_sync.config import find_mistyped_settings
from altegio_sync.domain.status import LeaseState
from altegio_sync.domain.validation import RuleContext
from altegio_sync.errors import ConfigError
from altegio_sync.mongo.bookkeeping.budget import count_starts
from altegio_sync.mongo.bookkeeping.cursors import MongoCursors
from altegio_sync.mongo.bookkeeping.lease_document import ALL_COMPANIES
from altegio_sync.mongo.bookkeeping.leases import MongoLeases, is_gone
from altegio_sync.mongo.bookkeeping.ledger import MongoLedger
from altegio_sync.mongo.bookkeeping.runs import MongoRuns
from altegio_sync.mongo.stores import MongoAppointments
from altegio_sync.mongo.tending.validation import MongoValidator
from altegio_sync.usecases.status import StatusQuery, Surroundings, collect_status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import NoReturn

    from altegio_sync.bootstrap import Database
    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.config import Settings
    from altegio_sync.domain.run_marks import RunMark
    from altegio_sync.domain.status import StatusReport

_LOOKS_AGAIN_AFTER_S = 2.0


def run_status(options: CommandOptions, *, prometheus: bool) -> NoReturn:
    async def body() -> int:
        if prometheus and options.json_output:
            raise ConfigError("--json and --prometheus exclude each other")
        settings = load(options, ["DB_URI"])
        with telling_store_errors(options, render_unreachable() if prometheus else None):
            async with open_store(settings) as database:
                mistyped = [str(each) for each in find_mistyped_settings(options.env_file)]
                report = await _collect(settings, database, mistyped)
        if options.json_output:
            print_json(report.to_json())
        else:
            print(render_metrics(report) if prometheus else render_status(report))
        return report.exit_code

    run_command(options, leaving_at_once(body))


async def _collect(settings: Settings, database: Database, mistyped: Sequence[str]) -> StatusReport:
    state = await MongoAppointments(database, settings.collection).describe()
    runs = MongoRuns(database, settings.collection)
    on_junk = JunkWarning()
    now = state.server_time
    marks, leases = await _find_runs_at_work(runs, settings, database)
    around = Surroundings(
        marks=marks,
        cursors=await MongoCursors(database, settings.collection, on_junk=on_junk).find_all(),
        leases=leases,
        budget_key=settings.budget_key,
        budget_spent=await count_starts(database, settings.budget_key, now),
        budget_limit=settings.requests_per_minute,
        state=state,
        mistyped=mistyped,
    )
    query = StatusQuery(
        now=now,
        companies=settings.company_ids,
        settings=settings.settings_hash,
        configured_zone=settings.timezone,
        local=await find_zone_for(settings, runs),
    )
    return await collect_status(
        runs,
        MongoLedger(database, settings.collection, on_junk=on_junk),
        MongoValidator(database, settings.collection),
        RuleContext(now, leads=settings.leads.in_zone(query.local.zone.key)),
        query,
        around,
    )


async def _find_runs_at_work(
    runs: MongoRuns, settings: Settings, database: Database
) -> tuple[Sequence[RunMark], list[LeaseState]]:
    """What is known of the last runs, and the leases.

    A run that seems to have been killed may just have ended, so both are read once more.
    """

    async def look() -> tuple[Sequence[RunMark], list[LeaseState]]:
        marks = await runs.find_marks()
        now = await MongoAppointments(database, settings.collection).find_server_time()
        return marks, await _find_leases(settings, database, now)

    marks, leases = await look()
    at_work = {each.run_id for each in leases if not each.is_expired}
    if at_work.issuperset(run.run_id for mark in marks for run in mark.open_runs[-1:]):
        return marks, leases
    await asyncio.sleep(_LOOKS_AGAIN_AFTER_S)
    return await look()


async def _find_leases(settings: Settings, database: Database, now: datetime) -> list[LeaseState]:
    leases = MongoLeases(database, settings.collection, command="status", run_id="")
    return [
        LeaseState(
            "all" if each.company_id == ALL_COMPANIES else each.company_id,
            str(each),
            is_expired=each.expires_at <= now or is_gone(each),
            run_id=each.run_id,
            since=each.since,
        )
        for each in await leases.list_holders()
    ]
