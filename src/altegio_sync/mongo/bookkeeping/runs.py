"""The reports of runs, one document each under the run's id, and what is known of the last runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pymongo import UpdateOne

from altegio_sync.domain.kept_share import KeptSample
from altegio_sync.domain.run_marks import OpenRun, RunMark
from altegio_sync.messages.stored import from_data, to_data
from altegio_sync.mongo.core.bulk import write_all
from altegio_sync.mongo.core.connection import durable, waits_for_mongodb
from altegio_sync.mongo.core.junk import sound_report

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.run_marks import MarkChange

    Document = dict[str, Any]

RUNS_COLLECTION = "altegio-sync-runs"
LAST_RUNS_COLLECTION = "altegio-sync-last-runs"
#: The commands that bring appointments from Altegio.
READING_COMMANDS = ("sync", "changes")
_KEPT_FOR = timedelta(days=400)
_CHANGES_KEPT_FOR = timedelta(days=30)
#: A report from further ahead comes from a machine whose clock is wrong, and hides no later one.
_CLOCKS_DIFFER_BY = timedelta(minutes=10)
_SAMPLES_KEPT = 40
_OPEN_KEPT = 5
_MOMENTS = ("started_at", "finished_at")


class MongoRuns:
    """What `--json` prints, with its moments as dates and the collection that it is about.

    Reports about other collections than ``collection`` are not looked at; those that name none are,
    and without ``collection`` all of them.
    """

    def __init__(self, database: AsyncDatabase[Document], collection: str | None = None) -> None:
        self._database = database
        self._collection = durable(database)[RUNS_COLLECTION]
        self._marks = durable(database)[LAST_RUNS_COLLECTION]
        self._of = collection or "-"
        self._about = {} if collection is None else {"collection": collection}
        self._ours = {} if collection is None else {"collection": {"$in": [collection, None]}}

    @waits_for_mongodb
    async def keep_report(self, report: Mapping[str, Any]) -> None:
        document = {"_id": report["run_id"], **_with_moments(report), **self._about}
        await self._collection.replace_one({"_id": report["run_id"]}, document, upsert=True)

    @waits_for_mongodb
    async def forget_old_reports(self) -> None:
        """Delete reports after 400 days, and those of `changes` after 30."""
        now = await self._server_time()
        await self._collection.delete_many(_before(now - _KEPT_FOR))
        await self._collection.delete_many(
            {**_before(now - _CHANGES_KEPT_FOR), "command": "changes"}
        )

    @waits_for_mongodb
    async def find_last(self, *commands: str) -> Mapping[str, Any] | None:
        """The report of the run that began last, of any of the commands; None without one."""
        names = commands or READING_COMMANDS
        newest = await self._server_time() + _CLOCKS_DIFFER_BY
        wanted = {"command": {"$in": names}, "started_at": {"$not": {"$gt": newest}}, **self._ours}
        wanted["_id"] = {"$type": "string"}
        report = await self._collection.find_one(wanted, sort=[("_id", -1)])
        whole_runs = {"companyId": None, **({} if self._of == "-" else {"collection": self._of})}
        marks = [each.get("last") for each in await self._marks.find(whole_runs).to_list()]
        found = [
            sound_report(dict(each))
            for each in (report, *marks)
            if isinstance(each, dict)
            and each.get("command") in names
            and not _is_after(each, newest)
        ]
        # The report says more than what is remembered of the same run.
        return max(found, key=lambda each: str(each.get("run_id")), default=None)

    @waits_for_mongodb
    async def find_timezone(self) -> str | None:
        """The zone of the last run that has one: a run that failed early never knew it."""
        has_zone = {"period.timezone": {"$type": "string"}}
        wanted = {"command": {"$in": READING_COMMANDS}, **has_zone, **self._ours}
        wanted["_id"] = {"$type": "string"}
        found = await self._collection.find_one(wanted, {"period.timezone": 1}, sort=[("_id", -1)])
        return None if found is None else str(found["period"]["timezone"])

    @waits_for_mongodb
    async def find_marks(self, command: str | None = None) -> Sequence[RunMark]:
        wanted: Document = {} if self._of == "-" else {"collection": self._of}
        if command is not None:
            wanted["command"] = command
        found = [_to_mark(each) for each in await self._marks.find(wanted).to_list()]
        return [each for each in found if each is not None]

    @waits_for_mongodb
    async def note_start(self, command: str, company: str, run: OpenRun) -> None:
        """Remember that the run works on the company, in case that it never ends."""
        begun = {
            "run_id": run.run_id,
            "started_at": run.started_at,
            "words": list(run.words),
            "options": list(run.options),
        }
        key, fields = self._mark(command, company)
        push = {"open": {"$each": [begun], "$slice": -_OPEN_KEPT}}
        await self._marks.update_one(key, {"$set": fields, "$push": push}, upsert=True)

    @waits_for_mongodb
    async def write_marks(self, command: str, run_id: str, changes: Sequence[MarkChange]) -> None:
        await write_all(self._marks, [self._write(command, run_id, each) for each in changes])

    def _write(self, command: str, run_id: str, change: MarkChange) -> UpdateOne:
        key, fields = self._mark(command, change.company)
        update: Document = {"$pull": {"open": {"run_id": {"$lte": run_id}}}}
        if change.last is not None:
            fields["last"] = _with_moments(change.last)
            update["$currentDate"] = {"at": True}
        if change.sample is not None:
            text = change.too_little
            fields["too_little"] = None if text is None else to_data(text)
            push = {"$each": [change.sample.to_json()], "$slice": -_SAMPLES_KEPT}
            update["$push"] = {"samples": push}
        if change.skipped is not None:
            fields["skipped"] = list(change.skipped)
        if change.rules is not None:
            fields["rules"] = change.rules
        return UpdateOne(key, {"$set": fields, **update}, upsert=True)

    def _mark(self, command: str, company: str | None) -> tuple[Document, Document]:
        key = {"_id": f"{self._of}/{command}/{'*' if company is None else company}"}
        return key, {"collection": self._of, "command": command, "companyId": company}

    async def _server_time(self) -> datetime:
        moment: datetime = (await self._database.command("hello"))["localTime"]
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _before(moment: datetime) -> Document:
    """Runs that began before; their ids sort by time, so that MongoDB finds them by its index."""
    return {"_id": {"$lt": f"{moment.astimezone(UTC):%Y%m%d}"}, "started_at": {"$lt": moment}}


def _with_moments(report: Mapping[str, Any]) -> Document:
    return {**report, **{name: datetime.fromisoformat(report[name]) for name in _MOMENTS}}


def _is_after(report: Mapping[str, Any], moment: datetime) -> bool:
    started_at = report.get("started_at")
    return isinstance(started_at, datetime) and started_at > moment


def _to_mark(document: Mapping[str, Any]) -> RunMark | None:
    """None for a document that is not of this program's making."""
    try:
        return RunMark(
            command=str(document["command"]),
            company=document["companyId"],
            last=document.get("last"),
            at=document.get("at"),
            open_runs=[_to_open_run(each) for each in document.get("open", ())],
            samples=[KeptSample.of(each) for each in document.get("samples", ())],
            too_little=from_data(text) if (text := document.get("too_little")) else None,
            skipped=frozenset(document.get("skipped", ())),
            rules=document.get("rules"),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _to_open_run(begun: Mapping[str, Any]) -> OpenRun:
    words, options = (tuple(begun.get(name, ())) for name in ("words", "options"))
    return OpenRun(begun["run_id"], begun["started_at"], words, options)
