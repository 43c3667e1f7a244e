"""One night of many locations without limits: is every document right, and what does a run cost?"""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient

from altegio_sync.sandbox import Locations
from benchmarks.parts import COLLECTION, DATABASE, ROOT, mongod, run_program, settings
from benchmarks.results import Goal, Section

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = (250, 500, 1000)
MOST_MB = 120
#: Four times as many locations: at most so many times the time and the CPU time.
MOST_TIMES = 4 * 1.1
NOISE = 0.3
NIGHTS = ("first", "second")
_OWN = {"_id": 0, "createdAt": 0, "updatedAt": 0, "altegioUpdatedAt": 0}
_SERVER = """
import sys
from altegio_sync.sandbox import Locations, SandboxServer
locations = Locations.made_up(int(sys.argv[1]))
server = SandboxServer(locations, requests_per_second=0, requests_per_minute=0)
server.bind()
print(server.url, flush=True)
server.run()
"""


def measure() -> Section:
    section = Section(
        "9. A night of 1,000 locations",
        "Yesterday of all locations of the sandbox (`ALTEGIO_COMPANY_ID=all`), limits off, and "
        "the same again. Every document was compared with the document that the sandbox means.",
        ("night", "locations", "requests", "documents", "run, s", "CPU, s", "peak, MB"),
    )
    seconds: dict[str, list[float]] = {"run": [], "CPU": []}
    peak_mb = 0.0
    with mongod() as database:
        for count in SIZES:
            database.drop(DATABASE)
            wanted = _wanted_documents(count)
            with _serving(count) as url:
                env = settings(database.uri) | _settings(url)
                nights = [run_program("sync", "yesterday", "--json", "-q", env=env) for _ in NIGHTS]
            for name, ran in zip(NIGHTS, nights, strict=True):
                run_s, requests = ran.report["seconds"], ran.report["api"]["requests"]
                section.rows.append(
                    (name, count, requests, len(wanted), run_s, ran.cpu_s, ran.peak_mb)
                )
            # The request for the list of locations is not counted in the report.
            assert nights[1].report["api"]["requests"] == count
            peak_mb = max(peak_mb, *(each.peak_mb for each in nights))
            seconds["run"].append(nights[1].report["seconds"])
            seconds["CPU"].append(nights[1].cpu_s)
            assert _stored_documents(database.uri) == wanted
    times = f"{SIZES[-1]:,} locations against {SIZES[0]}"
    section.goals += [
        # The server of the sandbox and MongoDB need the same cores, so the time says less.
        Goal(
            f"{kind}, {times}",
            found[-1] / found[0],
            MOST_TIMES,
            noise=NOISE,
            by_clock=kind == "run",
        )
        for kind, found in seconds.items()
    ]
    section.goals.append(Goal("peak of memory", peak_mb, MOST_MB, unit=" MB"))
    return section


@contextmanager
def _serving(count: int) -> Iterator[str]:
    command = [sys.executable, "-c", _SERVER, str(count)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _settings(url: str) -> dict[str, str]:
    school = Locations.made_up(1).first
    return {
        "ALTEGIO_API_URL": url,
        "ALTEGIO_COMPANY_ID": "all",
        "ALTEGIO_COMPANY_TOKEN": "sandbox-partner-token",
        "ALTEGIO_USER_TOKEN": "sandbox-user-token",
        "ALTEGIO_SERVICE_IDS": ",".join(school.individual_service_ids),
        "ALTEGIO_TRIAL_SERVICE_IDS": ",".join(school.trial_service_ids),
        "ALTEGIO_REQUESTS_PER_SECOND": "0",
        "ALTEGIO_REQUESTS_PER_MINUTE": "0",
    }


def _wanted_documents(count: int) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    locations = Locations.made_up(count)
    for company_id in locations.company_ids:
        school = locations.find(company_id)
        assert school is not None
        yesterday = (datetime.now(school.zone) - timedelta(days=1)).date()
        documents = [each.document for each in school.planted(yesterday, yesterday)]
        wanted |= {each["appointmentId"]: each for each in documents if each is not None}
    return wanted


def _stored_documents(uri: str) -> dict[str, Any]:
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        found = list(client[DATABASE][COLLECTION].find({}, _OWN))
    by_id = {each["appointmentId"]: each for each in found}
    assert len(by_id) == len(found)
    return by_id
