"""The memory of `serve` under the load of a day."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

import httpx2
from pymongo import MongoClient

from altegio_sync.sandbox import SandboxServer, School
from benchmarks.parts import COLLECTION, DATABASE, ROOT, mongod, peak_mb, settings
from benchmarks.results import Goal, Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.database import Database

#: Each change has two webhooks: 30 webhooks a minute.
CHANGES = 24 * 60 * 30 // 2
RECORDS = 1000
MOST_MB = 120
MOST_GROWTH = 1.05
SECRET = "bench" * 8
#: More open notices than this make the sender wait.
_MOST_OPEN = 1000
_MB = 1024


def measure(*, changes: int = CHANGES) -> Section:
    section = Section(
        "10. A day of serve",
        f"The memory of `serve` while {2 * changes:,} webhooks about {changes:,} changes arrive, "
        "and it asks for changes once a second: as many webhooks and polls as in a day of 30 "
        "webhooks a minute, in minutes.",
        ("changes", "seconds", *(f"quarter {number}, MB" for number in (1, 2, 3, 4)), "peak, MB"),
    )
    with mongod() as database, _school() as sandbox:
        env = settings(
            database.uri,
            ALTEGIO_API_URL=sandbox.url,
            ALTEGIO_COMPANY_ID="77",
            ALTEGIO_COMPANY_TOKEN="bench-partner",
            ALTEGIO_USER_TOKEN="bench-user",
            ALTEGIO_PAGE_SIZE="auto",
            ALTEGIO_REQUESTS_PER_SECOND="0",
            ALTEGIO_REQUESTS_PER_MINUTE="0",
            ALTEGIO_HOOK_SECRET=SECRET,
            ALTEGIO_POLL_EVERY="1s",
        )
        began = time.monotonic()
        with _serve(env) as (process, url):
            taken = _load(sandbox, url, f"{database.uri}/{DATABASE}", process.pid, changes)
            peak = peak_mb(process.pid)
        seconds = time.monotonic() - began
    size = len(taken) // 4
    quarters = [mean(taken[first * size : (first + 1) * size]) for first in range(4)]
    section.rows.append((changes, seconds, *quarters, peak))
    section.goals = [
        Goal("the most", peak, MOST_MB, unit=" MB"),
        Goal("the last quarter against the third", quarters[3] / quarters[2], MOST_GROWTH),
    ]
    return section


@contextmanager
def _school() -> Iterator[SandboxServer]:
    school = School.empty()
    now = datetime.now(school.zone).replace(microsecond=0, tzinfo=None)
    for number in range(RECORDS):
        school.add(school.record(now + timedelta(minutes=30 * number), id=500_000 + number))
    with SandboxServer(
        school,
        token="bench-partner",
        user_token="bench-user",
        requests_per_second=0,
        requests_per_minute=0,
    ) as running:
        yield running


@contextmanager
def _serve(env: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "altegio_sync", "serve", "--port", "0"]
    with subprocess.Popen(
        command, env=os.environ | env, cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        found = None
        while found is None:
            found = re.search(r"http://[^ ]+:[0-9]+", process.stderr.readline())
        try:
            yield process, found[0]
        finally:
            process.terminate()


def _load(sandbox: SandboxServer, url: str, uri: str, pid: int, changes: int) -> list[float]:
    """Change the records and send the webhooks; the memory of the process, about once a second."""
    taken: list[float] = []
    looked_at = 0.0
    client: MongoClient[dict[str, Any]]
    with MongoClient(uri) as client, httpx2.Client(base_url=url, timeout=60) as http:
        database: Database[dict[str, Any]] = client.get_default_database()
        notices = database["altegio-sync-notices"]
        is_open = {"state": {"$in": ["waiting", "claimed"]}, "collection": COLLECTION}
        for number in range(changes):
            record = 500_000 + number % RECORDS
            status = number // RECORDS % 2
            sandbox.school.change(record, attendance=status, visit_attendance=status)
            event = {"company_id": 77, "resource": "record", "resource_id": record}
            body = [event | {"status": "update"}] * 2
            assert http.post(f"/hooks/{SECRET}", json=body).status_code == 204
            if time.monotonic() - looked_at > 1:
                looked_at = time.monotonic()
                taken.append(_memory_mb(pid))
                while notices.count_documents(is_open) > _MOST_OPEN:
                    time.sleep(0.1)
        while notices.count_documents(is_open):
            time.sleep(0.1)
    return taken


def _memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+([0-9]+)", status)
    assert found is not None
    return int(found[1]) / _MB
