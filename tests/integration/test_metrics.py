"""The metrics of a school that is served, on a real MongoDB."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from pydantic import SecretStr

from altegio_sync.app.metrics import ServiceMetrics, WorkDone
from altegio_sync.app.outages import StoreOutages
from altegio_sync.app.school import ignore, open_school
from altegio_sync.app.status import collect_school_status
from altegio_sync.config import SchoolConfig
from altegio_sync.errors import StoreUnavailableError
from altegio_sync.messages.serve import NOT_OPEN_YET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.app.school import School

    Database = AsyncDatabase[dict[str, Any]]

APPOINTMENTS = "altegio-appointments"


@dataclass
class Place:
    """Where the metrics are read: a school, and a MongoDB that may be away or may not answer."""

    school: School
    seconds: float = 100.0
    is_away: bool = False
    hangs: bool = False
    read_within_s: float = 60
    readings: int = 0
    metrics: ServiceMetrics = field(init=False)

    def __post_init__(self) -> None:
        self.metrics = ServiceMetrics(
            self.opened,
            self.ping,
            StoreOutages(ignore),
            WorkDone(),
            Counter(),
            clock=lambda: self.seconds,
            answered_within_s=0.01 if self.hangs else 60,
            read_within_s=self.read_within_s,
        )

    def opened(self) -> School:
        self.readings += 1
        return self.school

    async def ping(self) -> None:
        if self.hangs:
            await anyio.sleep_forever()
        if self.is_away:
            raise StoreUnavailableError(NOT_OPEN_YET())

    async def read(self) -> dict[str, float]:
        """The metrics without labels, or of one company."""
        return {each.name: each.samples[0][1] for each in await self.metrics.read() if each.samples}


@pytest.fixture
async def school(db_uri: str) -> AsyncIterator[School]:
    config = SchoolConfig(db_uri=SecretStr(db_uri), company_ids=("77",), timezone="Europe/Kyiv")
    async with open_school(config) as school:
        yield school


async def reads_of(database: Database) -> int:
    """How many documents of the collection the server has looked at."""
    found = database["system.profile"].find({"ns": f"{database.name}.{APPOINTMENTS}"})
    return sum(each.get("docsExamined", 0) for each in await found.to_list())


async def test_a_scrape_reads_no_document_of_the_collection(
    school: School, database: Database
) -> None:
    await database[APPOINTMENTS].insert_many(
        [{"appointmentId": str(n), "companyId": "77"} for n in range(20)]
    )
    await database.command("profile", 2)

    assert (await Place(school).read())["documents"] == 20

    assert await reads_of(database) == 0
    await collect_school_status(school)  # this status has the findings too
    await database.command("profile", 0)
    assert await reads_of(database) >= 20


async def test_who_scrapes_within_seconds_gets_what_was_read_last(school: School) -> None:
    place = Place(school)

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(place.read)
    place.seconds += 4
    await place.read()
    assert place.readings == 1

    place.seconds += 2
    await place.read()
    assert place.readings == 2


async def test_while_mongodb_is_away_its_last_words_are_known_and_grow_older(
    school: School,
) -> None:
    await school.cursors.move_cursor("77", datetime.now(UTC), "a run")
    place = Place(school)
    before = await place.read()
    place.is_away = True
    place.seconds += 3600

    after = await place.read()

    assert (before["mongodb_up"], after["mongodb_up"]) == (1, 0)
    assert after["needs_attention"] == 1
    assert after["gap_days"] == before["gap_days"] == 30
    assert after["cursor_age_seconds"] == pytest.approx(before["cursor_age_seconds"] + 3600)
    assert after["api_requests_total"] == 0

    place.is_away = False
    place.seconds += 6
    assert (await place.read())["mongodb_up"] == 1


async def test_a_mongodb_that_does_not_answer_holds_nobody_up(school: School) -> None:
    known = await Place(school, hangs=True).read()

    assert (known["mongodb_up"], known["needs_attention"]) == (0, 1)
    assert "gap_days" not in known


async def test_a_status_that_takes_long_is_read_once_and_known_later(school: School) -> None:
    place = Place(school, read_within_s=0)

    first = await place.read()
    for _ in range(6000):
        if "gap_days" in await place.read():
            break
        await anyio.sleep(0.01)

    assert (first["mongodb_up"], "gap_days" in first) == (1, False)
    assert "gap_days" in await place.read()
    assert place.readings == 1
