"""`altegio-sync serve`: real processes, a real MongoDB, and the sandbox."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr
from pymongo import MongoClient

from altegio_sync.config import SchoolConfig
from altegio_sync.sandbox import School
from tests.acceptance.ping_server import PingServer
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


def test_a_webhook_brings_its_appointment_and_nothing_that_it_says(
    cli: Cli, school: School, stored: Database
) -> None:
    """What it says of a pupil is nowhere, also if it cannot be read or is about nothing known."""
    pupil = {"name": "Проба Вигадана", "phone": "+380000000501", "comment": "Проба Вигадана"}
    own = ("altegio-sync-notices", "altegio-sync-notice-claims", "altegio-sync-leases")
    with Serving(cli, ("--no-poll", "-v")) as serving:
        school.change(501, attendance=1, visit_attendance=1)
        assert serving.notify(501, data={"client": pupil, **pupil}) == 204
        assert serving.notify(999, status=pupil["name"], data=pupil) == 204
        assert serving.client.post(f"/hooks/{HOOK_SECRET}", content=str(pupil)).status_code == 204
        serving.wait_for(lambda: status_of(stored, 501) == "1")
        assert serving.client.get("/health").json() == {"process": True, "mongodb": True}
        shown = serving.client.get("/").text + serving.client.get("/metrics").text

    assert serving.code == 0
    noted = [str(each) for name in own for each in stored[name].find()]
    assert stored["altegio-sync-notices"].count_documents({"state": "stored"}) == 1
    for text in (shown, serving.log, *noted):
        said = ("Проба", "Вигадана", "0000000501", HOOK_SECRET)
        assert [each for each in said if each in text] == []


@pytest.mark.usefixtures("school")
def test_the_changes_after_the_first_notice_are_measured(cli: Cli, stored: Database) -> None:
    """A change that is due at the start is classified at once: nobody received webhooks then."""
    versions = stored["altegio-sync-versions"]
    long_ago = datetime.now(UTC) - timedelta(days=2)
    about = {"collection": "altegio-appointments", "companyId": "77"}
    times = dict.fromkeys(("changed_at", "at", "check_at", "found_at"), long_ago)
    before = {"_id": "before", "appointmentId": "500", "class": "open"}
    versions.insert_one({**before, **about, **times})
    notice = {"appointmentId": "499", "received_at": long_ago, "state": "stored"}
    stored["altegio-sync-notices"].insert_one({**notice, **about})
    with Serving(cli, changes={"ALTEGIO_POLL_EVERY": "1s"}) as serving:
        serving.wait_for(lambda: versions.count_documents({"appointmentId": "501"}) == 1)
        serving.wait_for(lambda: versions.count_documents({"class": "receiver_down"}) == 1)

    [version] = versions.find({"appointmentId": "501"})
    assert version["class"] == "open"
    assert version["stored_at"] >= version["at"]
    assert stored["altegio-sync-uptimes"].count_documents({}) == 1


def test_a_poll_brings_what_no_notice_named(cli: Cli, school: School, stored: Database) -> None:
    with PingServer() as pings:
        cli.settings |= {"ALTEGIO_POLL_EVERY": "1s", "ALTEGIO_PING_URL_CHANGES": pings.url}
        with Serving(cli) as serving:
            serving.wait_for(lambda: status_of(stored, 501) == "0")
            school.change(501, attendance=1, visit_attendance=1)
            serving.wait_for(lambda: status_of(stored, 501) == "1")
            serving.wait_for(lambda: {"/start", "/0"} <= set(pings.paths))


def test_without_a_secret_no_webhook_is_accepted_and_this_is_said(
    cli: Cli, stored: Database
) -> None:
    with Serving(cli, ("--no-poll",), {"ALTEGIO_HOOK_SECRET": None}) as serving:
        assert serving.notify(501) == 404
        assert "no webhook is accepted" in serving.log
        taken = cli.run("serve", "--port", serving.url.rpartition(":")[2])

    assert (taken.code, "is in use" in taken.err) == (2, True)
    assert stored["altegio-sync-notices"].count_documents({}) == 0


def test_a_webhook_of_another_school_is_answered_and_not_stored(cli: Cli, stored: Database) -> None:
    with Serving(cli, ("--no-poll",)) as serving:
        assert serving.notify(501, company_id=78) == 204
        assert serving.notify(501, resource="client") == 204

    assert stored["altegio-sync-notices"].count_documents({}) == 0


def test_webhooks_of_every_location_of_the_list_are_accepted(cli: Cli, stored: Database) -> None:
    every_day: dict[str, str | None] = {"ALTEGIO_POLL_EVERY": "1d"}
    cli.settings["ALTEGIO_COMPANY_ID"] = "all"
    with Serving(cli, changes=every_day) as serving:

        def count_accepted() -> int:
            assert serving.notify(501) == serving.notify(501, company_id=78) == 204
            return stored["altegio-sync-notices"].count_documents({"companyId": "77"})

        serving.wait_for(lambda: count_accepted() > 0)

    assert stored["altegio-sync-notices"].count_documents({"companyId": {"$ne": "77"}}) == 0


def test_a_new_secret_is_one_that_can_be_used(cli: Cli) -> None:
    ran = cli.run("serve", "--new-secret", ALTEGIO_COMPANY_ID=None, DB_URI=None)

    [secret] = re.findall(r"^ALTEGIO_HOOK_SECRET=(.*)$", ran.out, re.MULTILINE)
    assert ran.code == 0
    assert f"/hooks/{secret}\n" in ran.out
    assert SchoolConfig(hook_secret=SecretStr(secret)).hook_secrets == (secret,)


@pytest.mark.usefixtures("catalog")
def test_a_new_secret_is_printed_in_the_language_of_the_settings_file(cli: Cli) -> None:
    (cli.folder / ".env").write_text("ALTEGIO_LANG=uk\n")

    assert "Запишіть" in cli.run("serve", "--new-secret").out


@pytest.mark.parametrize(
    "secret", ["x" * 31, "x" * 32 + "/", f"{'x' * 32},", f"{'x' * 32},{'y' * 32},{'z' * 32}"]
)
def test_a_weak_secret_is_refused_and_not_shown(cli: Cli, secret: str) -> None:
    ran = cli.run("serve", ALTEGIO_HOOK_SECRET=secret)

    assert ran.code == 2
    assert "Invalid ALTEGIO_HOOK_SECRET: expected 32 characters" in ran.err
    assert "xxx" not in ran.out + ran.err
