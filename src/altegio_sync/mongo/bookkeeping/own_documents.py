"""The common base of the ledger and the cursors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from altegio_sync.domain.clock import utc_now
from altegio_sync.mongo.core.connection import durable
from altegio_sync.mongo.core.fence import no_fence
from altegio_sync.mongo.core.junk import unreported

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.mongo.core.fence import Fence
    from altegio_sync.mongo.core.junk import OnJunk


class OwnDocuments:
    """Documents of this program's own about one collection of appointments.

    ``fence`` is called before every write. ``on_junk`` is called for each document that this
    program did not write.
    """

    #: The collection that holds them.
    name: ClassVar[str]

    def __init__(
        self,
        database: AsyncDatabase[dict[str, Any]],
        collection: str,
        *,
        fence: Fence = no_fence,
        on_junk: OnJunk = unreported,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._collection = durable(database)[self.name]
        self._of = collection
        self._fence = fence
        self._on_junk = on_junk
        self._clock = clock
