"""A run that is watched by a service such as healthchecks.io."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr
from pymongo import MongoClient

from altegio_sync.app.school import ignore
from altegio_sync.app.watched import watched as watched_run
from altegio_sync.cli.failures import to_run_error
from altegio_sync.config import SchoolConfig
from tests.acceptance.cli import NO_MONGODB
from tests.acceptance.ping_server import PingServer
from tests.acceptance.test_frozen import hold

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.acceptance.cli import Cli


@pytest.fixture
def service() -> Iterator[PingServer]:
    with PingServer() as running:
        yield running


@pytest.fixture
def watched(cli: Cli, service: PingServer) -> Cli:
    cli.settings["ALTEGIO_PING_URL"] = service.url
    return cli


def test_a_run_pings_its_begin_and_its_end_with_counts(watched: Cli, service: PingServer) -> None:
    report = watched.run("sync", "last-week", "--json").json

    start, end = service.pings
    assert (start.path, end.path) == ("/start", "/0")
    assert start.rid == end.rid == str(uuid.UUID(start.rid))
    assert end.body["command"] == "sync"
    assert end.body["saved"] == report["records"]["saved"] > 0
    assert all(isinstance(each, int) for name, each in end.body.items() if name != "command")


@pytest.mark.parametrize(
    ("arguments", "paths"),
    [
        (("changes", "--since", "1d"), ["/start", "/0"]),
        (("validate", "--fix", "--offline"), ["/start", "/0"]),
        (("clean",), ["/start", "/0"]),
        (("backup", "made"), ["/start", "/0"]),
        (("sync", "yesterday", "--dry-run"), []),
        (("changes", "--since", "1d", "--dry-run"), []),
        (("clean", "--dry-run"), []),
        (("validate",), []),
        (("validate", "--fix", "--dry-run", "--offline"), []),
        (("stats",), []),
    ],
)
def test_each_command_pings_as_it_should(
    watched: Cli, service: PingServer, arguments: tuple[str, ...], paths: list[str]
) -> None:
    watched.run("sync", "yesterday", ALTEGIO_PING_URL=None)

    watched.run(*arguments)

    assert service.paths == paths


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ALTEGIO_USER_TOKEN": "wrong"}, 3),
        (NO_MONGODB, 3),
        ({"ALTEGIO_USER_TOKEN": None}, 2),
        ({"DB_URI": "embeded", "ALTEGIO_PAGE_SIZE": "x"}, 2),
    ],
    ids=["a wrong token", "no MongoDB", "no token", "wrong settings"],
)
def test_a_failure_is_pinged_with_its_exit_code(
    watched: Cli, service: PingServer, changes: dict[str, str | None], code: int
) -> None:
    assert watched.run("sync", "yesterday", **changes).code == code

    assert service.paths == ["/start", f"/{code}"]


def test_a_command_may_have_an_address_of_its_own(watched: Cli, service: PingServer) -> None:
    with PingServer() as other:
        watched.run("sync", "yesterday", ALTEGIO_PING_URL_SYNC=other.url)
        watched.run("changes", "--since", "1d", ALTEGIO_PING_URL_SYNC=other.url)

        assert other.paths == ["/start", "/0"]
    assert service.paths == ["/start", "/0"]


def test_changes_that_gave_way_are_no_success(
    watched: Cli, service: PingServer, db_uri: str
) -> None:
    with MongoClient[dict[str, Any]](db_uri) as client:
        hold(client.get_default_database(), company="77", command="changes", shares="changes")
        ran = watched.run("changes", "--since", "1d")

    assert ran.code == 0
    assert service.paths == ["/start", "/log"]


def test_a_service_that_fails_is_a_warning_without_its_address(
    watched: Cli, service: PingServer
) -> None:
    service.status = 500

    ran = watched.run("sync", "yesterday")

    assert ran.code == 0
    assert ran.err.count("WARNING The ping of ALTEGIO_PING_URL failed (HTTP 500)") == 1
    assert "secret-check" not in ran.out + ran.err


def test_with_q_it_is_a_warning_once_a_day_and_each_time_in_the_log_file(
    watched: Cli, service: PingServer
) -> None:
    service.status = 500
    quiet = [
        watched.run(*words, "-q", "--log-file", "run.log").err
        for words in (["clean"], ["clean"], ["sync", "yesterday"], ["sync", "yesterday"])
    ]
    usual = watched.run("clean").err

    assert [each.count("The ping of") for each in [*quiet, usual]] == [1, 0, 1, 0, 1]
    assert (watched.folder / "run.log").read_text("utf-8").count("The ping of") == 4


async def test_the_begin_is_pinged_before_the_end_and_a_stop_too(
    service: PingServer, tmp_path: Path
) -> None:
    service.start_takes_s = 0.3
    config = SchoolConfig(
        db_uri=SecretStr("mongodb://127.0.0.1:9/school"),
        data_dir=tmp_path,
        ping_url=SecretStr(service.url),
    )
    with pytest.raises(asyncio.CancelledError):
        async with watched_run(config, "sync", ignore, to_run_error):
            raise asyncio.CancelledError

    assert service.paths == ["/start", "/130"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/secret-check", "http://secret-check.invalid/x"]
)
def test_a_service_that_is_away_fails_nothing(watched: Cli, url: str) -> None:
    ran = watched.run("clean", ALTEGIO_PING_URL=url)

    assert ran.code == 0
    no_connection = "The ping of ALTEGIO_PING_URL failed (no connection to the service)"
    assert f"WARNING {no_connection}" in ran.err
    assert "secret-check" not in ran.out + ran.err


@pytest.mark.parametrize("url", ["hc-ping.com/x", "ftp://x/y", "https://x/y?z=secret-check"])
def test_an_address_that_cannot_be_one_is_refused_without_its_text(watched: Cli, url: str) -> None:
    ran = watched.run("clean", ALTEGIO_PING_URL=url)

    assert ran.code == 2
    assert "secret-check" not in ran.out + ran.err
