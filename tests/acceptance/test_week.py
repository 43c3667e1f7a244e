"""A week of cron: silence while all is well, a word when it is not, a sign of life each time."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from pymongo import MongoClient

from tests.acceptance.ping_server import PingServer
from tests.acceptance.test_frozen import hold

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.acceptance.cli import Cli, Ran

WRONG = {"ALTEGIO_USER_TOKEN": "wrong"}


@dataclass
class Week:
    """Seven days that end today, with a check for each command and a group of people."""

    cli: Cli
    sync: PingServer
    changes: PingServer
    people: PingServer
    mails: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self.start = midnight - timedelta(days=7)

    def run(self, day: int, hour: int, *arguments: str, **changes: str | None) -> Ran:
        """Run a command as cron does: what it prints is a mail."""
        moment = self.start + timedelta(days=day, hours=hour, minutes=15)
        with time_machine.travel(moment):  # the sandbox is in this process
            ran = self.cli.run(*arguments, **changes, RUN_AT=str(moment.timestamp()))
        mail = ran.out + "".join(filter(_is_of_this_week, ran.err.splitlines(keepends=True)))
        if mail:
            self.mails.append(mail)
        return ran

    @property
    def messages(self) -> list[str]:
        return [each.body["message"] for each in self.people.pings]


def _is_of_this_week(line: str) -> bool:
    """MongoDB's clock is not moved: what it wrote seems to come from the future."""
    return not line.startswith("WARNING altegio-sync-locations contains documents")


@pytest.fixture
def week(cli: Cli, tmp_path: Path) -> Iterator[Week]:
    with ExitStack() as stack:
        sync, changes, people = (stack.enter_context(PingServer()) for _ in range(3))
        cli.settings |= {
            "ALTEGIO_PING_URL_SYNC": sync.url,
            "ALTEGIO_PING_URL_CHANGES": changes.url,
            "ALTEGIO_NOTIFY": people.url.replace("http://", "json://"),
            "ALTEGIO_DATA_DIR": str(tmp_path / "data"),
        }
        yield Week(cli, sync, changes, people)


def test_a_week_in_which_two_nights_fail(week: Week) -> None:
    week.run(0, 1, "changes", "--since", "1d", "-q")
    for day in range(7):
        fails = WRONG if day in (2, 3) else {}
        week.run(day, 3, "sync", "last-7-days", "-q", **fails)
        for hour in (9, 15):
            week.run(day, hour, "changes", "-q")
    week.run(6, 20, "notify", "--weekly", "-q")

    assert Counter(week.sync.paths) == {"/start": 7, "/0": 5, "/3": 2}
    assert Counter(week.changes.paths) == {"/start": 15, "/0": 15}
    assert len({each.rid for each in week.sync.pings}) == 7
    assert [each.partition(":")[0].partition(".")[0] for each in week.messages[:-1]] == [
        "sync fails",
        "sync has failed for 24 hours",
        "sync succeeds again",
    ]
    assert "need correction in Altegio: altegio-sync todo" in week.messages[-1]
    assert len(week.mails) == 2
    assert all("ERROR Error fetching appointments: " in each for each in week.mails)


def test_changes_that_give_way_all_day_are_no_success(week: Week, db_uri: str) -> None:
    week.run(0, 1, "changes", "--since", "1d", "-q")
    week.changes.pings.clear()
    with MongoClient[dict[str, Any]](db_uri) as client:
        for hour in range(8, 14):
            hold(client.get_default_database(), company="77", command="changes", shares="changes")
            week.run(0, hour, "changes", "-q")

    assert Counter(week.changes.paths) == {"/start": 6, "/log": 6}
    assert week.messages == []
    assert week.mails == []
