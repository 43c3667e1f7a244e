"""The reports of runs, one document each under the run's id."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from altegio_sync.mongo.connection import durable, waits_for_mongodb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymongo.asynchronous.database import AsyncDatabase

    Document = dict[str, Any]

RUNS_COLLECTION = "altegio-sync-runs"
#: The commands that bring appointments from Altegio.
READING_COMMANDS = ("sync", "changes")


class MongoRuns:
    """What `--json` prints, with its moments as dates and the collection that it is about.

    Reports about other collections than ``collection`` are not looked at; those that name none are,
    and without ``collection`` all of them.
    """

    def __init__(self, database: AsyncDatabase[Document], collection: str | None = None) -> None:
        self._collection = durable(database)[RUNS_COLLECTION]
        self._about = {} if collection is None else {"collection": collection}
        self._ours = {} if collection is None else {"collection": {"$in": [collection, None]}}

    @waits_for_mongodb
    async def keep_report(self, report: Mapping[str, Any]) -> None:
        moments = {
            name: datetime.fromisoformat(report[name]) for name in ("started_at", "finished_at")
        }
        document = {"_id": report["run_id"], **report, **moments, **self._about}
        await self._collection.replace_one({"_id": report["run_id"]}, document, upsert=True)

    @waits_for_mongodb
    async def find_last(self, *commands: str) -> Mapping[str, Any] | None:
        """The report of the run that began last, of any of the commands; None without one."""
        wanted = {"command": {"$in": commands or READING_COMMANDS}, **self._ours}
        return await self._collection.find_one(wanted, sort=[("_id", -1)])

    @waits_for_mongodb
    async def find_timezone(self) -> str | None:
        """The zone of the last run that has one: a run that failed early never knew it."""
        has_zone = {"period.timezone": {"$type": "string"}}
        wanted = {"command": {"$in": READING_COMMANDS}, **has_zone, **self._ours}
        found = await self._collection.find_one(wanted, {"period.timezone": 1}, sort=[("_id", -1)])
        return None if found is None else str(found["period"]["timezone"])
