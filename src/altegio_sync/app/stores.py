"""The stores in MongoDB for one school.

A store is made, and its module is imported, when it is first used. So a command does not wait for
stores that it does not use.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from altegio_sync.messages.foreign_text import plain
from altegio_sync.mongo.core.fence import no_fence

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.dump import OnProgress
    from altegio_sync.mongo.backup.dump import MongoBackup
    from altegio_sync.mongo.backup.restoring import MongoRestorer
    from altegio_sync.mongo.bookkeeping.alerts import MongoAlerts
    from altegio_sync.mongo.bookkeeping.conditions import MongoConditions
    from altegio_sync.mongo.bookkeeping.cursors import MongoCursors
    from altegio_sync.mongo.bookkeeping.latest import MongoLatestChanges
    from altegio_sync.mongo.bookkeeping.ledger import MongoLedger
    from altegio_sync.mongo.bookkeeping.locations import MongoLocations
    from altegio_sync.mongo.bookkeeping.notices import MongoNotices
    from altegio_sync.mongo.bookkeeping.receivers import MongoReceivers
    from altegio_sync.mongo.bookkeeping.rechecks import MongoRechecks
    from altegio_sync.mongo.bookkeeping.runs import MongoRuns
    from altegio_sync.mongo.bookkeeping.versions import MongoVersions
    from altegio_sync.mongo.bookkeeping.webhook_figures import MongoWebhookFigures
    from altegio_sync.mongo.core.fence import Fence
    from altegio_sync.mongo.exporting import MongoExport
    from altegio_sync.mongo.stats import MongoStats
    from altegio_sync.mongo.stores import MongoAppointments
    from altegio_sync.mongo.tending.cleaning import MongoCleaner
    from altegio_sync.mongo.tending.findings import MongoFindings
    from altegio_sync.mongo.tending.repairs import MongoRepairs
    from altegio_sync.mongo.tending.undo import MongoTrash
    from altegio_sync.mongo.tending.validation import MongoValidator
    from altegio_sync.ports import Warn

    Database = AsyncDatabase[dict[str, Any]]

_LONGEST_ID = 60


class Stores:
    """The stores of one collection; ``fence`` is called before every write.

    ``warn`` gets `passed_over` once for each of the program's own collections that has documents
    which the program did not write.
    """

    def __init__(
        self, database: Database, collection: str, *, warn: Warn, fence: Fence = no_fence
    ) -> None:
        self.database = database
        self.collection = collection
        self._warn = warn
        self._fence = fence
        self._with_junk: set[str] = set()

    @cached_property
    def appointments(self) -> MongoAppointments:
        from altegio_sync.mongo.stores import MongoAppointments

        return MongoAppointments(
            self.database, self.collection, fence=self._fence, latest=self.latest
        )

    @cached_property
    def latest(self) -> MongoLatestChanges:
        from altegio_sync.mongo.bookkeeping.latest import MongoLatestChanges

        return MongoLatestChanges(self.database, self.collection)

    @cached_property
    def ledger(self) -> MongoLedger:
        from altegio_sync.mongo.bookkeeping.ledger import MongoLedger

        return MongoLedger(
            self.database, self.collection, fence=self._fence, on_junk=self._pass_over
        )

    @cached_property
    def cursors(self) -> MongoCursors:
        from altegio_sync.mongo.bookkeeping.cursors import MongoCursors

        return MongoCursors(
            self.database, self.collection, fence=self._fence, on_junk=self._pass_over
        )

    @cached_property
    def locations(self) -> MongoLocations:
        from altegio_sync.mongo.bookkeeping.locations import MongoLocations

        return MongoLocations(
            self.database, self.collection, fence=self._fence, on_junk=self._pass_over
        )

    @cached_property
    def runs(self) -> MongoRuns:
        from altegio_sync.mongo.bookkeeping.runs import MongoRuns

        return MongoRuns(self.database, self.collection, on_junk=self._pass_over)

    @cached_property
    def conditions(self) -> MongoConditions:
        from altegio_sync.mongo.bookkeeping.conditions import MongoConditions

        return MongoConditions(self.database, self.collection, self._pass_over)

    @cached_property
    def alerts(self) -> MongoAlerts:
        from altegio_sync.mongo.bookkeeping.alerts import MongoAlerts

        return MongoAlerts(self.database, self.collection, self._pass_over)

    @cached_property
    def notices(self) -> MongoNotices:
        from altegio_sync.mongo.bookkeeping.notices import MongoNotices

        return MongoNotices(self.database, self.collection)

    @cached_property
    def versions(self) -> MongoVersions:
        from altegio_sync.mongo.bookkeeping.versions import MongoVersions

        return MongoVersions(self.database, self.collection, fence=self._fence)

    @cached_property
    def receivers(self) -> MongoReceivers:
        from altegio_sync.mongo.bookkeeping.receivers import MongoReceivers

        return MongoReceivers(self.database, self.collection)

    @cached_property
    def rechecks(self) -> MongoRechecks:
        from altegio_sync.mongo.bookkeeping.rechecks import MongoRechecks

        return MongoRechecks(self.database, self.collection)

    @cached_property
    def webhook_figures(self) -> MongoWebhookFigures:
        from altegio_sync.mongo.bookkeeping.webhook_figures import MongoWebhookFigures

        return MongoWebhookFigures(self.database, self.collection)

    @cached_property
    def stats(self) -> MongoStats:
        from altegio_sync.mongo.stats import MongoStats

        return MongoStats(self.database, self.collection)

    @cached_property
    def export(self) -> MongoExport:
        from altegio_sync.mongo.exporting import MongoExport

        return MongoExport(self.database, self.collection)

    @cached_property
    def validator(self) -> MongoValidator:
        from altegio_sync.mongo.tending.validation import MongoValidator

        return MongoValidator(self.database, self.collection)

    @cached_property
    def findings(self) -> MongoFindings:
        from altegio_sync.mongo.tending.findings import MongoFindings

        return MongoFindings(self.database, self.collection)

    def repairs(self, run_id: str) -> MongoRepairs:
        from altegio_sync.mongo.tending.repairs import MongoRepairs

        return MongoRepairs(self.database, self.collection, run_id=run_id, fence=self._fence)

    @cached_property
    def cleaner(self) -> MongoCleaner:
        from altegio_sync.mongo.tending.cleaning import MongoCleaner

        return MongoCleaner(self.database, self.collection, fence=self._fence)

    @cached_property
    def trash(self) -> MongoTrash:
        """The previous versions of documents, of all collections of the database."""
        from altegio_sync.mongo.tending.undo import MongoTrash

        return MongoTrash(self.database, fence=self._fence)

    def backup(self, on_progress: OnProgress) -> MongoBackup:
        from altegio_sync.mongo.backup.dump import MongoBackup

        return MongoBackup(self.database, self.collection, on_progress=on_progress)

    def restorer(self, on_progress: OnProgress, should_stop: Callable[[], bool]) -> MongoRestorer:
        from altegio_sync.mongo.backup.restoring import MongoRestorer

        return MongoRestorer(
            self.database,
            self.collection,
            on_progress=on_progress,
            should_stop=should_stop,
            fence=self._fence,
        )

    def _pass_over(self, collection: str, document_id: object) -> None:
        if collection not in self._with_junk:
            self._with_junk.add(collection)
            sample = plain(document_id, _LONGEST_ID)
            self._warn("passed_over", collection=collection, sample=sample)
