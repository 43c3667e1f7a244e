"""Made-up locations on a real HTTP server, with a real MongoDB and the real program."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient

from altegio_sync.sandbox import Locations, SandboxServer
from benchmarks.pace import BUDGET, reserved_starts
from benchmarks.parts import DATABASE, Ran, mongod, run_program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.mongod import RunningMongod

TOKEN, USER_TOKEN = "bench-partner", "bench-user"


@dataclass(frozen=True, slots=True)
class RealNight:
    """A night of the program; ``arrived`` is when the server saw each request."""

    ran: Ran
    reserved: Sequence[float]
    arrived: Sequence[float]

    @property
    def requests(self) -> int:
        return len(self.arrived)

    @property
    def run_s(self) -> float:
        seconds: float = self.ran.report["seconds"]
        return seconds


@dataclass(frozen=True, slots=True)
class Chain:
    """Locations that are served, and a MongoDB for them."""

    server: SandboxServer
    mongod: RunningMongod
    database: Any
    env: dict[str, str]

    def run_night(self, **settings: str) -> RealNight:
        """A sync of yesterday at the default pace, or at that of the settings."""
        self.server.requests.clear()
        self.database[BUDGET].delete_many({})
        ran = run_program("sync", "yesterday", "--json", "-q", env=self.env | settings)
        arrived = [each.at for each in self.server.requests]
        return RealNight(ran, reserved_starts(self.database[BUDGET]), arrived)


@contextmanager
def served_chain(locations: int, latency_s: float = 0.0) -> Iterator[Chain]:
    schools = Locations.made_up(locations)
    with ExitStack() as stack:
        running = stack.enter_context(mongod())
        client = stack.enter_context(MongoClient[dict[str, Any]](running.uri))
        server = stack.enter_context(
            SandboxServer(
                schools,
                token=TOKEN,
                user_token=USER_TOKEN,
                latency_s=latency_s,
                requests_per_second=0,
                requests_per_minute=0,
            )
        )
        first = schools.first
        env = {
            "ALTEGIO_API_URL": server.url,
            "ALTEGIO_COMPANY_ID": ",".join(schools.company_ids),
            "ALTEGIO_COMPANY_TOKEN": TOKEN,
            "ALTEGIO_USER_TOKEN": USER_TOKEN,
            "ALTEGIO_SERVICE_IDS": ",".join(sorted(first.individual_service_ids)),
            "DB_URI": f"{running.uri}/{DATABASE}",
        }
        yield Chain(server, running, client[DATABASE], env)
