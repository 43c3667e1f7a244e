"""Odd values in the program's own collections: what reads them leaves them out and reports them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from bson.raw_bson import RawBSONDocument
from pydantic import SecretStr

from altegio_sync.app.school import open_school
from altegio_sync.app.status import collect_school_status
from altegio_sync.cli.render_metrics import render_metrics
from altegio_sync.cli.render_status import render_status
from altegio_sync.config.values import SchoolConfig
from altegio_sync.domain.conditions import plan_report
from altegio_sync.domain.kept_share import KeptSample
from altegio_sync.domain.ledger import cover
from altegio_sync.domain.metrics import metric_families
from altegio_sync.domain.period import Period
from altegio_sync.domain.run_marks import MarkChange, OpenRun
from altegio_sync.domain.run_summary import RunSummary
from altegio_sync.domain.versions import FoundVersion
from altegio_sync.mongo.bookkeeping.conditions import CONDITIONS_COLLECTION, MongoConditions
from altegio_sync.mongo.bookkeeping.cursors import CURSORS_COLLECTION
from altegio_sync.mongo.bookkeeping.leases import LEASES_COLLECTION
from altegio_sync.mongo.bookkeeping.ledger import LEDGER_COLLECTION, MongoLedger
from altegio_sync.mongo.bookkeeping.notices import NOTICES_COLLECTION
from altegio_sync.mongo.bookkeeping.receivers import (
    STARTS_COLLECTION,
    UPTIMES_COLLECTION,
    MongoReceivers,
)
from altegio_sync.mongo.bookkeeping.runs import (
    LAST_RUNS_COLLECTION,
    RUNS_COLLECTION,
    MongoRuns,
)
from altegio_sync.mongo.bookkeeping.versions import VERSIONS_COLLECTION, MongoVersions
from altegio_sync.mongo.bookkeeping.webhook_figures import MongoWebhookFigures
from altegio_sync.mongo.core.elements import RawValue, joined, split, to_raw
from altegio_sync.usecases.stats import collect_stats, to_last_run
from altegio_sync.usecases.versions import classify_due
from tests.odd_values import ODD_VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]
NAME = "altegio-appointments"
NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
KYIV = ZoneInfo("Europe/Kyiv")
DAY = NOW.date() - timedelta(days=3)
SUMMARY: Document = {
    "run_id": "20260301-1",
    "command": "sync",
    "ok": False,
    "interrupted": True,
    "mode": "update",
    "continued_by": "altegio-sync sync yesterday --resume",
    "started_at": NOW,
    "finished_at": NOW,
    "period": {"from": "2026-03-01", "to": "2026-03-02", "timezone": "Europe/Kyiv"},
    "records": {"fetched": 40, "stale": 2, "doubtful": 1, "failed": 1},
    "errors": [{"code": "fetch_failed", "message": "it failed", "company": "77"}],
    "warnings": [{"code": "no_total", "message": "no total", "company": "77"}],
}
MARK: Document = {
    "collection": NAME,
    "command": "sync",
    "companyId": "77",
    "last": SUMMARY,
    "at": NOW,
    "open": [{"run_id": "20260302-1", "started_at": NOW, "words": ["today"], "options": ["-v"]}],
    "samples": [{"fetched": 40, "kept": 3, "is_low": True, "is_warned": False}],
    "too_little": {"code": "text", "fields": {"text": "too little"}, "message": "too little"},
    "skipped": ["501"],
    "rules": "s",
}
PASS: Document = {
    "grade": "checked",
    "at": NOW,
    "mode": "update",
    "settings": "s",
    "timezone": "Europe/Kyiv",
    "run_id": "r",
}
DAY_ENTRY: Document = {
    "companyId": "77",
    "collection": NAME,
    "day": DAY.isoformat(),
    **PASS,
    "latest": PASS,
}
CONDITION: Document = {
    "collection": NAME,
    "key": "no_total/77",
    "reported_at": NOW - timedelta(days=2),
    "message": "no total",
    "pending": ["501"],
}
CURSOR: Document = {"collection": NAME, "companyId": "77", "at": NOW, "run_id": "r"}
LEASE: Document = {
    "company": "77",
    "command": "sync",
    "run_id": "r",
    "host": "h",
    "pid": 5,
    "since": NOW,
    "expires_at": NOW,
    "renewed_at": NOW,
    "shares": "sync",
    "process": {"started": 1.5},
}


def with_odd_parts(value: Any) -> Iterator[RawValue]:
    """The value with one of its parts, at any depth, replaced by each odd value in turn."""
    yield from ODD_VALUES
    if not isinstance(value, dict | list):
        return
    named = value if isinstance(value, dict) else {str(n): each for n, each in enumerate(value)}
    kind = b"\3" if isinstance(value, dict) else b"\4"
    for name, part in named.items():
        for odd in with_odd_parts(part):
            fields = [(key, odd if key == name else to_raw(each)) for key, each in named.items()]
            yield RawValue(kind + joined(fields))


def odd_documents(document: Document, prefix: str = "odd") -> list[RawBSONDocument]:
    """Each with its own `_id`, so that all are stored beside one another."""
    whole = list(with_odd_parts(document))[len(ODD_VALUES) :]
    ids = (("_id", to_raw(f"{prefix}{number:05}")) for number in range(len(whole)))
    return [
        RawBSONDocument(joined([own_id, *split(each.data[1:])]))
        for own_id, each in zip(ids, whole, strict=True)
    ]


async def test_odd_marks_of_runs_are_reported_and_their_sound_parts_are_read(
    database: AsyncDatabase[Document],
) -> None:
    told: list[str] = []
    odd = odd_documents(MARK)
    await database[LAST_RUNS_COLLECTION].insert_many(odd)

    marks = await MongoRuns(
        database, NAME, on_junk=lambda name, _id: told.append(name)
    ).find_marks()

    assert len(odd) / 2 < len(marks) < len(odd)
    assert all(isinstance(each.company, str | None) for each in marks)
    assert len(told) > len(odd) / 2
    assert set(told) == {LAST_RUNS_COLLECTION}


async def test_odd_conditions_are_reported_and_their_sound_parts_are_read(
    database: AsyncDatabase[Document],
) -> None:
    told: list[str] = []
    await database[CONDITIONS_COLLECTION].insert_many(odd_documents(CONDITION))

    conditions = MongoConditions(database, NAME, lambda name, _id: told.append(name))
    known = await conditions.find_all()
    plan = plan_report([], ["no_total/77"], known, NOW)
    await conditions.write(plan.memory)

    assert "no_total/77" in known
    assert set(told) == {CONDITIONS_COLLECTION}


async def test_the_last_run_is_found_whatever_is_odd_about_its_report(
    database: AsyncDatabase[Document],
) -> None:
    reports = database[RUNS_COLLECTION]
    told: list[str] = []
    runs = MongoRuns(database, NAME, on_junk=lambda name, _id: told.append(name))
    found = []
    for odd in odd_documents(SUMMARY)[::3]:
        await reports.insert_one(odd)
        found.append(await runs.find_last())
        await runs.find_timezone()
        await reports.delete_many({})

    read = [to_last_run(each, NOW) for each in found if each is not None]

    assert len(read) > len(found) / 2
    assert all(each.command == "sync" for each in read)
    assert all(json.dumps(each.to_json()) for each in read)
    assert set(told) == {RUNS_COLLECTION}


async def test_reports_that_others_wrote_do_not_hide_the_last_run(
    database: AsyncDatabase[Document],
) -> None:
    odd: list[Document] = [
        {**SUMMARY, "_id": "20260401-2", "command": ["sync"]},
        {**SUMMARY, "_id": "20260401-1", "period": [{"timezone": "Europe/Kyiv"}]},
    ]
    report = {**SUMMARY, "_id": "20260301-1", "run_id": "20260301-1"}
    await database[RUNS_COLLECTION].insert_many([*odd, report])
    runs = MongoRuns(database, NAME)

    last = await runs.find_last()

    assert last is not None
    assert last.command == "sync"
    assert await runs.find_timezone() == "Europe/Kyiv"


async def test_a_report_of_a_later_version_is_read_and_not_reported(
    database: AsyncDatabase[Document],
) -> None:
    told: list[str] = []
    later = {
        **SUMMARY,
        "_id": "20260301-1",
        "mood": {"good": True},
        "records": {**SUMMARY["records"], "postponed": 3},
        "period": {**SUMMARY["period"], "days": 2},
    }
    await database[RUNS_COLLECTION].insert_one(later)

    last = await MongoRuns(database, NAME, on_junk=lambda name, _id: told.append(name)).find_last()

    assert last is not None
    assert last.records is not None
    assert last.records.stale == 2
    assert told == []


async def test_a_report_of_an_earlier_version_is_read_and_not_reported(
    database: AsyncDatabase[Document],
) -> None:
    told: list[str] = []
    earlier = {"_id": "1", "run_id": "1", "command": "sync", "ok": False, "errors": []}
    await database[RUNS_COLLECTION].insert_one(earlier)

    last = await MongoRuns(database, NAME, on_junk=lambda name, _id: told.append(name)).find_last()

    assert last is not None
    assert last.was_interrupted
    assert last.next_command == "altegio-sync sync PERIOD --resume"
    assert told == []


@pytest.mark.parametrize(
    "odd", [{"open": "x"}, {"samples": 5}, {"open": {}, "samples": {}}], ids=str
)
async def test_a_mark_whose_lists_are_none_is_written_anew(
    database: AsyncDatabase[Document], odd: Document
) -> None:
    told: list[str] = []
    runs = MongoRuns(database, NAME, on_junk=lambda name, _id: told.append(name))
    key = {"_id": f"{NAME}/sync/77"}
    await database[LAST_RUNS_COLLECTION].insert_one({**MARK, **odd, **key})
    change = MarkChange(
        "77",
        last=RunSummary("sync", "r", ok=True, started_at=NOW, finished_at=NOW),
        sample=KeptSample(40, 30),
    )

    await runs.note_start("sync", "77", OpenRun("r", NOW))
    await runs.write_marks("sync", "r", [change])
    [mark] = await runs.find_marks("sync")

    assert mark.last is not None
    assert mark.last.run_id == "r"
    assert mark.samples[-1] == change.sample
    assert set(told) == {LAST_RUNS_COLLECTION}


async def test_odd_days_of_the_ledger_are_reported_and_are_gaps(
    database: AsyncDatabase[Document],
) -> None:
    told: list[str] = []
    ledger = MongoLedger(database, NAME, on_junk=lambda name, _id: told.append(name))
    days = Period.of_days(DAY, DAY)
    for each in odd_documents(DAY_ENTRY)[::5]:
        fields = [(name, value) for name, value in split(each.raw) if name != "_id"]
        whole = joined([("_id", to_raw(f"{NAME}/77/{DAY}")), *fields])
        await database[LEDGER_COLLECTION].insert_one(RawBSONDocument(whole))
        records = await ledger.find_days("77", days)
        cover("77", days, records, KYIV, settings="s", now=NOW)
        await ledger.find_outdated("77", "other")
        await ledger.find_timezone("77")
        await database[LEDGER_COLLECTION].delete_many({})

    assert set(told) == {LEDGER_COLLECTION}


async def test_webhooks_are_measured_whatever_their_collections_hold(
    database: AsyncDatabase[Document],
) -> None:
    about = {"collection": NAME, "companyId": "77"}
    times = dict.fromkeys(("changed_at", "at", "found_at", "stored_at", "check_at"), NOW)
    version = {**about, "appointmentId": "501", "class": "open", "fields_hash": "a", **times}
    notice = {**about, "appointmentId": "501", "state": "waiting", "received_at": NOW}
    for name, document in {
        VERSIONS_COLLECTION: {**version, "is_timed": True, "id_hash": "b", "id_read_at": NOW},
        NOTICES_COLLECTION: {**notice, "changed_at": NOW},
        UPTIMES_COLLECTION: {**about, "start": NOW, "end": NOW},
        STARTS_COLLECTION: {**about, "first_at": NOW - timedelta(days=1)},
    }.items():
        await database[name].insert_many(odd_documents(document))
    versions, receivers = MongoVersions(database, NAME), MongoReceivers(database, NAME)
    found = FoundVersion("77", "501", NOW, "a", is_by_id=False, is_stored=True)

    await versions.prepare()
    await receivers.note_running()
    await receivers.note_starts()
    await versions.add([found, replace(found, fields_hash="b")])
    await classify_due(versions, receivers)
    figures = await MongoWebhookFigures(database, NAME).find(NOW + timedelta(hours=1))

    assert figures is not None
    assert json.dumps(figures.to_json())
    stored = await database[VERSIONS_COLLECTION].find_one({"_id": {"$regex": f"^{NAME}/77/501/"}})
    assert stored is not None
    assert stored["class"] == "announced"


async def test_a_status_is_shown_whatever_the_programs_own_collections_hold(
    db_uri: str, database: AsyncDatabase[Document]
) -> None:
    for name, document in {
        RUNS_COLLECTION: SUMMARY,
        LAST_RUNS_COLLECTION: MARK,
        LEDGER_COLLECTION: DAY_ENTRY,
        CURSORS_COLLECTION: CURSOR,
        CONDITIONS_COLLECTION: CONDITION,
    }.items():
        await database[name].insert_many(odd_documents(document, f"{NAME}/77/{DAY}-"))
    odd_leases = list(with_odd_parts(LEASE))
    leases = RawValue(b"\4" + joined([(str(n), each) for n, each in enumerate(odd_leases)]))
    whole = joined([("_id", to_raw(NAME)), ("leases", leases)])
    await database[LEASES_COLLECTION].insert_one(RawBSONDocument(whole))
    told: set[object] = set()

    def warn(event: str, /, **fields: object) -> None:
        assert event in ("passed_over", "unknown_zone")
        told.add(fields.get("collection"))

    async with open_school(SchoolConfig(db_uri=SecretStr(db_uri)), warn=warn) as school:
        status = await collect_school_status(school)
        stats = await collect_stats(school.stats, school.runs, zone=await school.find_zone())

    assert render_status(status).startswith("Needs attention")
    assert render_metrics(metric_families(status))
    assert json.dumps(status.to_json())
    assert json.dumps(stats.to_json())
    assert {RUNS_COLLECTION, LAST_RUNS_COLLECTION, LEDGER_COLLECTION, CURSORS_COLLECTION} <= told
