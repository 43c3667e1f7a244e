"""Many locations: the list of them, `ALTEGIO_COMPANY_ID=all`, and a location that goes missing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from pymongo import MongoClient

from altegio_sync.sandbox import Locations, SandboxServer, School
from tests.acceptance.cli import Cli, Ran

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pymongo.database import Database

COUNT = 6
IDS = [str(77 + number) for number in range(COUNT)]


@pytest.fixture
def locations() -> Locations:
    return Locations.made_up(COUNT, lessons_a_month=20)


@pytest.fixture
def served(locations: Locations) -> Locations:
    return locations


@pytest.fixture
def cli(cli: Cli) -> Cli:
    cli.settings["ALTEGIO_COMPANY_ID"] = "all"
    return cli


@pytest.fixture
def stored(db_uri: str) -> Iterator[Database[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](db_uri) as client:
        yield client.get_default_database()


def asked(server: SandboxServer) -> list[str]:
    """What was asked of Altegio: the paths, without the API's own part."""
    return [each.path.removeprefix("/api/v1/") for each in server.requests]


def attention(cli: Cli, *options: str) -> list[tuple[str, str | None]]:
    found = cli.run("status", "--json", *options).json["attention"]
    return [(each["code"], each["company"]) for each in found]


def missing_in(ran: Ran) -> list[str]:
    """The locations whose absence the command warned of."""
    return [each["company"] for each in ran.json["warnings"] if each["code"] == "company_missing"]


def test_the_locations_are_listed_with_zone_city_and_title(cli: Cli) -> None:
    ran = cli.run("companies")

    assert ran.code == 0
    assert ran.err == ""
    head, *rows = ran.out.splitlines()
    assert head.split("  ")[0] == "Id"
    assert [row.split()[0] for row in rows] == IDS
    assert rows[4].split(maxsplit=3) == ["81", "Europe/Warsaw", "Варшава", "Школа мов «Приклад» 5"]


def test_the_locations_are_listed_as_json_without_a_database(cli: Cli) -> None:
    ran = cli.run("companies", "--json", DB_URI=None, ALTEGIO_COMPANY_ID=None)

    assert ran.code == 0
    assert list(ran.json) == ["command", "ok", "companies", "warnings"]
    assert ran.json["companies"][0] == {
        "company": "77",
        "title": "Школа мов «Приклад» 1",
        "timezone": "Europe/Kyiv",
        "city": "Київ",
    }
    assert [each["company"] for each in ran.json["companies"]] == IDS


def test_all_locations_are_synced_and_listed_once_a_run(
    cli: Cli,
    server: SandboxServer,
    locations: Locations,
    stored: Database[dict[str, Any]],
) -> None:
    ran = cli.run("sync", "last-month", "--json")

    assert ran.code == 0, ran.err
    assert sorted(ran.json["companies"]) == IDS
    assert asked(server).count("companies") == 1
    for company_id in IDS:
        school = locations.find(company_id)
        assert school is not None
        synced = stored["altegio-appointments"].count_documents({"companyId": company_id})
        of_company = [each for each in ran.json["by_company"] if each["company"] == company_id]
        assert synced == of_company[0]["records"]["saved"] > 0


def test_changes_and_services_and_check_are_about_all_locations(cli: Cli) -> None:
    changes = cli.run("changes", "--since", "7d", "--json")
    services = cli.run("services", "--json")
    check = cli.run("check")

    assert sorted(changes.json["companies"]) == IDS
    assert {each["company"] for each in services.json["services"]} == set(IDS)
    assert "ok   locations: the user token sees 6 locations" in check.out
    assert check.out.count("company ") >= COUNT


def test_some_of_all_locations_are_chosen(cli: Cli, server: SandboxServer) -> None:
    ran = cli.run("sync", "yesterday", "--company", "78", "--company", "80", "--json")

    assert ran.code == 0
    assert sorted(ran.json["companies"]) == ["78", "80"]
    assert {path for path in asked(server) if path.startswith("records/")} == {
        "records/78",
        "records/80",
    }


def test_a_location_that_is_not_listed_is_refused(cli: Cli, server: SandboxServer) -> None:
    ran = cli.run("sync", "yesterday", "--company", "999", "--json")

    assert ran.code == 2
    assert ran.json["errors"][0]["code"] == "config"
    assert "Company 999 is not among the 6 locations" in ran.err
    assert asked(server) == ["companies"]


def test_a_dry_run_stores_no_list(cli: Cli, stored: Database[dict[str, Any]]) -> None:
    assert cli.run("sync", "yesterday", "--dry-run").code == 0

    assert stored["altegio-sync-locations"].count_documents({"listed_at": {"$ne": None}}) == 0


def test_a_missing_location_is_warned_of_and_needs_attention_until_it_is_forgotten(
    cli: Cli, locations: Locations
) -> None:
    assert missing_in(cli.run("sync", "yesterday", "--json")) == []
    locations.remove("79")
    ran = cli.run("sync", "yesterday", "--json")
    missing = attention(cli)
    listed = cli.run("companies", "--json")
    quiet = [cli.run("sync", "yesterday", "-q") for _ in range(2)]
    forgotten = cli.run("companies", "--forget", "79", "--forget", "999", "--json")

    assert ran.code == 0
    assert quiet[0].err.count("Location 79 was in the list") == 1
    assert quiet[1].err == ""
    assert missing_in(ran) == ["79"]
    assert "Location 79 was in the list" in ran.err
    assert ("company_missing", "79") in missing
    assert ("company_removed", "79") not in missing
    assert missing_in(listed) == ["79"]
    assert missing_in(forgotten) == []
    assert re.findall(r"Location (\d+) is not among the missing ones", forgotten.err) == ["999"]
    assert ("company_missing", "79") not in attention(cli)


def test_a_missing_location_that_comes_back_is_read_again(cli: Cli, locations: Locations) -> None:
    cli.run("companies")
    school = locations.remove("79")
    cli.run("companies")
    locations.add(school)

    ran = cli.run("sync", "yesterday", "--json")

    assert missing_in(ran) == []
    assert sorted(ran.json["companies"]) == IDS
    assert ("company_missing", "79") not in attention(cli)


def test_status_and_coverage_are_about_the_listed_locations_without_asking(
    cli: Cli, server: SandboxServer
) -> None:
    cli.run("sync", "yesterday")
    server.requests.clear()

    covered = cli.run("coverage", "yesterday", "--json")
    status = cli.run("status", "--json")

    assert covered.code == 0
    assert [each["company"] for each in covered.json["by_company"]] == IDS
    assert {each["company"] for each in status.json["coverage"]} == set(IDS)
    assert asked(server) == []


def test_one_location_that_is_refused_keeps_none_of_the_others(
    cli: Cli, locations: Locations
) -> None:
    locations.denied.add("79")

    ran = cli.run("sync", "yesterday", "--json")

    assert ran.code == 1
    assert {each["company"] for each in ran.json["errors"]} == {"79"}


@pytest.mark.parametrize("value", ["all,77", "77,all", "all, 77"])
def test_the_word_all_beside_ids_is_refused(cli: Cli, server: SandboxServer, value: str) -> None:
    ran = cli.run("sync", "yesterday", ALTEGIO_COMPANY_ID=value)

    assert ran.code == 2
    assert "Invalid ALTEGIO_COMPANY_ID: the word all stands for every location" in ran.err
    assert asked(server) == []


def test_tokens_that_see_no_location_are_refused(cli: Cli, locations: Locations) -> None:
    for company_id in IDS:
        locations.remove(company_id)

    for command in (["sync", "yesterday"], ["changes", "--since", "1d"], ["companies"]):
        ran = cli.run(*command)
        assert ran.code == 2
        assert "The user token sees no location" in ran.err


def schools_of(locations: Locations) -> list[School]:
    found = [locations.find(each) for each in locations.company_ids]
    return [each for each in found if each is not None]


class Listing(Locations):
    """Lists a row without an id, or nothing, while the locations themselves are there."""

    rows: ClassVar[list[dict[str, Any]]] = [{"id": "kyiv"}]

    @property
    def companies(self) -> Sequence[dict[str, Any]]:
        return self.rows


class EmptyListing(Listing):
    rows: ClassVar[list[dict[str, Any]]] = []


@pytest.mark.parametrize("command", [("sync", "yesterday"), ("changes", "--since", "1d")])
def test_a_list_that_cannot_be_read_is_replaced_by_the_last_one(
    cli: Cli, server: SandboxServer, locations: Locations, command: tuple[str, ...]
) -> None:
    assert cli.run(*command).code == 0
    locations.remove("79")
    assert cli.run(*command).code == 0
    server.locations = Listing(schools_of(locations))

    ran = cli.run(*command, "--json")
    some = cli.run(*command, "--company", "78", "--json")
    unknown = cli.run(*command, "--company", "999")
    failed = attention(cli)
    server.locations = locations
    assert cli.run(*command).code == 0

    assert ran.code == some.code == 1
    assert [each["code"] for each in ran.json["errors"]] == ["old_list_used"]
    assert sorted(ran.json["companies"]) == [each for each in IDS if each != "79"]
    assert some.json["companies"] == ["78"]
    assert unknown.code == 2
    assert "The run read the 5 locations of the last list" in ran.err
    assert ("run_failed", None) in failed
    assert ("run_failed", None) not in attention(cli)


@pytest.mark.parametrize(
    ("listing", "changes", "code", "words"),
    [
        (Listing, {}, 3, "whose id is not a number"),
        (EmptyListing, {}, 2, "The user token sees no location"),
        (Locations, {"ALTEGIO_USER_TOKEN": "tok-other-SECRET-1"}, 3, "401"),
    ],
    ids=["not-readable", "empty", "wrong-token"],
)
def test_a_run_without_any_list_fails_and_the_status_shows_it(
    cli: Cli,
    server: SandboxServer,
    locations: Locations,
    listing: type[Locations],
    changes: dict[str, str],
    code: int,
    words: str,
) -> None:
    if listing is not Listing:  # a stored list does not help
        assert cli.run("sync", "yesterday").code == 0
    server.locations = listing(schools_of(locations))
    server.requests.clear()

    ran = cli.run("sync", "yesterday", "--json", **changes)
    tried = asked(server)
    cli.run("sync", "yesterday", "--dry-run", **changes)

    assert ran.code == code
    assert words in ran.json["errors"][0]["message"]
    assert tried == ["companies"]
    [failed] = [
        each["message"]
        for each in cli.run("status", "--json").json["attention"]
        if each["code"] == "run_failed"
    ]
    assert words in failed
    assert "SECRET" not in failed


def test_wrong_tokens_end_the_list_with_exit_code_three(cli: Cli) -> None:
    ran = cli.run("companies", "--json", ALTEGIO_USER_TOKEN="tok-other-SECRET-1")

    assert ran.code == 3
    assert ran.json["errors"][0]["code"] == "fetch_failed"
    assert "SECRET" not in ran.err + ran.out


def test_a_company_is_asked_for_before_any_list_is_known(cli: Cli) -> None:
    ran = cli.run("coverage", "--company", "77")

    assert ran.code == 2
    assert "run altegio-sync companies first" in ran.err


def test_a_zone_that_has_changed_is_warned_of_once(
    cli: Cli, stored: Database[dict[str, Any]]
) -> None:
    cli.run("companies")
    moved = {"companyId": "81"}
    stored["altegio-sync-locations"].update_one(moved, {"$set": {"timezone": "Europe/London"}})

    check = cli.run("check")
    stored["altegio-sync-locations"].update_one(moved, {"$set": {"timezone": "Europe/London"}})
    first = cli.run("sync", "yesterday", "--json")
    second = cli.run("sync", "yesterday", "--json")

    def changed(ran: Ran) -> list[str]:
        return [each["company"] for each in ran.json["warnings"] if each["code"] == "zone_changed"]

    assert "location 81 was in Europe/London and is in Europe/Warsaw now" in check.out
    assert changed(first) == ["81"]
    assert "was Europe/London and is Europe/Warsaw now" in first.err
    assert changed(second) == []


def test_days_that_were_read_in_an_old_zone_are_gaps(
    cli: Cli, server: SandboxServer, locations: Locations
) -> None:
    assert cli.run("sync", "yesterday").code == 0
    assert cli.run("coverage", "yesterday").code == 0
    moved = locations.find("81")
    assert moved is not None
    moved.timezone = "Europe/London"
    cli.run("companies")  # stores the new zone

    gaps = cli.run("coverage", "yesterday", "--json")
    server.requests.clear()
    resumed = cli.run("sync", "yesterday", "--resume", "--json")

    assert gaps.code == 1
    assert [each["company"] for each in gaps.json["by_company"] if each["gaps"]] == ["81"]
    assert resumed.json["days"]["resumed"] == COUNT - 1
    assert [path for path in asked(server) if path.startswith("records/")] == ["records/81"]
    assert cli.run("coverage", "yesterday").code == 0
