"""Settings from the environment and from a file, and what is said of wrong ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from altegio_sync.config import ALL_SETTINGS, load_settings
from altegio_sync.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {
    "ALTEGIO_COMPANY_ID": " 77, 78 ,77,",
    "ALTEGIO_COMPANY_TOKEN": "tok-partner-SECRET-8431",
    "ALTEGIO_USER_TOKEN": "tok-user-SECRET-9352",
    "DB_URI": "mongodb://someone:pass-SECRET-7264@localhost/school",
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (*ALL_SETTINGS, "ALTEGIO_TIMEZONE", "ALTEGIO_PAGE_SIZE", "ALTEGIO_SERVICE_IDS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def well_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("well_set")
def test_lists_are_read_from_commas_and_each_number_once() -> None:
    assert load_settings().company_ids == ("77", "78")


@pytest.mark.usefixtures("well_set")
def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ALTEGIO_COMPANY_ID=1\nALTEGIO_PAGE_SIZE=auto\n")

    settings = load_settings()

    assert settings.company_ids == ("77", "78")
    assert settings.page_size == "auto"
    assert settings.first_page_size == 1000


@pytest.mark.usefixtures("well_set")
def test_an_empty_variable_is_as_if_it_were_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALTEGIO_TIMEZONE", "")

    assert load_settings().timezone is None


@pytest.mark.usefixtures("well_set")
def test_no_secret_stands_in_a_repr_or_in_the_error_about_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = load_settings()
    monkeypatch.setenv("ALTEGIO_COMPANY_ID", "tok-SECRET-in-the-wrong-place")

    with pytest.raises(ConfigError) as raised:
        load_settings()

    assert "SECRET" not in f"{settings!r}{settings}{settings.model_dump_json()}{raised.value}"
    assert "pass-SECRET-7264" in settings.secrets


def test_only_what_a_command_needs_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_URI", GOOD["DB_URI"])

    assert load_settings(required=["DB_URI"]).company_ids == ()
    with pytest.raises(ConfigError, match=r"^Missing required .*: ALTEGIO_COMPANY_ID\n"):
        load_settings(required=["DB_URI", "ALTEGIO_COMPANY_ID"])


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00binary")

    with pytest.raises(ConfigError, match=r"The settings file \.env cannot be read"):
        load_settings()
