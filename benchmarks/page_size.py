"""What `ALTEGIO_PAGE_SIZE=auto` saves, whatever the server serves."""

from __future__ import annotations

from pymongo import MongoClient

from benchmarks.limits import least_seconds
from benchmarks.parts import COLLECTION, DATABASE, mongod, run_program, serving, settings
from benchmarks.results import Goal, Section

RECORDS = 100_000
#: What a server serves at most, however much is asked for.
SERVES = (1000, 300, 50, 25)
#: Runs that take longer than this at the limits are made without them.
LONGEST_S = 180


def measure() -> Section:
    section = Section(
        "7. Page size",
        f"{RECORDS:,} records at 4 requests a second and 195 a minute, from servers that serve "
        "1,000, 300, 50 and 25 records at most and say nothing of it. A run of less than "
        f"{LONGEST_S} s is made at that pace; of a longer one the requests are counted without "
        "limits, and its seconds are the least that the limits allow for as many. Every run stores "
        "all records, once each.",
        ("page size", "server serves", "requests", "least at the limits, s", "measured, s"),
    )
    found: dict[tuple[str, int], float] = {}
    with mongod() as database:
        for size, serves in [("50", 1000), *(("auto", each) for each in SERVES), ("50", 25)]:
            found[size, serves] = _measure(section, database.uri, size, serves)
    ratio = found["50", 1000] / found["auto", 1000]
    section.goals.append(
        Goal(
            "`auto` against 50 a page, where 1,000 are served",
            ratio,
            10,
            at_least=True,
            unit=" times",
        )
    )
    return section


def _measure(section: Section, uri: str, size: str, serves: int) -> float:
    with serving(RECORDS, serves=serves) as school, MongoClient[dict[str, object]](uri) as client:

        def sync(per_second: str, per_minute: str) -> tuple[int, float]:
            client.drop_database(DATABASE)
            env = settings(
                uri,
                school,
                ALTEGIO_PAGE_SIZE=size,
                ALTEGIO_REQUESTS_PER_SECOND=per_second,
                ALTEGIO_REQUESTS_PER_MINUTE=per_minute,
            )
            report = run_program("sync", *school.period, "--json", "-q", env=env).report
            stored = client[DATABASE][COLLECTION]
            assert report["ok"]
            assert report["records"]["saved"] == RECORDS
            assert stored.count_documents({}) == RECORDS
            assert len(stored.distinct("appointmentId")) == RECORDS
            return report["api"]["requests"], report["seconds"]

        requests, _ = sync("0", "0")
        least_s = least_seconds(requests)
        measured_s = None
        if least_s < LONGEST_S:
            requests, measured_s = sync("4", "195")
            least_s = least_seconds(requests)
    section.rows.append((size, serves, requests, least_s, measured_s or "not run"))
    return measured_s or least_s
