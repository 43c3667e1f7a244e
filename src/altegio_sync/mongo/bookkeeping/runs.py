"""The reports of runs, by the run's id, and marks about the last runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pymongo import UpdateOne

from altegio_sync.domain.past_run import PastRun, is_count
from altegio_sync.domain.run_marks import RunMark
from altegio_sync.domain.run_summary import RunSummary
from altegio_sync.domain.stored import read_stored
from altegio_sync.messages.stored import from_data, to_data
from altegio_sync.mongo.bookkeeping.report_size import shorten
from altegio_sync.mongo.core.bulk import write_all, write_each
from altegio_sync.mongo.core.connection import durable, waits_for_mongodb
from altegio_sync.mongo.core.junk import unreported
from altegio_sync.mongo.core.together import WrittenTogether

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.run_marks import MarkChange, OpenRun
    from altegio_sync.domain.stored import Stored
    from altegio_sync.mongo.core.junk import OnJunk

    Document = dict[str, Any]
    # A command, a company, and the run that works on it.
    _Start = tuple[str, str, OpenRun]

RUNS_COLLECTION = "altegio-sync-runs"
LAST_RUNS_COLLECTION = "altegio-sync-last-runs"
#: The commands that bring appointments from Altegio.
READING_COMMANDS = ("sync", "changes")
_KEPT_FOR = timedelta(days=400)
_CHANGES_KEPT_FOR = timedelta(days=30)
#: A report from further in the future is ignored: the clock of its machine was wrong.
_CLOCKS_DIFFER_BY = timedelta(minutes=10)
_SAMPLES_KEPT = 40
_OPEN_KEPT = 5
_MOMENTS = ("started_at", "finished_at")
_SUMMARY_KEYS = tuple(each.name for each in fields(RunSummary))
_READ_AT_ONCE = 5
#: The code of the server if `$push` or `$pull` meets a value that is no list.
_NO_LIST = 2


class MongoRuns:
    """Reports as `--json` prints them, with dates as dates, and with the name of the collection.

    Only reports about ``collection`` and reports without a collection are read. If ``collection``
    is None, all reports are read.
    """

    def __init__(
        self,
        database: AsyncDatabase[Document],
        collection: str | None = None,
        *,
        on_junk: OnJunk = unreported,
    ) -> None:
        self._on_junk = on_junk
        self._database = database
        self._collection = durable(database)[RUNS_COLLECTION]
        self._marks = durable(database)[LAST_RUNS_COLLECTION]
        self._of = collection or "-"
        self._about = {} if collection is None else {"collection": collection}
        #: Companies that are worked on side by side are noted together.
        self._starts: WrittenTogether[_Start, None] = WrittenTogether(self._note_starts)
        self._ours = {} if collection is None else {"collection": {"$in": [collection, None]}}

    @waits_for_mongodb
    async def keep_report(self, report: Mapping[str, Any]) -> None:
        document = shorten({"_id": report["run_id"], **_with_moments(report), **self._about})
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
    async def find_last(self, *commands: str) -> RunSummary | None:
        """The last run of any of the commands, by its begin; None if there is no run."""
        names = commands or READING_COMMANDS
        newest = await self._server_time() + _CLOCKS_DIFFER_BY
        wanted = {"command": {"$in": names}, "started_at": {"$not": {"$gt": newest}}, **self._ours}
        whole_runs = {"companyId": None, **({} if self._of == "-" else {"collection": self._of})}
        found = [
            *[self._read_report(each) for each in await self._find_newest(wanted, _SUMMARY_KEYS)],
            *[self._read_last(each) for each in await self._marks.find(whole_runs).to_list()],
        ]
        summaries = [
            each
            for each in found
            if each is not None
            and each.command in names
            and (each.started_at is None or each.started_at <= newest)
        ]
        # A run may be here twice, by its report and by a mark. The report says more, and it is
        # before the mark: of equal ids, `max` returns the first.
        return max(summaries, key=lambda each: each.run_id, default=None)

    @waits_for_mongodb
    async def find_reports(self, limit: int) -> Sequence[PastRun]:
        """The newest reports. A dry run and a quiet run of `changes` keep no report."""
        wanted = {"_id": {"$type": "string"}, **self._ours}
        found = self._collection.find(wanted, sort=[("_id", -1)], limit=limit)
        runs = [self._to_past_run(each) for each in await found.to_list()]
        return [each for each in runs if each is not None]

    @waits_for_mongodb
    async def find_report(self, run_id: str) -> PastRun | None:
        found = await self._collection.find_one({"_id": run_id, **self._ours})
        return None if found is None else self._to_past_run(found)

    def _to_past_run(self, document: Document) -> PastRun | None:
        summary = self._read_report({"run_id": document["_id"], **document})
        if summary is None:
            return None
        report = {name: _for_json(each) for name, each in document.items() if name != "_id"}
        return PastRun(summary, report)

    @waits_for_mongodb
    async def find_first_start(self) -> datetime | None:
        """When the oldest run of the stored reports began."""
        wanted = {"_id": {"$type": "string"}, "started_at": {"$type": "date"}, **self._ours}
        found = await self._collection.find_one(wanted, sort=[("_id", 1)])
        return None if found is None else _aware(found["started_at"])

    @waits_for_mongodb
    async def find_timezone(self) -> str | None:
        """The zone of the latest run that has one. A run that failed early has no zone."""
        has_zone = {"period.timezone": {"$type": "string"}}
        wanted = {"command": {"$in": READING_COMMANDS}, **has_zone, **self._ours}
        found = map(self._read_report, await self._find_newest(wanted, ("command", "period")))
        periods = (each.period for each in found if each is not None)
        return next((each.timezone for each in periods if each and each.timezone), None)

    async def _find_newest(self, wanted: Document, keys: Iterable[str]) -> list[Document]:
        """The newest reports: several, since some may be documents that others wrote."""
        wanted["_id"] = {"$type": "string"}
        shape = dict.fromkeys(keys, 1)
        return await self._collection.find(
            wanted, shape, sort=[("_id", -1)], limit=_READ_AT_ONCE
        ).to_list()

    def _read_report(self, document: Document) -> RunSummary | None:
        # Reports of `validate` have the numbers of errors and warnings under these names.
        lists = {
            name: each
            for name, each in document.items()
            if name not in ("errors", "warnings") or not is_count(each)
        }
        return self._read(RunSummary, lists, RUNS_COLLECTION, document["_id"])

    def _read_last(self, document: Document) -> RunSummary | None:
        """The summary in a mark of the run that ended last."""
        last = document.get("last")
        if last is None:
            return None
        return self._read(RunSummary, last, LAST_RUNS_COLLECTION, document["_id"])

    def _read(
        self, kind: type[Stored], stored: object, collection: str, document_id: object
    ) -> Stored | None:
        return read_stored(kind, stored, lambda: self._on_junk(collection, document_id))

    @waits_for_mongodb
    async def find_marks(self, command: str | None = None) -> Sequence[RunMark]:
        wanted: Document = {} if self._of == "-" else {"collection": self._of}
        if command is not None:
            wanted["command"] = command
        found = [self._read_mark(each) for each in await self._marks.find(wanted).to_list()]
        return [each for each in found if each is not None]

    def _read_mark(self, document: Document) -> RunMark | None:
        fields = {
            **document,
            "company": document.get("companyId"),
            "open_runs": document.get("open", ()),
            "last": self._read_last(document),
            "too_little": _read_message(document.get("too_little")),
        }
        return self._read(RunMark, fields, LAST_RUNS_COLLECTION, document["_id"])

    async def note_start(self, command: str, company: str, run: OpenRun) -> None:
        """Store that the run works on the company, in case it is killed."""
        await self._starts.add((command, company, run))

    @waits_for_mongodb
    async def _note_starts(self, starts: Sequence[_Start]) -> list[None]:
        noted = [self._note(*each) for each in starts]
        await self._write_marks([write for _key, write in noted], [key for key, _write in noted])
        return [None] * len(starts)

    def _note(self, command: str, company: str, run: OpenRun) -> tuple[Document, UpdateOne]:
        begun = {
            "run_id": run.run_id,
            "started_at": run.started_at,
            "words": list(run.words),
            "options": list(run.options),
        }
        key, fields = self._mark(command, company)
        push = {"open": {"$each": [begun], "$slice": -_OPEN_KEPT}}
        return key, UpdateOne(key, {"$set": fields, "$push": push}, upsert=True)

    @waits_for_mongodb
    async def write_marks(self, command: str, run_id: str, changes: Sequence[MarkChange]) -> None:
        keys = [self._mark(command, each.company)[0] for each in changes]
        await self._write_marks([self._write(command, run_id, each) for each in changes], keys)

    async def _write_marks(self, writes: Sequence[UpdateOne], keys: Sequence[Document]) -> None:
        """Write the marks. A mark in which others replaced a list by another value starts anew."""
        refused = await write_each(self._marks, writes)
        for position, code in refused.items():
            if code == _NO_LIST:
                self._on_junk(LAST_RUNS_COLLECTION, keys[position]["_id"])
                await self._marks.delete_one(keys[position])
        await write_all(self._marks, [writes[position] for position in refused])

    def _write(self, command: str, run_id: str, change: MarkChange) -> UpdateOne:
        key, fields = self._mark(command, change.company)
        update: Document = {"$pull": {"open": {"run_id": {"$lte": run_id}}}}
        if change.last is not None:
            fields["last"] = _with_moments(change.last.to_json())
            moments = ("at", "succeeded_at") if change.last.ok else ("at",)
            update["$currentDate"] = dict.fromkeys(moments, True)
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
        return _aware(moment)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _before(moment: datetime) -> Document:
    """A query for runs that began before. Ids sort by time, so the index on `_id` is used."""
    return {"_id": {"$lt": f"{moment.astimezone(UTC):%Y%m%d}"}, "started_at": {"$lt": moment}}


def _with_moments(report: Mapping[str, Any]) -> Document:
    return {**report, **{name: datetime.fromisoformat(report[name]) for name in _MOMENTS}}


def _read_message(stored: object) -> object:
    """The stored message, or the text that earlier versions stored."""
    if not stored:
        return None
    return from_data(stored) if isinstance(stored, str | Mapping) else stored


def _for_json(stored: object) -> object:
    """The value, with texts instead of values that JSON does not have."""
    match stored:
        case Mapping():
            return {str(name): _for_json(each) for name, each in stored.items()}
        case list():
            return [_for_json(each) for each in stored]
        case None | str() | bool() | int() | float() | datetime():
            return stored
        case _:
            return str(stored)
