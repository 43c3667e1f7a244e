"""Carries out `clean`: one document stays for each appointment id, as `merging` plans it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from bson.raw_bson import RawBSONDocument

from altegio_sync.domain.cleaning import CleanReport
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.report import RunError, new_run_id
from altegio_sync.messages import store as texts
from altegio_sync.mongo.core.batches import in_batches
from altegio_sync.mongo.core.bulk import refused_message
from altegio_sync.mongo.core.connection import durable, translated_errors
from altegio_sync.mongo.core.documents import KEY
from altegio_sync.mongo.core.fence import no_fence
from altegio_sync.mongo.core.ids import having_ids, label_of, to_id
from altegio_sync.mongo.core.indexes import ensure_unique_index, has_unique_index
from altegio_sync.mongo.core.literal import RAW
from altegio_sync.mongo.tending.duplicates import repeated_ids
from altegio_sync.mongo.tending.merging import plan_merge
from altegio_sync.mongo.tending.trash import RecordedChanges

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.mongo.core.fence import Fence
    from altegio_sync.mongo.tending.changes import Applied, Change

    Document = dict[str, Any]

#: The number of ids in one query.
_BATCH = 500


class MongoCleaner:
    """Removes the duplicates of one collection."""

    def __init__(
        self,
        database: AsyncDatabase[Document],
        collection: str,
        *,
        clock: Callable[[], datetime] = utc_now,
        fence: Fence = no_fence,
    ) -> None:
        self._database = durable(database)
        self._collection = self._database[collection]
        self._clock = clock
        self._fence = fence

    async def clean(
        self,
        *,
        dry_run: bool,
        run_id: str | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> CleanReport:
        """Keep one document for each id, move the others to the trash, create the unique index."""
        report = CleanReport(run_id or new_run_id(self._clock()), dry_run)
        changes = RecordedChanges(
            self._database,
            self._collection.name,
            run_id=report.run_id,
            command="clean",
            fence=self._fence,
        )
        async for groups in self._find_groups():
            plans = [plan_merge(group) for group in groups]
            report.appointment_ids += len(plans)
            if dry_run:
                report.removed += sum(each.removes for plan in plans for each in plan)
                continue
            applied = await changes.apply(plans, self._clock())
            report.removed += applied.removed
            report.changed += applied.changed
            _note_left(report, plans, applied)
            if should_stop():
                report.interrupted = True
                break
        if not dry_run and not report.interrupted:
            report.no_index = await ensure_unique_index(self._collection)
        report.has_unique_index = await has_unique_index(self._collection)
        return report

    async def _find_groups(self) -> AsyncIterator[list[list[RawBSONDocument]]]:
        """Batches of groups; the documents of a group share an id."""
        with translated_errors():
            found = await self._collection.aggregate(repeated_ids({}), allowDiskUse=True)
            async for batch in in_batches(found, _BATCH):
                yield await self._load(batch)

    async def _load(self, found: Sequence[Document]) -> list[list[RawBSONDocument]]:
        keys = [key for each in found for key in each["keys"]]
        groups: dict[str, list[RawBSONDocument]] = defaultdict(list)
        raw = self._collection.with_options(codec_options=RAW)
        async for document in raw.find(having_ids(keys), sort=["_id"], allow_disk_use=True):
            groups[to_id(document[KEY]) or ""].append(document)
        # Another program may have removed some meanwhile.
        return [group for group in groups.values() if len(group) > 1]


def _note_left(report: CleanReport, plans: Sequence[Sequence[Change]], applied: Applied) -> None:
    for change, code in applied.left_of([plan[0] for plan in plans]):
        label = label_of(change.old)
        if code is None:
            report.errors.append(RunError("overtaken", texts.OVERTAKEN(appointment_id=label)))
        else:
            report.errors.append(RunError("refused", refused_message(label, code)))
        report.left.append(label)
