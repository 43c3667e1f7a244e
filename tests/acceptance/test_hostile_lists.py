"""Every command that reads Altegio's lists ends by itself, whatever the lists are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from tests.acceptance.cli import Cli
from tests.hostile import HostileServer

if TYPE_CHECKING:
    from pathlib import Path

    from pymongo.database import Database

    from tests.hostile import Answer

#: Beside the pages: the location, and the staff.
MONTH = ("2026-03-01", "2026-03-31")
FIFTY = range(1, 51)


def no_pages(_page: int, _size: int, _n: int) -> tuple[range, Any]:
    return range(0), 5_000_000


def same_page(total: Any) -> Answer:
    return lambda _page, _size, _n: (FIFTY, total)


def fresh_for_ever(total: Any) -> Answer:
    return lambda _page, size, n: (range(n * size + 1, (n + 1) * size + 1), total)


def school_cli(folder: Path, server: HostileServer, db_uri: str) -> Cli:
    settings = {
        "ALTEGIO_API_URL": server.url,
        "ALTEGIO_COMPANY_ID": "77",
        "ALTEGIO_COMPANY_TOKEN": "tok-partner",
        "ALTEGIO_USER_TOKEN": "tok-user",
        "ALTEGIO_SERVICE_IDS": "1",
        "ALTEGIO_REQUESTS_PER_SECOND": "0",
        "ALTEGIO_REQUESTS_PER_MINUTE": "0",
        "DB_URI": db_uri,
    }
    return Cli(folder, settings)


def leases(db_uri: str) -> list[dict[str, Any]]:
    client: MongoClient[dict[str, Any]]
    with MongoClient(db_uri) as client:
        database: Database[dict[str, Any]] = client.get_default_database()
        found = database["altegio-sync-leases"].find()
        return [lease for each in found for lease in each["leases"]]


@pytest.mark.parametrize(
    ("arguments", "answer", "stored"),
    [
        (["sync", *MONTH], same_page(None), 50),
        (["sync", *MONTH, "--update"], same_page(620), 50),
        (["sync", *MONTH, "--prove"], no_pages, 0),
        (["sync", *MONTH, "--prove"], same_page(50), 50),
        (["sync", "2026-03-02", "--prove"], same_page(10**400), 50),
        (["sync", "2026-03-02"], same_page(-1), 50),
        (["changes", "--since", "7d"], same_page(None), 50),
        (["changes", "--since", "7d"], no_pages, 0),
        (["changes", "--since", "7d"], fresh_for_ever(None), None),
        (["sync", *MONTH], lambda _page, _size, _n: ([0] * 50, "many"), 0),
    ],
    ids=[
        "the same page",
        "the same page of many",
        "five million and nothing",
        "the same page, its own count",
        "400 digits",
        "a negative total",
        "changes, the same page",
        "changes, five million and nothing",
        "changes, fresh ids for ever",
        "rows without ids",
    ],
)
def test_a_list_that_never_ends_is_left_and_told(
    tmp_path: Path, db_uri: str, arguments: list[str], answer: Answer, stored: int | None
) -> None:
    # A thousand pages are read of what is new for ever: they are small.
    page_size = "50" if stored is not None else "3"
    with HostileServer(answer) as server:
        cli = school_cli(tmp_path, server, db_uri)
        ran = cli.run(*arguments, "--json", ALTEGIO_PAGE_SIZE=page_size)

    assert ran.code == 1, ran.err
    assert {each["code"] for each in ran.json["errors"]} == {"incomplete"}
    assert ran.json["days"]["checked"] + ran.json["days"]["proved"] == 0
    assert server.pages <= 1100
    if stored is not None:
        assert ran.json["records"]["saved"] == stored
    assert leases(db_uri) == []


def test_interactive_ends_too(tmp_path: Path, db_uri: str) -> None:
    with HostileServer(no_pages) as server:
        cli = school_cli(tmp_path, server, db_uri)
        ran = cli.answer("2026-03-01\n2026-03-31\ny\n", "interactive")

    assert "5,000,000 records" in ran.out
    assert "kept changing" in ran.err
    assert ran.code == 1


def test_validate_fix_leaves_pages_that_take_more_requests_than_asking_by_id(
    tmp_path: Path, db_uri: str
) -> None:
    ids = [str(number) for number in range(1, 41)]
    client: MongoClient[dict[str, Any]]
    with MongoClient(db_uri, tz_aware=True) as client:
        database: Database[dict[str, Any]] = client.get_default_database()
        with HostileServer(lambda _page, _size, _n: ([int(each) for each in ids], 40)) as server:
            cli = school_cli(tmp_path, server, db_uri)
            assert cli.run("sync", "2026-03-02").code == 0
        database["altegio-appointments"].update_many({}, {"$set": {"status": "7"}})
        with HostileServer(fresh_for_ever(None)) as server:
            cli.settings["ALTEGIO_API_URL"] = server.url
            ran = cli.run("validate", "--fix", "--json")

    assert 2 <= server.pages <= 2 * len(ids)
    assert ran.code == 1
