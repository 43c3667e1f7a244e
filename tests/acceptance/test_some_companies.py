"""`--company` on the reports: only documents of these companies, and what lacks a `companyId`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from altegio_sync.sandbox import Locations
from tests.acceptance.cli import UNLIMITED, Cli, unlimited_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymongo.collection import Collection

    from tests.acceptance.cli import Ran

IDS = ("77", "78", "79")
REPORTS = ("stats", "validate", "status", "coverage")


@pytest.fixture
def cli(tmp_path: Path, db_uri: str) -> Iterator[Cli]:
    """Last month of three locations is stored."""
    locations = Locations.made_up(len(IDS), lessons_a_month=20)
    with unlimited_sandbox(locations) as server:
        made = Cli.against(tmp_path, server, locations.first, db_uri)
        made.settings |= UNLIMITED | {"ALTEGIO_COMPANY_ID": ",".join(IDS)}
        assert made.run("sync", "last-month", "-q").code == 0
        yield made


@pytest.fixture
def documents(db_uri: str) -> Iterator[Collection[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](db_uri) as client:
        yield client.get_default_database()["altegio-appointments"]


def forget_company(documents: Collection[dict[str, Any]], company_id: str, count: int) -> None:
    """Leave ``count`` documents of the company without a `companyId`, half of them with ``""``."""
    found = [each["_id"] for each in documents.find({"companyId": company_id}).limit(count)]
    documents.update_many({"_id": {"$in": found[::2]}}, {"$unset": {"companyId": ""}})
    documents.update_many({"_id": {"$in": found[1::2]}}, {"$set": {"companyId": ""}})


def total_of(ran: Ran) -> int:
    """How many documents the report is about."""
    found = ran.json
    [count] = [found[name] for name in ("total", "checked", "documents") if name in found]
    return int(count)


def test_a_report_counts_the_documents_of_the_company_alone(
    cli: Cli, documents: Collection[dict[str, Any]]
) -> None:
    documents.update_one({"companyId": "78"}, {"$set": {"companyId": 78}})
    expected = documents.count_documents({"companyId": {"$in": ["78", 78]}})

    for command in ("stats", "validate", "status"):
        ran = cli.run(command, "--company", "78", "--json")
        assert total_of(ran) == expected < documents.count_documents({})
        assert ran.json["companies"] == ["78"]
        assert ran.json["without_company"] == 0


def test_several_companies_are_chosen(cli: Cli, documents: Collection[dict[str, Any]]) -> None:
    expected = documents.count_documents({"companyId": {"$in": ["77", "79"]}})
    chosen = ("--company", "79", "--company", "77", "--company", "79")

    for command in ("stats", "validate", "status"):
        ran = cli.run(command, *chosen, "--json")
        assert total_of(ran) == expected
        assert ran.json["companies"] == ["79", "77"]
    text = cli.run("stats", *chosen).out
    assert "Only company 79, 77" in text


def test_without_a_choice_nothing_is_left_out(
    cli: Cli, documents: Collection[dict[str, Any]]
) -> None:
    forget_company(documents, "77", 4)

    for command in ("stats", "validate", "status"):
        ran = cli.run(command, "--json")
        assert total_of(ran) == documents.count_documents({})
        assert not {"companies", "without_company"} & ran.json.keys()


def test_documents_without_a_company_count_for_none_of_several_and_are_reported(
    cli: Cli, documents: Collection[dict[str, Any]]
) -> None:
    forget_company(documents, "77", 4)
    expected = documents.count_documents({"companyId": "77"})

    for command in ("stats", "validate", "status"):
        ran = cli.run(command, "--company", "77", "--json")
        assert total_of(ran) == expected
        assert ran.json["without_company"] == 4
        assert "4 documents have no companyId" in cli.run(command, "--company", "77").out


def test_documents_without_a_company_count_where_one_company_is_configured(
    cli: Cli, documents: Collection[dict[str, Any]]
) -> None:
    expected = documents.count_documents({"companyId": "77"})
    forget_company(documents, "77", 4)

    for command in ("stats", "validate", "status"):
        ran = cli.run(command, "--company", "77", "--json", ALTEGIO_COMPANY_ID="77")
        assert total_of(ran) == expected
        assert "without_company" not in ran.json


def test_a_status_of_one_company_tells_nothing_of_the_others(cli: Cli) -> None:
    cli.run("sync", "last-month", "--company", "78", ALTEGIO_USER_TOKEN="tok-other-SECRET-1")

    whole = cli.run("status", "--json").json
    failed = cli.run("status", "--company", "78", "--json").json
    well = cli.run("status", "--company", "77", "--json").json

    assert {each["company"] for each in whole["coverage"]} == set(IDS)
    assert [each["company"] for each in well["coverage"]] == ["77"]
    assert "run_failed" in {each["code"] for each in failed["attention"]}
    assert failed["last_run"]["ok"] is False
    assert well["last_run"]["ok"] is True
    assert {each["code"] for each in well["attention"]} <= {"incomplete_days", "validation"}
    assert {each["company"] for each in well["attention"]} <= {"77", None}


def test_a_repair_leaves_the_documents_of_other_companies_alone(
    cli: Cli, documents: Collection[dict[str, Any]]
) -> None:
    for company_id in IDS:
        documents.update_one({"companyId": company_id}, {"$unset": {"teacherName": ""}})
    lacking = {"teacherName": {"$exists": False}}

    ran = cli.run("validate", "--fix", "--company", "78", "--json")

    assert ran.code == 0, ran.err
    assert ran.json["fixed"] >= 1
    assert {each["companyId"] for each in documents.find(lacking)} == {"77", "79"}


@pytest.mark.parametrize("command", REPORTS)
def test_a_company_that_is_not_configured_is_refused(cli: Cli, command: str) -> None:
    ran = cli.run(command, "--company", "999", "--json", DB_URI="mongodb://127.0.0.1:9/school")

    assert ran.code == 2
    assert "Company 999 is not in ALTEGIO_COMPANY_ID (77, 78, 79)" in ran.err


def test_a_clean_is_about_all_companies(cli: Cli) -> None:
    ran = cli.run("stats", "--clean", "--company", "77")

    assert ran.code == 2
    assert "it works on all companies" in ran.err


def test_all_locations_are_chosen_from_the_stored_list(
    cli: Cli, documents: Collection[dict[str, Any]]
) -> None:
    forget_company(documents, "77", 2)
    assert cli.run("companies", ALTEGIO_COMPANY_ID="all").code == 0
    expected = documents.count_documents({"companyId": "77"})

    for command in ("stats", "validate", "status"):
        ran = cli.run(command, "--company", "77", "--json", ALTEGIO_COMPANY_ID="all")
        assert total_of(ran) == expected
        assert ran.json["without_company"] == 2
        ran = cli.run(command, "--company", "80", "--json", ALTEGIO_COMPANY_ID="all")
        assert ran.code == 2
        assert "Company 80 is not among the 3 locations" in ran.err
