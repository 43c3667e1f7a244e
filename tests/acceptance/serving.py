"""`altegio-sync serve` as a process of its own."""

from __future__ import annotations

import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from random import randrange
from typing import TYPE_CHECKING, Any, Self

import httpx2
from pymongo import MongoClient

from altegio_sync.sandbox import School

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    from pymongo.database import Database as SyncDatabase

    from tests.acceptance.cli import Cli
    from tests.acceptance.warm import Started

    Database = SyncDatabase[dict[str, Any]]

HOOK_SECRET = "hook-SECRET-6130-" + "x" * 20
#: Far longer than anything takes, also on a busy machine.
PATIENCE_S = 60.0
_AT = re.compile(r"http://\S+:[0-9]+")


@dataclass
class Serving:
    """A `serve` at work, at a free port, with a secret; ended by SIGTERM unless killed before."""

    cli: Cli
    options: tuple[str, ...] = ()
    changes: dict[str, str | None] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    code: int | None = None

    def __enter__(self) -> Self:
        settings: dict[str, str | None] = {"ALTEGIO_HOOK_SECRET": HOOK_SECRET}
        arguments = ("serve", "--port", "0", *self.options)
        self.process: Started = self.cli.start(*arguments, **(settings | self.changes))
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        try:
            self.wait_for(lambda: any(map(_AT.search, self.lines)))
        except BaseException:
            self.kill()
            raise
        [address, *_] = filter(None, map(_AT.search, self.lines))
        self.url = address[0].rstrip(":")
        self.client = httpx2.Client(base_url=self.url, timeout=PATIENCE_S)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.client.close()
        self.stop()

    @property
    def log(self) -> str:
        return "".join(self.lines)

    @property
    def hook_url(self) -> str:
        """The address for webhooks."""
        return f"{self.url}/hooks/{HOOK_SECRET}"

    def notify(self, record_id: int, *, secret: str = HOOK_SECRET, **fields: Any) -> int:
        """Send a notice as Altegio does; the status of the answer."""
        event = {"company_id": 77, "resource": "record", "resource_id": record_id}
        body = event | {"status": "update"} | fields
        return self.client.post(f"/hooks/{secret}", json=body).status_code

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < deadline, self.log
            assert self.process.poll() is None, self.log
            time.sleep(0.02)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End the process, and return its exit code."""
        self.process.send_signal(number)
        self.code = self.process.wait(PATIENCE_S)
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()
        return self.code

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            for line in stream:
                self.lines.append(line)


APPOINTMENTS, NOTICES = "altegio-appointments", "altegio-sync-notices"
NO_POLL = ("--no-poll",)
RECORDS = range(501, 541)


def school_of_forty() -> School:
    """A school with the bookings of `RECORDS`."""
    school = School.empty()
    now = datetime.now(school.zone).replace(microsecond=0, tzinfo=None)
    for number in RECORDS:
        school.add(school.record(now + timedelta(hours=number), id=number))
    return school


@contextmanager
def database_of(cli: Cli) -> Iterator[Database]:
    client: MongoClient[dict[str, Any]]
    with MongoClient(cli.settings["DB_URI"]) as client:
        yield client.get_default_database()


class Senders:
    """Changes the bookings in turn, each with a notice, from four threads.

    ``open`` are the bookings whose last change no accepted notice named: at first all.
    """

    def __init__(self, serving: Serving, school: School, left: Iterable[int] = RECORDS) -> None:
        self.accepted = 0
        self.open = set(left)
        self._serving = serving
        self._school = school
        self._is_over = False

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(4)
        self._sent = [self._pool.submit(self._send, number) for number in range(4)]
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_over = True
        with self._pool:
            self.accepted = sum(each.result() for each in self._sent)

    def _send(self, first: int) -> int:
        accepted = 0
        for number in cycle(RECORDS[first::4]):
            if self._is_over:
                break
            status = randrange(3)
            self._school.change(number, attendance=status, visit_attendance=status)
            self.open.add(number)
            try:
                if self._serving.notify(number) == 204:
                    accepted += 1
                    self.open.discard(number)
            except httpx2.HTTPError:  # the process was killed before it answered
                time.sleep(0.01)
        return accepted


def wait_until_settled(serving: Serving, database: Database) -> None:
    is_open = {"state": {"$in": ["waiting", "claimed"]}}
    serving.wait_for(lambda: database[NOTICES].count_documents(is_open) == 0)


def killed_in_bursts(cli: Cli, school: School, seconds: Iterable[float]) -> tuple[int, set[int]]:
    """Kill the process after so many seconds of a burst, each time.

    Returns how many notices it accepted, and the bookings whose last change is unknown to it.
    """
    accepted, left = 0, set(RECORDS)
    for each in seconds:
        with Serving(cli, NO_POLL) as serving, Senders(serving, school, left) as senders:
            time.sleep(each)
            serving.kill()
        accepted, left = accepted + senders.accepted, senders.open
    return accepted, left


def assert_equal(database: Database, school: School, records: Iterable[int]) -> None:
    """What is stored of these bookings is what the school has."""
    found = {each["appointmentId"]: each["status"] for each in database[APPOINTMENTS].find()}
    bodies = {number: school.get(number) or {} for number in records}
    expected = {str(number): str(body["attendance"]) for number, body in bodies.items()}
    wrong = {each: (found.get(each), expected[each]) for each in expected}
    wrong = {number: both for number, both in wrong.items() if both[0] != both[1]}
    assert wrong == {}, wrong
