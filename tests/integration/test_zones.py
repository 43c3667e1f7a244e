"""The zone of local days, for commands that do not ask Altegio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from altegio_sync.mongo.bookkeeping.runs import MongoRuns
from altegio_sync.usecases.zones import find_local_zone

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]


def run(run_id: str, timezone: str | None, command: str = "sync") -> Document:
    return {"_id": run_id, "command": command, "period": {"timezone": timezone}}


@pytest.mark.parametrize(
    ("runs", "configured", "zone"),
    [
        pytest.param([], None, "UTC", id="no run yet"),
        pytest.param([run("1", "Europe/Kyiv")], None, "Europe/Kyiv", id="of a run"),
        pytest.param(
            [run("1", "Asia/Almaty"), run("2", "Europe/Kyiv")], None, "Europe/Kyiv", id="the last"
        ),
        pytest.param(
            [run("1", "Europe/Kyiv"), run("2", None), {"_id": "3", "command": "changes"}],
            None,
            "Europe/Kyiv",
            id="of the last that knew it",
        ),
        pytest.param([run("1", None)], None, "UTC", id="of a run that failed early"),
        pytest.param([run("1", "Europe/Kyiv")], "Asia/Tokyo", "Asia/Tokyo", id="configured"),
    ],
)
async def test_days_are_cut_in_the_zone_that_was_known_last(
    database: AsyncDatabase[Document], runs: list[Document], configured: str | None, zone: str
) -> None:
    if runs:
        await database["altegio-sync-runs"].insert_many(runs)

    found = await find_local_zone(configured, MongoRuns(database))

    assert found.zone.key == zone


async def test_a_zone_that_this_machine_lacks_is_reported_with_what_to_do(
    database: AsyncDatabase[Document],
) -> None:
    await database["altegio-sync-runs"].insert_one(run("1", "Mars/Phobos"))

    found = await find_local_zone(None, MongoRuns(database))

    assert found.zone.key == "UTC"
    assert not found.is_known
    assert "'Mars/Phobos'" in str(found.problem)
    assert "pip install -U tzdata" in str(found.problem)
    assert "ALTEGIO_TIMEZONE" in str(found.problem)
