"""One process opens many schools, each with settings and a database of its own."""

from __future__ import annotations

import secrets
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import anyio
import pytest
from pydantic import SecretStr

from altegio_sync.altegio.pacing import Pacer
from altegio_sync.app.school import open_school
from altegio_sync.app.syncing import sync_school
from altegio_sync.config import SchoolConfig
from altegio_sync.domain.period_words import parse_period
from altegio_sync.sandbox import SandboxServer
from altegio_sync.sandbox import School as MadeUpSchool
from altegio_sync.usecases.sync import SyncRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.domain.report import SyncReport
    from altegio_sync.ports import RequestBudget
    from tests.mongod import RunningMongod


@contextmanager
def configured(mongod: RunningMongod, company_id: str, seed: int) -> Iterator[SchoolConfig]:
    """A made-up school with a sandbox and a database that no other school has."""
    school = MadeUpSchool(seed=seed, company_id=company_id)
    name = f"test_{secrets.token_hex(6)}"
    token, user_token = f"partner-token-{company_id}", f"user-token-{company_id}"
    with SandboxServer(
        school,
        token=token,
        user_token=user_token,
        requests_per_second=0,
        requests_per_minute=0,
    ) as server:
        yield SchoolConfig(
            company_ids=(company_id,),
            company_token=SecretStr(token),
            user_token=SecretStr(user_token),
            db_uri=SecretStr(mongod.uri_of(name)),
            service_ids=tuple(school.individual_service_ids),
            trial_service_ids=tuple(school.trial_service_ids),
            api_url=server.url,
            collection=f"appointments-of-{company_id}",
            requests_per_second=0,
            requests_per_minute=0,
        )
    mongod.drop(name)


@pytest.fixture
def configs(mongod: RunningMongod) -> Iterator[list[SchoolConfig]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(configured(mongod, company, seed))
            for company, seed in (("77", 3), ("88", 4))
        ]


async def synced(
    config: SchoolConfig, reports: dict[str, SyncReport], budget: RequestBudget | None = None
) -> None:
    async with open_school(config, budget=budget) as school:
        request = SyncRequest(companies=config.company_ids, period=parse_period("last-month"))
        report = await sync_school(school, request)
        stored = await school.database[config.collection].distinct("companyId")
        reports[config.company_ids[0]] = report
        assert [str(each) for each in stored] == list(config.company_ids)


async def test_two_schools_are_synced_side_by_side(configs: list[SchoolConfig]) -> None:
    reports: dict[str, SyncReport] = {}

    async with anyio.create_task_group() as tasks:
        for config in configs:
            tasks.start_soon(synced, config, reports)

    assert {each: report.exit_code for each, report in reports.items()} == {"77": 0, "88": 0}
    assert all(report.records.saved for report in reports.values())


async def test_each_school_keeps_its_reports_and_ledger_to_itself(
    configs: list[SchoolConfig],
) -> None:
    first, second = configs
    await synced(first, {})

    async with open_school(first) as one, open_school(second) as other:
        found = await one.runs.find_last()
        assert found is not None
        assert await one.ledger.list_companies() == ["77"]
        assert await other.runs.find_last() is None
        assert await other.ledger.list_companies() == []


class CountingBudget(Pacer):
    """Without limits; counts the requests that it lets start."""

    def __init__(self) -> None:
        super().__init__(0, 0)
        self.started = 0

    async def wait_for_turn(self) -> None:
        self.started += 1
        await super().wait_for_turn()


async def test_schools_may_share_a_budget(configs: list[SchoolConfig]) -> None:
    reports: dict[str, SyncReport] = {}
    budget = CountingBudget()

    async with anyio.create_task_group() as tasks:
        for config in configs:
            tasks.start_soon(synced, config, reports, budget)

    assert budget.started == sum(report.api.requests for report in reports.values())
