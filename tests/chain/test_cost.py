"""What a night of 1,000 locations costs in processor time, with an Altegio that answers at once."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn
from pymongo import MongoClient

from altegio_sync.chain import SETTINGS_FILE
from altegio_sync.sandbox import Locations, SandboxServer
from tests.chain.rig import TOKENS, days_ago, serve, settings_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COUNT = 1000
FIRST = 1001
#: Measured: 12 s in the first night, with the zones and the staff lists.
MOST_CPU_S = 60.0
_RECORD_ID = 1_000_000


class Stub:
    """Answers every location alike, with two bookings of the day: hardly any work for a server."""

    def __init__(self, day: str) -> None:
        with serve(Locations.made_up(1, lessons_a_month=200)) as sandbox:
            company = sandbox.locations.company_ids[0]
            self._records = _fetch(sandbox, f"records/{company}?start_date={day}&end_date={day}")
            self._staff = _fetch(sandbox, f"company/{company}/staff")
            self._company = _fetch(sandbox, f"company/{company}")
            self.settings = settings_for(sandbox, "")
        self.asked: list[str] = []

    async def __call__(self, scope: dict[str, Any], _receive: Any, send: Any) -> None:
        path = scope["path"]
        self.asked.append(path)
        body = json.dumps(self._answer(path)).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, path: str) -> dict[str, Any]:
        if "staff" in path:
            return self._staff
        company = int(path.rstrip("/").split("/")[-1])
        if "/records/" not in path:
            return {**self._company, "data": {**self._company["data"], "id": company}}
        rows = [
            {**each, "id": company * _RECORD_ID + number, "company_id": company}
            for number, each in enumerate(self._records["data"][:2])
        ]
        return {"success": True, "data": rows, "meta": {"page": 1, "total_count": len(rows)}}


def _fetch(sandbox: SandboxServer, path: str) -> dict[str, Any]:
    headers = {
        "Accept": "application/vnd.api.v2+json",
        "Authorization": f"Bearer {TOKENS[0]}, User {TOKENS[1]}",
    }
    with urllib.request.urlopen(
        urllib.request.Request(f"{sandbox.url}/{path}", headers=headers)
    ) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


@contextmanager
def serving(stub: Stub) -> Iterator[str]:
    server = uvicorn.Server(
        uvicorn.Config(stub, port=0, lifespan="off", log_config=None, access_log=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def test_a_night_of_a_thousand_locations_costs_little(tmp_path: Path, db_uri: str) -> None:
    day = days_ago(1)
    stub = Stub(day)
    (tmp_path / "dagster.yaml").write_text(SETTINGS_FILE.read_text())
    with serving(stub) as url:
        settings = stub.settings | {
            "ALTEGIO_API_URL": url,
            "ALTEGIO_COMPANY_ID": ",".join(str(FIRST + number) for number in range(COUNT)),
            "ALTEGIO_REQUESTS_PER_SECOND": "0",
            "ALTEGIO_REQUESTS_PER_MINUTE": "0",
            "DB_URI": db_uri,
            "DAGSTER_HOME": str(tmp_path),
            "PYTHONWARNINGS": "ignore",
        }
        cost_s = _run(settings, tmp_path, day)

    with MongoClient[dict[str, Any]](db_uri) as client:
        database = client.get_default_database()
        assert database["altegio-sync-ledger"].count_documents({}) == COUNT
        assert database["altegio-appointments"].count_documents({}) == 2 * COUNT
    assert len([each for each in stub.asked if "/records/" in each]) == COUNT
    assert cost_s < MOST_CPU_S


def _run(settings: dict[str, str], folder: Path, day: str) -> float:
    """The processor time of a run, from the start of its process to the end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["asset", "materialize", "--select", "day", "--partition", day]
    subprocess.run(
        [sys.executable, "-m", "dagster", *command, "-m", "altegio_sync.chain.definitions"],
        env={**os.environ, **settings},
        cwd=folder,
        check=True,
        capture_output=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
