"""Classifies versions of bookings: whether a webhook announced each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from altegio_sync.domain.versions import ANNOUNCED_WITHIN, classify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from altegio_sync.domain.versions import Classified, ReceivedNotice, StoredVersion, UpTime


class ClassifiedVersions(Protocol):
    """The stored versions; see `MongoVersions`."""

    async def find_now(self) -> datetime: ...

    async def find_due(self, now: datetime) -> Sequence[StoredVersion]: ...

    async def find_notices(
        self, versions: Sequence[StoredVersion]
    ) -> Mapping[tuple[str, str], Sequence[ReceivedNotice]]: ...

    async def write_classes(
        self, classified: Sequence[tuple[StoredVersion, Classified]]
    ) -> None: ...


class Receivers(Protocol):
    """The receivers of webhooks; see `MongoReceivers`."""

    async def find_uptimes(self, start: datetime, end: datetime) -> Sequence[UpTime]: ...


async def classify_due(versions: ClassifiedVersions, receivers: Receivers) -> int:
    """Classify the versions whose time has come. Returns how many.

    Several processes may do this at once, and a process that is killed leaves nothing half done.

    Raises:
        StoreError: MongoDB fails.
    """
    now = await versions.find_now()
    count = 0
    while due := await versions.find_due(now):
        notices = await versions.find_notices(due)
        first, last = min(each.at for each in due), max(each.at for each in due)
        uptimes = await receivers.find_uptimes(first, last + ANNOUNCED_WITHIN)
        await versions.write_classes(
            [
                (
                    each,
                    classify(
                        each, notices.get((each.company, each.appointment_id), ()), uptimes, now
                    ),
                )
                for each in due
            ]
        )
        count += len(due)
    return count
