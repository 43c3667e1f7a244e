"""The chain's definitions over a sandbox and a real MongoDB."""

from __future__ import annotations

import json
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # a library's own warnings, at its import
    import dagster as dg

    from altegio_sync.chain.loading import build_definitions
    from altegio_sync.chain.schools import SchoolResource

from altegio_sync.sandbox import Locations, SandboxServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pymongo.database import Database

TOKENS = ("tok-partner-SECRET-8431", "tok-user-SECRET-9352")


def settings_for(server: SandboxServer, db_uri: str) -> dict[str, str]:
    """The settings of one school with all locations of the sandbox."""
    first = server.locations.first
    return {
        "ALTEGIO_API_URL": server.url,
        "ALTEGIO_COMPANY_ID": ",".join(server.locations.company_ids),
        "ALTEGIO_COMPANY_TOKEN": TOKENS[0],
        "ALTEGIO_USER_TOKEN": TOKENS[1],
        "ALTEGIO_SERVICE_IDS": ",".join(sorted(first.individual_service_ids)),
        "ALTEGIO_TRIAL_SERVICE_IDS": ",".join(sorted(first.trial_service_ids)),
        "ALTEGIO_REQUESTS_PER_SECOND": "500",
        "ALTEGIO_REQUESTS_PER_MINUTE": "30000",
        "DB_URI": db_uri,
    }


def serve(locations: Locations) -> SandboxServer:
    return SandboxServer(
        locations,
        token=TOKENS[0],
        user_token=TOKENS[1],
        requests_per_second=0,
        requests_per_minute=0,
    )


def days_ago(count: int) -> str:
    return (datetime.now(UTC).date() - timedelta(days=count)).isoformat()


def last_months() -> list[str]:
    """The months of the last 36 days."""
    days = [date.fromisoformat(days_ago(count)) for count in range(1, 37)]
    return sorted({f"{day:%Y-%m}" for day in days})


def pages_asked(server: SandboxServer) -> list[str]:
    """The company of each page that was asked for."""
    return [each.path.split("/")[-1] for each in server.requests if "/records/" in each.path]


@dataclass
class Chain:
    """The definitions, with a small Dagster of its own: runs happen in this process."""

    defs: Any
    instance: Any

    def run(
        self,
        asset: str,
        *keys: str,
        config: Mapping[str, Any] | None = None,
    ) -> Any:
        """The result of one run over the partitions from the first to the last key."""
        tags = {
            "dagster/asset_partition_range_start": keys[0],
            "dagster/asset_partition_range_end": keys[-1],
        }
        job = self.defs.resolve_implicit_global_asset_job_def()
        return job.execute_in_process(
            asset_selection=[dg.AssetKey(asset)],
            instance=self.instance,
            raise_on_error=False,
            run_config={"ops": {asset: {"config": dict(config or {})}}},
            tags=tags,
        )

    def tick(self, sensor: str, cursor: str | None = None) -> Any:
        """What the sensor returns; the partitions that it requests are added and removed."""
        with dg.build_sensor_context(
            instance=self.instance,
            cursor=cursor,
            repository_def=self.defs.get_repository_def(),
            resources={"school": SchoolResource()},
        ) as context:
            result = self.defs.resolve_sensor_def(sensor).evaluate_tick(context)
        for each in result.dynamic_partitions_requests or ():
            if isinstance(each, dg.AddDynamicPartitionsRequest):
                self.instance.add_dynamic_partitions("company", each.partition_keys)
            else:
                for key in each.partition_keys:
                    self.instance.delete_dynamic_partition("company", key)
        return result

    def reload(self) -> Any:
        """The definitions under the settings of now."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return build_definitions(SchoolResource())

    def backfill(self, companies: Sequence[str]) -> Any:
        """The last months of these companies, in one run. The sensor adds the companies first."""
        self.tick("ledger")
        months = last_months()
        return self.run(
            "appointments", f"{companies[0]}|{months[0]}", f"{companies[-1]}|{months[-1]}"
        )

    def filled(self, asset: str) -> set[str]:
        return set(self.instance.get_materialized_partitions(dg.AssetKey(asset)))

    def read_events(self, result: Any) -> str:
        """Everything that Dagster stored about the run, as text."""
        records = self.instance.all_logs(result.run_id)
        run = self.instance.get_run_by_id(result.run_id)
        return json.dumps([repr(each) for each in records]) + repr(run)


@pytest.fixture
def stored(db_uri: str) -> Iterator[Database[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](db_uri) as client:
        yield client.get_default_database()


@pytest.fixture
def locations() -> Locations:
    return Locations.made_up(3, lessons_a_month=20)


@pytest.fixture
def server(locations: Locations) -> Iterator[SandboxServer]:
    with serve(locations) as running:
        yield running


@pytest.fixture
def chain(
    server: SandboxServer, db_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Chain]:
    with loaded_chain(settings_for(server, db_uri), tmp_path, monkeypatch) as loaded:
        yield loaded


@contextmanager
def loaded_chain(
    settings: Mapping[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Chain]:
    monkeypatch.chdir(folder)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        defs = build_definitions(SchoolResource())
    no_telemetry = {"telemetry": {"enabled": False}}
    with dg.DagsterInstance.local_temp(str(folder), no_telemetry) as instance:
        yield Chain(defs, instance)
