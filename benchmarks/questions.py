"""Questions to large collections, beside one plain scan of the same collection."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient

from benchmarks.asking import QUESTIONS
from benchmarks.loading import DUPLICATE_EVERY, load
from benchmarks.parts import COLLECTION, DATABASE, mongod, peak_mb, run
from benchmarks.results import Goal, Section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.collection import Collection

    from tests.mongod import RunningMongod

    Documents = Collection[dict[str, Any]]

SIZES = (1_000_000, 10_000_000)
MOST_SCANS = {"stats": 8, "validate": 25}
MOST_CLIENT_MB = 120
#: Questions that change nothing are asked so often, unless they take minutes.
REPEATS, QUICK_SIZE = 3, 1_000_000
_INDEXED = 200_000
_COUNTED = ("status", "teacherId", "serviceId", "leadId")
PLAIN = "five plain counts"
BOUND = (
    "`stats` asks four things, two at a time. Each alone takes, of a million documents: who had a "
    "lesson after a trial 1.7 s, duplicates 1.5 s (nothing where a unique index rules them out), "
    "statuses with teachers and services 1.2 s, starts 0.8 s. Two cores cannot do that in less "
    "than half the sum, 1.9 s with the index and 2.6 s without it, and that is about what they "
    "take; a scan took 0.27 to 0.32 s from run to run, so without the index it is 8.2 to 9.7 "
    "scans: a goal of 8 is out of reach there. The five plain counts (by status, teacher, "
    "service, lead and day, side by side) tell less, and no duplicates. What it costs is objects "
    "as keys: a group by seven fields takes three times as long as one by a plain field, and "
    "every condition in front of a group half a scan more."
)


def measure(*, sizes: Sequence[int] = SIZES) -> Section:
    section = Section(
        "4. Questions to large collections",
        "By the library in a process of its own, on a mongod with a cache of 1 GiB; beside a scan "
        "of the whole collection (`$group` of a constant, the best of 3). What changes nothing is "
        f"asked {REPEATS} times of {QUICK_SIZE:,} documents, the best as well. 0.05 % of the "
        "documents are duplicates, so that there is no unique index until `clean` has made it; "
        "then they are asked again. The server's memory is the most it had during the question.",
        ("question", "documents", "seconds", "scan, s", "scans", "client, MB", "server, MB"),
    )
    for size in sizes:
        with mongod(cache_gb=1) as database:
            _measure_size(section, database, size)
    section.notes += [BOUND, _measure_indexes()]
    return section


def _measure_size(section: Section, database: RunningMongod, size: int) -> None:
    load(database.uri, DATABASE, COLLECTION, size)
    with MongoClient[dict[str, Any]](database.uri) as client:
        collection = client[DATABASE][COLLECTION]
        again = [f"{each}, cleaned" for each in MOST_SCANS]
        scan_s, plain_s = (min(ask(collection) for _ in range(3)) for ask in (_scan, _plain_counts))
        section.rows.append((PLAIN, size, plain_s, scan_s, plain_s / scan_s, "", ""))
        for name in (*QUESTIONS, *again):
            repeats = REPEATS if size <= QUICK_SIZE and name != "clean" else 1
            _ask(section, name, size, database, collection, repeats)
        assert collection.count_documents({}) == size - size // DUPLICATE_EVERY


def _scan(collection: Documents) -> float:
    began = time.perf_counter()
    list(collection.aggregate([{"$group": {"_id": None, "n": {"$sum": 1}}}]))
    return time.perf_counter() - began


def _plain_counts(collection: Documents) -> float:
    """The least that statistics take: some of their counts, each in its simplest form."""
    day = {"$dateToString": {"date": "$startDateTime", "format": "%Y-%m-%d"}}
    in_time = [{"$match": {"startDateTime": {"$type": "date"}}}]
    pipelines = [
        *([{"$group": {"_id": f"${name}", "n": {"$sum": 1}}}] for name in _COUNTED),
        [*in_time, {"$group": {"_id": day, "n": {"$sum": 1}}}],
    ]
    began = time.perf_counter()
    with ThreadPoolExecutor(len(pipelines)) as pool:
        list(pool.map(lambda each: list(collection.aggregate(each)), pipelines))
    return time.perf_counter() - began


def _ask(
    section: Section,
    name: str,
    size: int,
    database: RunningMongod,
    collection: Documents,
    repeats: int,
) -> None:
    question = name.split(",")[0]
    # From here on its peak is this question's.
    Path(f"/proc/{database.pid}/clear_refs").write_text("5", encoding="ascii")
    command = [sys.executable, "-m", "benchmarks.asking", question, database.uri_of(DATABASE)]
    scans, runs = [], []
    for _ in range(repeats):  # in turn, so that a machine that slows down slows both
        scans.append(min(_scan(collection) for _ in range(3)))
        runs.append(run(command, {}))
    scan_s, seconds = min(scans), min(each.report["seconds"] for each in runs)
    client_mb = max(each.report["peak_mb"] for each in runs)
    section.rows.append(
        (name, size, seconds, scan_s, seconds / scan_s, client_mb, peak_mb(database.pid))
    )
    told = f"{name}, {size:,}"
    if question in MOST_SCANS:
        section.goals.append(Goal(told, seconds / scan_s, MOST_SCANS[question], unit=" scans"))
    section.goals.append(Goal(f"{told}, client", client_mb, MOST_CLIENT_MB, unit=" MB"))


def _measure_indexes() -> str:
    """What each index costs on writes, whether the program makes it or not."""
    unique = {
        "keys": "appointmentId",
        "unique": True,
        "partialFilterExpression": {"appointmentId": {"$exists": True}},
    }
    lesson = dict.fromkeys(("teacherId", "startDateTime", "endDateTime", "isDeleted"), 1)
    indexes: dict[str, list[dict[str, Any]]] = {
        "no index": [],
        "`appointmentId`, unique (made)": [unique],
        "and `startDateTime` (made)": [unique, {"keys": "startDateTime"}],
        "and teacher, start, end, deleted (not made)": [
            unique, {"keys": "startDateTime"}, {"keys": list(lesson.items())},
        ],
    }  # fmt: skip
    lines = [
        f"What indexes cost: {_INDEXED:,} documents inserted in order of their starts.",
        "",
        "| indexes | seconds | x none | on disk, MB |",
        "| --- | --: | --: | --: |",
    ]
    first_s = 0.0
    with mongod(cache_gb=1) as database, MongoClient[dict[str, Any]](database.uri) as client:
        for name, wanted in indexes.items():
            client.drop_database(DATABASE)
            collection = client[DATABASE][COLLECTION]
            for each in wanted:
                collection.create_index(**each)
            began = time.perf_counter()
            load(database.uri, DATABASE, COLLECTION, _INDEXED, is_clean=True)
            seconds = time.perf_counter() - began
            first_s = first_s or seconds
            sizes = client[DATABASE].command("collStats", COLLECTION)["indexSizes"].values()
            mb = sum(sizes) / 1e6
            lines.append(f"| {name} | {seconds:.2f} | {seconds / first_s:.2f} | {mb:.0f} |")
    return "\n".join(lines)
