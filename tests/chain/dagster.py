"""Starts Dagster as a user does, and asks it by GraphQL as its page does."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from altegio_sync.chain import SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_WITHIN_S = 300.0
_LOCATION = {
    "repositoryLocationName": "altegio_sync.chain.definitions",
    "repositoryName": "__repository__",
}


class Dagster:
    """A running page and daemon, with a folder of their own."""

    def __init__(self, url: str, home: Path) -> None:
        self.url = url
        self.home = home

    def ask(self, query: str, **variables: Any) -> Any:
        """The only field of the answer."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"{self.url}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            found = json.load(answer)
        assert "errors" not in found, found["errors"]
        [value] = found["data"].values()
        return value

    def launch(
        self,
        job: str = "__ASSET_JOB",
        *,
        assets: list[str] | None = None,
        tags: Mapping[str, str] | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> str:
        """The id of a new run."""
        selector: dict[str, Any] = {**_LOCATION, "pipelineName": job}
        if assets is not None:
            selector["assetSelection"] = [{"path": [each]} for each in assets]
            selector["assetCheckSelection"] = []
        launched = self.ask(
            """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) {
                __typename ... on LaunchRunSuccess { run { runId } }
                ... on PythonError { message }
                ... on RunConfigValidationInvalid { errors { message } }
            } }""",
            p={
                "selector": selector,
                "runConfigData": json.dumps(config or {}),
                "executionMetadata": {
                    "tags": [{"key": key, "value": value} for key, value in (tags or {}).items()]
                },
                "mode": "default",
            },
        )
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def status(self, run_id: str) -> str:
        found = self.ask(
            "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }", id=run_id
        )
        return str(found["status"])

    def read_log(self, run_id: str) -> str:
        """The lines of the run's log, with the metadata."""
        found = self.ask(
            """query($id: ID!) { logsForRun(runId: $id) { ... on EventConnection { events {
                ... on MessageEvent { message }
                ... on ExecutionStepFailureEvent { error { message }
                    failureMetadata { description metadataEntries { label description } } }
                ... on MaterializationEvent { metadataEntries { label description
                    ... on IntMetadataEntry { intValue }
                    ... on TableMetadataEntry { table { records } } } }
            } } } }""",
            id=run_id,
        )
        return json.dumps(found)

    def count_runs(self) -> int:
        found = self.ask("{ runsOrError { ... on Runs { count } } }")
        return int(found["count"])

    def count_filled(self, asset: str) -> int:
        found = self.ask(
            """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) {
                ... on AssetNode { partitionStats { numMaterialized } } } }""",
            key={"path": [asset]},
        )
        return int(found["partitionStats"]["numMaterialized"])

    def backfill(self, asset: str, keys: list[str]) -> str:
        """What *Launch backfill* asks for; the id of the backfill."""
        params = {"assetSelection": [{"path": [asset]}], "partitionNames": keys}
        found = self.ask(
            """mutation($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) {
                ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }""",
            p=params,
        )
        return str(found["backfillId"])

    def await_backfill(self, backfill_id: str) -> Any:
        def find() -> Any:
            found = self.ask(
                """query($id: String!) { partitionBackfillOrError(backfillId: $id) {
                    ... on PartitionBackfill { status runs(limit: 50) { status } } } }""",
                id=backfill_id,
            )
            return found if found["status"].startswith(("COMPLETED", "FAILED")) else None

        return self.wait_for(find, backfill_id)

    def start_sensor(self, name: str) -> None:
        found = self.ask(
            """mutation($s: SensorSelector!) { startSensor(sensorSelector: $s) { __typename } }""",
            s={**_LOCATION, "sensorName": name},
        )
        assert found["__typename"] == "Sensor", found

    def limit_pool(self, limit: int) -> None:
        self.ask(
            'mutation($n: Int!) { setConcurrencyLimit(concurrencyKey: "altegio_api", limit: $n) }',
            n=limit,
        )

    def terminate(self, run_id: str) -> None:
        """What *Terminate* in the page does."""
        found = self.ask(
            "mutation($id: String!) { terminateRun(runId: $id) { __typename } }", id=run_id
        )
        assert found["__typename"] == "TerminateRunSuccess", found

    def await_end(self, run_id: str) -> str:
        return self.wait_for(
            lambda: status if (status := self.status(run_id)) in _ENDS else "", run_id
        )

    def wait_for(self, find: Any, what: str) -> Any:
        deadline = time.monotonic() + _WITHIN_S
        while not (found := find()):
            assert time.monotonic() < deadline, what
            time.sleep(0.5)
        return found


_ENDS = ("SUCCESS", "FAILURE", "CANCELED")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port: int = bound.getsockname()[1]
        return port


@contextmanager
def running_dagster(home: Path, settings: Mapping[str, str]) -> Iterator[Dagster]:
    """`dagster dev` on the definitions, in a folder that is not ours."""
    slow = SETTINGS_FILE.read_text()
    assert "seconds: 30\n" in slow
    (home / "dagster.yaml").write_text(slow.replace("seconds: 30\n", "seconds: 3\n"))
    port = _free_port()
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ALTEGIO_", "DAGSTER_")) and name != "DB_URI"
    }
    command = [sys.executable, "-m", "dagster", "dev", "-m", "altegio_sync.chain.definitions"]
    with (home / "dev.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "-h", "127.0.0.1", "-p", str(port)],
            env={**kept, **settings, "DAGSTER_HOME": str(home), "PYTHONWARNINGS": "ignore"},
            cwd=home,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    dagster = Dagster(f"http://127.0.0.1:{port}", home)
    try:
        dagster.wait_for(lambda: _answers(dagster, process), f"see {home / 'dev.log'}")
        yield dagster
    finally:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):  # a busy machine: how it ends is not tested
            process.wait(timeout=60)
        _end_group(process.pid)
        process.wait()


def _answers(dagster: Dagster, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, (dagster.home / "dev.log").read_text()[-3000:]
    try:
        found = dagster.ask(
            "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
        )
    except OSError:
        return False
    return bool(found.get("nodes"))


def _end_group(group: int) -> None:
    """A run or a code server that is left ends with the test."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
