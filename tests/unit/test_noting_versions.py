"""Which versions of bookings a run notes, so that lost webhooks can be counted."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from altegio_sync.domain.notices import Claim, GoneCounts
from altegio_sync.domain.period import ALL_DAYS, Period
from altegio_sync.domain.report import SyncMode
from altegio_sync.ports import StoredScope
from altegio_sync.usecases.changes import ChangesRequest, sync_changes
from altegio_sync.usecases.company_run import CompanyRun
from altegio_sync.usecases.noticed import NoticedAppointment
from altegio_sync.usecases.sync import SyncRequest, sync_appointments
from tests.fakes import (
    START,
    ListSource,
    MemoryCursors,
    MemoryLocations,
    MemoryStore,
    booking,
    run_context,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.domain.versions import FoundVersion

STAMP = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
DAY = Period.of_days(START.date(), START.date())
LISTED = [
    booking("1", changed_at=STAMP),
    booking("2", changed_at=STAMP, is_deleted=True),
    booking("3", changed_at=STAMP, services=()),
    booking("4"),
]


class MemoryVersions:
    def __init__(self) -> None:
        self.found: list[FoundVersion] = []

    async def add(self, found: Sequence[FoundVersion]) -> None:
        self.found += found

    @property
    def is_stored(self) -> dict[str, bool]:
        return {each.appointment_id: each.is_stored for each in self.found}


async def test_changes_notes_every_booking_with_a_stamp_also_a_skipped_one() -> None:
    versions, cursors = MemoryVersions(), MemoryCursors()
    await cursors.move_cursor("77", STAMP, "run")

    await sync_changes(
        ListSource(LISTED),
        MemoryStore(),
        cursors,
        ChangesRequest(["77"]),
        locations=MemoryLocations(),
        versions=versions,
    )

    assert versions.is_stored == {"1": True, "2": True, "3": False}
    assert {each.company for each in versions.found} == {"77"}
    assert not any(each.is_by_id for each in versions.found)


@pytest.mark.parametrize("mode", SyncMode)
async def test_a_sync_without_update_sees_a_change_and_does_not_store_it(mode: SyncMode) -> None:
    versions = MemoryVersions()

    await sync_appointments(
        ListSource(LISTED[:1]),
        MemoryStore(booking("1", is_deleted=True)),
        SyncRequest(["77"], DAY, mode=mode),
        versions=versions,
    )

    assert versions.is_stored == {"1": mode is SyncMode.UPDATE}


async def test_a_dry_run_notes_nothing() -> None:
    versions = MemoryVersions()

    await sync_appointments(
        ListSource(LISTED),
        MemoryStore(),
        SyncRequest(["77"], DAY, dry_run=True),
        versions=versions,
    )

    assert versions.found == []


async def test_a_reading_by_id_is_noted_as_one() -> None:
    versions = MemoryVersions()
    context = replace(
        run_context(ListSource(LISTED), MemoryStore(), SyncMode.UPDATE), versions=versions
    )

    async def count_gone(_company: str) -> GoneCounts:
        return GoneCounts(0, 0)

    claim = Claim("claim", "77", "1", 0)
    scope = StoredScope(
        "77", ALL_DAYS, ZoneInfo("Europe/Kyiv"), includes_documents_without_company=True
    )
    company = CompanyRun(context, "77")
    await NoticedAppointment(company, claim, scope, hold=nullcontext, count_gone=count_gone).bring()

    [version] = versions.found
    assert (version.appointment_id, version.is_by_id) == ("1", True)
