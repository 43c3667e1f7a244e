"""`altegio-sync serve`: real processes, a real MongoDB, and the sandbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from altegio_sync.sandbox import School
from tests.acceptance.serving import HOOK_SECRET, Serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.database import Database as SyncDatabase

    from tests.acceptance.cli import Cli

    Database = SyncDatabase[dict[str, Any]]


@pytest.fixture
def stored(db_uri: str) -> Iterator[Database]:
    client: MongoClient[dict[str, Any]]
    with MongoClient(db_uri, tz_aware=True) as client:
        yield client.get_default_database()


@pytest.fixture
def school() -> School:
    school = School.empty()
    now = datetime.now(school.zone).replace(microsecond=0, tzinfo=None)
    school.add(school.record(now + timedelta(hours=1), id=501))
    return school


def status_of(stored: Database, record_id: int) -> str | None:
    found = stored["altegio-appointments"].find_one({"appointmentId": str(record_id)})
    return None if found is None else found["status"]


def test_a_notice_brings_its_appointment(cli: Cli, school: School, stored: Database) -> None:
    with Serving(cli, ("--no-poll",)) as serving:
        assert serving.notify(501, status="create") == 204
        serving.wait_for(lambda: status_of(stored, 501) == "0")
        school.change(501, attendance=1, visit_attendance=1)
        assert serving.notify(501) == 204
        serving.wait_for(lambda: status_of(stored, 501) == "1")
        assert serving.client.get("/health").json() == {"process": True, "mongodb": True}

    assert serving.code == 0
    states = [each["state"] for each in stored["altegio-sync-notices"].find()]
    assert states == ["stored", "stored"]
    assert HOOK_SECRET not in serving.log


def test_a_poll_brings_what_no_notice_named(cli: Cli, school: School, stored: Database) -> None:
    with Serving(cli, changes={"ALTEGIO_POLL_EVERY": "1s"}) as serving:
        serving.wait_for(lambda: status_of(stored, 501) == "0")
        school.change(501, attendance=1, visit_attendance=1)
        serving.wait_for(lambda: status_of(stored, 501) == "1")
