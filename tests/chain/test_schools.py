"""The settings of the chain: schools, partitions, and what is refused when the definitions load."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from altegio_sync.chain import SETTINGS_FILE
from altegio_sync.chain.partitions import Calendar
from altegio_sync.chain.schools import SchoolResource, company_key, company_of
from altegio_sync.chain.work import plan_reading
from altegio_sync.config import SchoolConfig, SchoolOfFile
from altegio_sync.domain.period import Period
from altegio_sync.errors import ConfigError
from altegio_sync.messages import render
from altegio_sync.messages.api import ACCESS_REFUSED
from tests.chain.rig import TOKENS, days_ago, loaded_chain, settings_for

if TYPE_CHECKING:
    from pathlib import Path

    from altegio_sync.sandbox import SandboxServer

NOW = datetime(2026, 3, 31, 23, 0, tzinfo=UTC)
SCHOOL = """
[[school]]
name = "{name}"
companies = ["{company}"]
company_token_env = "COMPANY_TOKEN"
user_token_env = "USER_TOKEN"
db_uri_env = "{name}_DB_URI"
api_url = "{url}"
"""


def write_schools(folder: Path, server: SandboxServer, *names: str) -> Path:
    """A file with one location for each school."""
    path = folder / "schools.toml"
    tables = [
        SCHOOL.format(name=name, company=company, url=server.url)
        for name, company in zip(names, server.locations.company_ids, strict=False)
    ]
    path.write_text("".join(tables))
    return path


@pytest.mark.parametrize("away", [False, True], ids=["both there", "one database away"])
def test_two_schools_are_read_in_one_run(
    server: SandboxServer,
    db_uri: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    away: bool,
) -> None:
    settings = {
        "ALTEGIO_SCHOOLS_FILE": str(write_schools(tmp_path, server, "KYIV", "LVIV")),
        "COMPANY_TOKEN": TOKENS[0],
        "USER_TOKEN": TOKENS[1],
        "KYIV_DB_URI": db_uri,
        "LVIV_DB_URI": "mongodb://user:pass-SECRET-1@127.0.0.1:9/x" if away else db_uri,
    }
    first, second = server.locations.company_ids[:2]
    with loaded_chain(settings, tmp_path, monkeypatch) as chain:
        result = chain.run("day", days_ago(2))
        text = chain.read_events(result)

        assert result.success is not away
        assert f"KYIV/{first}" in text
        assert ("School LVIV: " in text) is away
        assert ("127.0.0.1:9" in text) is away
        assert (f"LVIV/{second}" in text) is not away
        assert "SECRET" not in text


def test_sentences_name_the_keys_of_the_file(
    server: SandboxServer, db_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALTEGIO_SCHOOLS_FILE", str(write_schools(tmp_path, server, "KYIV")))
    for name, value in {
        "COMPANY_TOKEN": TOKENS[0],
        "USER_TOKEN": TOKENS[1],
        "KYIV_DB_URI": db_uri,
    }.items():
        monkeypatch.setenv(name, value)
    sentence = ACCESS_REFUSED(answer="403")

    SchoolResource().load()
    assert "check companies" in render(sentence)
    monkeypatch.delenv("ALTEGIO_SCHOOLS_FILE")
    for name, value in settings_for(server, db_uri).items():
        monkeypatch.setenv(name, value)
    SchoolResource().load()
    assert "check ALTEGIO_COMPANY_ID" in render(sentence)


def test_a_company_belongs_to_the_school_before_its_last_slash() -> None:
    alone = SchoolConfig()
    kyiv = SchoolOfFile(name="kyiv / a")
    assert company_key(alone, "77") == "77"
    assert company_of(alone, "77") == "77"
    assert company_of(alone, "kyiv / a/77") is None
    assert company_of(kyiv, company_key(kyiv, "77")) == "77"
    assert company_of(kyiv, "77") is None
    assert company_of(kyiv, "lviv/77") is None


def test_companies_with_the_same_months_are_read_together() -> None:
    keys = ["77|2026-02", "78|2026-02", "77|2026-03", "78|2026-03", "79|2026-05", "kyiv/80|2026-02"]
    february, march, may = (datetime(2026, month, 1, tzinfo=UTC).date() for month in (2, 3, 5))
    april, june = (datetime(2026, month, 1, tzinfo=UTC).date() for month in (4, 6))

    assert plan_reading(SchoolConfig(), keys) == {
        Period(february, april): ["77", "78"],
        Period(may, june): ["79"],
    }
    one_day = Period.of_days(march, march)
    assert plan_reading(SchoolConfig(), keys, one_day) == {one_day: ["77", "78"]}


def test_the_calendar_has_the_zone_of_the_schools_and_ends_ahead() -> None:
    kyiv = SchoolConfig(timezone="Europe/Kyiv")
    calendar = Calendar.read([SchoolConfig(), kyiv], {}, NOW)
    assert calendar.zone == ZoneInfo("Europe/Kyiv")
    months = calendar.months(NOW)
    assert (months[0], months[-1], len(months)) == ("2025-01", "2026-07", 19)

    chosen = {"CHAIN_TIMEZONE": "America/Lima", "CHAIN_FIRST_MONTH": "2025-12"}
    calendar = Calendar.read([kyiv], chosen, NOW)
    assert calendar.zone == ZoneInfo("America/Lima")
    assert calendar.months(NOW) == ["2025-12", *(f"2026-0{month}" for month in range(1, 7))]


@pytest.mark.parametrize(
    "variables",
    [
        {"CHAIN_TIMEZONE": "Kyiv"},
        {"CHAIN_FIRST_MONTH": "2026-04-01"},
        {"CHAIN_FIRST_MONTH": "2027-01"},
        {"CHAIN_FIRST_MONTH": "2026-13"},
    ],
    ids=str,
)
def test_a_wrong_zone_or_month_is_refused(variables: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=next(iter(variables))):
        Calendar.read([SchoolConfig()], variables, NOW)


def test_a_name_that_dagster_cannot_use_is_refused(
    server: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_schools(tmp_path, server, "KYIV")
    path.write_text(path.read_text().replace('"KYIV"', '"KYIV|1"'))
    for name in ("COMPANY_TOKEN", "USER_TOKEN"):
        monkeypatch.setenv(name, "token")
    monkeypatch.setenv("KYIV_DB_URI", "embedded")
    with pytest.raises(ConfigError, match=r"without \|"):
        SchoolResource(schools_file=str(path)).load()


def test_a_wrong_file_is_one_clear_error_without_its_text(
    server: SandboxServer, tmp_path: Path
) -> None:
    path = write_schools(tmp_path, server, "KYIV")
    path.write_text(path.read_text() + 'user_token = "tok3n5ecret9a8b7c6d5e"\n')
    ran = subprocess.run(
        [sys.executable, "-c", "import altegio_sync.chain.definitions"],
        env={**os.environ, "ALTEGIO_SCHOOLS_FILE": str(path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "looks like a token" in ran.stderr
    assert "tok3n5ecret" not in ran.stderr
    assert ran.stderr.count("Traceback") == 1


def test_the_settings_of_one_school_come_from_the_environment(
    server: SandboxServer, db_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings_for(server, db_uri).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    [config] = SchoolResource().load()
    assert config.company_ids == tuple(server.locations.company_ids)


def test_the_shipped_settings_send_nothing_and_free_the_slots(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text(SETTINGS_FILE.read_text())
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_settings["free_slots_after_run_end_seconds"] > 0
        pools = instance.get_concurrency_config().pool_config
        assert pools.pool_granularity is not None
        assert (pools.pool_granularity.value, pools.default_pool_limit) == ("run", 3)
