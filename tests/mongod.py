"""A private, real MongoDB for the tests: the same `mongod` that the embedded one runs."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from altegio_sync.embedded.binary import find_mongod

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PR_SET_PDEATHSIG = 1
_START_SECONDS = 60.0
_MEMORY = Path("/dev/shm")
#: What the servers of a whole run need at most.
_MEMORY_BYTES = 6 << 30
_ALREADY_INITIALIZED = 23
_NOT_YET_INITIALIZED = 94


class RunningMongod:
    """A server on loopback, with data of its own; it can be killed and started again.

    With ``replica_set`` it is a replica set of one, or with ``is_member`` waits to be one's member.
    With ``has_users`` it asks who one is; the first user may be made without.
    """

    def __init__(
        self,
        folder: Path,
        replica_set: str | None = None,
        *,
        is_member: bool = False,
        has_users: bool = False,
        cache_gb: float = 0.25,
        options: Sequence[str] = (),
    ) -> None:
        self._folder = folder
        self._cache_gb = cache_gb
        self._options = options
        self._replica_set = replica_set
        self._is_member = is_member
        self._has_users = has_users
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"mongodb://{self.address}"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def uri_of(self, name: str) -> str:
        return f"{self.uri}/{name}"

    def drop(self, name: str) -> None:
        client: MongoClient[dict[str, Any]]
        with MongoClient(self.uri) as client:
            client.drop_database(name)

    def start(self) -> None:
        """On the port it had before, if it had one."""
        log = self._folder / "mongod.log"
        log.unlink(missing_ok=True)
        data = self._folder / "db"
        data.mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            [
                *(str(find_mongod()), "--dbpath", str(data), "--logpath", str(log)),
                *("--bind_ip", "127.0.0.1", "--port", str(self._port), "--nounixsocket"),
                *("--wiredTigerCacheSizeGB", str(self._cache_gb)),
                *("--setParameter", "diagnosticDataCollectionEnabled=false"),
                *("--setParameter", "enableTestCommands=1"),  # it can be told to fail
                # Tests have dates of their own, which the real clock would find too old.
                *("--setParameter", "ttlMonitorEnabled=false"),
                *(("--auth",) if self._has_users else ()),
                *self._replica_set_options(),
                *self._options,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,
        )
        self._port = self._await_port(log)
        if self._replica_set and not self._is_member:
            self._initiate()

    def _replica_set_options(self) -> tuple[str, ...]:
        if self._replica_set is None:
            return ()
        # A killed client's transaction is in others' way for this long; 60 s unless told.
        lifetime = "transactionLifetimeLimitSeconds=1"
        return "--replSet", self._replica_set, "--oplogSize", "50", "--setParameter", lifetime

    def _initiate(self) -> None:
        """Make it a replica set of one, and wait until it takes writes."""
        members = [{"_id": 0, "host": self.address}]
        client: MongoClient[dict[str, Any]]
        with MongoClient(self.uri, directConnection=True) as client:
            try:
                client.admin.command(
                    "replSetInitiate", {"_id": self._replica_set, "members": members}
                )
            except OperationFailure as error:
                if error.code != _ALREADY_INITIALIZED:
                    raise
            deadline = time.monotonic() + _START_SECONDS
            while not client.admin.command("hello")["isWritablePrimary"]:
                assert time.monotonic() < deadline
                time.sleep(0.02)

    @contextmanager
    def failing(self, times: int, commands: Sequence[str], **how: Any) -> Iterator[None]:
        """Let the next ``times`` of these commands fail, in a way that `failCommand` knows."""
        client: MongoClient[dict[str, Any]]
        with MongoClient(self.uri) as client:
            data = {"failCommands": [*commands], "appName": "altegio-sync", **how}
            client.admin.command(
                "configureFailPoint", "failCommand", mode={"times": times}, data=data
            )
            try:
                yield
            finally:
                client.admin.command("configureFailPoint", "failCommand", mode="off")

    def kill(self) -> None:
        """As if the power failed."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=120)
            self._process = None

    def _await_port(self, log: Path) -> int:
        """The port that the system picked, as the log tells it once the server listens."""
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            for line in log.read_text().splitlines() if log.exists() else []:
                if '"Waiting for connections"' in line:
                    return int(json.loads(line)["attr"]["port"])
            time.sleep(0.02)
        raise RuntimeError(f"mongod did not start: {log.read_text()[-2000:]}")


def _die_with_parent() -> None:
    """A test run that is killed leaves no server behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextmanager
def _data_folder() -> Iterator[Path]:
    """In memory, if there is room: on a disk a new database takes three times as long."""
    has_room = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _MEMORY_BYTES
    home = _MEMORY if has_room else Path(tempfile.gettempdir())
    for left in home.glob("altegio-tests-*-*"):  # by runs that were killed
        if not Path("/proc", left.name.split("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"altegio-tests-{os.getpid()}-", dir=home) as folder:
        yield Path(folder)


@contextmanager
def running_mongod(replica_set: str | None = None, **how: Any) -> Iterator[RunningMongod]:
    with _data_folder() as folder:
        running = RunningMongod(folder, replica_set, **how)
        running.start()
        try:
            yield running
        finally:
            running.kill()


class ReplicaSet:
    """Three servers that elect a new primary within about a second."""

    def __init__(self, folder: Path) -> None:
        self._members = []
        for number in range(3):
            home = folder / str(number)
            home.mkdir()
            self._members.append(RunningMongod(home, "trio", is_member=True))

    def uri_of(self, name: str) -> str:
        addresses = ",".join(each.address for each in self._members)
        return f"mongodb://{addresses}/{name}?replicaSet=trio"

    def start(self) -> None:
        for each in self._members:
            each.start()
        members = [{"_id": n, "host": each.address} for n, each in enumerate(self._members)]
        settings = {"electionTimeoutMillis": 1000, "heartbeatIntervalMillis": 200}
        config = {"_id": "trio", "members": members, "settings": settings}
        self._ask(self._members[0], "replSetInitiate", config)
        self.await_health()

    def await_health(self) -> None:
        """Wait until there are a primary and two secondaries."""
        deadline = time.monotonic() + _START_SECONDS
        while sorted(self._state(each) for each in self._members) != [1, 2, 2]:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def kill_primary(self) -> RunningMongod:
        """Kill the primary as if the power failed; it can be started again."""
        primary = next(each for each in self._members if self._state(each) == 1)
        primary.kill()
        return primary

    def stop(self) -> None:
        for each in self._members:
            each.kill()

    def _state(self, member: RunningMongod) -> int:
        """1 for the primary, 2 for a secondary."""
        status = self._ask(member, "replSetGetStatus", 1)
        return int(status.get("myState", 0))

    def _ask(self, member: RunningMongod, command: str, value: Any) -> dict[str, Any]:
        client: MongoClient[dict[str, Any]]
        with MongoClient(member.uri, directConnection=True) as client:
            try:
                return client.admin.command(command, value)
            except OperationFailure as error:
                if error.code != _NOT_YET_INITIALIZED:
                    raise
                return {}


@contextmanager
def running_replica_set() -> Iterator[ReplicaSet]:
    with _data_folder() as folder:
        running = ReplicaSet(folder)
        try:
            running.start()
            yield running
        finally:
            running.stop()
