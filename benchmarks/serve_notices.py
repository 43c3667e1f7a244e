"""Webhooks of `serve`: how long until MongoDB, how many a second, and what forged ones cost."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient

from altegio_sync.sandbox import SandboxServer, School
from benchmarks.parts import COLLECTION, DATABASE, ROOT, mongod, settings
from benchmarks.results import Goal, Section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pymongo.database import Database

    Document = dict[str, Any]

#: More than a sync can read in the time of a measurement.
RECORDS = 6000
PAGE_SIZE = 10
#: 30 records a minute.
EVERY_S = 2.0
SECONDS = 240.0
MOST_P95_S = 10.0
BURST = 5000
CONNECTIONS = 50
LEAST_A_SECOND = 500
MOST_P99_MS = 1000.0
FORGED = 10_000
FIRST = 500_000
SECRET = "bench" * 8
NOTICES = "altegio-sync-notices"
PER_MINUTE = 195
_AT_WORK = {"state": {"$in": ["waiting", "claimed"]}}
_TOKENS = ("bench-partner", "bench-user")


def measure_delay(*, seconds: float = SECONDS) -> Section:
    section = Section(
        "11. From a webhook to MongoDB",
        "A booking changes every 2 s, and its webhook comes twice. Meanwhile a `sync` in another "
        f"process reads {RECORDS:,} bookings in pages of {PAGE_SIZE}, so that it needs more "
        f"requests than the limit of {PER_MINUTE} a minute allows, and `serve` polls every minute. "
        "The time is from the last webhook of the booking to the result that is stored after "
        "the document. The 2 s for which `serve` waits for more webhooks are part of it.",
        (
            "beside", "webhooks", "median, s", "p95, s", "longest, s",
            "requests of sync in its second minute", "refused by Altegio",
        ),
    )  # fmt: skip
    for beside in ("nothing", "a sync"):
        section.rows.append(_delay(beside, seconds if beside == "a sync" else seconds / 4))
    [p95] = [float(str(row[3])) for row in section.rows if row[0] == "a sync"]
    section.goals = [Goal("p95 beside a sync", p95, MOST_P95_S, unit=" s", by_clock=True)]
    section.notes.append(
        "Beside the sync all 195 requests of a minute are used: the polls have a quarter of them, "
        "since every booking counts as changed within the overlap, the webhooks about 30, and the "
        "sync the others."
    )
    return section


def _delay(beside: str, seconds: float) -> Sequence[object]:
    with _serving({"ALTEGIO_POLL_EVERY": "1m", "ALTEGIO_PAGE_SIZE": str(PAGE_SIZE)}) as bench:
        sync = bench.start_sync() if beside == "a sync" else None
        begun = time.monotonic()
        asyncio.run(bench.change_records(seconds))
        bench.wait_until_settled()
        assert sync is None or sync.poll() is None, "the sync was too short"
        delays = sorted(bench.delays())
        listed = [
            each.at
            for each in bench.sandbox.requests
            if "/records/" in each.path and "changed_after" not in each.query
        ]
        second_minute = sum(begun + 60 <= at < begun + 120 for at in listed)
        if sync is not None:
            sync.kill()
            sync.wait()
        return (
            beside, len(delays), _percentile(delays, 0.5), _percentile(delays, 0.95), delays[-1],
            second_minute, bench.sandbox.refusals,
        )  # fmt: skip


def measure_rate() -> Section:
    section = Section(
        "12. Webhooks a second",
        f"{BURST:,} webhooks over {CONNECTIONS} connections, each answered when its notice is "
        "stored durably. The client is a process of its own and shares the cores with `serve` and "
        "mongod.",
        ("webhooks", "a second", "median, ms", "p99, ms", "stored"),
    )
    with _serving({"ALTEGIO_POLL_EVERY": "1h"}) as bench:
        command = [sys.executable, "-m", "benchmarks.serve_notices", bench.url, str(BURST)]
        sent = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        found = json.loads(sent.stdout)
        stored = bench.database[NOTICES].count_documents({})
    took = sorted(found["took_ms"])
    rate, p99 = BURST / found["seconds"], _percentile(took, 0.99)
    section.rows.append((BURST, rate, _percentile(took, 0.5), p99, stored))
    section.goals = [
        Goal("webhooks", rate, LEAST_A_SECOND, at_least=True, unit=" a second", by_clock=True),
        Goal("p99", p99, MOST_P99_MS, unit=" ms", by_clock=True),
        Goal("stored webhooks", stored, BURST, at_least=True, noise=0.0),
    ]
    return section


def measure_forged() -> Section:
    section = Section(
        "13. Forged and repeated webhooks",
        f"{FORGED:,} webhooks: a half about bookings that do not exist, a half repeated ones about "
        "bookings that did not change, at once and in portions so small that each is read by its "
        f"id. The limit is {PER_MINUTE} requests a minute, and a quarter of it is for webhooks.",
        (
            "webhooks", "requests by id", "most of them in a minute", "other requests", "seconds",
            "documents that are new or other",
        ),
    )  # fmt: skip
    for count, portion in ((FORGED, FORGED), (120, 60)):
        section.rows.append(_forged(count, portion))
    most = max(int(str(row[2])) for row in section.rows)
    changed = sum(int(str(row[-1])) for row in section.rows)
    section.goals = [
        Goal("requests by id in a minute", most, PER_MINUTE // 4),
        Goal("documents that are new or other", changed, 0),
    ]
    return section


def _forged(count: int, portion: int) -> Sequence[object]:
    with _serving({"ALTEGIO_POLL_EVERY": "1h"}, records=500) as bench:
        bench.wait_for(lambda: bench.database["altegio-sync-cursors"].count_documents({}) > 0)
        before = bench.documents()
        bench.sandbox.requests.clear()
        began = time.monotonic()
        for first in range(0, count, portion):
            ids = [
                FIRST + number % 500 if number % 2 else 9_000_000 + number
                for number in range(first, first + portion)
            ]
            asyncio.run(send(bench.url, ids))
            bench.wait_until_settled()
        seconds = time.monotonic() - began
        by_id = [each.at for each in bench.sandbox.requests if "/record/" in each.path]
        others = len(bench.sandbox.requests) - len(by_id)
        most = max((sum(at <= each < at + 60 for each in by_id) for at in by_id), default=0)
        after = bench.documents()
        changed = sum(after.get(key) != before.get(key) for key in before.keys() | after.keys())
        return count, len(by_id), most, others, seconds, changed


class _Bench:
    """A `serve` at work on a school in this process."""

    def __init__(
        self, sandbox: SandboxServer, database: Database[Document], env: dict[str, str], url: str
    ) -> None:
        self.sandbox = sandbox
        self.database = database
        self.url = url
        self._env = env

    def start_sync(self) -> subprocess.Popen[bytes]:
        """A sync of all bookings."""
        command = [sys.executable, "-m", "altegio_sync", "sync", "2020-01-01", "2030-12-31", "-q"]
        return subprocess.Popen(command, env=os.environ | self._env, cwd=ROOT)

    async def change_records(self, seconds: float) -> None:
        for number in range(int(seconds / EVERY_S)):
            record, status = FIRST + number, 1 + number % 2
            self.sandbox.school.change(record, attendance=status, visit_attendance=status)
            await send(self.url, [record, record])
            await asyncio.sleep(EVERY_S)

    def delays(self) -> list[float]:
        """For each booking, from its last webhook to the result."""
        last = {"$max": "$received_at"}
        done = {"$max": "$finished_at"}
        grouped = self.database[NOTICES].aggregate(
            [{"$group": {"_id": "$appointmentId", "last": last, "done": done}}]
        )
        return [(each["done"] - each["last"]).total_seconds() for each in grouped]

    def documents(self) -> dict[str, Document]:
        return {each["appointmentId"]: each for each in self.database[COLLECTION].find()}

    def wait_until_settled(self) -> None:
        self.wait_for(lambda: self.database[NOTICES].count_documents(_AT_WORK) == 0)

    @staticmethod
    def wait_for(is_so: Callable[[], bool]) -> None:
        while not is_so():
            time.sleep(0.1)


@contextmanager
def _serving(changes: dict[str, str], *, records: int = RECORDS) -> Iterator[_Bench]:
    school = School.empty()
    now = datetime.now(school.zone).replace(microsecond=0, tzinfo=None)
    for number in range(records):
        school.add(school.record(now + timedelta(minutes=30 * number), id=FIRST + number))
    sandbox = SandboxServer(school, token=_TOKENS[0], user_token=_TOKENS[1], latency_s=0.05)
    client: MongoClient[Document]
    with mongod() as running, sandbox, MongoClient(running.uri, tz_aware=True) as client:
        env = settings(
            running.uri,
            ALTEGIO_API_URL=sandbox.url,
            ALTEGIO_COMPANY_ID="77",
            ALTEGIO_COMPANY_TOKEN=_TOKENS[0],
            ALTEGIO_USER_TOKEN=_TOKENS[1],
            ALTEGIO_PAGE_SIZE="auto",
            ALTEGIO_HOOK_SECRET=SECRET,
        )
        with _serve(env | changes) as url:
            yield _Bench(sandbox, client[DATABASE], env | changes, url)


@contextmanager
def _serve(env: dict[str, str]) -> Iterator[str]:
    command = [sys.executable, "-m", "altegio_sync", "serve", "--port", "0", "--no-page"]
    with subprocess.Popen(
        command, env=os.environ | env, cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        found = None
        while found is None:
            found = re.search(r"http://[^ ]+:[0-9]+", process.stderr.readline())
        try:
            yield found[0]
        finally:
            process.terminate()


async def send(url: str, ids: Sequence[int], connections: int = CONNECTIONS) -> list[float]:
    """Send a webhook about each booking; how many milliseconds each answer took."""
    host, port = url.removeprefix("http://").split(":")
    left, took = iter(ids), list[float]()

    async def send_some() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for each in left:
            event = {"company_id": 77, "resource": "record", "resource_id": each}
            body = json.dumps(event | {"status": "update", "data": {}}).encode()
            head = f"POST /hooks/{SECRET} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}"
            began = time.perf_counter()
            writer.write(f"{head}\r\n\r\n".encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            took.append(1000 * (time.perf_counter() - began))
            assert answer.startswith(b"HTTP/1.1 204"), answer
        writer.close()

    await asyncio.gather(*(send_some() for _ in range(min(connections, len(ids)))))
    return took


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


if __name__ == "__main__":
    _url, _count = sys.argv[1:]
    _began = time.perf_counter()
    _took = asyncio.run(send(_url, range(FIRST, FIRST + int(_count))))
    print(json.dumps({"seconds": time.perf_counter() - _began, "took_ms": _took}))
