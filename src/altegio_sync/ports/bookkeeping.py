"""What the use cases need to know about earlier runs, and about other runs at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import date, datetime

    from altegio_sync.domain.appointment import Location
    from altegio_sync.domain.ledger import DayRecord, LedgerEntry
    from altegio_sync.domain.locations import StoredLocation, StoredStaff
    from altegio_sync.domain.period import Period
    from altegio_sync.domain.run_marks import MarkChange, OpenRun, RunMark
    from altegio_sync.domain.run_summary import RunSummary
    from altegio_sync.domain.versions import FoundVersion


class Ledger(Protocol):
    """Which days are known to be complete, by company and local day. Raises StoreError."""

    async def find_days(self, company_id: str, period: Period) -> Mapping[date, DayRecord]: ...

    async def write(self, company_id: str, entries: Sequence[LedgerEntry]) -> None:
        """Store the entries. A stronger entry of the same day that is still valid is kept."""
        ...

    async def find_outdated(self, company_id: str, settings: str) -> tuple[int, Period] | None:
        """The days whose entries are all from other settings: their number, the first and the last.

        ``settings`` is the `settings_hash` of today.
        """
        ...

    async def list_companies(self) -> Sequence[str]:
        """The companies that have entries."""
        ...

    async def find_timezone(self, company_id: str) -> str | None:
        """The zone of the company's newest entries."""
        ...


class CursorStore(Protocol):
    """How far `changes` has read, by company. Raises StoreError."""

    async def find_all(self) -> Mapping[str, datetime]:
        """The cursors by company."""
        ...

    async def move_cursor(self, company_id: str, to: datetime, run_id: str) -> None:
        """Move the cursor forward. A moment before the stored cursor changes nothing."""
        ...


class LocationStore(Protocol):
    """The school's locations, as they are known without a request. Raises StoreError."""

    async def find_all(self) -> Mapping[str, StoredLocation]:
        """The stored locations by company."""
        ...

    async def write_fetched(self, locations: Sequence[Location], at: datetime) -> None:
        """Store titles and zones that Altegio named at this moment."""
        ...

    async def find_staff(self, company_id: str, since: datetime) -> StoredStaff:
        """The staff list of the location; an empty list where it was stored before ``since``."""
        ...

    async def write_staff(self, company_id: str, staff: StoredStaff, at: datetime) -> None: ...

    async def write_list(
        self, locations: Sequence[Location], missing: Collection[str], at: datetime
    ) -> None:
        """Store the user's list of this moment, and the known locations that are missing in it."""
        ...


class VersionStore(Protocol):
    """The versions of bookings that were read, to find out which webhooks are lost."""

    async def add(self, found: Sequence[FoundVersion]) -> None:
        """Store the versions that are not stored yet. Raises StoreError.

        Nothing is stored for a company that never sent a webhook.
        """
        ...


class Leases(Protocol):
    """Prevents two runs of the same work on one company at the same time."""

    def hold(self, company_id: str, work: str) -> AbstractAsyncContextManager[None]:
        """Hold the company inside the context. Runs of other ``work`` may hold it too.

        Raises:
            LeaseHeldError: another run still held it when the time for waiting was over.
        """
        ...


class RunStore(Protocol):
    """The reports of runs, and what is known of the last runs. Raises StoreError."""

    async def keep_report(self, report: Mapping[str, Any]) -> None: ...

    async def forget_old_reports(self) -> None: ...

    async def find_marks(self, command: str | None = None) -> Sequence[RunMark]:
        """What is known of the last runs, for each company and for all companies together."""
        ...

    async def note_start(self, command: str, company: str, run: OpenRun) -> None:
        """Remember that the run works on the company. A killed run is recognised by this."""
        ...

    async def write_marks(
        self, command: str, run_id: str, changes: Sequence[MarkChange]
    ) -> None: ...

    async def find_last(self, *commands: str) -> RunSummary | None:
        """The run that began last.

        Without ``commands``, the last run that brought appointments from Altegio.
        """
        ...

    async def find_timezone(self) -> str | None:
        """The zone of the last run that found out its zone."""
        ...
