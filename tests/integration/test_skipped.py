"""What is reported about skipped bookings, with a sandbox over real sockets."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from altegio_sync.altegio.api import AltegioApi
from altegio_sync.altegio.pacing import Pacer
from altegio_sync.cli.progress import CliProgress
from altegio_sync.cli.skipped_list import SkippedFile
from altegio_sync.domain.period import Period
from altegio_sync.log import configure_logging
from altegio_sync.sandbox import School
from altegio_sync.sandbox.people import INDIVIDUAL, TEACHERS
from altegio_sync.usecases.sync import SyncRequest, sync_appointments
from tests.acceptance.cli import PARTNER_TOKEN, USER_TOKEN, unlimited_sandbox
from tests.fakes import MemoryStore

if TYPE_CHECKING:
    from pathlib import Path

    from altegio_sync.domain.report import SyncReport

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
FORMULA = TEACHERS[0] | {"name": "=1+1"}
NO_LENGTH: dict[str, Any] = {"seance_length": 0, "length": 0}


def school_with_oddities() -> School:
    """A lesson, one without a CRM id, one that cannot be read, and in summer one without an id."""
    school = School.empty()
    lessons = [
        school.record(datetime(2026, 3, 2, 10, 0)),  # noqa: DTZ001 - local at the school
        school.record(datetime(2026, 3, 2, 12, 0), "Проба Вигадана"),  # noqa: DTZ001
        school.record(datetime(2026, 3, 2, 14, 0), teacher=FORMULA, **NO_LENGTH),  # noqa: DTZ001
        school.record(datetime(2026, 3, 30, 10, 0)) | {"id": -5},  # noqa: DTZ001
    ]
    for each in lessons:
        school.add(each)
    return school


async def sync(progress: CliProgress) -> SyncReport:
    request = SyncRequest(("77",), MARCH)
    school = school_with_oddities()
    with unlimited_sandbox(school) as server:
        async with AltegioApi(PARTNER_TOKEN, USER_TOKEN, url=server.url, pacer=Pacer(0, 0)) as api:
            return await sync_appointments(api, MemoryStore(), request, progress=progress)


async def test_every_record_has_a_line_of_its_own_also_one_without_an_id(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("json", "info")

    with CliProgress(is_verbose=True) as progress:
        report = await sync(progress)

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    told = [
        (bool(each["appointment_id"]), each["outcome"], each["reason"], each["detail"])
        for each in lines
        if each["event"] == "appointment"
    ]
    assert sorted(told) == [
        (False, "skipped", "invalid", "no id"),
        (True, "saved", "", ""),
        (True, "skipped", "invalid", "length"),
        (True, "skipped", "no_crm_id", ""),
    ]
    assert report.records.fetched == len(told)


async def test_the_list_of_skipped_ones_is_in_local_time_and_holds_no_formula(
    tmp_path: Path,
) -> None:
    path = tmp_path / "skipped.csv"

    with CliProgress() as progress:
        progress.list_skipped_in(SkippedFile(path))
        await sync(progress)

    with path.open(encoding="utf-8", newline="") as file:
        rows = [list(row.values()) for row in csv.DictReader(file)]
    title, teacher = INDIVIDUAL[0]["title"], TEACHERS[0]["name"]
    assert sorted([bool(row[0]), *row[1:]] for row in rows) == [
        [False, "2026-03-30T10:00:00+03:00", teacher, title, "invalid: no id"],
        [True, "2026-03-02T12:00:00+02:00", teacher, title, "no_crm_id"],
        [True, "2026-03-02T14:00:00+02:00", "'=1+1", title, "invalid: length"],
    ]
