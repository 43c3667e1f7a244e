"""The chain in Dagster's own page and daemon, over a sandbox of 20 locations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from altegio_sync.sandbox import Locations, SandboxServer
from tests.chain.dagster import Dagster, running_dagster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.database import Database

    from tests.mongod import RunningMongod

COUNT = 20
TOKENS = ("tok-partner-SECRET-8431", "tok-user-SECRET-9352")


@pytest.fixture(scope="module")
def locations() -> Locations:
    return Locations.made_up(COUNT, lessons_a_month=20)


@pytest.fixture(scope="module")
def server(locations: Locations) -> Iterator[SandboxServer]:
    with SandboxServer(
        locations,
        token=TOKENS[0],
        user_token=TOKENS[1],
        requests_per_second=0,
        requests_per_minute=0,
    ) as running:
        yield running


@pytest.fixture(scope="module")
def stored(mongod: RunningMongod) -> Iterator[Database[dict[str, Any]]]:
    uri = mongod.uri_of("chain")
    with MongoClient[dict[str, Any]](uri) as client:
        yield client.get_default_database()
    mongod.drop("chain")


@pytest.fixture(scope="module")
def dagster(
    tmp_path_factory: pytest.TempPathFactory,
    server: SandboxServer,
    locations: Locations,
    mongod: RunningMongod,
) -> Iterator[Dagster]:
    first = locations.first
    settings = {
        "ALTEGIO_API_URL": server.url,
        "ALTEGIO_COMPANY_ID": ",".join(locations.company_ids),
        "ALTEGIO_COMPANY_TOKEN": TOKENS[0],
        "ALTEGIO_USER_TOKEN": TOKENS[1],
        "ALTEGIO_SERVICE_IDS": ",".join(sorted(first.individual_service_ids)),
        "ALTEGIO_TRIAL_SERVICE_IDS": ",".join(sorted(first.trial_service_ids)),
        "ALTEGIO_REQUESTS_PER_SECOND": "500",
        "ALTEGIO_REQUESTS_PER_MINUTE": "30000",
        "DB_URI": mongod.uri_of("chain"),
    }
    with running_dagster(tmp_path_factory.mktemp("dagster"), settings) as running:
        yield running


def test_a_night_reads_every_location_once(dagster: Dagster, server: SandboxServer) -> None:
    day = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    run = dagster.launch("night", tags={"dagster/partition": day})
    assert dagster.await_end(run) == "SUCCESS"
    asked = [each.path.split("/")[-1] for each in server.requests if "/records/" in each.path]
    assert sorted(asked) == sorted(server.locations.company_ids)
