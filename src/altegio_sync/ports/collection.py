"""What the use cases need from the school's collection."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from altegio_sync.domain.counts import Outcome, RecordCounts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.field_change import FieldChange
    from altegio_sync.domain.lessons import Verdict
    from altegio_sync.domain.period import Period
    from altegio_sync.domain.report import LeadChange, SyncMode, WritingRun
    from altegio_sync.messages import Message


@dataclass(frozen=True, slots=True)
class Overtaken:
    """An answer that was not written, because the stored document may be newer.

    ``only_by_id``: the answer has an older stamp than the document, so a new answer from a list
    would not help. Altegio has to be asked for this appointment by its id.
    """

    verdict: Verdict
    only_by_id: bool


@dataclass(slots=True)
class BatchResult:
    """The result of storing a batch: the outcome of each verdict in order, and the counts.

    - ``overtaken``: answers without an outcome. Altegio has to be asked about them again.
    - ``changes``: how often each field was changed.
    - ``no_longer_kept``: the ids of stored appointments that would be skipped now.
    - ``failures``: a message for each write that failed.
    - ``doubtful``: the ids of kept appointments whose lead may be wrong.
    - ``differences``: for each updated appointment the old and new values that may be shown.
    """

    outcomes: list[tuple[Verdict, Outcome]]
    overtaken: list[Overtaken] = field(default_factory=list)
    changes: Counter[str] = field(default_factory=Counter)
    no_longer_kept: list[str] = field(default_factory=list)
    failures: list[Message] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)
    lead_changes: list[LeadChange] = field(default_factory=list)
    differences: dict[str, Sequence[FieldChange]] = field(default_factory=dict)

    def add_to(self, counts: RecordCounts) -> None:
        for verdict, outcome in self.outcomes:
            counts.count(outcome, getattr(verdict, "reason", None))
        counts.changes += self.changes
        counts.no_longer_kept += len(self.no_longer_kept)
        counts.doubtful += len(self.doubtful)


@dataclass(slots=True)
class MarkResult:
    """The result of marking appointments as deleted.

    - ``marked``: the ids that were marked.
    - ``overtaken``: the ids that Altegio has to be asked about again.
    - ``failures``: the ids whose writes were refused, each with the message.

    An id that is in none of them is no longer in the scope.
    """

    marked: set[str] = field(default_factory=set)
    overtaken: set[str] = field(default_factory=set)
    failures: dict[str, Message] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IndexProblem:
    """Why there is no unique index. ``is_remade``: the index was lost and was created again."""

    reason: Message | None = None
    is_remade: bool = False


@dataclass(frozen=True, slots=True)
class WrongIndex:
    """A wrong index in the place of the unique index: its problem, and what to do."""

    name: str
    problem: Message
    remedy: Message


@dataclass(frozen=True, slots=True)
class StoreState:
    """The state of MongoDB and of the collection.

    - ``in_its_place``: an index on the id that is not the unique index we need.
    - ``server_time``: the time by MongoDB's clock.
    - ``product``: the name of the server.
    - ``kind``: what MongoDB calls the collection. A `view`, a `timeseries` and a `capped`
      collection cannot be used.
    """

    version: str
    documents: int
    has_unique_index: bool
    in_its_place: WrongIndex | None
    server_time: datetime
    product: str = "MongoDB"
    kind: str = "collection"


@dataclass(frozen=True, slots=True)
class StoredScope:
    """The stored appointments of a company that start on the local days of the period.

    ``includes_documents_without_company`` adds the documents without a `companyId`. The old
    scripts wrote such documents.
    """

    company_id: str
    period: Period
    zone: ZoneInfo
    includes_documents_without_company: bool


class AppointmentStore(Protocol):
    """The school's collection. Every method raises StoreError when MongoDB fails."""

    async def prepare(self, *, dry_run: bool) -> IndexProblem | None:
        """Make sure that the unique index exists.

        Returns None if the index existed, or was created for the first time.
        """
        ...

    async def store_batch(
        self,
        batch: Sequence[Verdict],
        *,
        mode: SyncMode,
        dry_run: bool,
        by_id: bool = False,
        run: WritingRun | None = None,
    ) -> BatchResult:
        """Store a batch of distinct bookings. Nothing is stored twice.

        ``by_id``: each booking was requested by its id, so it is written whatever its stamp is.
        ``run``: old values of the leads that change are kept, so that `undo` of this run can
        restore them; and what changed is kept for the live page.
        """
        ...

    async def find_server_time(self) -> datetime:
        """The time by MongoDB's clock."""
        ...

    async def count_undeleted(self, scope: StoredScope) -> int:
        """How many documents of the scope are not marked as deleted."""
        ...

    async def find_undeleted(
        self, scope: StoredScope, among: Collection[str] | None = None
    ) -> Collection[str]:
        """The ids of the scope's documents that are not marked as deleted. All are digits.

        ``among``: only these ids.
        """
        ...

    async def mark_deleted(
        self,
        gone: Mapping[str, float | None],
        scope: StoredScope,
        run: WritingRun | None = None,
    ) -> MarkResult:
        """Mark the scope's documents with these ids as deleted.

        The values are the moments at which Altegio was asked about each id, by `steady_now`.
        """
        ...
